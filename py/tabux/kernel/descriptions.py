"""The life of open file descriptions: made by open and pipe, shared by dup and fork, closed once."""

from __future__ import annotations

from collections.abc import Iterable

from tabux.abi.errno import EACCES, ENXIO, SysError
from tabux.abi.fcntl import O_ACCMODE, O_NONBLOCK, O_PATH, O_RDONLY, O_RDWR, O_WRONLY
from tabux.abi.stat import S_IFCHR, S_IFDIR, S_IFIFO, S_IFMT, S_IFREG, makedev
from tabux.fs.credentials import Credentials
from tabux.fs.devices import PTMX
from tabux.fs.inode import Inode
from tabux.fs.virtual import VirtualFile
from tabux.kernel import locks, ptys
from tabux.kernel.files import Kind, OpenFile, Pipe, Sink
from tabux.kernel.kernel import Kernel
from tabux.kernel.process import Process
from tabux.kernel.terminals import Terminal, hang_up
from tabux.net.socket import Socket

_DEVICES = {
    makedev(1, 3): Kind.NULL,
    makedev(1, 5): Kind.ZERO,
    makedev(1, 7): Kind.FULL,
    makedev(1, 8): Kind.RANDOM,
    makedev(1, 9): Kind.RANDOM,
}
_CONTROLLING_TTY = makedev(5, 0)


def describe(k: Kernel, p: Process, inode: Inode, flags: int) -> OpenFile:
    """A new description of an inode that `p` may open so. ENXIO for a device that is not there.

    A FIFO end is counted from here on; whether open must wait for the other end is the caller's question.
    """
    kind = inode.mode & S_IFMT
    if flags & O_PATH:
        file = OpenFile(k.number(), Kind.PATH, inode, flags)
    elif kind == S_IFREG:
        file = _regular(k, p, inode, flags)
    elif kind == S_IFDIR:
        file = OpenFile(k.number(), Kind.DIRECTORY, inode, flags)
    elif kind == S_IFIFO:
        file = _pipe_end(k, inode, flags)
    elif kind == S_IFCHR:
        file = _device(k, p, inode, flags)
    else:
        raise SysError(ENXIO)
    k.files[file.id] = file
    k.vfs.opened(inode)
    return file


def _regular(k: Kernel, p: Process, inode: Inode, flags: int) -> OpenFile:
    file = OpenFile(k.number(), Kind.REGULAR, inode, flags)
    if isinstance(inode, VirtualFile):
        if flags & O_ACCMODE != O_RDONLY:
            raise SysError(EACCES)
        # each open has a text of its own, made now
        file.target = k.vfs.table.number()
        k.gate.set_text(file.target, inode.read(p))
    return file


def _device(k: Kernel, p: Process, inode: Inode, flags: int) -> OpenFile:
    terminal = inode.object
    if inode.rdev == PTMX:
        return ptys.open_master(k, p, inode, flags)
    if inode.rdev == _CONTROLLING_TTY:
        terminal = p.terminal
    if isinstance(terminal, Terminal):
        terminal.opened()
        file = OpenFile(k.number(), Kind.TTY, inode, flags)
        file.terminal = terminal
        file.target = terminal.id
        return file
    kind = _DEVICES.get(inode.rdev)
    if kind is None:
        raise SysError(ENXIO)
    return OpenFile(k.number(), kind, inode, flags)


def _pipe_end(k: Kernel, inode: Inode, flags: int) -> OpenFile:
    behind = inode.object
    if isinstance(behind, Sink):
        file = OpenFile(k.number(), Kind.SINK, inode, flags)
        file.target = behind.id
        behind.writers += 1
        return file
    if not isinstance(behind, Pipe):
        behind = inode.object = Pipe(k.number())
    file = OpenFile(k.number(), Kind.PIPE, inode, flags)
    file.target = behind.id
    _count_end(k, behind, file, 1)
    return file


def _count_end(k: Kernel, pipe: Pipe, file: OpenFile, change: int) -> None:
    if file.reads:
        pipe.readers += change
        pipe.opened_for_reading += change > 0
    if file.writes:
        pipe.writers += change
        pipe.opened_for_writing += change > 0
    k.gate.pipe_ends(pipe.id, pipe.readers, pipe.writers)
    for pid in pipe.waiting:
        k.gate.wake(pid)
    pipe.waiting.clear()


def new_pipe(k: Kernel, cred: Credentials, flags: int) -> tuple[OpenFile, OpenFile]:
    """The reading and the writing end of a new pipe (pipe(2)); `flags` may have O_NONBLOCK."""
    inode = k.vfs.anonymous(S_IFIFO | 0o600, cred, Pipe(k.number()))
    ends = []
    for access in (O_RDONLY, O_WRONLY):
        file = _pipe_end(k, inode, access | flags & O_NONBLOCK)
        k.files[file.id] = file
        k.vfs.opened(inode)
        ends.append(file)
    return ends[0], ends[1]


def new_sink(k: Kernel, cred: Credentials) -> OpenFile:
    """A description whose bytes go to the API; to programs it looks like a pipe."""
    inode = k.vfs.anonymous(S_IFIFO | 0o600, cred, Sink(k.number()))
    file = _pipe_end(k, inode, O_WRONLY)
    k.files[file.id] = file
    k.vfs.opened(inode)
    return file


def release(k: Kernel, file: OpenFile) -> None:
    """One reference less; the last one closes the description."""
    file.refs -= 1
    if file.refs:
        if k.net.parcels and file.kind == Kind.SOCKET:
            _collect(k)
        return
    del k.files[file.id]
    if k.locks:
        locks.released(k, file)
    behind = file.inode.object
    if file.kind == Kind.PIPE:
        assert isinstance(behind, Pipe)
        _count_end(k, behind, file, -1)
    elif file.kind == Kind.SINK:
        assert isinstance(behind, Sink)
        behind.writers -= 1
        if not behind.writers:
            k.gate.sink_closed(behind.id)
    elif file.kind == Kind.SOCKET:
        assert isinstance(behind, Socket)
        release_parcels(k, k.net.close(behind))
    elif file.terminal is not None:
        file.terminal.closed()
    elif file.master is not None:
        hang_up(k, file.master)
    elif file.kind == Kind.REGULAR and file.target != file.inode.ino:
        k.gate.discard(file.target)
    k.vfs.released(file.inode)


def release_parcels(k: Kernel, numbers: Iterable[int]) -> None:
    """What was on its way through a socket (SCM_RIGHTS) reaches nobody: it is closed."""
    for number in numbers:
        for file in k.net.parcels.take(number):
            release(k, file)


def _collect(k: Kernel) -> None:
    """Closes sockets that only travel through each other: no process can ever receive them."""
    held = (file for p in k.processes.values() for file in p.files.values())
    release_parcels(k, k.net.parcels.unreachable(held))


def fifo_must_wait(file: OpenFile, pipe: Pipe, seen: int) -> bool:
    """Whether open(2) of a FIFO still waits; `seen` counts the other end's opens at the start (fifo(7))."""
    access = file.flags & O_ACCMODE
    if access == O_RDWR or file.flags & O_NONBLOCK:
        return False
    if access == O_RDONLY:
        return not pipe.writers and pipe.opened_for_writing == seen
    return not pipe.readers and pipe.opened_for_reading == seen
