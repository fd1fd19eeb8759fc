"""open(2): flags, creation, access, truncation, and how long a file lives."""

from __future__ import annotations

import pytest
from tabux.abi.fcntl import (
    O_CREAT,
    O_DIRECTORY,
    O_EXCL,
    O_NOATIME,
    O_NOFOLLOW,
    O_PATH,
    O_RDONLY,
    O_RDWR,
    O_TMPFILE,
    O_TRUNC,
    O_WRONLY,
)
from tabux.abi.stat import S_IFCHR, S_IFIFO, S_IFREG, S_IFSOCK
from tabux.fs.credentials import ROOT, Credentials
from tabux.fs.inode import Inode
from tabux.fs.mount import Mount
from tabux.fs.vfs import Vfs

from tests.unit.fs_support import ALICE, BOB, failure, new_vfs, store_of


@pytest.fixture
def vfs() -> Vfs:
    """/tmp (1777), Alice's /home and /home/file (644)."""
    vfs = new_vfs()
    vfs.mkdir(vfs.root, "/tmp", 0o1777, ROOT)
    vfs.mkdir(vfs.root, "/home", 0o755, ROOT)
    vfs.chown(vfs.root, "/home", 1000, 1000, ROOT)
    vfs.open(vfs.root, "/home/file", O_CREAT | O_WRONLY, 0o644, ALICE)
    return vfs


def opened(vfs: Vfs, path: str, flags: int, cred: Credentials = ALICE, mode: int = 0o644) -> Inode:
    return vfs.open(vfs.root, path, flags, mode, cred)[0]


def error(vfs: Vfs, path: str, flags: int, cred: Credentials = ALICE) -> str:
    return failure(opened, vfs, path, flags, cred)


def test_a_new_file(vfs: Vfs) -> None:
    inode, created = vfs.open(vfs.root, "/tmp/new", O_CREAT | O_RDONLY, 0o4640, ALICE)
    assert created
    assert (inode.mode, inode.uid, inode.gid, inode.nlink, inode.size) == (S_IFREG | 0o4640, 1000, 1000, 1, 0)
    assert vfs.open(vfs.root, "/tmp/new", O_CREAT | O_RDONLY, 0, ALICE) == (inode, False)
    assert vfs.table.get(inode.ino) is inode


def test_the_mode_of_a_new_file_does_not_bind_its_maker(vfs: Vfs) -> None:
    opened(vfs, "/tmp/secret", O_CREAT | O_RDWR, mode=0)
    assert error(vfs, "/tmp/secret", O_RDONLY) == "EACCES"


@pytest.mark.parametrize(
    ("path", "flags", "name"),
    [
        ("/none", O_RDONLY, "ENOENT"),
        ("/none", O_CREAT, "EACCES"),
        ("/none/x", O_CREAT, "ENOENT"),
        ("/tmp/new/", O_CREAT, "EISDIR"),
        ("/home/file/", O_CREAT, "EISDIR"),
        ("/home/file/", O_RDONLY, "ENOTDIR"),
        ("/home/file/x", O_CREAT, "ENOTDIR"),
        ("/home", O_CREAT, "EISDIR"),
        ("/home/", O_CREAT, "EISDIR"),
        ("/", O_CREAT, "EISDIR"),
        ("/home/.", O_CREAT | O_EXCL, "EEXIST"),
        ("/home/file", O_CREAT | O_EXCL, "EEXIST"),
        ("/home", O_WRONLY, "EISDIR"),
        ("/home", O_RDONLY | O_TRUNC, "EISDIR"),
        ("/home", O_RDONLY | O_DIRECTORY, ""),
        ("/home/file", O_RDONLY | O_DIRECTORY, "ENOTDIR"),
        ("/home/x", O_CREAT | O_DIRECTORY, "EINVAL"),
        ("/tmp/" + "x" * 256, O_CREAT, "ENAMETOOLONG"),
    ],
)
def test_errors(vfs: Vfs, path: str, flags: int, name: str) -> None:
    assert error(vfs, path, flags) == name


def test_links(vfs: Vfs) -> None:
    vfs.symlink("file", vfs.root, "/home/link", ALICE)
    vfs.symlink("../tmp/made", vfs.root, "/home/dangling", ALICE)
    vfs.symlink("new/", vfs.root, "/home/slash", ALICE)
    assert opened(vfs, "/home/link", O_RDONLY) is opened(vfs, "/home/file", O_RDONLY)
    assert error(vfs, "/home/link", O_RDONLY | O_NOFOLLOW) == "ELOOP"
    assert error(vfs, "/home/link", O_RDONLY | O_NOFOLLOW | O_DIRECTORY) == "ENOTDIR"
    assert error(vfs, "/home/link", O_CREAT | O_NOFOLLOW) == "ELOOP"
    assert error(vfs, "/home/link", O_CREAT | O_EXCL) == "EEXIST"
    assert error(vfs, "/home/dangling", O_RDONLY) == "ENOENT"
    assert error(vfs, "/home/dangling", O_CREAT | O_EXCL) == "EEXIST"
    assert error(vfs, "/home/slash", O_CREAT) == "EISDIR"
    made, created = vfs.open(vfs.root, "/home/dangling", O_CREAT | O_WRONLY, 0o600, ALICE)
    assert created
    assert opened(vfs, "/tmp/made", O_RDONLY) is made
    assert opened(vfs, "/home/link", O_PATH | O_NOFOLLOW).target == "file"


