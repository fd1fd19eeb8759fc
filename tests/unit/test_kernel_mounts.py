"""Host mounts in the kernel: a fake provider answers what the kernel asks of the gate, late or wrongly."""

from __future__ import annotations

import json
import struct

import pytest
from kernel_support import AT_FDCWD, System
from tabux.abi.errno import EACCES, EIO, ENOENT, ENOSPC
from tabux.abi.fcntl import AT_REMOVEDIR, O_CREAT, O_EXCL, O_PATH, O_RDWR, O_TRUNC, RENAME_EXCHANGE
from tabux.abi.stat import UTIME_OMIT
from tabux.api import files, mounts
from tabux.fs.pending import Pending
from tabux.kernel.process import Process

NUMBER = 3
ALL = "write makeDir remove rename"
SECOND = 1000.0


class Provider:
    """Keeps a tree, and answers what the gate was asked when `answer` is called."""

    def __init__(self, system: System, can: str = ALL, readonly: int = 0) -> None:
        self.system = system
        self.seen = 0
        #: sizes by path; None for a directory
        self.tree: dict[str, int | None] = {"a": 3, "d": None, "d/b": 5, "d/e": None}
        self.errors: dict[str, int] = {}
        self.mtime = 1_000_000.0
        assert mounts.mount(system.kernel, "/mnt/h", NUMBER, "fake", readonly, can) == 0

    def asked(self) -> list[tuple[object, ...]]:
        """What has been asked since this was last called."""
        new = self.system.gate.host[self.seen :]
        self.seen += len(new)
        return new

    def tell(self, name: str, *arguments: object) -> None:
        assert self.system._calls[name](*arguments) == 0
        assert not self.system.gate.logged, self.system.gate.logged[-1]

    def answer(self) -> list[tuple[object, ...]]:
        """Answers everything; what it was."""
        asked = self.asked()
        for kind, *rest in asked:
            if kind == "list":
                self._list(*rest)
            elif kind in ("create", "makeDir", "remove", "rename"):
                self._change(str(kind), *rest)
        return asked

    def _list(self, mount: object, ino: object, path: object) -> None:
        error = self.errors.get(f"list {path}")
        if error:
            self.tell("host_failed", mount, ino, error)
            return
        prefix = f"{path}/" if path else ""
        entries = [
            (name[len(prefix) :], "dir" if size is None else "file", size or 0, self.mtime, -1, None)
            for name, size in self.tree.items()
            if name.startswith(prefix) and "/" not in name[len(prefix) :]
        ]
        self.tell("host_listed", mount, ino, json.dumps(entries))

    def _change(
        self, kind: str, mount: object, number: object, path: object, other: object, keep: object
    ) -> None:
        error = self.errors.get(f"{kind} {path}", 0)
        path, other = str(path), str(other)
        if not error and kind in ("create", "makeDir"):
            self.tree[path] = 0 if kind == "create" else None
        elif not error and kind == "remove":
            del self.tree[path]
        elif not error:
            for name in [name for name in self.tree if name == path or name.startswith(f"{path}/")]:
                self.tree[other + name[len(path) :]] = self.tree.pop(name)
        self.tell("host_done", mount, number, error)

    def call(self, p: Process, name: str, *arguments: object) -> int | str:
        """Makes a call, and again as long as it waits; answers come in between."""
        result = self.system.call(name, p, *arguments)
        while result == "BLOCKED":
            self.system.gate.woken.clear()
            assert self.answer(), "it waits for nothing"
            assert p.pid in self.system.gate.woken
            result = self.system.call(name, p, *arguments)
        return result

    def open(self, p: Process, path: str, flags: int = 0) -> int | str:
        return self.call(p, "openat", AT_FDCWD, path, flags, 0o600)

    def names(self, p: Process, path: str) -> list[str]:
        """What getdents64 gives, sorted."""
        fd = self.open(p, path)
        assert isinstance(fd, int), fd
        names = []
        while length := self.call(p, "getdents64", fd, 65536):
            assert isinstance(length, int), length
            data = bytes(self.system.kernel.mailbox[:length])
            while data:
                record = struct.unpack_from("<H", data, 16)[0]
                names.append(data[19:record].split(b"\0")[0].decode("latin-1"))
                data = data[record:]
        assert self.call(p, "close", fd) == 0
        return sorted(names)

    def size(self, p: Process, path: str) -> int:
        assert self.call(p, "statx", AT_FDCWD, path, 0) == 0
        return int(struct.unpack_from("<Q", self.system.kernel.mailbox, 40)[0])


