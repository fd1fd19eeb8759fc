"""signalfd(2)."""

from __future__ import annotations

import struct

from tabux.abi.signal import SIGCHLD, SIGTERM, SIGWINCH

from tests.unit.kernel_support import System

O_NONBLOCK, O_CLOEXEC = 0o4000, 0o2000000


def mask(*sigs: int) -> int:
    return sum(1 << (sig - 1) for sig in sigs)


def test_blocked_signals_are_read_one_by_one() -> None:
    s = System()
    p = s.leader()
    s.block(p, SIGTERM, SIGWINCH)
    fd = s.call("signalfd4", p, -1, mask(SIGTERM, SIGWINCH), 0, O_CLOEXEC)
    assert isinstance(fd, int) and fd in p.cloexec
    number = p.files[fd].id
    assert s.call("signalfd_poll", p, number) == 0
    assert s.call("signalfd_read", p, number, 256) == "BLOCKED"
    s.woken()
    other = s.leader()
    assert s.call("kill", other, p.pid, SIGTERM) == 0 and s.call("kill", other, p.pid, SIGWINCH) == 0
    assert s.woken() == [p.pid]
    assert s.call("signalfd_poll", p, number) == 1
    assert s.call("signalfd_read", p, number, 100) == "EINVAL"
    assert s.call("signalfd_read", p, number, 300) == 256
    first = struct.unpack_from("<IiiII", s.kernel.mailbox, 0)
    assert first == (SIGTERM, 0, 0, other.pid, 1000) and s.ints(1, 128) == (SIGWINCH,)
    s.call("fcntl", p, fd, 4, O_NONBLOCK)
    assert s.call("signalfd_read", p, number, 256) == "EAGAIN"
    assert s.call("sigpending", p) == 0 and s.ints(2) == (0, 0)


def test_the_set_can_change_and_a_childs_end_comes_with_its_status() -> None:
    s = System()
    p = s.leader()
    s.block(p, SIGCHLD)
    fd = s.call("signalfd4", p, -1, mask(SIGTERM), 0, 0)
    assert isinstance(fd, int)
    child = s.fork(p)
    s.call("exit", child, 7)
    assert s.call("signalfd_poll", p, p.files[fd].id) == 0
    assert s.call("signalfd4", p, fd, mask(SIGCHLD), 0, 0) == fd
    assert s.call("signalfd_read", p, p.files[fd].id, 128) == 128
    assert s.ints(1, 12) == (child.pid,) and s.ints(1, 40) == (7,)
    assert s.link(p, f"/proc/self/fd/{fd}") == "anon_inode:[signalfd]"
    reader, _ = s.pipe(p)
    assert s.call("signalfd4", p, reader, 0, 0, 0) == "EINVAL"
    assert s.call("signalfd4", p, 99, 0, 0, 0) == "EBADF"
