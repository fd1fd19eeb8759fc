"""Pseudoterminals that programs make: against Linux's own, and what only several processes show."""

from __future__ import annotations

import errno as host_errno
import fcntl
import os
import select
import struct
import sys
from random import Random

import pytest
from tabux.abi.signal import SIGCONT, SIGHUP, SIGWINCH
from tabux.kernel.process import Process

from tests.unit.kernel_support import AT_FDCWD, System

O_RDWR, O_NOCTTY, O_NONBLOCK, O_CLOEXEC = 2, 0o400, 0o4000, 0o2000000
TIOCGPTN, TIOCSPTLCK, TIOCGPTPEER, TIOCGPTLCK = 0x80045430, 0x40045431, 0x5441, 0x80045439
TIOCGWINSZ, TIOCSWINSZ, TCGETS, TCSETS, FIONREAD = 0x5413, 0x5414, 0x5401, 0x5402, 0x541B
TIOCGPGRP, TIOCSCTTY, TIOCSIG = 0x540F, 0x540E, 0x40045436
ECHO = 8
CALLS = ("open", "peer", "close", "type", "print", "read", "show", "poll", "size", "mode")


class Ours:
    """Calls by one process of a kernel, non-blocking; errors by name."""

    def __init__(self) -> None:
        self.system = System()
        self.p = self.system.root()

    def open(self, path: str) -> int | str:
        return self.system.call("openat", self.p, AT_FDCWD, path, O_RDWR | O_NOCTTY | O_NONBLOCK, 0)

    def close(self, fd: int) -> int | str:
        return self.system.call("close", self.p, fd)

    def read(self, fd: int, size: int) -> bytes | str:
        count = self.system.call("tty_read", self.p, self.p.files[fd].id, size, 0)
        return bytes(self.system.kernel.mailbox[:count]) if isinstance(count, int) else count

    def write(self, fd: int, data: bytes) -> int | str:
        return self.system.call("tty_write", self.p, self.p.files[fd].id, data.decode("latin-1"))

    def poll(self, fd: int) -> int | str:
        bits = self.system.call("tty_poll", self.p, self.p.files[fd].id)
        assert isinstance(bits, int)
        return bits

    def ioctl(self, fd: int, request: int, data: bytes, argument: int = 0) -> bytes | str:
        self.system.kernel.mailbox[: len(data)] = data
        result = self.system.call("tty_ioctl", self.p, self.p.files[fd].id, request, argument)
        return result if isinstance(result, str) else bytes(self.system.kernel.mailbox[: len(data)])

    def peer(self, fd: int) -> int | str:
        return self.system.call("tty_peer", self.p, self.p.files[fd].id, O_RDWR | O_NOCTTY | O_NONBLOCK)


class Theirs:
    """The same calls on this machine."""

    @staticmethod
    def _name(error: OSError) -> str:
        return host_errno.errorcode[error.errno or 0]

    def open(self, path: str) -> int | str:
        try:
            return os.open(path, O_RDWR | O_NOCTTY | O_NONBLOCK)
        except OSError as error:
            return self._name(error)

    def close(self, fd: int) -> int | str:
        os.close(fd)
        return 0

    def read(self, fd: int, size: int) -> bytes | str:
        try:
            return os.read(fd, size)
        except OSError as error:
            return self._name(error)

    def write(self, fd: int, data: bytes) -> int | str:
        try:
            return os.write(fd, data)
        except OSError as error:
            return self._name(error)

    def poll(self, fd: int) -> int | str:
        poll = select.poll()
        poll.register(fd, select.POLLIN | select.POLLOUT)
        found = poll.poll(0)
        return found[0][1] if found else 0

    def ioctl(self, fd: int, request: int, data: bytes, argument: int = 0) -> bytes | str:
        try:
            if not data:
                fcntl.ioctl(fd, request, argument)
                return b""
            return fcntl.ioctl(fd, request, data)
        except OSError as error:
            return self._name(error)

    def peer(self, fd: int) -> int | str:
        try:
            return fcntl.ioctl(fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_NONBLOCK)
        except OSError as error:
            return self._name(error)


