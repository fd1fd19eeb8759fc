"""What watchers are told, and what files.copy, symlink and list do."""

from __future__ import annotations

import json

import pytest
from tabux.api import files
from tabux.api.watches import Watches
from tabux.fs.credentials import ROOT

from tests.unit.fs_support import failure
from tests.unit.kernel_support import AT_FDCWD, System


def told(s: System) -> list[tuple[str, str]]:
    """What has been told since the last look."""
    found = [(kind, path) for _, kind, path in s.gate.changes]
    s.gate.changes.clear()
    return found


@pytest.mark.parametrize("recursive", [0, 1])
def test_a_directory_is_watched(recursive: int) -> None:
    s = System()
    k = s.kernel
    files.make_dir(k, "/w/deep")
    ino = files.write(k, "/w/old")
    watches = Watches()
    number = watches.add(k, "/w", recursive)
    new = files.write(k, "/w/deep/new")
    s.report(ino, 5, 0)
    s.report(new, 5, 0)
    files.change_mode(k, "/w/old", 0o600)
    files.rename(k, "/w/old", "/w/deep/moved")
    s.report(ino, 6, 0)
    files.remove(k, "/w/deep")
    files.make_dir(k, "/elsewhere/w")
    deep = [("create", "deep/new"), ("write", "deep/new"), ("create", "deep/moved"), ("write", "deep/moved")]
    seen = told(s)
    assert [event for event in seen if event[1] in ("old", "deep")] == [
        ("write", "old"), ("chmod", "old"), ("rename", "old"), ("remove", "deep"),
    ]  # fmt: skip
    assert {event for event in seen if event[1].startswith("deep/")} == (
        {*deep, ("remove", "deep/new"), ("remove", "deep/moved")} if recursive else set()
    )
    watches.remove(k, number)
    files.write(k, "/w/after")
    assert told(s) == [] and k.vfs.watches == []


def test_a_file_is_watched() -> None:
    s = System()
    ino = files.write(s.kernel, "/tmp/one")
    Watches().add(s.kernel, "/tmp/one", 0)
    s.report(ino, 3, 0)
    files.write(s.kernel, "/tmp/two")
    files.remove(s.kernel, "/tmp/one")
    assert told(s) == [("write", ""), ("remove", "")]


def test_a_tree_that_is_moved_in_is_in_sight() -> None:
    s = System()
    k = s.kernel
    ino = files.write(k, "/tmp/tree/sub/file")
    files.make_dir(k, "/w")
    Watches().add(k, "/w", 1)
    files.rename(k, "/tmp/tree", "/w/tree")
    s.report(ino, 3, 0)
    assert told(s) == [("create", "tree"), ("write", "tree/sub/file")]


def test_what_cannot_be_watched() -> None:
    s = System()
    assert failure(Watches().add, s.kernel, "/none", 0) == "ENOENT"
    assert failure(Watches().add, s.kernel, "/proc", 1) == "EINVAL"


def test_a_tree_is_copied() -> None:
    s = System()
    k = s.kernel
    one, two = files.write(k, "/a/one"), files.write(k, "/a/b/two")
    files.change_mode(k, "/a/b/two", 0o751)
    files.symlink(k, "one", "/a/link")
    pairs = json.loads(files.copy(k, "/a", "/new/place"))
    assert {pairs[0], pairs[2]} == {one, two}
    listed = {e["path"]: e for e in json.loads(files.listing(k, "/new", 9))}
    assert {path: e["type"] for path, e in listed.items()} == {
        "/new/place": "dir", "/new/place/b": "dir", "/new/place/b/two": "file", "/new/place/link": "symlink",
        "/new/place/one": "file",
    }  # fmt: skip
    copied = k.vfs.lookup(k.vfs.root, "/new/place/b/two", ROOT)
    assert copied.ino in pairs and copied.mode & 0o7777 == 0o751 and copied.uid == 1000
    assert k.vfs.readlink(k.vfs.root, "/new/place/link", ROOT) == "one"


def test_what_is_not_copied() -> None:
    s = System()
    k = s.kernel
    files.make_dir(k, "/a/b")
    assert failure(files.copy, k, "/a", "/a/b/c") == "EINVAL"
    assert failure(files.copy, k, "/a", "/a") == "EINVAL"
    assert failure(files.copy, k, "/dev/null", "/tmp/x") == "EINVAL"
    assert failure(files.copy, k, "/none", "/tmp/x") == "ENOENT"
    files.write(k, "/tmp/file")
    assert failure(files.copy, k, "/a", "/tmp/file") == "ENOTDIR"
    assert failure(files.copy, k, "/tmp/file", "/tmp/file") == "EINVAL"


def test_levels_of_a_listing() -> None:
    s = System()
    files.make_dir(s.kernel, "/l/x/y/z")
    paths = [[e["path"] for e in json.loads(files.listing(s.kernel, "/l", depth))] for depth in (1, 2, 99)]
    assert paths == [["/l/x"], ["/l/x", "/l/x/y"], ["/l/x", "/l/x/y", "/l/x/y/z"]]


def test_links_and_modes_that_cannot_be() -> None:
    s = System()
    files.write(s.kernel, "/tmp/there")
    assert failure(files.symlink, s.kernel, "x", "/tmp/there") == "EEXIST"
    assert failure(files.change_mode, s.kernel, "/tmp/none", 0o755) == "ENOENT"
    assert s.call("openat", s.leader(), AT_FDCWD, "/tmp/there", 0, 0) == 0
