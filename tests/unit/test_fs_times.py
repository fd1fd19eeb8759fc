"""Times and sizes: utimensat(2), truncate(2), relatime (mount(8))."""

from __future__ import annotations

import pytest
from tabux.abi.fcntl import O_CREAT
from tabux.abi.stat import S_IFIFO, UTIME_NOW, UTIME_OMIT
from tabux.fs.credentials import ROOT
from tabux.fs.inode import Inode
from tabux.fs.vfs import Vfs

from tests.unit.fs_support import ALICE, BOB, failure, new_vfs, store_of

NOW = (0, UTIME_NOW)
OMIT = (0, UTIME_OMIT)


@pytest.fixture
def vfs() -> Vfs:
    vfs = new_vfs()
    vfs.chmod(vfs.root, "/", 0o777, ROOT)
    vfs.open(vfs.root, "/f", O_CREAT, 0o644, ALICE)
    return vfs


def file(vfs: Vfs) -> Inode:
    return vfs.lookup(vfs.root, "/f", ROOT)


def test_set_times(vfs: Vfs) -> None:
    inode = file(vfs)
    ctime = inode.ctime
    vfs.utimens(vfs.root, "/f", (12, 34), (-5, 6), ALICE)
    assert (inode.atime, inode.mtime) == (12_000_000_034, -4_999_999_994)
    assert inode.ctime > ctime
    vfs.utimens(vfs.root, "/f", OMIT, NOW, ALICE)
    assert inode.atime == 12_000_000_034
    assert inode.mtime == inode.ctime


def test_who_may_set_times(vfs: Vfs) -> None:
    def touch(atime: tuple[int, int], mtime: tuple[int, int]) -> str:
        return failure(vfs.utimens, vfs.root, "/f", atime, mtime, BOB)

    assert touch(NOW, NOW) == "EACCES"
    assert touch(NOW, OMIT) == "EPERM"
    assert touch((1, 1), (1, 1)) == "EPERM"
    assert touch(OMIT, OMIT) == ""
    vfs.chmod(vfs.root, "/f", 0o666, ALICE)
    assert touch(NOW, NOW) == ""
    assert touch(NOW, (1, 1)) == "EPERM"
    assert failure(vfs.utimens, vfs.root, "/f", (0, 1_000_000_000), NOW, ALICE) == "EINVAL"
    assert failure(vfs.utimens, vfs.root, "/none", OMIT, OMIT, ALICE) == ""


def test_times_of_a_link(vfs: Vfs) -> None:
    link = vfs.symlink("f", vfs.root, "/l", ALICE)
    vfs.utimens(vfs.root, "/l", (1, 0), (1, 0), ALICE, follow=False)
    assert link.mtime == 1_000_000_000
    vfs.utimens(vfs.root, "/l", (2, 0), (2, 0), ALICE)
    assert (link.mtime, file(vfs).mtime) == (1_000_000_000, 2_000_000_000)


def test_relatime(vfs: Vfs) -> None:
    inode = file(vfs)
    vfs.accessed(inode)
    first = inode.atime
    assert first > inode.mtime
    vfs.accessed(inode)
    assert inode.atime == first
    vfs.written(inode.ino, 3, vfs.clock())
    vfs.accessed(inode)
    assert inode.atime > first
    inode.mtime = inode.ctime = 0
    inode.atime -= 86_400_000_000_000
    old = inode.atime
    vfs.accessed(inode)
    assert inode.atime > old


@pytest.mark.parametrize(
    ("path", "size", "name"), [("/f", -1, "EINVAL"), ("/", 0, "EISDIR"), ("/p", 0, "EINVAL")]
)
def test_truncate_errors(vfs: Vfs, path: str, size: int, name: str) -> None:
    vfs.mknod(vfs.root, "/p", S_IFIFO | 0o666, 0, ALICE)
    assert failure(vfs.truncate, vfs.root, path, size, ALICE) == name
    assert failure(vfs.truncate, vfs.root, "/f", 5, BOB) == "EACCES"


def test_truncate(vfs: Vfs) -> None:
    inode = file(vfs)
    before = inode.mtime
    vfs.truncate(vfs.root, "/f", 5000, ALICE)
    assert inode.size == 5000
    assert inode.mtime == inode.ctime > before
    vfs.set_size(inode, 10, ALICE)
    assert store_of(vfs).truncated == [(inode.ino, 5000), (inode.ino, 10)]
    assert failure(vfs.set_size, vfs.root, 10, ALICE) == "EINVAL"
