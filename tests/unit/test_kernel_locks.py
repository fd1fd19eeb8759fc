"""Record locks, open file description locks and flock."""

from __future__ import annotations

import json
import random
import struct
from typing import Any

import pytest
from tabux.abi.signal import SIGKILL
from tabux.kernel.process import Process

from tests.unit.kernel_support import System, linux

F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW = 5, 6, 7, 36, 37, 38
READ, WRITE, UNLOCK = 0, 1, 2
SHARED, EXCLUSIVE, NOT_BLOCKING, DROP = 1, 2, 4, 8
O_RDWR_CREAT = 0o102


class Two:
    """Two processes with the same file open, each by a description of its own."""

    def __init__(self) -> None:
        self.s = System()
        self.one = self.s.leader()
        self.fd = self.s.open(self.one, "/tmp/file", O_RDWR_CREAT, 0o666)
        self.two = self.s.leader()
        assert self.s.open(self.two, "/tmp/file", 2) == self.fd

    def lock(
        self, p: Process, kind: int, start: int = 0, length: int = 0, command: int = F_SETLK, **more: int
    ) -> Any:
        fd = more.get("fd", self.fd)
        whence, position, pid = more.get("whence", 0), more.get("position", 0), more.get("pid", 0)
        return self.s.call("record_lock", p, fd, command, kind, whence, position, start, length, pid)

    def obstacle(self, p: Process, kind: int = WRITE, start: int = 0, length: int = 0) -> Any:
        assert self.lock(p, kind, start, length, F_GETLK) == 0
        kind, whence, start, length, pid = struct.unpack_from("<hhxxxxqqi", self.s.kernel.mailbox)
        return None if kind == UNLOCK else (kind, whence, start, length, pid)

    def flock(self, p: Process, operation: int) -> Any:
        return self.s.call("flock", p, self.fd, operation)

    @property
    def clean(self) -> bool:
        """Nothing is left of any lock."""
        return not self.s.kernel.locks and not self.s.kernel.lock_waits


def test_readers_share_and_a_writer_does_not() -> None:
    t = Two()
    assert t.lock(t.one, READ, 0, 10) == 0 == t.lock(t.two, READ, 5, 10)
    assert t.lock(t.two, WRITE, 5, 1) == "EAGAIN"
    assert t.lock(t.two, WRITE, 10, 5) == 0
    assert t.obstacle(t.two) == (READ, 0, 0, 10, t.one.pid)
    assert t.lock(t.one, UNLOCK) == 0 == t.lock(t.two, UNLOCK)
    assert t.clean


def test_a_lock_to_the_end_is_told_as_length_zero() -> None:
    t = Two()
    t.lock(t.one, WRITE, 100)
    assert t.obstacle(t.two, READ) == (WRITE, 0, 100, 0, t.one.pid)
    assert t.obstacle(t.one) is None and t.obstacle(t.two, READ, 0, 100) is None


def test_where_a_range_starts() -> None:
    t = Two()
    t.s.report(t.one.files[t.fd].inode.ino, 50, t.one.pid)
    assert t.lock(t.one, WRITE, 5, 1, whence=1, position=20) == 0
    assert t.obstacle(t.two) == (WRITE, 0, 25, 1, t.one.pid)
    t.lock(t.one, UNLOCK)
    assert t.lock(t.one, WRITE, -5, 5, whence=2) == 0
    assert t.obstacle(t.two) == (WRITE, 0, 45, 5, t.one.pid)
    t.lock(t.one, UNLOCK)
    assert t.lock(t.one, WRITE, 10, -4) == 0
    assert t.obstacle(t.two) == (WRITE, 0, 6, 4, t.one.pid)
    for start, length, whence in ((-1, 1, 0), (3, -4, 0), (0, 0, 3)):
        assert t.lock(t.one, WRITE, start, length, whence=whence) == "EINVAL"
    assert t.lock(t.one, WRITE, (1 << 63) - 1, 2) == "EOVERFLOW"