def test_access(vfs: Vfs) -> None:
    vfs.chmod(vfs.root, "/home/file", 0o640, ALICE)
    assert error(vfs, "/home/file", O_RDONLY, BOB) == "EACCES"
    assert error(vfs, "/home/file", O_PATH, BOB) == ""
    assert error(vfs, "/home/file", O_RDWR, ROOT) == ""
    vfs.chmod(vfs.root, "/home/file", 0o444, ALICE)
    assert error(vfs, "/home/file", O_RDONLY, BOB) == ""
    assert error(vfs, "/home/file", O_RDONLY | O_TRUNC, BOB) == "EACCES"
    assert error(vfs, "/home/file", O_WRONLY) == "EACCES"
    assert error(vfs, "/home/file", O_RDWR) == "EACCES"
    assert error(vfs, "/home/file", 3) == "EACCES"
    assert error(vfs, "/home/file", O_RDONLY | O_NOATIME, BOB) == "EPERM"
    assert error(vfs, "/home/file", O_RDONLY | O_NOATIME) == ""


def test_truncation(vfs: Vfs) -> None:
    inode = opened(vfs, "/home/file", O_RDONLY)
    vfs.written(inode.ino, 100, inode.mtime + 7)
    before = inode.mtime
    assert inode.size == 100
    opened(vfs, "/home/file", O_WRONLY | O_TRUNC)
    assert store_of(vfs).truncated == [(inode.ino, 0)]
    assert inode.size == 0
    assert inode.mtime == inode.ctime > before
    before = inode.mtime
    opened(vfs, "/home/file", O_WRONLY | O_TRUNC | O_CREAT)
    assert len(store_of(vfs).truncated) == 1  # it was empty already, but the time counts
    assert inode.mtime > before


def test_truncation_takes_privileges(vfs: Vfs) -> None:
    inode = opened(vfs, "/home/file", O_RDONLY)
    vfs.chmod(vfs.root, "/home/file", 0o6777, ALICE)
    opened(vfs, "/home/file", O_WRONLY | O_TRUNC, ROOT)
    assert inode.mode == S_IFREG | 0o6777
    opened(vfs, "/home/file", O_WRONLY | O_TRUNC, BOB)
    assert inode.mode == S_IFREG | 0o777


def test_special_files(vfs: Vfs) -> None:
    vfs.mknod(vfs.root, "/home/fifo", S_IFIFO | 0o666, 0, ALICE)
    vfs.mknod(vfs.root, "/home/socket", S_IFSOCK | 0o666, 0, ALICE)
    device = vfs.mknod(vfs.root, "/home/null", S_IFCHR | 0o666, 0x103, ROOT)
    assert error(vfs, "/home/fifo", O_RDWR | O_TRUNC) == ""
    assert error(vfs, "/home/socket", O_RDWR) == "ENXIO"
    assert error(vfs, "/home/socket", O_PATH) == ""
    assert opened(vfs, "/home/null", O_WRONLY | O_CREAT | O_TRUNC) is device
    assert store_of(vfs).truncated == []


def test_strangers_devices_in_a_sticky_directory(vfs: Vfs) -> None:
    vfs.mknod(vfs.root, "/tmp/socket", S_IFSOCK | 0o666, 0, ALICE)
    vfs.mknod(vfs.root, "/tmp/fifo", S_IFIFO | 0o666, 0, ALICE)
    assert error(vfs, "/tmp/socket", O_RDWR | O_CREAT, BOB) == "EACCES"
    assert error(vfs, "/tmp/socket", O_RDWR | O_CREAT, ALICE) == "ENXIO"
    assert error(vfs, "/tmp/fifo", O_RDWR | O_CREAT, BOB) == ""


def test_a_file_without_a_name(vfs: Vfs) -> None:
    inode = opened(vfs, "/tmp", O_TMPFILE | O_RDWR, mode=0o600)
    assert (inode.mode, inode.nlink, inode.uid) == (S_IFREG | 0o600, 0, 1000)
    assert error(vfs, "/tmp", O_TMPFILE | O_RDONLY) == "EINVAL"
    assert error(vfs, "/home/file", O_TMPFILE | O_RDWR) == "ENOTDIR"
    assert error(vfs, "/", O_TMPFILE | O_RDWR) == "EACCES"
    vfs.opened(inode)
    vfs.released(inode)
    assert store_of(vfs).discarded == [inode.ino]


