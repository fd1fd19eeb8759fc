"""mkdir, rmdir, unlink, link, symlink, mknod, listdir."""

from __future__ import annotations

import pytest
from tabux.abi.stat import S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG
from tabux.fs.credentials import ROOT
from tabux.fs.vfs import Vfs

from tests.unit.fs_support import ALICE, BOB, failure, new_vfs


@pytest.fixture
def vfs() -> Vfs:
    """Everything may be done in /; /d is a directory, /f a file, /l a link to nowhere."""
    vfs = new_vfs()
    vfs.chmod(vfs.root, "/", 0o777, ROOT)
    vfs.mkdir(vfs.root, "/d", 0o777, ALICE)
    vfs.mknod(vfs.root, "/f", 0o644, 0, ALICE)
    vfs.symlink("nowhere", vfs.root, "/l", ALICE)
    return vfs


def names(vfs: Vfs, path: str = "/") -> list[str]:
    return [name for name, _ in vfs.listdir(vfs.lookup(vfs.root, path, ROOT))]


def test_the_newest_name_is_listed_first(vfs: Vfs) -> None:
    assert names(vfs) == [".", "..", "l", "f", "d"]
    vfs.rename(vfs.root, "/d", vfs.root, "/a", ALICE)
    assert names(vfs) == [".", "..", "a", "l", "f"]
    entries = dict(vfs.listdir(vfs.lookup(vfs.root, "/a", ROOT)))
    assert entries == {".": vfs.lookup(vfs.root, "/a", ROOT), "..": vfs.root}
    assert failure(vfs.listdir, vfs.lookup(vfs.root, "/f", ROOT)) == "ENOTDIR"


@pytest.mark.parametrize("path", ["d", "d/", "f", "f/", "l", "/", ".", "..", "d/.", "d/.."])
def test_mkdir_of_something_there(vfs: Vfs, path: str) -> None:
    assert failure(vfs.mkdir, vfs.root, path, 0o755, ALICE) == "EEXIST"


def test_mkdir(vfs: Vfs) -> None:
    made = vfs.mkdir(vfs.root, "d/new//", 0o7751, ALICE)
    assert (made.mode, made.nlink, made.size) == (S_IFDIR | 0o1751, 2, 4096)
    assert vfs.lookup(vfs.root, "/d", ROOT).nlink == 3
    assert failure(vfs.mkdir, vfs.root, "x/y", 0o755, ALICE) == "ENOENT"
    assert failure(vfs.mkdir, vfs.root, "f/y", 0o755, ALICE) == "ENOTDIR"
    assert failure(vfs.mkdir, vfs.root, "", 0o755, ALICE) == "ENOENT"
    vfs.chmod(vfs.root, "/d", 0o555, ALICE)
    assert failure(vfs.mkdir, vfs.root, "d/y", 0o755, ALICE) == "EACCES"
    assert failure(vfs.mkdir, vfs.root, "d/y", 0o755, ROOT) == ""


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "EBUSY"),
        (".", "EINVAL"),
        ("d/.", "EINVAL"),
        ("..", "ENOTEMPTY"),
        ("d/..", "ENOTEMPTY"),
        ("f", "ENOTDIR"),
        ("f/", "ENOTDIR"),
        ("l", "ENOTDIR"),
        ("x", "ENOENT"),
        ("d/", ""),
        ("d", ""),
    ],
)
def test_rmdir(vfs: Vfs, path: str, name: str) -> None:
    assert failure(vfs.rmdir, vfs.root, path, ALICE) == name


def test_rmdir_of_a_full_directory(vfs: Vfs) -> None:
    d = vfs.lookup(vfs.root, "/d", ROOT)
    vfs.mkdir(d, "sub", 0o755, ALICE)
    assert failure(vfs.rmdir, vfs.root, "d", ALICE) == "ENOTEMPTY"
    vfs.rmdir(d, "sub", ALICE)
    assert d.nlink == 2
    vfs.rmdir(vfs.root, "d", ALICE)
    assert (d.nlink, vfs.root.nlink) == (0, 2)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "EISDIR"),
        (".", "EISDIR"),
        ("d/..", "EISDIR"),
        ("d", "EISDIR"),
        ("d/", "EISDIR"),
        ("f/", "ENOTDIR"),
        ("l/", "ENOTDIR"),
        ("x", "ENOENT"),
        ("x/", "ENOENT"),
        ("f", ""),
        ("l", ""),
    ],
)
def test_unlink(vfs: Vfs, path: str, name: str) -> None:
    assert failure(vfs.unlink, vfs.root, path, ALICE) == name


def test_link(vfs: Vfs) -> None:
    f = vfs.lookup(vfs.root, "/f", ROOT)
    vfs.link(vfs.root, "f", vfs.root, "d/g", ALICE)
    assert f.nlink == 2
    assert vfs.lookup(vfs.root, "/d/g", ALICE) is f
    vfs.symlink("f", vfs.root, "/to-f", ALICE)
    vfs.link(vfs.root, "to-f", vfs.root, "h", ALICE)
    assert vfs.lookup(vfs.root, "h", ALICE, False).mode & S_IFLNK == S_IFLNK
    vfs.link(vfs.root, "to-f", vfs.root, "i", ALICE, follow=True)
    assert f.nlink == 3


