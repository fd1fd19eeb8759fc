"""The tree before the first program runs: base directories, devices, the userland manifest."""

from __future__ import annotations

import pytest
from tabux.abi.stat import S_IFDIR, S_IFREG, S_ISCHR, S_ISLNK, major, minor
from tabux.fs.bundle import Chunk, Part
from tabux.fs.credentials import ROOT
from tabux.fs.devices import make_devices, make_terminal, remove_terminal
from tabux.fs.inode import Inode
from tabux.fs.layout import USER, make_layout
from tabux.fs.manifest import Entry, content, populate
from tabux.fs.vfs import Vfs

from tests.unit.fs_support import ALICE, failure, new_vfs, store_of


def at(vfs: Vfs, path: str, follow: bool = False) -> Inode:
    return vfs.lookup(vfs.root, path, ROOT, follow)


def facts(vfs: Vfs, path: str) -> str:
    inode = at(vfs, path)
    return f"{inode.mode & 0o7777:o} {inode.uid}:{inode.gid}"


def test_base_directories() -> None:
    vfs = new_vfs()
    make_layout(vfs)
    assert facts(vfs, "/") == "755 0:0"
    assert facts(vfs, "/home/user") == f"755 {USER}:{USER}"
    assert facts(vfs, "/tmp") == "1777 0:0"
    assert facts(vfs, "/var/tmp") == "1777 0:0"
    assert facts(vfs, "/root") == "700 0:0"
    assert facts(vfs, "/proc") == "555 0:0"
    assert at(vfs, "/bin", True) is at(vfs, "/usr/bin")
    assert vfs.readlink(vfs.root, "/bin", ROOT) == "usr/bin"
    assert vfs.root.nlink == 2 + sum(child.mode & S_IFDIR == S_IFDIR for child in children(vfs.root).values())
    for cred, place, name in (
        (ALICE, "/home/user/x", ""),
        (ALICE, "/tmp/x", ""),
        (ALICE, "/etc/x", "EACCES"),
    ):
        assert failure(vfs.mkdir, vfs.root, place, 0o755, cred) == name


def children(inode: Inode) -> dict[str, Inode]:
    assert inode.children is not None
    return inode.children


def test_devices() -> None:
    vfs = new_vfs()
    make_layout(vfs)
    make_devices(vfs)
    found = {
        name: (major(inode.rdev), minor(inode.rdev), f"{inode.mode & 0o777:o}")
        for name, inode in children(at(vfs, "/dev")).items()
        if S_ISCHR(inode.mode)
    }
    assert found == {
        "null": (1, 3, "666"),
        "zero": (1, 5, "666"),
        "full": (1, 7, "666"),
        "random": (1, 8, "666"),
        "urandom": (1, 9, "666"),
        "tty": (5, 0, "666"),
        "ptmx": (5, 2, "666"),
        "console": (5, 1, "600"),
    }
    links = {n: inode.target for n, inode in children(at(vfs, "/dev")).items() if S_ISLNK(inode.mode)}
    assert links == {
        "fd": "/proc/self/fd",
        "stdin": "/proc/self/fd/0",
        "stdout": "/proc/self/fd/1",
        "stderr": "/proc/self/fd/2",
    }
    assert facts(vfs, "/dev/shm") == "1777 0:0"
    assert facts(vfs, "/dev/pts") == "755 0:0"


def test_terminals() -> None:
    vfs = new_vfs()
    make_layout(vfs)
    make_devices(vfs)
    terminal = object()
    node = make_terminal(vfs, 3, 1000, terminal)
    assert at(vfs, "/dev/pts/3") is node
    assert (major(node.rdev), minor(node.rdev), node.object) == (136, 3, terminal)
    assert facts(vfs, "/dev/pts/3") == "620 1000:5"
    vfs.opened(node)
    remove_terminal(vfs, 3)
    assert failure(at, vfs, "/dev/pts/3") == "ENOENT"
    assert store_of(vfs).discarded == []


MANIFEST: list[Entry] = [
    {"path": "/usr/bin/bash", "mode": 0o755, "url": "bin/bash.wasm", "size": 1234, "sha256": "00"},
    {"path": "/usr/bin/rbash", "symlink": "bash"},
    {"path": "/usr/bin/ls", "link": "/usr/libexec/coreutils"},
    {
        "path": "/usr/libexec/coreutils",
        "mode": 0o755,
        "url": "bin/coreutils.wasm",
        "size": 99,
        "sha256": "11",
    },
    {"path": "/etc/motd", "mode": 0o644, "text": "héllo\n"},
    {"path": "/etc/skel/.profile", "text": ""},
    {"path": "/usr/lib/terminfo/x/xterm", "base64": "HgIl/w=="},
    {"path": "/opt/é", "symlink": "ü"},
    {"path": "/home/user", "dir": True, "mode": 0o700, "uid": 1000, "gid": 1000},
    {"path": "/var/empty/", "dir": True},
]


def no_part(inode: Inode, part: Part) -> None:
    pytest.fail("no bundle has been looked into")


