"""Terminals: a `Tty` (the line discipline) with a device node and a screen behind the gate.

(Those whose screen is a program are in `ptys`.)

Who may read and write, and who gets signals, is decided here (tty_ioctl(4), setpgid(2), POSIX 11.1.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabux.abi.errno import EPERM, SysError
from tabux.abi.signal import SIGCONT, SIGHUP
from tabux.fs.devices import remove_terminal
from tabux.tty import Tty

if TYPE_CHECKING:
    from tabux.fs.inode import Inode
    from tabux.kernel.kernel import Kernel
    from tabux.kernel.process import Process

#: writers wait while so many bytes have not been taken by the page
SCREEN_BACKLOG = 131072


class Terminal:
    """One terminal: /dev/pts/<id>."""

    __slots__ = ("_kernel", "id", "inode", "screen_backlog", "tty", "waiting")

    def __init__(self, kernel: Kernel, number: int) -> None:
        self._kernel = kernel
        self.id = number
        self.tty = Tty(self._output, self._signal, self.changed, self._flush)
        self.inode: Inode | None = None
        #: pids to wake at the next change
        self.waiting: set[int] = set()
        #: bytes of output that the page has not yet taken
        self.screen_backlog = 0

    def _output(self, text: str) -> None:
        self.screen_backlog += len(text)
        self._kernel.gate.tty_output(self.id, text)

    def _flush(self) -> None:
        self._kernel.gate.tty_flush(self.id)

    def _signal(self, sig: int) -> None:
        # imported late: signals needs the kernel, which has terminals
        from tabux.kernel import jobs, signals

        for p in jobs.members(self._kernel, self.tty.foreground_pgid):
            signals.post(self._kernel, p, sig)

    def leave(self, sid: int, *sigs: int) -> None:
        """The session gives its controlling terminal up; these signals go to the foreground group first."""
        from tabux.kernel import jobs

        for sig in sigs:
            self._signal(sig)
        for member in jobs.session_members(self._kernel, sid):
            if member.terminal is self:
                member.terminal = None
        self.tty.session = self.tty.foreground_pgid = 0

    def opened(self) -> None:
        """One more description of it."""

    def closed(self) -> None:
        """One less."""

    def was_read(self) -> None:
        """A program has read from it."""

    def signal_foreground(self, sig: int) -> None:
        """Sends a signal to the foreground group."""
        self._signal(sig)

    def changed(self) -> None:
        """Wakes whoever waits to read, write or poll."""
        waiting, self.waiting = self.waiting, set()
        for pid in waiting:
            self._kernel.gate.wake(pid)

    @property
    def screen_full(self) -> bool:
        """Whether writers must wait for the page."""
        return self.screen_backlog > SCREEN_BACKLOG

    def screen_took(self, count: int) -> None:
        """The page has shown that many bytes."""
        full = self.screen_full
        self.screen_backlog = max(0, self.screen_backlog - count)
        if full and not self.screen_full:
            self.changed()


def free_number(k: Kernel) -> int:
    """The lowest number that no terminal has."""
    return next(n for n in range(len(k.terminals) + 1) if n not in k.terminals)


def hang_up(k: Kernel, terminal: Terminal) -> None:
    """The window, or the master, is gone: who is on it hears SIGHUP, and the terminal's name goes."""
    from tabux.kernel import jobs, signals

    del k.terminals[terminal.id]
    session = terminal.tty.session
    terminal.tty.hangup()
    members = list(jobs.session_members(k, session)) if session else []
    terminal.leave(session)
    for member in members:
        signals.post(k, member, SIGHUP)
        signals.post(k, member, SIGCONT)
    remove_terminal(k.vfs, terminal.id)


def acquire(p: Process, terminal: Terminal) -> None:
    """Makes it the controlling terminal of a session leader that has none. EPERM."""
    if p.terminal is terminal:
        return
    if p.sid != p.pid or p.terminal is not None or terminal.tty.session:
        raise SysError(EPERM)
    p.terminal = terminal
    terminal.tty.session = p.sid
    terminal.tty.foreground_pgid = p.pgid
