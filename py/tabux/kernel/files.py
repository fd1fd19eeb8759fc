"""Open file descriptions and descriptor tables (open(2), dup(2), fcntl(2))."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabux.abi.errno import EBADF, EMFILE, SysError
from tabux.abi.fcntl import O_ACCMODE, O_CLOEXEC, O_CREAT, O_EXCL, O_NOCTTY, O_RDONLY, O_TRUNC, O_WRONLY
from tabux.fs.inode import Inode

if TYPE_CHECKING:
    from tabux.kernel.process import Process
    from tabux.kernel.terminals import Terminal

#: flags of open(2) that fcntl(F_GETFL) does not show
_AT_OPEN_ONLY = O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC


class Kind:
    """What a description is, for the gate; the same numbers as in web/gate/open-file.js."""

    REGULAR = 1
    DIRECTORY = 2
    PIPE = 3
    TTY = 4
    NULL = 5
    ZERO = 6
    FULL = 7
    RANDOM = 8
    SINK = 9
    PATH = 10
    SIGNALS = 11
    SOCKET = 12


class Pipe:
    """A pipe or FIFO: how many descriptions read and write it. The bytes are in the gate.

    `waiting` holds the pids of those who wait in open(2) for the other end (fifo(7)).
    """

    __slots__ = ("id", "opened_for_reading", "opened_for_writing", "readers", "waiting", "writers")

    def __init__(self, number: int) -> None:
        self.id = number
        self.readers = 0
        self.writers = 0
        #: how often an end was opened: a writer that has come and gone still lets a waiting reader through
        self.opened_for_reading = 0
        self.opened_for_writing = 0
        self.waiting: set[int] = set()


class Sink:
    """A pipe whose reader is the API: what is written goes to the gate's caller."""

    __slots__ = ("id", "writers")

    def __init__(self, number: int) -> None:
        self.id = number
        self.writers = 0


class OpenFile:
    """An open file description: shared by descriptors, also across processes.

    `target` is what the gate needs to find the bytes: an inode number, a pipe number or a sink number.
    """

    __slots__ = (
        "entries",
        "flags",
        "id",
        "inode",
        "kind",
        "master",
        "name",
        "parent",
        "position",
        "refs",
        "target",
        "terminal",
    )

    def __init__(self, number: int, kind: int, inode: Inode, flags: int) -> None:
        self.id = number
        self.kind = kind
        self.inode = inode
        self.flags = flags & ~_AT_OPEN_ONLY
        self.refs = 1
        self.target = inode.ino if kind == Kind.REGULAR else 0
        self.terminal: Terminal | None = None
        #: the terminal that a description of /dev/ptmx is the other end of
        self.master: Terminal | None = None
        #: a directory's entries as its reader saw them first, and how many it has had
        self.entries: list[tuple[str, Inode]] | None = None
        self.position = 0
        #: where the walk found it, for /proc/pid/fd
        self.parent: Inode | None = None
        self.name = ""

    @property
    def reads(self) -> bool:
        """Whether it was opened for reading."""
        return self.flags & O_ACCMODE != O_WRONLY

    @property
    def writes(self) -> bool:
        """Whether it was opened for writing."""
        return self.flags & O_ACCMODE != O_RDONLY


def file_at(p: Process, fd: int) -> OpenFile:
    """The description behind a descriptor. EBADF."""
    file = p.files.get(fd)
    if file is None:
        raise SysError(EBADF)
    return file


def lowest_free(p: Process, minimum: int = 0) -> int:
    """The lowest descriptor not in use, from `minimum`. EMFILE at the limit (RLIMIT_NOFILE)."""
    files = p.files
    fd = minimum
    while fd in files:
        fd += 1
    if fd >= p.limits.nofile:
        raise SysError(EMFILE)
    return fd


def install(p: Process, file: OpenFile, cloexec: bool, minimum: int = 0) -> int:
    """Puts a description under the lowest free descriptor and returns it. EMFILE."""
    fd = lowest_free(p, minimum)
    p.files[fd] = file
    if cloexec:
        p.cloexec.add(fd)
    return fd