@pytest.fixture
def system() -> System:
    return System()


@pytest.fixture
def host(system: System) -> Provider:
    return Provider(system)


@pytest.fixture
def p(system: System) -> Process:
    return system.leader()


def test_a_listing_is_asked_for_once_and_believed_for_a_second(
    system: System, host: Provider, p: Process
) -> None:
    assert host.names(p, "/mnt/h/d") == [".", "..", "b", "e"]
    assert host.size(p, "/mnt/h/d/b") == 5
    assert [request[3] for request in system.gate.host if request[0] == "list"] == ["", "d"]
    host.tree["d/c"] = 1
    host.tree["d/b"] = 6
    system.gate.ms += SECOND - 1
    assert host.size(p, "/mnt/h/d/b") == 5
    system.gate.ms += 2
    assert host.size(p, "/mnt/h/d/b") == 6
    assert host.names(p, "/mnt/h/d") == [".", "..", "b", "c", "e"]


def test_whoever_waits_cannot_be_interrupted(system: System, host: Provider, p: Process) -> None:
    other = system.leader()
    assert system.call("statx", p, AT_FDCWD, "/mnt/h/a", 0) == "BLOCKED"
    assert system.call("statx", other, AT_FDCWD, "/mnt/h/a", 0) == "BLOCKED"
    assert system.gate.uninterrupted == {p.pid, other.pid}
    # both wait for the same
    assert len(host.answer()) == 1
    assert sorted(system.gate.woken) == [p.pid, other.pid]
    assert system.call("statx", p, AT_FDCWD, "/mnt/h/a", 0) == 0


def test_a_slow_provider_does_not_make_a_walk_endless(system: System, host: Provider, p: Process) -> None:
    host.tree = {"1": None, "1/2": None, "1/2/3": None, "1/2/3/4": 9}
    steps = 0
    while system.call("statx", p, AT_FDCWD, "/mnt/h/1/2/3/4", 0) == "BLOCKED":
        steps += 1
        assert steps < 10
        system.gate.ms += 5 * SECOND
        host.answer()
    assert steps == 4


def test_inodes_stay_while_their_names_do(system: System, host: Provider, p: Process) -> None:
    def number(path: str) -> int:
        assert host.call(p, "statx", AT_FDCWD, path, 0) == 0
        return int(struct.unpack_from("<Q", system.kernel.mailbox, 32)[0])

    first, directory = number("/mnt/h/a"), number("/mnt/h/d")
    system.gate.ms += 2 * SECOND
    assert (number("/mnt/h/a"), number("/mnt/h/d")) == (first, directory)
    # something else of that name is another file
    host.tree["a"] = None
    system.gate.ms += 2 * SECOND
    assert number("/mnt/h/a") != first


def test_making_and_removing_names(system: System, host: Provider, p: Process) -> None:
    fd = host.open(p, "/mnt/h/d/new", O_RDWR | O_CREAT | O_EXCL)
    assert isinstance(fd, int)
    assert host.tree["d/new"] == 0
    assert host.open(p, "/mnt/h/d/new", O_RDWR | O_CREAT | O_EXCL) == "EEXIST"
    assert host.call(p, "mkdirat", AT_FDCWD, "/mnt/h/x", 0o700) == 0
    assert host.call(p, "mkdirat", AT_FDCWD, "/mnt/h/x", 0o700) == "EEXIST"
    assert host.call(p, "unlinkat", AT_FDCWD, "/mnt/h/d/b", 0) == 0
    assert host.call(p, "unlinkat", AT_FDCWD, "/mnt/h/d/b", 0) == "ENOENT"
    assert host.call(p, "unlinkat", AT_FDCWD, "/mnt/h/d", AT_REMOVEDIR) == "ENOTEMPTY"
    assert host.call(p, "unlinkat", AT_FDCWD, "/mnt/h/x", AT_REMOVEDIR) == 0
    assert host.tree == {"a": 3, "d": None, "d/e": None, "d/new": 0}
    assert host.names(p, "/mnt/h") == [".", "..", "a", "d"]
    # whoever has taken the result of a change has said so
    numbers = [request[2] for request in system.gate.host if request[0] in ("create", "makeDir", "remove")]
    assert [request[2] for request in system.gate.host if request[0] == "consumed"] == numbers