@pytest.mark.parametrize(
    ("path", "new", "name"),
    [
        ("d", "x", "EPERM"),
        ("none", "x", "ENOENT"),
        ("f", "none/x", "ENOENT"),
        ("f", "d", "EEXIST"),
        ("f", "f", "EEXIST"),
        ("f", "l", "EEXIST"),
        ("f", "x/", "ENOENT"),
        ("f", "/", "EEXIST"),
        ("f/", "x", "ENOTDIR"),
        ("f", "f/x", "ENOTDIR"),
    ],
)
def test_link_errors(vfs: Vfs, path: str, new: str, name: str) -> None:
    assert failure(vfs.link, vfs.root, path, vfs.root, new, ALICE) == name


def test_a_file_without_names_gets_no_new_one(vfs: Vfs) -> None:
    f = vfs.lookup(vfs.root, "/f", ROOT)
    vfs.opened(f)
    vfs.unlink(vfs.root, "/f", ALICE)
    assert failure(vfs.link_inode, f, vfs.root, "g", ALICE) == "ENOENT"


def test_strangers_files_are_not_linked(vfs: Vfs) -> None:
    for mode, name in ((0o644, "EPERM"), (0o666, ""), (0o4666, "EPERM"), (0o2676, "EPERM"), (0o2666, "")):
        vfs.chmod(vfs.root, "/f", mode, ROOT)
        assert failure(vfs.link, vfs.root, "f", vfs.root, f"m{mode:o}", BOB) == name
    assert failure(vfs.link, vfs.root, "l", vfs.root, "m", BOB) == "EPERM"
    vfs.chmod(vfs.root, "/f", 0o4600, ROOT)
    assert failure(vfs.link, vfs.root, "f", vfs.root, "n", ALICE) == ""
    assert failure(vfs.link, vfs.root, "f", vfs.root, "o", ROOT) == ""


def test_symlink(vfs: Vfs) -> None:
    link = vfs.lookup(vfs.root, "/l", ROOT, False)
    assert (link.mode, link.size, link.target) == (S_IFLNK | 0o777, 7, "nowhere")
    assert vfs.readlink(vfs.root, "/l", ALICE) == "nowhere"
    assert failure(vfs.readlink, vfs.root, "/f", ALICE) == "EINVAL"
    assert failure(vfs.readlink, vfs.root, "/d", ALICE) == "EINVAL"
    assert failure(vfs.symlink, "", vfs.root, "/x", ALICE) == "ENOENT"
    assert failure(vfs.symlink, "x" * 4096, vfs.root, "/x", ALICE) == "ENAMETOOLONG"
    assert failure(vfs.symlink, "x" * 4095, vfs.root, "/x", ALICE) == ""
    assert failure(vfs.symlink, "a", vfs.root, "/y/", ALICE) == "ENOENT"
    assert failure(vfs.symlink, "a", vfs.root, "/l", ALICE) == "EEXIST"


def test_mknod(vfs: Vfs) -> None:
    assert vfs.mknod(vfs.root, "a", 0o600, 0x103, ALICE).mode == S_IFREG | 0o600
    assert vfs.mknod(vfs.root, "b", S_IFIFO | 0o600, 0x103, ALICE).rdev == 0
    assert vfs.mknod(vfs.root, "c", S_IFCHR | 0o600, 0x103, ROOT).rdev == 0x103
    assert failure(vfs.mknod, vfs.root, "d2", S_IFBLK | 0o600, 0x103, ALICE) == "EPERM"
    assert failure(vfs.mknod, vfs.root, "d", S_IFBLK | 0o600, 0x103, ALICE) == "EEXIST"
    assert failure(vfs.mknod, vfs.root, "d", S_IFDIR | 0o600, 0, ROOT) == "EPERM"
    assert failure(vfs.mknod, vfs.root, "d", 0o150600, 0, ROOT) == "EINVAL"


def test_each_change_moves_the_generation(vfs: Vfs) -> None:
    start = vfs.root
    seen = [vfs.generation]
    for change in (
        lambda: vfs.mkdir(start, "/x", 0o755, ALICE),
        lambda: vfs.rename(start, "/x", start, "/y", ALICE),
        lambda: vfs.rmdir(start, "/y", ALICE),
        lambda: vfs.link(start, "/f", start, "/g", ALICE),
        lambda: vfs.unlink(start, "/g", ALICE),
        lambda: vfs.chmod(start, "/f", 0o600, ALICE),
        lambda: vfs.chown(start, "/f", 1001, -1, ROOT),
    ):
        change()
        seen.append(vfs.generation)
    assert seen == sorted(set(seen))
    vfs.lookup(start, "/f", ALICE)
    assert vfs.generation == seen[-1]
