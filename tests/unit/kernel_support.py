"""What the tests of the kernel share: a gate that remembers, and a kernel whose calls are made by name."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from typing import Any

from tabux.abi import errno
from tabux.api import commands, terminals
from tabux.fs.credentials import Credentials
from tabux.fs.manifest import Entry
from tabux.kernel.boot import boot, install, system_calls
from tabux.kernel.gate import BLOCKED
from tabux.kernel.process import Process

AT_FDCWD = -100
#: an address for a handler, as libc would give it
HANDLER = 4096
OTHER_HANDLER = 8192


class FakeGate:
    """A `tabux.kernel.gate.Gate` that runs nothing: it keeps what it was told, and time stands still."""

    def __init__(self) -> None:
        self.ms = 1_000_000_000_000.0
        self.woken: list[int] = []
        self.due: dict[int, bool] = {}
        self.stopped: dict[int, bool] = {}
        self.ended: dict[int, int] = {}
        #: what `gone` and `cpu_time` are to answer: CPU time in ms by pid
        self.cpu: dict[int, float] = {}
        #: who waits in a call
        self.asleep: set[int] = set()
        #: bytes by pid
        self.memories: dict[int, int] = {}
        self.pipes: dict[int, tuple[int, int]] = {}
        self.closed_sinks: list[int] = []
        self.sizes: dict[int, int] = {}
        self.allocated: list[tuple[int, int, int]] = []
        self.punched: list[tuple[int, int, int]] = []
        #: what contents take and may take, bytes
        self.taken, self.limit = 0.0, 1e9
        self.discarded: list[int] = []
        self.shipped: list[int] = []
        self.texts: dict[int, str] = {}
        #: timer -> when it is due, ms
        self.timers: dict[int, float] = {}
        self.screens: dict[int, str] = {}
        #: terminals with a new foreground group
        self.foreground: list[int] = []
        #: sockets by number: what was last said of each
        self.sockets: dict[int, tuple[object, ...]] = {}
        self.limits: dict[int, tuple[int, int]] = {}
        self.woken_sockets: list[int] = []
        #: numbers, and whether they were broken off
        self.pipe_sizes: dict[int, int] = {}
        self.closed_sockets: list[tuple[int, bool]] = []
        #: what `socket_close` and `socket_state` are to answer
        self.carried: dict[int, str] = {}
        self.states: dict[int, str] = {}
        #: ports where somebody listens, connections that lead out, and what was asked of the outside
        self.ports: dict[int, tuple[str, int]] = {}
        self.gateways: dict[int, tuple[str, str, int, int]] = {}
        self.network: list[dict[str, Any]] = []
        self.logged: list[str] = []
        self.refusals: list[tuple[int, str]] = []
        self.changes: list[tuple[int, str, str]] = []
        self.arguments: dict[int, str] = {}
        #: who waits for storage, and what host mounts have asked for
        self.uninterrupted: set[int] = set()
        self.host: list[tuple[object, ...]] = []

    def wake(self, pid: int) -> None:
        self.woken.append(pid)

    def signal_due(self, pid: int, due: bool) -> None:
        self.due[pid] = due

    def set_stopped(self, pid: int, stopped: bool) -> None:
        self.stopped[pid] = stopped

    def gone(self, pid: int, status: int) -> float:
        assert pid not in self.ended, "a process ends once"
        self.ended[pid] = status
        return self.cpu.get(pid, 0.0)

    def pipe_ends(self, pipe: int, readers: int, writers: int) -> None:
        assert readers >= 0 <= writers
        self.pipes[pipe] = (readers, writers)

    def pipe_size(self, pipe: int) -> int:
        return self.pipe_sizes.get(pipe, 65536)

    def resize_pipe(self, pipe: int, size: int) -> int:
        self.pipe_sizes[pipe] = size
        return 0

    def sink_closed(self, sink: int) -> None:
        self.closed_sinks.append(sink)

    def truncate(self, ino: int, size: int) -> int:
        self.sizes[ino] = size
        return 0

    def allocate(self, ino: int, start: int, end: int) -> int:
        self.allocated.append((ino, start, end))
        return 8

    def punch(self, ino: int, start: int, end: int) -> int:
        self.punched.append((ino, start, end))
        return 0

    def bytes_taken(self) -> float:
        return self.taken

    def bytes_limit(self) -> float:
        return self.limit

    def extents(self, ino: int) -> str:
        return f"0 {self.sizes.get(ino, 0)}"

    def ship(self, ino: int) -> None:
        self.shipped.append(ino)

    def discard(self, ino: int) -> None:
        self.discarded.append(ino)

    def rows(self, records: str) -> str:
        raise AssertionError("there is no session")

    def attach(self, pairs: str) -> None:
        raise AssertionError("there is no session")

    def set_text(self, ino: int, text: str) -> None:
        self.texts[ino] = text

    def set_timer(self, timer: int, ms: float) -> None:
        self.timers[timer] = self.ms + ms

    def clear_timer(self, timer: int) -> None:
        self.timers.pop(timer, None)

    def socket_new(self, number: int, family: int, kind: int) -> None:
        self.sockets[number] = ("new", family, kind)

    def socket_name(self, number: int, packed: str) -> None:
        assert number in self.sockets and packed

    def socket_link(self, number: int, peer: int) -> None:
        self.sockets[number], self.sockets[peer] = ("linked", peer), ("linked", number)

    def socket_direct(self, number: int, peer: int) -> str:
        self.sockets[number] = ("to", peer)
        return self.carried.pop(number, "")

    def socket_listen(self, number: int, pending: int) -> None:
        self.sockets[number] = ("pending", pending)

    def socket_connecting(self, number: int) -> None:
        self.sockets[number] = ("connecting",)

    def socket_fail(self, number: int, errno: int) -> None:
        self.sockets[number] = ("failed", errno)

    def socket_error(self, number: int) -> int:
        what, *rest = self.sockets[number]
        return int(str(rest[0])) if what == "failed" else 0

    def socket_limits(self, number: int, send: int, receive: int) -> None:
        self.limits[number] = (send, receive)

    def socket_wake(self, number: int) -> None:
        self.woken_sockets.append(number)

    def socket_close(self, number: int, abort: bool) -> str:
        self.closed_sockets.append((number, abort))
        del self.sockets[number]
        return self.carried.pop(number, "")

    def port_opened(self, port: int, address: str, pid: int) -> None:
        self.ports[port] = (address, pid)

    def port_closed(self, port: int) -> None:
        del self.ports[port]

    def gateway_open(self, number: int, scheme: str, host: str, port: int, pid: int) -> None:
        self.gateways[number] = (scheme, host, port, pid)

    def network_event(self, details: str) -> None:
        self.network.append(json.loads(details))

    def socket_state(self, number: int) -> str:
        return self.states.get(number, "1 0 0")

    def tty_output(self, tty: int, text: str) -> None:
        self.screens[tty] = self.screens.get(tty, "") + text

    def tty_flush(self, tty: int) -> None:
        self.screens[tty] = ""

    def tty_foreground(self, tty: int) -> None:
        self.foreground.append(tty)

    def command_line(self, pid: int) -> str:
        return self.arguments.get(pid, "")

    def environment(self, pid: int) -> str:
        return "A=1\0"

    def cpu_time(self, pid: int) -> float:
        return self.cpu.get(pid, 0.0)

    def thread_time(self, tid: int) -> float:
        return self.cpu.get(tid, 0.0)

    def sleeping(self, tid: int) -> bool:
        return tid in self.asleep

    def memory_size(self, pid: int) -> int:
        return self.memories.get(pid, 0)

    def refused(self, pid: int, path: str) -> None:
        self.refusals.append((pid, path))

    def changed(self, watch: int, kind: str, path: str) -> None:
        self.changes.append((watch, kind, path))

    def now(self) -> float:
        return self.ms

    def log(self, text: str) -> None:
        self.logged.append(text)

    def uninterruptible(self, pid: int) -> None:
        self.uninterrupted.add(pid)

    def host_list(self, mount: int, ino: int, path: str) -> None:
        self.host.append(("list", mount, ino, path))

    def host_do(self, mount: int, operation: int, kind: str, path: str, other: str, keep: int) -> None:
        self.host.append((kind, mount, operation, path, other, keep))

    def host_consumed(self, mount: int, operation: int) -> None:
        self.host.append(("consumed", mount, operation))

    def host_open(self, mount: int, ino: int, path: str, size: int, mtime_ms: float) -> None:
        self.host.append(("open", mount, ino, path, size, mtime_ms))

    def host_closed(self, mount: int, ino: int) -> None:
        self.host.append(("closed", mount, ino))

    def host_times(self, mount: int, ino: int, path: str, atime_ms: float, mtime_ms: float) -> None:
        self.host.append(("times", mount, ino, path, atime_ms, mtime_ms))


class System:
    """A booted kernel with a few programs. A call answers a number, the name of an error, or "BLOCKED"."""

    def __init__(self) -> None:
        self.gate = FakeGate()
        self.kernel = boot(self.gate)
        programs: list[Entry] = [
            {"path": path, "mode": mode, "text": "program"}
            for path, mode in (
                ("/usr/bin/bash", 0o755),
                ("/usr/bin/true", 0o755),
                ("/usr/bin/su", 0o4755),
                ("/usr/bin/wall", 0o2755),
                ("/usr/bin/locked", 0o2745),
            )
        ]
        install(self.kernel, programs, lambda inode, entry: None, lambda inode, part: None)
        self._calls = system_calls(self.kernel)

    def call(self, name: str, p: Process | int, *arguments: object) -> int | str:
        """Makes a system call for a process."""
        pid = p if isinstance(p, int) else p.pid
        result = self._calls[name](pid, *arguments)
        assert not self.gate.logged, self.gate.logged[-1]
        if result == BLOCKED:
            return "BLOCKED"
        return errno.NAMES[-result] if result < 0 else result

    def report(self, ino: int, size: int, pid: int) -> None:
        """The gate reports a write."""
        self._calls["inode_written"](ino, size, -(-size // 4096) * 8, self.gate.ms, pid)

    def read(self, ino: int) -> None:
        """The gate reports the first read after a change."""
        assert self._calls["inode_read"](ino, self.gate.ms) == 0

    def leader(self) -> Process:
        """A process as the API makes it for a command: leader of a session, without files."""
        return commands.new_leader(self.kernel, "/tmp")

    def root(self) -> Process:
        """The same with all privileges."""
        p = self.leader()
        p.cred = Credentials(0, 0)
        return p

    def terminal(self) -> Process:
        """A session leader on a new terminal, its descriptors 0, 1 and 2."""
        return self.kernel.processes[terminals.create(self.kernel, "/tmp", 80, 24)]

    def fork(self, p: Process) -> Process:
        """A child."""
        pid = self.call("fork", p)
        assert isinstance(pid, int), pid
        return self.kernel.processes[pid]

    def execute(self, p: Process, path: str = "/usr/bin/true") -> list[int]:
        """execve: the descriptors it closed."""
        found = self.call("exec_lookup", p, path, 0)
        assert isinstance(found, int), found
        count = self.call("exec_commit", p)
        assert isinstance(count, int)
        return list(self.ints(count))

    def open(self, p: Process, path: str, flags: int = 0, mode: int = 0o644) -> int:
        """openat that succeeds."""
        fd = self.call("openat", p, AT_FDCWD, path, flags, mode)
        assert isinstance(fd, int), fd
        return fd

    def pipe(self, p: Process, flags: int = 0) -> tuple[int, int]:
        """pipe2 that succeeds."""
        assert self.call("pipe2", p, flags) == 0
        reader, writer = self.ints(2)
        return reader, writer

    def wait(self, p: Process, pid: int = -1, options: int = 0) -> tuple[int, int] | str | int:
        """wait4: (pid, status), or what else it answers."""
        found = self.call("wait4", p, pid, options)
        return (found, self.ints(1)[0]) if isinstance(found, int) and found else found

    def catch(self, p: Process, sig: int, handler: int = HANDLER, flags: int = 0, mask: int = 0) -> None:
        """sigaction."""
        assert self.call("sigaction", p, sig, 1, handler, flags, mask & 0xFFFFFFFF, mask >> 32) == 0

    def block(self, p: Process, *sigs: int) -> None:
        """sigprocmask(SIG_SETMASK) to exactly these."""
        mask = sum(1 << (sig - 1) for sig in sigs)
        assert self.call("sigprocmask", p, 2, mask & 0xFFFFFFFF, mask >> 32) == 0

    def handle(self, p: Process) -> list[int]:
        """Runs the handlers that are due in the first thread, as libc does; which signals they were for."""
        return self.handle_in(p.pid)

    def handle_in(self, tid: int) -> list[int]:
        """The same in any thread."""
        taken = []
        while self.gate.due.get(tid):
            sig = self.call("sigtake", tid)
            assert isinstance(sig, int)
            if not sig:
                break
            taken.append(sig)
            low, high = struct.unpack_from("<II", self.kernel.mailbox, 28)
            self.call("sigreturn", tid, low, high)
        return taken

    def ints(self, count: int, at: int = 0) -> tuple[int, ...]:
        """The first i32 of the mailbox."""
        return struct.unpack_from(f"<{count}i", self.kernel.mailbox, at)

    def woken(self) -> list[int]:
        """Who has been woken since the last look."""
        found, self.gate.woken = sorted(set(self.gate.woken)), []
        return found

    def pass_time(self, ms: float) -> None:
        """Time goes by; timers fire when they are due, in order."""
        end = self.gate.ms + ms
        while True:
            due = [(when, timer) for timer, when in self.gate.timers.items() if when <= end]
            if not due:
                break
            when, timer = min(due)
            self.gate.ms = max(self.gate.ms, when)
            del self.gate.timers[timer]
            self._calls["timer_fired"](timer)
        self.gate.ms = end

    def text(self, p: Process, path: str) -> str:
        """What a file of /proc says."""
        fd = self.open(p, path)
        target = self.ints(3)[2]
        self.call("close", p, fd)
        return self.gate.texts[target]

    def link(self, p: Process, path: str) -> str:
        """readlink."""
        length = self.call("readlinkat", p, AT_FDCWD, path, 4096)
        assert isinstance(length, int), length
        return bytes(self.kernel.mailbox[:length]).decode("latin-1")


def linux(script: str, *arguments: str) -> Any:
    """What a Python script prints as JSON, run on the real Linux of this machine in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        start_new_session=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
