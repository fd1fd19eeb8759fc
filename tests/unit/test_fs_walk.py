"""The path walk: path_resolution(7) and symlink(7)."""

from __future__ import annotations

import pytest
from tabux.abi.errno import ENOENT, SysError
from tabux.abi.stat import S_IFREG
from tabux.fs.credentials import ROOT
from tabux.fs.inode import Inode
from tabux.fs.vfs import Vfs
from tabux.fs.virtual import MagicLink, VirtualDirectory, VirtualLink

from tests.unit.fs_support import ALICE, BOB, failure, new_vfs


@pytest.fixture
def vfs() -> Vfs:
    """/a/b/c is a directory, /a/file a file."""
    vfs = new_vfs()
    for path in ("/a", "/a/b", "/a/b/c"):
        vfs.mkdir(vfs.root, path, 0o755, ROOT)
    vfs.mknod(vfs.root, "/a/file", S_IFREG | 0o644, 0, ROOT)
    return vfs


def at(vfs: Vfs, path: str, start: str = "/", follow: bool = True) -> Inode:
    return vfs.lookup(vfs.lookup(vfs.root, start, ROOT), path, ROOT, follow)


def error(vfs: Vfs, path: str, start: str = "/", follow: bool = True) -> str:
    return failure(at, vfs, path, start, follow)


@pytest.mark.parametrize(
    "path",
    [
        "/a/b/c",
        "a/b/c",
        "//a///b//c",
        "/a/b/c/",
        "/a/b/c///",
        "/a/./b/./c/.",
        "/a/b/../b/c",
        "/../a/b/c",
        "a/b/c/../c",
    ],
)
def test_ways_to_write_a_path(vfs: Vfs, path: str) -> None:
    assert vfs.path_of(at(vfs, path)) == "/a/b/c"


@pytest.mark.parametrize("path", ["/", "//", ".", "/..", "..", "/../..", "a/..", "./", "/.", "a/b/../.."])
def test_ways_to_write_the_root(vfs: Vfs, path: str) -> None:
    assert at(vfs, path) is vfs.root


def test_relative_to_a_directory(vfs: Vfs) -> None:
    assert at(vfs, "c", "/a/b") is at(vfs, "/a/b/c")
    assert at(vfs, "../file", "/a/b") is at(vfs, "/a/file")
    assert at(vfs, "/a", "/a/b") is at(vfs, "/a")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("", "ENOENT"),
        ("none", "ENOENT"),
        ("none/", "ENOENT"),
        ("none/x", "ENOENT"),
        ("a/file/", "ENOTDIR"),
        ("a/file/.", "ENOTDIR"),
        ("a/file/..", "ENOTDIR"),
        ("a/file/x", "ENOTDIR"),
        ("x" * 255, "ENOENT"),
        ("x" * 256, "ENAMETOOLONG"),
        ("x" * 256 + "/a", "ENAMETOOLONG"),
        ("./" * 2047 + "a", ""),
        ("./" * 2048, "ENAMETOOLONG"),
    ],
)
def test_errors(vfs: Vfs, path: str, name: str) -> None:
    assert error(vfs, path) == name


def test_starting_from_something_else_than_a_directory(vfs: Vfs) -> None:
    assert error(vfs, "x", "/a/file") == "ENOTDIR"
    assert error(vfs, ".", "/a/file") == "ENOTDIR"
    assert error(vfs, "/a", "/a/file") == ""


def test_links(vfs: Vfs) -> None:
    vfs.symlink("b/c", vfs.root, "/a/relative", ROOT)
    vfs.symlink("/a/b", vfs.root, "/absolute", ROOT)
    vfs.symlink("absolute/c", vfs.root, "/chain", ROOT)
    vfs.symlink("none", vfs.root, "/dangling", ROOT)
    vfs.symlink("a/file/", vfs.root, "/slash", ROOT)
    assert vfs.path_of(at(vfs, "/a/relative")) == "/a/b/c"
    assert vfs.path_of(at(vfs, "/absolute/c")) == "/a/b/c"
    assert vfs.path_of(at(vfs, "/chain/..")) == "/a/b"
    assert at(vfs, "/chain", follow=False).target == "absolute/c"
    assert vfs.path_of(at(vfs, "/chain/", follow=False)) == "/a/b/c"
    assert error(vfs, "/dangling") == "ENOENT"
    assert error(vfs, "/dangling/x") == "ENOENT"
    assert error(vfs, "/dangling", follow=False) == ""
    assert error(vfs, "/slash") == "ENOTDIR"
    assert error(vfs, "/slash/x") == "ENOTDIR"


