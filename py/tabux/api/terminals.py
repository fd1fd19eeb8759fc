"""Interactive sessions: a login shell on a new terminal."""

from __future__ import annotations

import struct

from tabux.abi.errno import ENOENT, SysError
from tabux.abi.fcntl import O_RDWR
from tabux.api.commands import new_leader
from tabux.api.owner import USER
from tabux.api.place import working_directory
from tabux.fs.devices import make_terminal
from tabux.kernel import jobs
from tabux.kernel.calls.tty_calls import resize as _resize
from tabux.kernel.descriptions import describe
from tabux.kernel.kernel import Kernel
from tabux.kernel.terminals import Terminal, free_number
from tabux.kernel.terminals import hang_up as _hang_up
from tabux.tty import Winsize

_STARTED = struct.Struct("<3i")


def create(k: Kernel, cwd: str, cols: int, rows: int) -> int:
    """Makes a terminal and a session leader on it; the gate then executes the shell. Answers the pid.

    Mailbox, i32: pid, description, terminal number. The process's descriptors 0, 1 and 2 are the terminal.
    """
    p = new_leader(k, cwd)
    number = free_number(k)
    terminal = Terminal(k, number)
    terminal.tty.resize(Winsize(rows, cols, 0, 0))
    terminal.inode = make_terminal(k.vfs, number, USER.uid, terminal)
    k.terminals[number] = terminal
    p.terminal = terminal
    terminal.tty.session = p.sid
    terminal.tty.foreground_pgid = p.pgid
    file = describe(k, p, terminal.inode, O_RDWR)
    file.parent, file.name = k.vfs.lookup(k.vfs.root, "/dev/pts", USER), str(number)
    file.refs = 3
    for fd in range(3):
        p.files[fd] = file
    _STARTED.pack_into(k.mailbox, 0, p.pid, file.id, number)
    return p.pid


def write(k: Kernel, number: int, text: str) -> int:
    """What was typed (latin-1)."""
    terminal = k.terminals.get(number)
    if terminal is not None:
        terminal.tty.input(text)
    return 0


def resize(k: Kernel, number: int, cols: int, rows: int) -> int:
    """The window has a new size."""
    terminal = k.terminals.get(number)
    if terminal is not None:
        _resize(k, terminal, Winsize(rows, cols, 0, 0))
    return 0


def took(k: Kernel, number: int, count: int) -> int:
    """The page has shown that many bytes."""
    terminal = k.terminals.get(number)
    if terminal is not None:
        terminal.screen_took(count)
    return 0


def busy(k: Kernel, number: int) -> int:
    """1 while a job is in the foreground of the terminal, and not the shell (the leader of the session)."""
    terminal = k.terminals.get(number)
    if terminal is None:
        return 0
    tty = terminal.tty
    return int(tty.foreground_pgid not in (0, tty.session) and bool(jobs.members(k, tty.foreground_pgid)))


def cwd(k: Kernel, number: int) -> str:
    """Where the program in the foreground of the terminal is; without one, where its shell is.

    ENOENT when that directory, or the terminal, has gone.
    """
    terminal = k.terminals.get(number)
    if terminal is None:
        raise SysError(ENOENT)
    tty = terminal.tty
    group = jobs.members(k, tty.foreground_pgid) or jobs.members(k, tty.session)
    if not group:
        raise SysError(ENOENT)
    # the leader of a pipeline may have ended before the others
    leader = min(group, key=lambda p: (p.pid != p.pgid, p.pid))
    return working_directory(k, leader)


def hang_up(k: Kernel, number: int) -> int:
    """The window is gone: whoever is on the terminal hears SIGHUP, and the terminal's name goes."""
    terminal = k.terminals.get(number)
    if terminal is not None:
        _hang_up(k, terminal)
    return 0
