"""A process, its threads, and what belongs to them (xv6's struct proc)."""

from __future__ import annotations

from tabux.fs.credentials import Credentials
from tabux.fs.inode import Inode
from tabux.kernel.files import OpenFile, Pipe

RUNNING = "R"
STOPPED = "T"
ZOMBIE = "Z"


class Action:
    """What a process does on a signal (sigaction(2)). Never changed in place: processes share it."""

    __slots__ = ("flags", "handler", "mask")

    def __init__(self, handler: int, flags: int, mask: int) -> None:
        self.handler = handler
        self.flags = flags
        self.mask = mask


class SignalInfo:
    """Who sent a signal and why (the part of siginfo_t that libc passes on)."""

    __slots__ = ("code", "pid", "status", "uid")

    def __init__(self, code: int = 0, pid: int = 0, uid: int = 0, status: int = 0) -> None:
        self.code = code
        self.pid = pid
        self.uid = uid
        self.status = status


class Limits:
    """Resource limits (getrlimit(2)): resource number → (soft, hard); -1 is no limit."""

    __slots__ = ("nofile", "nproc", "values")

    def __init__(self, values: dict[int, tuple[int, int]], nofile: int, nproc: int) -> None:
        self.values = values
        #: soft RLIMIT_NOFILE, looked at with every open
        self.nofile = nofile
        #: soft RLIMIT_NPROC, looked at with every fork
        self.nproc = nproc


class Thread:
    """One of a process's threads: what each has of its own. The first has the process's number."""

    __slots__ = (
        "comm",
        "due",
        "exited",
        "found",
        "infos",
        "mask",
        "opening",
        "pending",
        "process",
        "read_deadline",
        "saved_mask",
        "started",
        "tid",
    )

    def __init__(self, tid: int, process: Process, now: int) -> None:
        self.tid = tid
        self.process = process
        #: ns since the epoch
        self.started = now
        #: its name; of the first thread also the process's
        self.comm = ""
        #: only of the first: it has ended before the others
        self.exited = False

        #: the signals it blocks
        self.mask = 0
        #: the mask to go back to after sigsuspend, ppoll or pselect
        self.saved_mask: int | None = None
        #: signals sent to this thread alone
        self.pending = 0
        self.infos: dict[int, SignalInfo] = {}
        #: what the gate was last told: a handler is to run
        self.due = False

        #: what the execve in progress has found: (program, its path, name for comm)
        self.found: tuple[Inode, str, str] | None = None
        #: the FIFO end that the open in progress waits with
        self.opening: tuple[OpenFile, Pipe, int] | None = None
        #: when the terminal read in progress gives up (VTIME), ns; 0 for none
        self.read_deadline = 0


class Process:
    """One process. Signals are bits 1 << (number - 1)."""

    __slots__ = (
        "actions",
        "alarm",
        "children",
        "children_cpu",
        "cloexec",
        "continued",
        "cpu",
        "cred",
        "cwd",
        "exe",
        "exe_path",
        "executed",
        "files",
        "infos",
        "leader",
        "limits",
        "nice",
        "origin",
        "parent",
        "pending",
        "pgid",
        "pid",
        "sid",
        "started",
        "state",
        "status",
        "stop_signal",
        "terminal",
        "threads",
        "turn",
        "umask",
    )

    def __init__(
        self, pid: int, parent: Process | None, cwd: Inode, cred: Credentials, limits: Limits, now: int
    ) -> None:
        self.pid = pid
        #: the first thread, also where it has ended before the others
        self.leader = Thread(pid, self, now)
        #: the living threads by number
        self.threads: dict[int, Thread] = {pid: self.leader}
        self.parent = parent
        self.children: dict[int, Process] = {}
        #: the process of the API that it descends from, so that a cancelled command leaves nobody behind
        self.origin = pid
        #: which command of a persistent shell it belongs to (tabux.api.shells), the shell itself to the last
        self.turn = 0
        self.pgid = pid
        self.sid = pid
        #: the controlling terminal, a `Terminal`
        self.terminal: object = None
        self.cwd = cwd
        self.cred = cred
        self.umask = 0o022
        self.limits = limits
        self.nice = 0
        #: ns since the epoch
        self.started = now
        self.files: dict[int, OpenFile] = {}
        self.cloexec: set[int] = set()

        self.actions: dict[int, Action] = {}
        #: signals sent to the process: any thread that does not block them takes them
        self.pending = 0
        self.infos: dict[int, SignalInfo] = {}
        #: (timer number, deadline ns, interval ns) of ITIMER_REAL
        self.alarm: tuple[int, int, int] | None = None

        #: CPU time, ms: its own once it has ended (until then the gate counts), and its waited-for children's
        self.cpu = 0.0
        self.children_cpu = 0.0

        self.state = RUNNING
        #: wait status (wait(2)) once it is a zombie
        self.status = 0
        #: a stop, or a continuation, that the parent has not yet been told
        self.stop_signal = 0
        self.continued = False

        self.exe: Inode | None = None
        self.exe_path = ""
        #: whether it has called execve: setpgid on it is then refused
        self.executed = False

    @property
    def comm(self) -> str:
        """The program's short name: that of the first thread."""
        return self.leader.comm
