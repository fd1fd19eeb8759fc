"""The kernel's processes as /proc shows them (`tabux.fs.procview`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tabux.abi.signal import SIG_IGN
from tabux.fs.credentials import Credentials
from tabux.fs.inode import Inode
from tabux.kernel.calls.system_calls import RELEASE, VERSION
from tabux.kernel.files import Kind, OpenFile
from tabux.kernel.kernel import Kernel
from tabux.kernel.process import RUNNING, ZOMBIE, Process, Thread
from tabux.kernel.terminals import Terminal
from tabux.net import tables

_MEMORY = 2 << 30
_MS = 1_000_000


def _cpu_ms(kernel: Kernel, p: Process) -> float:
    return p.cpu if p.state == ZOMBIE else kernel.gate.cpu_time(p.pid)


class _Description:
    __slots__ = ("_file", "_kernel")

    def __init__(self, kernel: Kernel, file: OpenFile) -> None:
        self._kernel = kernel
        self._file = file

    @property
    def inode(self) -> Inode:
        return self._file.inode

    @property
    def flags(self) -> int:
        return self._file.flags

    def describe(self) -> str:
        file = self._file
        if file.kind == Kind.SOCKET:
            return f"socket:[{file.inode.ino}]"
        if file.kind == Kind.SIGNALS:
            return "anon_inode:[signalfd]"
        if file.kind in (Kind.PIPE, Kind.SINK) and file.parent is None:
            return f"pipe:[{file.inode.ino}]"
        if file.parent is None:
            return f"/dev/pts/{file.terminal.id}" if file.terminal is not None else "/dev/null"
        return self._kernel.vfs.path_of_entry(file.parent, file.name, file.inode)


class _Process:
    """A process; or one thread of it, which has some facts of its own."""

    __slots__ = ("_alone", "_kernel", "_p", "_t")

    def __init__(self, kernel: Kernel, p: Process, thread: Thread | None = None) -> None:
        self._kernel = kernel
        self._p = p
        self._alone = thread is not None
        self._t = p.leader if thread is None else thread

    @property
    def pid(self) -> int:
        return self._p.pid

    @property
    def ppid(self) -> int:
        return self._p.parent.pid if self._p.parent is not None else 0

    @property
    def pgid(self) -> int:
        return self._p.pgid

    @property
    def sid(self) -> int:
        return self._p.sid

    @property
    def comm(self) -> str:
        return self._t.comm

    @property
    def state(self) -> str:
        p, t = self._p, self._t
        if t.exited:
            return ZOMBIE
        return "S" if p.state == RUNNING and self._kernel.gate.sleeping(t.tid) else p.state

    @property
    def nice(self) -> int:
        return self._p.nice

    @property
    def cred(self) -> Credentials:
        return self._p.cred

    @property
    def cwd(self) -> Inode:
        return self._p.cwd

    @property
    def umask(self) -> int:
        return self._p.umask

    @property
    def exe(self) -> str:
        return self._p.exe_path

    @property
    def executable(self) -> Inode | None:
        return self._p.exe

    @property
    def fds(self) -> Mapping[int, _Description]:
        return {fd: _Description(self._kernel, file) for fd, file in self._p.files.items()}

    @property
    def start_time(self) -> int:
        return self._t.started if self._alone else self._p.started

    @property
    def cpu_time(self) -> int:
        if self._alone:
            return int(self._kernel.gate.thread_time(self._t.tid) * _MS)
        return int(_cpu_ms(self._kernel, self._p) * _MS)

    @property
    def memory(self) -> int:
        return 0 if self._p.state == ZOMBIE else self._kernel.gate.memory_size(self._p.pid)

    @property
    def terminal(self) -> int:
        terminal = self._p.terminal
        return terminal.inode.rdev if isinstance(terminal, Terminal) and terminal.inode is not None else 0

    @property
    def foreground(self) -> int:
        terminal = self._p.terminal
        return terminal.tty.foreground_pgid if isinstance(terminal, Terminal) else -1

    @property
    def signal_sets(self) -> tuple[int, int, int, int]:
        ignored = caught = 0
        for sig, action in self._p.actions.items():
            if action.handler == SIG_IGN:
                ignored |= 1 << (sig - 1)
            elif action.handler:
                caught |= 1 << (sig - 1)
        return self._p.pending, self._t.mask, ignored, caught

    @property
    def thread_pending(self) -> int:
        return self._t.pending

    @property
    def tid(self) -> int:
        return self._t.tid

    @property
    def tids(self) -> list[int]:
        p = self._p
        return sorted({p.pid, *p.threads})

    def thread(self, tid: int) -> _Process | None:
        t = self._p.leader if tid == self._p.pid else self._p.threads.get(tid)
        return None if t is None else _Process(self._kernel, self._p, t)

    def cmdline(self) -> str:
        return "" if self._p.state == ZOMBIE else self._kernel.gate.command_line(self._p.pid)

    def environ(self) -> str:
        return "" if self._p.state == ZOMBIE else self._kernel.gate.environment(self._p.pid)


class ProcView:
    """The `SystemView` of one kernel."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def pids(self) -> Iterable[int]:
        """All process numbers, in increasing order."""
        return sorted(self._kernel.processes)

    def process(self, pid: int) -> _Process | None:
        """A process by number, None when there is none."""
        p = self._kernel.processes.get(pid)
        return None if p is None else _Process(self._kernel, p)

    def caller(self, context: object) -> _Process | None:
        """The process that made the call; None for the API."""
        return _Process(self._kernel, context) if isinstance(context, Process) else None

    @property
    def hostname(self) -> str:
        """Node name."""
        return self._kernel.hostname

    @property
    def release(self) -> str:
        """`uname -r`."""
        return RELEASE

    @property
    def version(self) -> str:
        """`uname -v`."""
        return VERSION

    @property
    def boot_time(self) -> int:
        """ns since the epoch."""
        return self._kernel.started

    @property
    def cpu_time(self) -> int:
        """ns that processes have run, those that have ended included."""
        k = self._kernel
        return int(sum(_cpu_ms(k, p) + p.children_cpu for p in k.processes.values()) * _MS)

    @property
    def memory(self) -> tuple[int, int]:
        """(total, free) bytes: of what a page may hope for (no browser tells), what programs do not use."""
        k = self._kernel
        return _MEMORY, max(0, _MEMORY - sum(k.gate.memory_size(pid) for pid in k.processes))

    @property
    def load(self) -> tuple[float, float, float]:
        """Load averages: not kept."""
        return 0.0, 0.0, 0.0

    def sockets(self, table: str) -> str:
        """The text of /proc/net/`table`."""
        return tables.text(self._kernel.net, table)

    @property
    def last_pid(self) -> int:
        """The number given to the newest process."""
        return self._kernel.last_pid