def test_a_read_only_mount(vfs: Vfs) -> None:
    vfs.mount_root.readonly = True
    assert error(vfs, "/home/file", O_RDONLY) == ""
    assert error(vfs, "/home/file", O_WRONLY) == "EROFS"
    assert error(vfs, "/home/file", O_RDONLY | O_TRUNC) == "EROFS"
    assert error(vfs, "/home/new", O_CREAT) == "EROFS"
    assert error(vfs, "/home/file", O_CREAT) == ""
    start = vfs.root
    assert failure(vfs.mkdir, start, "/home/new", 0o755, ALICE) == "EROFS"
    assert failure(vfs.mkdir, start, "/home", 0o755, ALICE) == "EEXIST"
    assert failure(vfs.unlink, start, "/home/file", ALICE) == "EROFS"
    assert failure(vfs.rename, start, "/home/file", start, "/home/f", ALICE) == "EROFS"
    assert failure(vfs.chmod, start, "/home/file", 0o600, ALICE) == "EROFS"
    assert failure(vfs.chown, start, "/home/file", -1, -1, ALICE) == "EROFS"
    assert failure(vfs.truncate, start, "/home/file", 0, ALICE) == "EROFS"
    assert failure(vfs.utimens, start, "/home/file", (0, 0), (0, 0), ALICE) == "EROFS"
    assert failure(vfs.access, start, "/home/file", 2, ALICE) == "EROFS"
    assert failure(vfs.access, start, "/home/file", 4, ALICE) == ""


def test_nothing_crosses_a_mount(vfs: Vfs) -> None:
    other = vfs.table.new(0o040755, 1000, 1000, vfs.clock(), Mount(7, "other"))
    vfs.mkdir(vfs.root, "/mnt", 0o755, ROOT)
    vfs.attach("/mnt", other)
    start = vfs.root
    assert vfs.lookup(start, "/mnt/..", ALICE) is vfs.root
    assert vfs.path_of(other) == "/mnt"
    made = opened(vfs, "/mnt/x", O_CREAT)
    assert made.mount.dev == 7
    assert failure(vfs.rename, start, "/mnt/x", start, "/home/x", ALICE) == "EXDEV"
    assert failure(vfs.link, start, "/home/file", start, "/mnt/y", ALICE) == "EXDEV"
    assert failure(vfs.rmdir, start, "/mnt", ROOT) == "EBUSY"
    assert failure(vfs.rename, start, "/mnt", start, "/m", ROOT) == "EBUSY"
    assert failure(vfs.rename, start, "/home", start, "/mnt", ROOT) == "EBUSY"


def test_an_open_file_outlives_its_names(vfs: Vfs) -> None:
    inode = opened(vfs, "/home/file", O_RDONLY)
    vfs.opened(inode)
    vfs.opened(inode)
    vfs.unlink(vfs.root, "/home/file", ALICE)
    assert inode.nlink == 0
    vfs.released(inode)
    assert store_of(vfs).discarded == []
    assert vfs.table.get(inode.ino) is inode
    vfs.released(inode)
    assert store_of(vfs).discarded == [inode.ino]
    assert vfs.table.get(inode.ino) is None


def test_a_file_dies_with_its_last_name(vfs: Vfs) -> None:
    inode = opened(vfs, "/home/file", O_RDONLY)
    vfs.link(vfs.root, "/home/file", vfs.root, "/home/other", ALICE)
    vfs.opened(inode)
    vfs.released(inode)
    vfs.unlink(vfs.root, "/home/file", ALICE)
    assert store_of(vfs).discarded == []
    opened(vfs, "/home/new", O_CREAT)
    vfs.rename(vfs.root, "/home/new", vfs.root, "/home/other", ALICE)
    assert store_of(vfs).discarded == [inode.ino]


def test_the_limit_of_inodes() -> None:
    vfs = new_vfs(inode_limit=2)
    with vfs.shipped():
        vfs.mkdir(vfs.root, "/the site's own do not count", 0o755, ROOT)
    vfs.mkdir(vfs.root, "/a", 0o755, ROOT)
    vfs.open(vfs.root, "/b", O_CREAT, 0o644, ROOT)
    assert failure(vfs.open, vfs.root, "/c", O_CREAT, 0o644, ROOT) == "ENOSPC"
    assert failure(vfs.mkdir, vfs.root, "/c", 0o755, ROOT) == "ENOSPC"
    assert vfs.root.nlink == 4
    vfs.unlink(vfs.root, "/b", ROOT)
    assert failure(vfs.mkdir, vfs.root, "/c", 0o755, ROOT) == ""


def test_anonymous_inodes(vfs: Vfs) -> None:
    thing = object()
    pipe = vfs.anonymous(S_IFIFO | 0o600, ALICE, thing)
    assert (pipe.object, pipe.nlink, pipe.uid, pipe.mount) == (thing, 1, 1000, vfs.anonymous_mount)
    vfs.opened(pipe)
    vfs.released(pipe)
    assert store_of(vfs).discarded == []
    assert vfs.anonymous(S_IFIFO | 0o600, ALICE).ino > pipe.ino