def test_what_the_descriptor_must_be_open_for() -> None:
    t = Two()
    for flags, kind in ((0, WRITE), (1, READ), (0o10000000, UNLOCK)):
        fd = t.s.open(t.one, "/tmp/file", flags)
        assert t.lock(t.one, kind, fd=fd) == "EBADF"
    assert t.lock(t.one, READ, fd=99) == "EBADF"
    assert t.lock(t.one, 5) == "EINVAL"
    assert t.lock(t.one, UNLOCK, command=F_GETLK) == "EINVAL"
    assert t.s.call("fcntl", t.one, t.fd, F_SETLK, 0) == "EINVAL", "these go through record_lock"


def test_who_waits_is_woken_and_gets_it() -> None:
    t = Two()
    t.lock(t.one, WRITE)
    assert t.lock(t.two, WRITE, command=F_SETLKW) == "BLOCKED"
    t.s.woken()
    t.lock(t.one, UNLOCK, 0, 5)
    assert t.s.woken() == [t.two.pid]
    assert t.lock(t.two, WRITE, command=F_SETLKW) == "BLOCKED"
    t.lock(t.one, UNLOCK)
    assert t.s.woken() == [t.two.pid]
    assert t.lock(t.two, WRITE, command=F_SETLKW) == 0
    t.s.call("exit", t.two, 0)
    assert t.clean


def test_deadlock_is_refused() -> None:
    t = Two()
    t.lock(t.one, WRITE, 0, 1)
    t.lock(t.two, WRITE, 1, 1)
    assert t.lock(t.one, WRITE, 1, 1, F_SETLKW) == "BLOCKED"
    assert t.lock(t.two, WRITE, 0, 1, F_SETLKW) == "EDEADLK"
    t.s.call("abandon_lock", t.one)
    assert t.lock(t.two, WRITE, 0, 1, F_SETLKW) == "BLOCKED", "a signal has ended the other's wait"


@pytest.mark.parametrize("way", ["close", "dup", "dup3", "exec", "exit", "kill"])
def test_a_process_loses_its_locks(way: str) -> None:
    t = Two()
    s = t.s
    t.lock(t.one, WRITE)
    if way == "close":
        s.call("close", t.one, t.fd)
    elif way == "dup":
        # any descriptor of the file will do: POSIX
        s.call("close", t.one, s.open(t.one, "/tmp/file"))
    elif way == "dup3":
        s.call("dup3", t.one, s.open(t.one, "/dev/null"), t.fd, 0)
    elif way == "exec":
        s.call("fcntl", t.one, t.fd, 2, 1)
        s.execute(t.one)
    elif way == "exit":
        s.call("exit", t.one, 0)
    else:
        s.call("kill", t.two, t.one.pid, SIGKILL)
    assert t.clean
    assert t.lock(t.two, WRITE) == 0


def test_locks_outlive_exec_and_are_not_inherited() -> None:
    t = Two()
    t.lock(t.one, WRITE)
    child = t.s.fork(t.one)
    assert t.lock(child, READ) == "EAGAIN"
    t.s.call("close", child, t.fd)
    t.s.execute(t.one)
    assert t.obstacle(t.two) == (WRITE, 0, 0, 0, t.one.pid)


def test_description_locks_belong_to_the_description() -> None:
    t = Two()
    s = t.s
    assert t.lock(t.one, WRITE, command=F_OFD_SETLK) == 0
    child = s.fork(t.one)
    assert t.lock(child, WRITE, command=F_OFD_SETLK) == 0, "the same description"
    assert t.lock(t.one, WRITE) == "EAGAIN", "its own lock as a process is another owner's"
    assert t.lock(t.two, READ, command=F_OFD_SETLKW) == "BLOCKED"
    assert t.obstacle(t.two) == (WRITE, 0, 0, 0, -1)
    s.call("close", t.one, t.fd)
    assert t.lock(t.two, READ) == "EAGAIN"
    s.call("close", child, t.fd)
    assert t.lock(t.two, READ) == 0
    assert t.lock(t.two, READ, command=F_OFD_SETLK, pid=1) == "EINVAL"