def drain(side: Ours | Theirs, fd: int, size: int) -> tuple[bytes, str]:
    """What there is to read, in whatever pieces it comes, and the error after it."""
    seen = b""
    for _ in range(10000):
        found = side.read(fd, size)
        if isinstance(found, str):
            return seen, found
        seen += found
    raise AssertionError("a read that never ends")


def perform(side: Ours | Theirs, seed: int) -> list[object]:
    """A random history of one pty; what each call came to."""
    random = Random(seed)
    seen: list[object] = []
    master = side.open("/dev/ptmx")
    assert isinstance(master, int), master
    number = side.ioctl(master, TIOCGPTN, bytes(4))
    assert isinstance(number, bytes)
    path = f"/dev/pts/{struct.unpack('<i', number)[0]}"
    slaves: list[int] = []
    unlock = random.random() < 0.9
    if unlock:
        side.ioctl(master, TIOCSPTLCK, bytes(4))
    for _ in range(40):
        what = random.choice(CALLS)
        text = random.choice((b"hello\n", b"x", b"\x03", b"one\ntwo\n", b"\r", b"tab\tx\n", b"\x7f\x15"))
        size = random.choice((1, 3, 100, 4000))
        slave = random.choice(slaves) if slaves else -1
        result: object = None
        if what in ("open", "peer"):
            result = side.open(path) if what == "open" else side.peer(master)
            if isinstance(result, int):
                slaves.append(result)
                result = "opened"
        elif what == "show":
            result = drain(side, master, 4000)
        elif what == "poll":
            result = [side.poll(fd) for fd in (*slaves, master)]
        elif what == "size":
            fd = random.choice((*slaves, master))
            data = struct.pack("<4H", *(random.randrange(200) for _ in range(4)))
            result = side.ioctl(fd, random.choice((TIOCSWINSZ, TIOCGWINSZ)), data)
        elif slave < 0:
            continue
        elif what == "type":
            result = side.write(master, text)
        elif what == "close":
            slaves.remove(slave)
            result = side.close(slave)
        elif what == "print":
            result = side.write(slave, text)
        elif what == "read":
            result = side.read(slave, size)
        else:
            fd = random.choice((slave, master))
            settings = side.ioctl(fd, TCGETS, bytes(36))
            assert isinstance(settings, bytes)
            changed = bytearray(settings[:36])
            changed[12] ^= ECHO
            side.ioctl(fd, TCSETS, bytes(changed))
            result = settings[:36]
        seen.append((what, result))
        if what == "type":
            # Linux hands bytes over in the background, and finishes that when a read finds nothing
            seen.append([drain(side, slave, size), drain(side, master, 4000)])
    side.close(master)
    for slave in slaves:
        seen.append([side.poll(slave), side.read(slave, 10), side.write(slave, b"x"), side.open(path)])
        seen.append(side.ioctl(slave, TCGETS, bytes(36)))
        side.close(slave)
    return seen


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's ptys to compare with")
@pytest.mark.parametrize("seed", range(200))
def test_as_linux(seed: int) -> None:
    assert perform(Ours(), seed) == perform(Theirs(), seed)


def make(s: System, p: Process) -> tuple[int, int, str]:
    """A pty, unlocked: the master, the terminal (not controlling), its path."""
    master = s.open(p, "/dev/ptmx", O_RDWR)
    assert s.call("tty_ioctl", p, p.files[master].id, TIOCGPTN, 0) == 0
    path = f"/dev/pts/{s.ints(1)[0]}"
    struct.pack_into("<i", s.kernel.mailbox, 0, 0)
    assert s.call("tty_ioctl", p, p.files[master].id, TIOCSPTLCK, 0) == 0
    return master, s.open(p, path, O_RDWR | O_NOCTTY), path


def test_the_terminal_belongs_to_its_maker_and_its_name_goes_with_the_master() -> None:
    s = System()
    p = s.leader()
    master, slave, path = make(s, p)
    inode = s.kernel.vfs.lookup(s.kernel.vfs.root, path, p.cred)
    assert (inode.uid, inode.gid, inode.mode & 0o777) == (1000, 5, 0o620)
    assert s.link(p, f"/proc/self/fd/{slave}") == path and s.link(p, f"/proc/self/fd/{master}") == "/dev/ptmx"
    child = s.fork(p)
    s.call("close", p, master)
    assert s.call("openat", p, AT_FDCWD, path, O_RDWR | O_NOCTTY, 0) == master
    s.call("close", child, master)
    assert s.call("openat", p, AT_FDCWD, path, O_RDWR, 0) == "ENOENT"
    assert s.kernel.terminals == {}


