"""rename(2) and its flags."""

from __future__ import annotations

import pytest
from tabux.abi.fcntl import RENAME_EXCHANGE, RENAME_NOREPLACE, RENAME_WHITEOUT
from tabux.fs.credentials import ROOT
from tabux.fs.inode import Inode
from tabux.fs.vfs import Vfs

from tests.unit.fs_support import ALICE, BOB, failure, new_vfs, store_of


@pytest.fixture
def vfs() -> Vfs:
    """/d/sub and /e (empty) are directories, /f and /g files, /l a link to d."""
    vfs = new_vfs()
    vfs.chmod(vfs.root, "/", 0o777, ROOT)
    for path in ("/d", "/d/sub", "/e"):
        vfs.mkdir(vfs.root, path, 0o777, ALICE)
    for path in ("/f", "/g"):
        vfs.mknod(vfs.root, path, 0o666, 0, ALICE)
    vfs.symlink("d", vfs.root, "/l", ALICE)
    return vfs


def at(vfs: Vfs, path: str) -> Inode:
    return vfs.lookup(vfs.root, path, ROOT, False)


def rename(vfs: Vfs, path: str, new: str, flags: int = 0) -> str:
    return failure(vfs.rename, vfs.root, path, vfs.root, new, ALICE, flags)


@pytest.mark.parametrize(
    ("path", "new", "name"),
    [
        ("none", "x", "ENOENT"),
        ("f", "none/x", "ENOENT"),
        ("f", "x/", "ENOTDIR"),
        ("f/", "x", "ENOTDIR"),
        ("f", "g/", "ENOTDIR"),
        ("f", "d", "EISDIR"),
        ("f", "e", "EISDIR"),
        ("d", "f", "ENOTDIR"),
        ("d", "x/", ""),
        ("d/", "x", ""),
        ("d", "e", ""),
        ("d/", "e/", ""),
        ("e", "d", "ENOTEMPTY"),
        ("d", "d/sub/x", "EINVAL"),
        ("d", "d/x", "EINVAL"),
        ("d/sub", "d", "ENOTEMPTY"),
        ("d", "d", ""),
        ("d", "d/sub/..", "EBUSY"),
        (".", "x", "EBUSY"),
        ("d/.", "x", "EBUSY"),
        ("..", "x", "EBUSY"),
        ("/", "x", "EBUSY"),
        ("d", "/", "EBUSY"),
        ("d", ".", "EBUSY"),
        ("l", "m", ""),
        ("l/", "m", "ENOTDIR"),
        ("f", "l", ""),
        ("e", "l", "ENOTDIR"),
        ("e", "l/x", ""),
        ("f", "n" * 256, "ENAMETOOLONG"),
    ],
)
def test_one_rename(vfs: Vfs, path: str, new: str, name: str) -> None:
    assert rename(vfs, path, new) == name


def test_a_file_over_a_file(vfs: Vfs) -> None:
    f, g = at(vfs, "/f"), at(vfs, "/g")
    rename(vfs, "f", "g")
    assert at(vfs, "/g") is f
    assert failure(at, vfs, "/f") == "ENOENT"
    assert (f.nlink, g.nlink) == (1, 0)
    assert store_of(vfs).discarded == [g.ino]


def test_two_names_of_one_file_both_stay(vfs: Vfs) -> None:
    vfs.link(vfs.root, "f", vfs.root, "h", ALICE)
    before = at(vfs, "/f").ctime
    assert rename(vfs, "f", "h") == ""
    assert at(vfs, "/f") is at(vfs, "/h")
    assert at(vfs, "/f").ctime == before


def test_a_directory_moves_with_its_tree(vfs: Vfs) -> None:
    sub, d = at(vfs, "/d/sub"), at(vfs, "/d")
    assert rename(vfs, "d/sub", "e/new") == ""
    assert (d.nlink, at(vfs, "/e").nlink) == (2, 3)
    assert vfs.path_of(sub) == "/e/new"
    assert vfs.lookup(sub, "..", ROOT) is at(vfs, "/e")