def test_renaming(system: System, host: Provider, p: Process) -> None:
    def rename(old: str, new: str, flags: int = 0) -> int | str:
        return host.call(p, "renameat2", AT_FDCWD, f"/mnt/h/{old}", AT_FDCWD, f"/mnt/h/{new}", flags)

    assert rename("d", "n") == 0
    assert host.tree == {"a": 3, "n": None, "n/b": 5, "n/e": None}
    assert host.size(p, "/mnt/h/n/b") == 5
    fd = host.open(p, "/mnt/h/n/b")
    assert rename("a", "n/b") == 0
    request = next(r for r in reversed(system.gate.host) if r[0] == "rename")
    # the one that is replaced is open: its content has to come first
    assert request[3:5] == ("a", "n/b") and request[5] == system.kernel.files[p.files[fd].id].inode.ino  # type: ignore[index]
    assert host.size(p, "/mnt/h/n/b") == 3
    assert rename("n/b", "n/c", RENAME_EXCHANGE) == "ENOENT"
    assert rename("n/b", "n/e", RENAME_EXCHANGE) == "EINVAL"
    assert rename("n", "n/e/x") == "EINVAL"
    assert host.call(p, "renameat2", AT_FDCWD, "/mnt/h/n", AT_FDCWD, "/tmp/n", 0) == "EXDEV"


def test_a_change_that_fails_changes_nothing(system: System, host: Provider, p: Process) -> None:
    host.errors = {"makeDir x": ENOSPC, "remove a": EACCES, "create f": EIO, "rename d": EIO}
    assert host.call(p, "mkdirat", AT_FDCWD, "/mnt/h/x", 0o755) == "ENOSPC"
    assert host.call(p, "unlinkat", AT_FDCWD, "/mnt/h/a", 0) == "EACCES"
    assert host.open(p, "/mnt/h/f", O_RDWR | O_CREAT) == "EIO"
    assert host.call(p, "renameat2", AT_FDCWD, "/mnt/h/d", AT_FDCWD, "/mnt/h/y", 0) == "EIO"
    assert host.names(p, "/mnt/h") == [".", "..", "a", "d"]


def test_the_result_of_a_change_is_taken_though_the_listing_has_grown_old(
    system: System, host: Provider, p: Process
) -> None:
    assert host.size(p, "/mnt/h/a") == 3
    assert system.call("mkdirat", p, AT_FDCWD, "/mnt/h/x", 0o755) == "BLOCKED"
    system.gate.ms += 5 * SECOND
    host.answer()
    assert system.call("mkdirat", p, AT_FDCWD, "/mnt/h/x", 0o755) == 0


def asked_for(system: System, host: Provider, p: Process) -> tuple[object, object]:
    """A directory /mnt/h/x has been made for a process, which has not yet taken the result."""
    assert host.size(p, "/mnt/h/a") == 3
    assert system.call("mkdirat", p, AT_FDCWD, "/mnt/h/x", 0o755) == "BLOCKED"
    (request,) = host.answer()[-1:]
    return NUMBER, request[2]


def expected(system: System, change: tuple[object, object]) -> int:
    return system._calls["host_expected"](*change)


def test_a_change_whose_process_is_late(system: System, host: Provider, p: Process) -> None:
    change = asked_for(system, host, p)
    for _ in range(3):
        system.gate.ms += SECOND
        assert expected(system, change) == 1
    assert system.call("mkdirat", p, AT_FDCWD, "/mnt/h/x", 0o755) == 0
    assert expected(system, change) == 0
    assert [kind for kind, *_ in host.asked()] == ["consumed"]


def test_a_change_whose_process_was_killed(system: System, host: Provider, p: Process) -> None:
    change = asked_for(system, host, p)
    system.call("exit_signal", p, 9)
    assert expected(system, change) == 0
    other = system.leader()
    system.gate.ms += SECOND / 2
    assert host.names(other, "/mnt/h") == [".", "..", "a", "d", "x"]
    assert host.call(other, "mkdirat", AT_FDCWD, "/mnt/h/x", 0o755) == "EEXIST"


def test_a_change_whose_process_waits_for_a_listing(system: System, host: Provider, p: Process) -> None:
    """The listing comes after the change, so that the change must not wait for the process."""
    assert host.size(p, "/mnt/h/d/b") == 5
    assert system.call("mkdirat", p, AT_FDCWD, "/mnt/h/d/../x", 0o755) == "BLOCKED"
    (request,) = host.answer()[-1:]
    system.gate.ms += 5 * SECOND
    change = NUMBER, request[2]
    assert expected(system, change) == 1
    assert system.call("mkdirat", p, AT_FDCWD, "/mnt/h/d/../x", 0o755) == "BLOCKED"
    assert expected(system, change) == 0