def test_forty_links_are_followed_and_no_more(vfs: Vfs) -> None:
    vfs.symlink("a", vfs.root, "/l0", ROOT)
    for number in range(1, 41):
        vfs.symlink(f"l{number - 1}", vfs.root, f"/l{number}", ROOT)
    assert at(vfs, "/l39") is at(vfs, "/a")
    assert error(vfs, "/l40") == "ELOOP"
    assert at(vfs, "/l19/b/../../l18/b") is at(vfs, "/a/b")
    assert error(vfs, "/l20/b/../../l20") == "ELOOP"
    vfs.symlink("loop", vfs.root, "/loop", ROOT)
    assert error(vfs, "/loop") == "ELOOP"
    assert error(vfs, "/loop/x") == "ELOOP"
    assert error(vfs, "/loop", follow=False) == ""


def test_every_directory_on_the_way_must_be_searchable(vfs: Vfs) -> None:
    vfs.chmod(vfs.root, "/a/b", 0o600, ROOT)
    vfs.chown(vfs.root, "/a/b", 1000, 1000, ROOT)
    for cred in (ALICE, BOB):
        assert failure(vfs.lookup, vfs.root, "/a/b", cred) == ""
        assert failure(vfs.lookup, vfs.root, "/a/b/c", cred) == "EACCES"
        assert failure(vfs.lookup, vfs.root, "/a/b/none", cred) == "EACCES"
        assert failure(vfs.lookup, vfs.root, "/a/b/.", cred) == "EACCES"
        assert failure(vfs.lookup, vfs.root, "/a/b/..", cred) == "EACCES"
    assert error(vfs, "/a/b/c") == ""
    vfs.chmod(vfs.root, "/a/b", 0o100, ROOT)
    assert failure(vfs.lookup, vfs.root, "/a/b/c", ALICE) == ""
    assert failure(vfs.lookup, vfs.root, "/a/b/c", BOB) == "EACCES"


def test_the_walker_says_where_it_ended(vfs: Vfs) -> None:
    vfs.symlink("a/b/new", vfs.root, "/link", ROOT)
    walker = vfs.walker
    assert walker.walk(vfs.root, "/link", ROOT) is None
    assert (walker.parent, walker.name, walker.slash) == (at(vfs, "/a/b"), "new", False)
    assert walker.walk(vfs.root, "a/file", ROOT) is not None
    assert (walker.parent, walker.name) == (at(vfs, "/a"), "file")
    assert walker.to_parent(vfs.root, "a/b//", ROOT) is at(vfs, "/a")
    walker.to_parent(vfs.root, "a/b//", ROOT)
    assert (walker.name, walker.slash) == ("b", True)
    walker.to_parent(vfs.root, "/", ROOT)
    assert walker.name == ""


def test_path_of(vfs: Vfs) -> None:
    c = at(vfs, "/a/b/c")
    assert vfs.path_of(vfs.root) == "/"
    vfs.rename(vfs.root, "/a/b", vfs.root, "/z", ROOT)
    assert vfs.path_of(c) == "/z/c"
    assert vfs.path_of_entry(at(vfs, "/a"), "file", at(vfs, "/a/file")) == "/a/file"
    file, directory = at(vfs, "/a/file"), at(vfs, "/a")
    vfs.opened(c)
    vfs.unlink(vfs.root, "/a/file", ROOT)
    vfs.rmdir(vfs.root, "/z/c", ROOT)
    assert failure(vfs.path_of, c) == "ENOENT"
    assert vfs.path_of_entry(c, "", c) == "/z/c (deleted)"
    assert vfs.path_of_entry(directory, "file", file) == "/a/file (deleted)"
    assert vfs.path_of_entry(vfs.root, "", vfs.root) == "/"