def test_a_directory_over_an_empty_one(vfs: Vfs) -> None:
    d, e = at(vfs, "/d"), at(vfs, "/e")
    vfs.opened(e)
    assert vfs.root.nlink == 4
    rename(vfs, "d", "e")
    assert (at(vfs, "/e"), vfs.root.nlink, d.nlink, e.nlink) == (d, 3, 3, 0)
    assert failure(vfs.mkdir, e, "x", 0o755, ALICE) == "ENOENT"
    assert vfs.path_of(d) == "/e"


def test_noreplace(vfs: Vfs) -> None:
    assert rename(vfs, "f", "g", RENAME_NOREPLACE) == "EEXIST"
    assert rename(vfs, "f", "f", RENAME_NOREPLACE) == "EEXIST"
    assert rename(vfs, "d", ".", RENAME_NOREPLACE) == "EEXIST"
    assert rename(vfs, "f", "x", RENAME_NOREPLACE) == ""


def test_exchange(vfs: Vfs) -> None:
    f, d = at(vfs, "/f"), at(vfs, "/d")
    assert rename(vfs, "f", "none", RENAME_EXCHANGE) == "ENOENT"
    assert rename(vfs, "d", "d/sub", RENAME_EXCHANGE) == "EINVAL"
    assert rename(vfs, "d/sub", "d", RENAME_EXCHANGE) == "EINVAL"
    assert rename(vfs, "f", "d", RENAME_EXCHANGE) == ""
    assert (at(vfs, "/d"), at(vfs, "/f")) == (f, d)
    assert vfs.path_of(d) == "/f"
    assert rename(vfs, "f/sub", "g", RENAME_EXCHANGE) == ""
    assert (d.nlink, vfs.root.nlink) == (2, 5)
    assert vfs.path_of(at(vfs, "/g")) == "/g"
    assert store_of(vfs).discarded == []


def test_bad_flags(vfs: Vfs) -> None:
    assert rename(vfs, "f", "x", RENAME_EXCHANGE | RENAME_NOREPLACE) == "EINVAL"
    assert rename(vfs, "f", "x", RENAME_WHITEOUT) == "EINVAL"
    assert rename(vfs, "f", "x", 8) == "EINVAL"


def test_permissions(vfs: Vfs) -> None:
    vfs.chmod(vfs.root, "/d", 0o1777, ALICE)
    vfs.mknod(vfs.root, "/d/alices", 0o666, 0, ALICE)
    vfs.mknod(vfs.root, "/d/bobs", 0o666, 0, BOB)

    def as_bob(path: str, new: str) -> str:
        return failure(vfs.rename, vfs.root, path, vfs.root, new, BOB)

    assert as_bob("d/alices", "d/x") == "EPERM"
    assert as_bob("d/bobs", "d/alices") == "EPERM"
    assert as_bob("d/bobs", "d/x") == ""
    vfs.chmod(vfs.root, "/d", 0o755, ALICE)
    assert as_bob("d/x", "d/y") == "EACCES"
    assert as_bob("f", "d/y") == "EACCES"
    vfs.chmod(vfs.root, "/e", 0o755, ALICE)
    assert as_bob("e", "e2") == ""
    vfs.chmod(vfs.root, "/d", 0o777, ALICE)
    assert as_bob("e2", "d/e") == "EACCES"  # its ".." would change


def test_times(vfs: Vfs) -> None:
    f, d = at(vfs, "/f"), at(vfs, "/d")
    before = f.ctime, f.mtime, d.mtime, vfs.root.mtime
    rename(vfs, "f", "d/f")
    assert f.ctime == d.mtime == d.ctime == vfs.root.mtime == vfs.root.ctime > max(before)
    assert f.mtime == before[1]
