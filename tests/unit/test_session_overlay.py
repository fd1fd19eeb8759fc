"""A session: rows of what changed, laid over the site's files again."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field

import pytest
from tabux.abi.errno import SysError
from tabux.abi.fcntl import O_CREAT, O_RDWR, O_TRUNC
from tabux.abi.stat import S_IFDIR, S_IFIFO, S_IFMT, S_IFREG
from tabux.fs.credentials import ROOT
from tabux.fs.inode import Inode
from tabux.fs.layout import make_layout
from tabux.fs.manifest import Entry, populate
from tabux.fs.vfs import Vfs
from tabux.session.journal import Journal
from tabux.session.overlay import Overlay

from tests.unit.fs_support import FakeClock, FakeStore

SITE: list[Entry] = [
    {"path": "/etc/passwd", "text": "root"},
    {"path": "/etc/skel/a", "text": "aa"},
    {"path": "/etc/skel/b", "text": "bbb"},
    {"path": "/etc/skel/deep/c", "text": "c"},
    {"path": "/usr/bin/ls", "url": "ls.wasm", "size": 100, "sha256": "0", "mode": 0o755},
    {"path": "/usr/bin/dir", "link": "/usr/bin/ls"},
    {"path": "/usr/bin/sh", "symlink": "dash"},
    {
        "path": "/usr/share/data",
        "bundle": {
            "chunks": [{"url": "c", "size": 5, "sha256": "0"}],
            "index": "sub/\nsub/x\t2\ny\t3\nlink\t>\ty\n",
        },
    },
]


@dataclass
class Stored:
    """A store that keeps the rows."""

    texts: dict[int, str] = field(default_factory=dict)
    #: (inode number, record) of the contents given out, and the shipped files that got theirs back
    attached: list[tuple[int, int]] = field(default_factory=list)
    shipped: list[int] = field(default_factory=list)

    def rows(self, records: str) -> str:
        return f"[{','.join(self.texts[int(record)] for record in records.split())}]"

    def attach(self, pairs: str) -> None:
        numbers = [int(number) for number in pairs.split()]
        self.attached += zip(numbers[::2], numbers[1::2], strict=True)

    def ship(self, ino: int) -> None:
        self.shipped.append(ino)

    def save(self, vfs: Vfs, most: int = 1000) -> None:
        journal = Journal(vfs)
        while text := journal.take(most):
            gone, *lines = text.split("\n")
            for record in gone.split():
                self.texts.pop(int(record), None)
            for line in lines:
                record, _, row = line.split(" ", 2)
                assert json.loads(row)[0] == int(record)
                self.texts[int(record)] = row
        assert journal.pending() == 0

    def text(self) -> str:
        """The rows of shipped inodes."""
        return f"[{','.join(row for row in self.texts.values() if json.loads(row)[1] is not None)}]"

    def copy(self) -> Stored:
        return Stored(dict(self.texts))

    def difference(self, other: Stored) -> tuple[str, list[int]]:
        """What makes `other` of this: rows, and records that go."""
        rows = [row for record, row in other.texts.items() if self.texts.get(record) != row]
        return f"[{','.join(rows)}]", [record for record in self.texts if record not in other.texts]


def new_site(entries: list[Entry] = SITE) -> Vfs:
    vfs = Vfs(FakeStore(), FakeClock())
    with vfs.shipped():
        make_layout(vfs)
        vfs.new_mount("/dev", "devtmpfs", "udev", 0o755, 5)
        populate(vfs, entries, lambda inode, entry: None, lambda inode, part: None)
    return vfs


def opened(stored: Stored, entries: list[Entry] = SITE) -> tuple[Vfs, Overlay]:
    """The next visit."""
    vfs = new_site(entries)
    overlay = Overlay(vfs, stored)
    overlay.open(stored.text(), max(stored.texts, default=0))
    return vfs, overlay


def reopened(stored: Stored, entries: list[Entry] = SITE) -> Vfs:
    return opened(stored, entries)[0]


def dump(vfs: Vfs) -> dict[str, tuple[object, ...]]:
    """All that a user could see of the root file system; hard links by their first name. (Not atime: looking
    changes it.)"""
    seen: dict[Inode, str] = {}
    found: dict[str, tuple[object, ...]] = {}

    def walk(directory: Inode, path: str) -> None:
        for name, inode in sorted((directory.children or {}).items()):
            if inode.mount is not directory.mount:
                continue
            where = f"{path}/{name}"
            first = seen.setdefault(inode, where)
            is_directory = inode.mode & S_IFMT == S_IFDIR
            found[where] = (
                oct(inode.mode), inode.uid, inode.gid, inode.mtime, inode.ctime, inode.btime, inode.nlink,
                inode.target, inode.rdev, None if is_directory else (inode.size, first),
            )  # fmt: skip
            if is_directory:
                assert inode.parent is directory
                assert inode.name == name
                walk(inode, where)

    walk(vfs.root, "")
    return found


def shipped_times(dumped: dict[str, tuple[object, ...]]) -> dict[str, tuple[object, ...]]:
    """Without times: shipped files of another boot have others."""
    return {path: (*fields[:3], *fields[6:]) for path, fields in dumped.items()}


def write(vfs: Vfs, path: str, size: int) -> None:
    inode, _ = vfs.open(vfs.root, path, O_RDWR | O_CREAT, 0o644, ROOT)
    vfs.written(inode.ino, size, vfs.clock())


def test_a_site_that_nobody_has_touched_has_no_rows() -> None:
    vfs = new_site()
    vfs.lookup(vfs.root, "/usr/share/data/sub/x", ROOT)  # which fills the bundle
    assert Journal(vfs).take(10) == ""


def test_only_what_somebody_wrote_counts_as_written() -> None:
    vfs = new_site()
    vfs.chmod(vfs.root, "/etc/passwd", 0o600, ROOT)
    write(vfs, "/tmp/gone", 1)
    vfs.unlink(vfs.root, "/tmp/gone", ROOT)
    assert Journal(vfs).pending() > 0 == Journal(vfs).written()
    write(vfs, "/etc/passwd", 9)
    assert Journal(vfs).written() == 1
    write(vfs, "/tmp/kept", 1)
    assert Journal(vfs).written() == 2


def test_files_come_back_with_their_numbers() -> None:
    vfs = new_site()
    vfs.mkdir(vfs.root, "/home/user/d", 0o750, ROOT)
    write(vfs, "/home/user/d/caf\xc3\xa9 \n\"", 7)
    vfs.link(vfs.root, "/home/user/d/caf\xc3\xa9 \n\"", vfs.root, "/tmp/again", ROOT)
    vfs.symlink("../nowhere\xff", vfs.root, "/tmp/link", ROOT)
    vfs.mknod(vfs.root, "/tmp/fifo", S_IFIFO | 0o600, 0, ROOT)
    vfs.mknod(vfs.root, "/tmp/disk", 0o060600, 0x801, ROOT)
    stored = Stored()
    stored.save(vfs)
    again = reopened(stored)
    before, after = dump(vfs), dump(again)
    changed = {path for path in before if before[path] != after.get(path)}
    assert shipped_times(before) == shipped_times(after)
    assert all(not path.startswith(("/home/user/", "/tmp/")) for path in changed)
    assert again.lookup(again.root, "/tmp/again", ROOT).ino == vfs.lookup(vfs.root, "/tmp/again", ROOT).ino
    again.mkdir(again.root, "/tmp/new", 0o755, ROOT)
    numbers = [inode.ino for inode in again.table]
    assert len(numbers) == len(set(numbers))


def test_shipped_files_that_were_changed_moved_linked_and_removed() -> None:
    vfs = new_site()
    vfs.chmod(vfs.root, "/usr/bin/ls", 0o700, ROOT)
    write(vfs, "/etc/passwd", 99)
    vfs.unlink(vfs.root, "/etc/skel/a", ROOT)
    vfs.rename(vfs.root, "/etc/skel", vfs.root, "/home/user/skel", ROOT)
    vfs.link(vfs.root, "/usr/share/data/sub/x", vfs.root, "/tmp/x", ROOT)
    vfs.rename(vfs.root, "/usr/share/data/y", vfs.root, "/usr/share/data/z", ROOT)
    vfs.unlink(vfs.root, "/usr/bin/dir", ROOT)
    stored = Stored()
    stored.save(vfs)
    again = reopened(stored)
    assert shipped_times(dump(again)) == shipped_times(dump(vfs))
    own = again.lookup(again.root, "/etc/passwd", ROOT)
    assert stored.attached == [(own.ino, own.record)]
    # and once more, after nothing
    stored.save(again)
    assert shipped_times(dump(reopened(stored))) == shipped_times(dump(vfs))


def test_another_version_of_the_site() -> None:
    vfs = new_site()
    write(vfs, "/etc/passwd", 99)
    write(vfs, "/etc/skel/deep/c", 5)
    vfs.chmod(vfs.root, "/etc/skel/b", 0o600, ROOT)
    vfs.chmod(vfs.root, "/usr/bin/ls", 0o711, ROOT)
    vfs.unlink(vfs.root, "/usr/bin/sh", ROOT)
    write(vfs, "/usr/bin/mine", 3)
    stored = Stored()
    stored.save(vfs)
    newer: list[Entry] = [
        {"path": "/etc/passwd", "text": "another"},
        {"path": "/etc/fresh", "text": "new"},
        {"path": "/usr/bin/ls", "url": "ls2.wasm", "size": 200, "sha256": "1", "mode": 0o755},
        {"path": "/usr/bin/mine", "text": "the site's"},
        {"path": "/usr/bin/sh", "symlink": "bash"},
    ]
    again, overlay = opened(stored, newer)

    def at(path: str) -> Inode:
        return again.lookup(again.root, path, ROOT, False)

    assert at("/etc/passwd").size == 99  # what the user changed stays the user's
    assert at("/etc/fresh").size == 3
    assert (at("/usr/bin/ls").size, at("/usr/bin/ls").mode & 0o777) == (200, 0o711)
    assert at("/usr/bin/mine").size == 3
    assert at("/etc/skel/deep/c").size == 5  # although the site has no /etc/skel any more
    assert overlay.lost == ["/etc/skel/b"]  # its content was the old site's
    with pytest.raises(SysError):
        at("/usr/bin/sh")
    # what was adopted is stored as the session's own, and opens with either version
    stored.save(again)
    third = reopened(stored, newer)
    assert third.lookup(third.root, "/etc/skel/deep/c", ROOT).size == 5


def test_what_was_removed_while_open_is_not_stored() -> None:
    vfs = new_site()
    stored = Stored()
    write(vfs, "/tmp/f", 1)
    inode = vfs.lookup(vfs.root, "/tmp/f", ROOT)
    vfs.opened(inode)
    stored.save(vfs)
    assert inode.record in stored.texts
    vfs.unlink(vfs.root, "/tmp/f", ROOT)
    vfs.written(inode.ino, 5, vfs.clock())
    stored.save(vfs)
    assert all("/tmp/f" not in row and json.loads(row)[0] != inode.ino for row in stored.texts.values())
    vfs.released(inode)
    stored.save(vfs)
    assert "/tmp/f" not in dump(reopened(stored))


PATHS = [
    f"{directory}/{name}"
    for directory in (
        *("/home/user", "/home/user/a", "/home/user/a/b"),
        *("/etc", "/etc/skel", "/usr/bin", "/usr/share/data", "/usr/share/data/sub"),
    )
    for name in ("a", "b", "deep", "passwd", "skel", "ls", "dir", "data", "sub", "x", "y")
]


def random_step(vfs: Vfs, chance: random.Random) -> None:
    path, other = chance.choice(PATHS), chance.choice(PATHS)
    root = vfs.root
    try:
        match chance.randrange(11):
            case 0 | 1:
                write(vfs, path, chance.randrange(1000))
            case 2:
                vfs.mkdir(root, path, 0o755, ROOT)
            case 3 | 4:
                vfs.rename(root, path, root, other, ROOT, chance.choice((0, 0, 2)))
            case 5:
                vfs.unlink(root, path, ROOT)
            case 6:
                vfs.rmdir(root, path, ROOT)
            case 7:
                vfs.link(root, path, root, other, ROOT)
            case 8:
                vfs.symlink(other, root, path, ROOT)
            case 9:
                vfs.chmod(root, path, chance.randrange(0o1000), ROOT)
            case 10:
                vfs.open(root, path, O_RDWR | O_TRUNC, 0, ROOT)
    except SysError:
        pass


@pytest.mark.parametrize("seed", range(60))
def test_random_histories_with_snapshots(seed: int) -> None:
    chance = random.Random(seed)
    stored = Stored()
    vfs, overlay = opened(stored)
    snapshots: list[tuple[Stored, dict[str, tuple[object, ...]]]] = []
    for _ in range(chance.randrange(1, 6)):
        for _ in range(chance.randrange(60)):
            random_step(vfs, chance)
            if chance.random() < 0.2:
                stored.save(vfs, most=chance.randrange(1, 9))
        stored.save(vfs)
        snapshots.append((stored.copy(), dump(vfs)))
        assert shipped_times(dump(reopened(stored))) == shipped_times(dump(vfs))
        if chance.random() < 0.6:
            # a snapshot, in the running system
            kept, expected = chance.choice(snapshots)
            rows, gone = stored.difference(kept)
            overlay.restore(rows, gone)
            assert Journal(vfs).pending() == 0
            assert dump(vfs) == expected
            stored.texts = dict(kept.texts)
        elif chance.random() < 0.5:
            # the next visit
            vfs, overlay = opened(stored)
            snapshots = []


def test_contents_of_a_restored_snapshot() -> None:
    stored = Stored()
    vfs, overlay = opened(stored)
    before = stored.copy()
    write(vfs, "/etc/passwd", 9)
    write(vfs, "/tmp/mine", 4)
    stored.save(vfs)
    shipped, mine = (vfs.lookup(vfs.root, path, ROOT) for path in ("/etc/passwd", "/tmp/mine"))
    overlay.restore(*stored.difference(before))
    assert (stored.attached, stored.shipped) == ([], [shipped.ino])
    assert shipped.size == 4
    assert isinstance(vfs.store, FakeStore)
    assert mine.ino in vfs.store.discarded
    overlay.restore(*before.difference(stored))
    assert (shipped.ino, shipped.record) in stored.attached
    assert mine.ino in dict(stored.attached)
    assert vfs.lookup(vfs.root, "/tmp/mine", ROOT).mode & S_IFMT == S_IFREG