def test_flock() -> None:
    t = Two()
    assert t.flock(t.one, SHARED) == 0 == t.flock(t.two, SHARED)
    assert t.flock(t.one, EXCLUSIVE | NOT_BLOCKING) == "EAGAIN"
    assert t.flock(t.two, EXCLUSIVE) == 0, "a failed conversion has lost the old lock"
    assert t.flock(t.one, SHARED) == "BLOCKED"
    t.s.woken()
    assert t.flock(t.two, DROP) == 0
    assert t.s.woken() == [t.one.pid]
    assert t.flock(t.one, SHARED) == 0 == t.flock(t.one, SHARED)
    assert t.lock(t.two, WRITE) == 0, "the two kinds do not see each other"
    assert t.flock(t.one, 0) == "EINVAL"
    assert t.s.call("flock", t.one, 99, SHARED) == "EBADF"


def test_a_flock_goes_with_the_last_descriptor() -> None:
    t = Two()
    t.flock(t.one, EXCLUSIVE)
    child = t.s.fork(t.one)
    t.s.call("exit", t.one, 0)
    assert t.flock(t.two, EXCLUSIVE | NOT_BLOCKING) == "EAGAIN"
    assert t.flock(child, DROP) == 0
    assert t.clean


_LINUX_LOCKS = """
import errno, fcntl, json, os, struct, subprocess, sys, tempfile
HELPER = '''
import errno, fcntl, json, struct, sys
file = open(sys.argv[1], "r+b")
for line in sys.stdin:
    command, kind, start, length = json.loads(line)
    packed = struct.pack("hhqqi4x", kind, 0, start, length, 0)
    try:
        done = struct.unpack("hhqqi4x", fcntl.fcntl(file, command, packed))
        answer = 0 if command == fcntl.F_SETLK else "free" if done[0] == 2 else [done[0], done[2], done[3]]
    except OSError as error:
        answer = errno.errorcode[error.errno]
    print(json.dumps(answer), flush=True)
'''
with tempfile.NamedTemporaryFile() as file:
    command = [sys.executable, "-c", HELPER, file.name]
    helpers = [subprocess.Popen(command, stdin=-1, stdout=-1, text=True) for _ in range(2)]
    answers = []
    for who, *step in json.loads(sys.argv[1]):
        helpers[who].stdin.write(json.dumps(step) + chr(10))
        helpers[who].stdin.flush()
        answers.append(json.loads(helpers[who].stdout.readline()))
    for helper in helpers:
        helper.stdin.close()
        helper.wait()
print(json.dumps(answers))
"""


@pytest.mark.parametrize("seed", range(3))
def test_a_random_story_of_record_locks_as_on_linux(seed: int) -> None:
    chance = random.Random(seed)
    steps = [
        (
            chance.randrange(2),
            chance.choice((F_SETLK, F_SETLK, F_GETLK)),
            chance.choice((READ, WRITE, UNLOCK)),
            chance.randrange(30),
            chance.randrange(12),
        )
        for _ in range(200)
    ]
    steps = [step for step in steps if step[1:3] != (F_GETLK, UNLOCK)]
    t = Two()
    ours: list[object] = []
    for who, command, kind, start, length in steps:
        p = (t.one, t.two)[who]
        if command == F_SETLK:
            ours.append(t.lock(p, kind, start, length))
        else:
            found = t.obstacle(p, kind, start, length)
            ours.append("free" if found is None else [found[0], found[2], found[3]])
    theirs = linux(_LINUX_LOCKS, json.dumps(steps))
    # which of several obstacles F_GETLK tells is not said anywhere
    assert [a if isinstance(a, (int, str)) else "taken" for a in ours] == [
        a if isinstance(a, (int, str)) else "taken" for a in theirs
    ]