def test_a_removed_directory(vfs: Vfs) -> None:
    c = at(vfs, "/a/b/c")
    vfs.opened(c)
    vfs.rmdir(vfs.root, "/a/b/c", ROOT)
    assert vfs.lookup(c, ".", ROOT) is c
    assert vfs.lookup(c, "..", ROOT) is at(vfs, "/a/b")
    assert failure(vfs.lookup, c, "x", ROOT) == "ENOENT"
    assert failure(vfs.mkdir, c, "x", 0o755, ROOT) == "ENOENT"
    assert failure(vfs.open, c, "x", 0o101, 0o644, ALICE) == "ENOENT"
    assert failure(vfs.symlink, "x", c, "x", ROOT) == "ENOENT"
    assert failure(vfs.rename, vfs.root, "/a/file", c, "x", ROOT) == "ENOENT"
    assert failure(vfs.listdir, c) == "ENOENT"


class Numbers(VirtualDirectory):
    """Has an entry for every number, which is a link to that many "../"."""

    __slots__ = ()

    def lookup(self, name: str, context: object) -> Inode | None:
        if not name.isdigit():
            return None
        link = Up(self.ino + 1 + int(name), self.mount, 0)
        link.parent, link.name = self, name
        return link

    def entries(self, context: object) -> list[tuple[str, Inode]]:
        return []


class Up(VirtualLink):
    __slots__ = ()

    def readlink(self, context: object) -> str:
        return "../" * int(self.name) or "."


class Jump(MagicLink):
    __slots__ = ("to",)

    to: dict[object, Inode]

    def readlink(self, context: object) -> str:
        return "nowhere to be found"

    def resolve(self, context: object) -> Inode:
        if context not in self.to:
            raise SysError(ENOENT)
        return self.to[context]


def test_virtual_directories_and_links(vfs: Vfs) -> None:
    numbers = Numbers(10**9, vfs.mount_root, 0)
    numbers.parent, numbers.name = at(vfs, "/a"), "n"
    children = at(vfs, "/a").children
    assert children is not None
    children["n"] = numbers
    assert at(vfs, "/a/n") is numbers
    assert at(vfs, "/a/n/0") is numbers
    assert at(vfs, "/a/n/1/file") is at(vfs, "/a/file")
    assert at(vfs, "/a/n/2") is vfs.root
    assert at(vfs, "/a/n/..") is at(vfs, "/a")
    assert error(vfs, "/a/n/x") == "ENOENT"
    assert error(vfs, "/a/n/x/y") == "ENOENT"
    assert error(vfs, "/a/n/" + "9" * 300 + "x") == "ENAMETOOLONG"
    assert vfs.readlink(vfs.root, "/a/n/2", ROOT) == "../../"
    assert failure(vfs.mkdir, vfs.root, "/a/n/x", 0o755, ROOT) == "ENOENT"
    assert failure(vfs.mkdir, vfs.root, "/a/n/1", 0o755, ROOT) == "EEXIST"
    assert failure(vfs.open, vfs.root, "/a/n/x", 0o101, 0o644, ROOT) == "ENOENT"
    assert failure(vfs.unlink, vfs.root, "/a/n/1", ROOT) == "EPERM"
    assert failure(vfs.unlink, vfs.root, "/a/n/1", ALICE) == "EACCES"


def test_a_magic_link_leads_to_what_the_context_has(vfs: Vfs) -> None:
    jump = Jump(10**9, vfs.mount_root, 0)
    jump.to = {"one": at(vfs, "/a/file"), "two": at(vfs, "/a/b")}
    children = vfs.root.children
    assert children is not None
    children["jump"] = jump
    look = vfs.lookup
    assert look(vfs.root, "/jump", ROOT, True, "one") is at(vfs, "/a/file")
    assert look(vfs.root, "/jump", ROOT, False, "one") is jump
    assert look(vfs.root, "/jump/c", ROOT, True, "two") is at(vfs, "/a/b/c")
    assert failure(look, vfs.root, "/jump", ROOT) == "ENOENT"
    assert failure(look, vfs.root, "/jump/", ROOT, True, "one") == "ENOTDIR"
    assert failure(look, vfs.root, "/jump/x", ROOT, True, "one") == "ENOTDIR"
    assert vfs.open(vfs.root, "/jump", 0o101, 0o644, ROOT, "one") == (at(vfs, "/a/file"), False)
    assert failure(vfs.open, vfs.root, "/jump", 0o301, 0o644, ROOT, "one") == "EEXIST"
    assert failure(vfs.open, vfs.root, "/jump", 0o400000, 0, ROOT, "one") == "ELOOP"
    assert vfs.link_text(jump, "one") == "nowhere to be found"