def test_manifest() -> None:
    vfs = new_vfs()
    make_layout(vfs)
    vfs.mkdir(vfs.root, "/home/user/kept", 0o755, ALICE)
    supplied: list[tuple[Inode, Entry]] = []
    populate(vfs, MANIFEST, lambda inode, entry: supplied.append((inode, entry)), no_part)
    assert [(entry["path"], inode.size) for inode, entry in supplied] == [
        ("/usr/bin/bash", 1234),
        ("/usr/libexec/coreutils", 99),
        ("/etc/motd", 7),
        ("/etc/skel/.profile", 0),
        ("/usr/lib/terminfo/x/xterm", 4),
    ]
    assert content(supplied[-1][1]) == b"\x1e\x02%\xff"
    assert supplied[0][0] is at(vfs, "/bin/rbash", True)
    assert supplied[0][0].mode == S_IFREG | 0o755
    assert at(vfs, "/usr/bin/ls") is at(vfs, "/usr/libexec/coreutils")
    assert at(vfs, "/usr/bin/ls").nlink == 2
    assert at(vfs, "/opt/\xc3\xa9").target == "\xc3\xbc"
    assert facts(vfs, "/usr/libexec") == facts(vfs, "/etc/skel") == facts(vfs, "/var/empty") == "755 0:0"
    assert facts(vfs, "/etc/skel/.profile") == "644 0:0"
    assert facts(vfs, "/home/user") == "700 1000:1000"
    assert failure(at, vfs, "/home/user/kept") == ""


def test_a_second_manifest_replaces_files() -> None:
    vfs = new_vfs()
    make_layout(vfs)
    populate(vfs, MANIFEST, lambda inode, entry: None, no_part)
    old = at(vfs, "/etc/motd")
    populate(
        vfs,
        [
            {"path": "/etc/motd", "text": "hi"},
            {"path": "/usr/bin/ls", "link": "/usr/bin/bash"},
            {"path": "/bin/new", "text": "x"},
        ],
        lambda inode, entry: None,
        no_part,
    )
    assert at(vfs, "/etc/motd") is not old
    assert store_of(vfs).discarded == [old.ino]
    assert at(vfs, "/usr/bin/ls") is at(vfs, "/usr/bin/bash")
    assert at(vfs, "/usr/libexec/coreutils").nlink == 1
    assert at(vfs, "/usr/bin/new").size == 1


ZONES: list[Chunk] = [
    {"url": "userland/zoneinfo-0.gz", "size": 30, "sha256": "22"},
    {"url": "userland/zoneinfo-1.gz", "size": 5, "sha256": "33"},
]
INDEX = (
    "Europe/\nEurope/Paris\t10\nEurope/Rome\t20\t755\n@\nUTC\t5\nZulu\t=\tUTC\nlocaltime\t>\tEurope/Rome\nvoid\t0\n"
)


def test_a_bundle_is_filled_when_somebody_looks_into_it() -> None:
    vfs = new_vfs()
    supplied: list[tuple[int, Part]] = []
    populate(
        vfs,
        [{"path": "/usr/share/zoneinfo", "bundle": {"chunks": ZONES, "index": INDEX}}],
        lambda inode, entry: None,
        lambda inode, part: supplied.append((inode.ino, part)),
    )
    top = at(vfs, "/usr/share/zoneinfo")
    assert (top.nlink, facts(vfs, "/usr/share/zoneinfo"), supplied) == (3, "755 0:0", [])
    before = top.mtime
    paris = at(vfs, "/usr/share/zoneinfo/Europe/Paris")
    assert [name for name, _ in vfs.listdir(top)] == [
        ".", "..", "Zulu", "void", "localtime", "UTC", "Europe"
    ]
    assert (top.nlink, top.mtime, paris.mtime) == (3, before, before)
    assert at(vfs, "/usr/share/zoneinfo/Zulu") is at(vfs, "/usr/share/zoneinfo/UTC")
    assert at(vfs, "/usr/share/zoneinfo/localtime", True).mode == S_IFREG | 0o755
    assert [(part.chunk["url"], part.offset, part.length) for _, part in supplied] == [
        ("userland/zoneinfo-0.gz", 0, 10),
        ("userland/zoneinfo-0.gz", 10, 20),
        ("userland/zoneinfo-1.gz", 0, 5),
    ]
    assert supplied[0][0] == paris.ino


def test_a_bundle_not_looked_into_can_be_moved_and_removed() -> None:
    vfs = new_vfs()
    entries: list[Entry] = [{"path": "/usr/share/zoneinfo", "bundle": {"chunks": ZONES, "index": INDEX}}]
    populate(vfs, entries, lambda inode, entry: None, lambda inode, part: None)
    assert failure(vfs.rmdir, vfs.root, "/usr/share/zoneinfo", ROOT) == "ENOTEMPTY"
    vfs.rename(vfs.root, "/usr/share/zoneinfo", vfs.root, "/usr/zones", ROOT)
    assert at(vfs, "/usr/zones/UTC").size == 5


def test_a_bundle_adds_to_a_directory_that_is_there() -> None:
    vfs = new_vfs()
    entries: list[Entry] = [
        {"path": "/usr/share/zoneinfo/tzdata.zi", "text": "x"},
        {"path": "/usr/share/zoneinfo", "bundle": {"chunks": ZONES, "index": INDEX}},
    ]
    populate(vfs, entries, lambda inode, entry: None, lambda inode, part: None)
    assert [at(vfs, f"/usr/share/zoneinfo/{n}").size for n in ("tzdata.zi", "Europe/Rome")] == [1, 20]
