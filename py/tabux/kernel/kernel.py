"""The kernel's state, and the little that all its parts share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tabux.abi.errno import SysError
from tabux.fs.credentials import ROOT, Credentials
from tabux.fs.host import HostTree
from tabux.fs.inode import Inode
from tabux.fs.vfs import Vfs
from tabux.kernel.files import OpenFile
from tabux.kernel.gate import MAILBOX_SIZE, Gate
from tabux.kernel.locks import InodeLocks
from tabux.kernel.policy import CommandPolicy
from tabux.kernel.process import Limits, Process, Thread
from tabux.kernel.terminals import Terminal
from tabux.net.network import Network

if TYPE_CHECKING:
    from tabux.session.overlay import Overlay

#: at most so many processes: a renderer has about 125 memories (RLIMIT_NPROC)
MAX_PROCESSES = 90
#: at most so many threads besides the first of each process: they need no memory of their own, so that
#: RLIMIT_NPROC does not count them
MAX_THREADS = 512
MAX_FILES = 1024
#: how many inodes may be made where nobody says otherwise
MAX_INODES = 1_000_000
#: resources of getrlimit(2) that are limited: stack, processes, descriptors
_LIMITS = {3: (1 << 20, 1 << 20), 6: (MAX_PROCESSES, MAX_PROCESSES), 7: (MAX_FILES, 4096)}


class _GateStore:
    """File contents, kept by the gate."""

    __slots__ = ("_gate",)

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def truncate(self, ino: int, size: int) -> int:
        return _checked(self._gate.truncate(ino, size))

    def allocate(self, ino: int, start: int, end: int) -> int:
        return _checked(self._gate.allocate(ino, start, end))

    def punch(self, ino: int, start: int, end: int) -> int:
        return _checked(self._gate.punch(ino, start, end))

    def space(self) -> tuple[float, float]:
        return self._gate.bytes_taken(), self._gate.bytes_limit()

    def ship(self, ino: int) -> None:
        self._gate.ship(ino)

    def discard(self, ino: int) -> None:
        self._gate.discard(ino)


def _checked(result: int) -> int:
    if result < 0:
        raise SysError(-result)
    return result


class Kernel:
    """One sandbox's kernel: its file system, processes and terminals.

    `mailbox` carries structs to the gate (see docs/kernel.md). Process 1 is the kernel's own `init`: it has
    no program, adopts orphans and reaps them at once.
    """

    def __init__(self, gate: Gate, hostname: str = "tabux") -> None:
        self.gate = gate
        self.hostname = hostname
        self.mailbox = bytearray(MAILBOX_SIZE)
        self.vfs = Vfs(_GateStore(gate), self.now, MAX_INODES)
        #: the time when somebody last asked, ns: for what need not be exact
        self.lately = 0
        self.started = self.now()
        self.processes: dict[int, Process] = {}
        self.vfs.executed = self._executed
        self.files: dict[int, OpenFile] = {}
        self.terminals: dict[int, Terminal] = {}
        self.net = Network(gate, self.vfs)
        #: advisory locks (tabux.kernel.locks): only inodes that somebody locks or waits for
        self.locks: dict[Inode, InodeLocks] = {}
        #: whose record lock a process waits for, to see deadlocks
        self.lock_waits: dict[Process, Process | OpenFile] = {}
        #: what a session has laid over the site's files; None before it is opened
        self.overlay: Overlay | None = None
        #: host mounts by number
        self.hosts: dict[int, HostTree] = {}
        #: which programs may be executed; None for all
        self.policy: CommandPolicy | None = None
        self.timers: dict[int, Callable[[], None]] = {}
        self._last_number = 0
        self.last_pid = 1
        limits = Limits(dict(_LIMITS), MAX_FILES, MAX_PROCESSES)
        self.init = Process(1, None, self.vfs.root, ROOT, limits, self.started)
        self.init.leader.comm = "init"
        self.processes[1] = self.init
        #: by number: the first thread of a process has the number of the process
        self.threads: dict[int, Thread] = {1: self.init.leader}
        #: the thread that makes the call (Linux: `current`)
        self.caller = self.init.leader

    def _executed(self, inode: Inode) -> bool:
        return any(process.exe is inode for process in self.processes.values())

    def now(self) -> int:
        """Nanoseconds since the epoch."""
        self.lately = now = int(self.gate.now() * 1e6)
        return now

    def number(self) -> int:
        """A number not used before: for a description, a pipe, a timer."""
        self._last_number += 1
        return self._last_number

    def new_process(self, parent: Process, cwd: Inode, cred: Credentials, limits: Limits) -> Process:
        """A process with the next free pid, known to its parent; it has no files yet."""
        self.last_pid += 1
        p = Process(self.last_pid, parent, cwd, cred, limits, self.now())
        self.processes[p.pid] = p
        self.threads[p.pid] = p.leader
        parent.children[p.pid] = p
        self.vfs.opened(cwd)
        return p

    def forget(self, p: Process) -> None:
        """Removes a zombie that has been waited for."""
        self.processes.pop(p.pid, None)
        self.threads.pop(p.pid, None)
        if p.parent is not None:
            p.parent.children.pop(p.pid, None)

    def start_timer(self, ms: float, fire: Callable[[], None]) -> int:
        """Calls `fire` once after `ms` milliseconds; returns the timer's number."""
        timer = self.number()
        self.timers[timer] = fire
        self.gate.set_timer(timer, ms)
        return timer

    def stop_timer(self, timer: int) -> None:
        """Takes a timer back; no effect when it has fired."""
        if self.timers.pop(timer, None) is not None:
            self.gate.clear_timer(timer)

    def timer_fired(self, timer: int) -> None:
        """The gate says that a timer's time has come."""
        fire = self.timers.pop(timer, None)
        if fire is not None:
            fire()