def test_listings_that_fail(system: System, host: Provider, p: Process) -> None:
    host.errors["list d"] = EIO
    assert host.call(p, "statx", AT_FDCWD, "/mnt/h/d/b", 0) == "EIO"
    assert host.size(p, "/mnt/h/a") == 3
    host.errors.clear()
    system.gate.ms += 2 * SECOND
    assert host.size(p, "/mnt/h/d/b") == 5
    # a directory that has gone is not in the one above, either
    host.errors["list d"] = ENOENT
    system.gate.ms += 2 * SECOND
    assert host.call(p, "statx", AT_FDCWD, "/mnt/h/d/b", 0) == "ENOENT"


def test_contents_are_announced_with_what_the_provider_has(
    system: System, host: Provider, p: Process
) -> None:
    fd = host.open(p, "/mnt/h/a", O_RDWR)
    assert isinstance(fd, int)
    inode = system.kernel.files[p.files[fd].id].inode
    assert system.gate.host[-1] == ("open", NUMBER, inode.ino, "a", 3, host.mtime)
    # written here: a listing that does not know it yet (-1) changes nothing
    system.report(inode.ino, 100, p.pid)
    assert host.size(p, "/mnt/h/a") == 100
    host.tree["a"] = -1
    system.gate.ms += 2 * SECOND
    assert host.size(p, "/mnt/h/a") == 100
    # then the provider has it, under a time of its own; the one shown here stays
    shown = inode.mtime
    host.tell("host_flushed", NUMBER, inode.ino, 2_000_000.0)
    host.tree["a"], host.mtime = 100, 2_000_000.0
    system.gate.ms += 2 * SECOND
    assert host.size(p, "/mnt/h/a") == 100
    assert inode.mtime == shown
    # somebody else writes
    host.tree["a"], host.mtime = 100, 3_000_000.0
    system.gate.ms += 2 * SECOND
    assert host.size(p, "/mnt/h/a") == 100
    assert inode.mtime == 3_000_000 * 1_000_000
    assert host.call(p, "close", fd) == 0
    assert system.gate.host[-1] == ("closed", NUMBER, inode.ino)


def test_times_and_modes(system: System, host: Provider, p: Process) -> None:
    assert host.call(p, "utimensat", AT_FDCWD, "/mnt/h/a", 0, 5, 0, 7, 0) == 0
    assert host.call(p, "fchmodat", AT_FDCWD, "/mnt/h/a", 0o777) == 0
    system.gate.ms += 2 * SECOND
    assert host.call(p, "statx", AT_FDCWD, "/mnt/h/a", 0) == 0
    mailbox = system.kernel.mailbox
    assert struct.unpack_from("<H", mailbox, 28)[0] == 0o100644
    assert struct.unpack_from("<q", mailbox, 112)[0] == 7
    assert [request[0] for request in system.gate.host].count("times") == 0


def test_times_that_the_provider_keeps(system: System, p: Process) -> None:
    host = Provider(system, ALL + " setTimes")
    assert host.call(p, "utimensat", AT_FDCWD, "/mnt/h/a", 0, 0, UTIME_OMIT, 7, 0) == 0
    assert system.gate.host[-1][:2] + system.gate.host[-1][3:4] == ("times", NUMBER, "a")
    assert system.gate.host[-1][5] == 7000.0


@pytest.mark.parametrize(
    ("can", "call", "error"),
    [
        ("write makeDir remove", ("renameat2", AT_FDCWD, "/mnt/h/a", AT_FDCWD, "/mnt/h/z", 0), "EXDEV"),
        ("write makeDir", ("unlinkat", AT_FDCWD, "/mnt/h/a", 0), "EPERM"),
        ("write", ("mkdirat", AT_FDCWD, "/mnt/h/z", 0o755), "EPERM"),
        (ALL, ("symlinkat", "a", AT_FDCWD, "/mnt/h/z"), "EPERM"),
        (ALL, ("linkat", AT_FDCWD, "/mnt/h/a", AT_FDCWD, "/mnt/h/z", 0), "EPERM"),
        (ALL, ("mknodat", AT_FDCWD, "/mnt/h/z", 0o010644, 0), "EPERM"),
        (ALL, ("mkdirat", AT_FDCWD, "/mnt/h/\xff", 0o755), "EILSEQ"),
        (ALL, ("mkdirat", AT_FDCWD, "/mnt/h/" + "n" * 256, 0o755), "ENAMETOOLONG"),
        (ALL, ("renameat2", AT_FDCWD, "/mnt/h", AT_FDCWD, "/mnt/z", 0), "EACCES"),
    ],
)
def test_what_a_provider_does_not_offer(
    system: System, p: Process, can: str, call: tuple[str, object], error: str
) -> None:
    assert Provider(system, can).call(p, *call) == error