def test_a_session_on_it_hears_signals_and_the_hang_up() -> None:
    s = System()
    p = s.leader()
    master, _, path = make(s, p)
    child = s.fork(p)
    assert s.call("setsid", child) == child.pid
    s.open(child, path, O_RDWR)
    for sig in (SIGWINCH, SIGHUP, SIGCONT):
        s.catch(child, sig)
    struct.pack_into("<4H", s.kernel.mailbox, 0, 30, 100, 0, 0)
    assert s.call("tty_ioctl", p, p.files[master].id, TIOCSWINSZ, 0) == 0
    assert s.handle(child) == [SIGWINCH]
    assert s.call("tty_ioctl", p, p.files[master].id, TIOCGPGRP, 0) == 0 and s.ints(1)[0] == child.pid
    assert s.call("tty_ioctl", p, p.files[master].id, TIOCSIG, SIGWINCH) == 0
    assert s.handle(child) == [SIGWINCH]
    s.call("tty_write", p, p.files[master].id, "\x03")
    assert child.state == "Z" and child.status == 2, "^C ends the foreground group"

    other = s.fork(p)
    s.call("setsid", other)
    s.open(other, path, O_RDWR)
    for sig in (SIGHUP, SIGCONT):
        s.catch(other, sig)
    s.call("close", other, master)
    s.call("close", p, master)
    assert sorted(s.handle(other)) == [SIGHUP, SIGCONT]
    assert s.call("openat", other, AT_FDCWD, "/dev/tty", O_RDWR, 0) == "ENXIO"


def test_waiting_on_both_sides() -> None:
    s = System()
    p = s.leader()
    master, slave, _ = make(s, p)
    reader, writer = s.fork(p), s.fork(p)
    ours, theirs = p.files[master].id, p.files[slave].id
    assert s.call("tty_read", reader, ours, 100, 0) == "BLOCKED"
    assert s.call("tty_read", writer, theirs, 100, 0) == "BLOCKED"
    s.woken()
    assert s.call("tty_write", p, ours, "go\n") == 3
    assert s.woken() == [reader.pid, writer.pid], "the reader by the echo"
    assert s.call("tty_read", reader, ours, 100, 0) == 4

    # what nobody reads stops both, at a bounded size
    total = 0
    while s.call("tty_write", p, theirs, "y" * 4096) == 4096:
        total += 4096
    assert total == 65536 and s.call("tty_write", writer, theirs, "y") == "BLOCKED"
    s.woken()
    assert s.call("tty_read", p, ours, 4096, 0) == 4096
    assert writer.pid in s.woken()
    while s.call("tty_write", p, ours, "z\n" * 2048) == 4096:
        total += 4096
    assert total < 1 << 20
    s.woken()
    assert s.call("tty_write", reader, ours, "z") == "BLOCKED"
    assert s.call("tty_read", p, theirs, 4096, 0)
    assert reader.pid in s.woken()


def test_nobody_is_on_it_any_more() -> None:
    s = System()
    p = s.leader()
    master, slave, path = make(s, p)
    number = p.files[master].id
    s.call("tty_write", p, p.files[slave].id, "last words")
    child = s.fork(p)
    s.call("close", p, slave)
    s.call("exit", child, 0)
    assert s.call("tty_read", p, number, 100, 0) == 10, "what was written before comes first"
    assert s.call("tty_read", p, number, 100, 0) == "EIO"
    again = s.open(p, path, O_RDWR | O_NOCTTY)
    assert s.call("tty_read", p, number, 100, 0) == "BLOCKED"
    s.woken()
    s.call("close", p, again)
    assert s.woken() == [p.pid]


def test_killed_owners_leave_nothing() -> None:
    s = System()
    before = len(s.kernel.files), len(s.kernel.vfs.table)
    for _ in range(20):
        p = s.leader()
        make(s, p)
        child = s.fork(p)
        s.call("exit_signal", p, 9)
        s.call("exit_signal", child, 9)
    assert (len(s.kernel.files), len(s.kernel.vfs.table)) == before and not s.kernel.terminals
