"""What /proc asks the kernel: the facts about processes and the system that it shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from tabux.fs.credentials import Credentials
from tabux.fs.inode import Inode


class DescriptionView(Protocol):
    """An open file description, as /proc/pid/fd shows it."""

    @property
    def inode(self) -> Inode: ...

    @property
    def flags(self) -> int:
        """As given to open(2); /proc tells reading and writing from it."""

    def describe(self) -> str:
        """What readlink says: a path, "path (deleted)", "pipe:[123]", "/dev/pts/0"."""


class ProcessView(Protocol):
    """A process. A zombie has no descriptors, an empty command line and `executable` None."""

    @property
    def pid(self) -> int: ...
    @property
    def ppid(self) -> int: ...
    @property
    def pgid(self) -> int: ...
    @property
    def sid(self) -> int: ...

    @property
    def comm(self) -> str:
        """The program's short name (at most 15 characters are shown)."""

    @property
    def state(self) -> str:
        """One letter: R running, S sleeping, T stopped, Z zombie."""

    @property
    def nice(self) -> int:
        """-20 to 19, as setpriority(2) has set it."""

    @property
    def cred(self) -> Credentials: ...
    @property
    def cwd(self) -> Inode: ...
    @property
    def umask(self) -> int: ...

    @property
    def exe(self) -> str:
        """Path of the running program."""

    @property
    def executable(self) -> Inode | None:
        """Inode of the running program."""

    @property
    def fds(self) -> Mapping[int, DescriptionView]: ...

    @property
    def start_time(self) -> int:
        """When it started, ns since the epoch."""

    @property
    def cpu_time(self) -> int:
        """Processor time used, ns."""

    @property
    def memory(self) -> int:
        """Size of its memory, bytes."""

    @property
    def terminal(self) -> int:
        """Device number of its controlling terminal, 0 for none."""

    @property
    def foreground(self) -> int:
        """Process group in the foreground of that terminal, -1 for none."""

    @property
    def tid(self) -> int:
        """Number of the thread that this is about: the process's own for the process as a whole."""

    @property
    def tids(self) -> Sequence[int]:
        """The numbers of its threads, in increasing order."""

    def thread(self, tid: int) -> ProcessView | None:
        """The same with the facts of one thread: name, state, times, signals."""

    @property
    def thread_pending(self) -> int:
        """Signals that are pending for the thread alone."""

    @property
    def signal_sets(self) -> tuple[int, int, int, int]:
        """Pending (for the process), blocked, ignored and caught signals: bit `number - 1` set."""

    def cmdline(self) -> str:
        """Arguments, each ended by NUL (latin-1)."""

    def environ(self) -> str:
        """The environment at exec, each variable ended by NUL (latin-1)."""


class SystemView(Protocol):
    """The kernel as a whole."""

    def pids(self) -> Iterable[int]:
        """All process numbers, in increasing order."""

    def process(self, pid: int) -> ProcessView | None:
        """A process by number, None when there is none."""

    def caller(self, context: object) -> ProcessView | None:
        """The process on whose behalf the file system was called with `context`; None for the owner's API."""

    @property
    def hostname(self) -> str: ...

    @property
    def release(self) -> str:
        """`uname -r`."""

    @property
    def version(self) -> str:
        """`uname -v`."""

    @property
    def boot_time(self) -> int:
        """ns since the epoch."""

    @property
    def cpu_time(self) -> int:
        """How long processes have run since the boot, ns."""

    @property
    def memory(self) -> tuple[int, int]:
        """(total, free) bytes."""

    @property
    def load(self) -> tuple[float, float, float]:
        """Load averages over 1, 5 and 15 minutes."""

    def sockets(self, table: str) -> str:
        """The text of /proc/net/`table`."""

    @property
    def last_pid(self) -> int:
        """The number given to the newest process."""