def test_a_read_only_mount(system: System, p: Process) -> None:
    host = Provider(system, ALL, readonly=1)
    for call in (
        ("openat", AT_FDCWD, "/mnt/h/a", O_RDWR, 0),
        ("openat", AT_FDCWD, "/mnt/h/new", O_RDWR | O_CREAT, 0o644),
        ("openat", AT_FDCWD, "/mnt/h/a", O_TRUNC, 0),
        ("mkdirat", AT_FDCWD, "/mnt/h/z", 0o755),
        ("unlinkat", AT_FDCWD, "/mnt/h/a", 0),
        ("renameat2", AT_FDCWD, "/mnt/h/a", AT_FDCWD, "/mnt/h/z", 0),
        ("truncate", "/mnt/h/a", 0),
        ("fchmodat", AT_FDCWD, "/mnt/h/a", 0o600),
        ("utimensat", AT_FDCWD, "/mnt/h/a", 0, 5, 0, 7, 0),
    ):
        assert host.call(p, *call) == "EROFS", call
    assert isinstance(host.open(p, "/mnt/h/a"), int)


def test_files_too_large_to_be_opened(system: System, host: Provider, p: Process) -> None:
    host.tree["huge"] = 1 << 40
    assert host.open(p, "/mnt/h/huge") == "EOVERFLOW"
    assert isinstance(host.open(p, "/mnt/h/huge", O_PATH), int)


def test_mounts_show_and_are_a_device_of_their_own(system: System, host: Provider, p: Process) -> None:
    assert host.call(p, "statx", AT_FDCWD, "/mnt/h", 0) == 0
    assert struct.unpack_from("<II", system.kernel.mailbox, 136) == (0, 64 + NUMBER)
    assert [(place, mount.kind) for place, mount in system.kernel.vfs.mounts][-1] == ("/mnt/h", "hostfs")
    mounts.space(system.kernel, NUMBER, 8192000.0, 4096000.0)
    assert host.call(p, "statfs", "/mnt/h/a") == 0
    assert struct.unpack_from("<IIQQQ", system.kernel.mailbox) == (0x01021997, 4096, 2000, 1000, 1000)


def test_host_files_take_no_inodes_of_the_sandbox(system: System, host: Provider, p: Process) -> None:
    table = system.kernel.vfs.table
    before = len(table)
    host.names(p, "/mnt/h/d")
    assert len(table) == before
    changes = system.kernel.vfs.mount_root.changes
    assert changes is not None
    assert not any(inode.mount.host for inode in changes.dirty)


def test_unmounting(system: System, host: Provider, p: Process) -> None:
    kernel = system.kernel
    fd = host.open(p, "/mnt/h/a")
    assert mounts.mounted(kernel, "/mnt/h") == NUMBER
    with pytest.raises(Exception, match="EBUSY"):
        mounts.unmount(kernel, NUMBER, 0)
    assert host.call(p, "close", fd) == 0
    assert host.call(p, "chdir", "/mnt/h/d") == 0
    with pytest.raises(Exception, match="EBUSY"):
        mounts.unmount(kernel, NUMBER, 0)
    assert system.call("statx", p, AT_FDCWD, "/mnt/h/d/e/x", 0) == "BLOCKED"
    assert mounts.unmount(kernel, NUMBER, 1) == 0
    # who waited hears it, who is still inside finds nothing there any more
    assert system.gate.woken[-1] == p.pid
    assert system.call("statx", p, AT_FDCWD, "e", 0) == "EIO"
    assert system.call("statx", p, AT_FDCWD, "/mnt/h/a", 0) == "ENOENT"
    assert system.call("chdir", p, "/") == 0
    assert list(kernel.vfs.table.hosted()) == []
    assert [place for place, _ in kernel.vfs.mounts if place == "/mnt/h"] == []


def test_the_owners_calls_wait_too(system: System, host: Provider) -> None:
    kernel = system.kernel
    with pytest.raises(Pending) as waiting:
        files.listing(kernel, "/mnt/h")
    waiting.value.waiters.add(0)
    host.answer()
    assert system.gate.woken == [0]
    assert [entry["name"] for entry in json.loads(files.listing(kernel, "/mnt/h"))] == ["a", "d"]
