"""Pseudoterminals that programs make: /dev/ptmx, and the terminal behind it (pts(4), ptmx(4)).

What the page's terminals have as a screen and a keyboard is here a description of /dev/ptmx: the master.
"""

from __future__ import annotations

import struct

from tabux.abi.errno import EAGAIN, EINVAL, EIO, ENOSPC, SysError
from tabux.abi.fcntl import O_CLOEXEC, O_NOCTTY, O_NONBLOCK
from tabux.abi.signal import NSIG
from tabux.fs.devices import make_terminal
from tabux.fs.inode import Inode
from tabux.kernel.files import Kind, OpenFile
from tabux.kernel.gate import BLOCKED
from tabux.kernel.kernel import Kernel
from tabux.kernel.process import Process
from tabux.kernel.terminals import Terminal, free_number, hang_up
from tabux.tty import Termios, Winsize
from tabux.tty import termios as t

#: what the master has not read yet: programs on the terminal wait beyond it (Linux: one flip buffer)
OUTPUT_SIZE = 65536
#: what the terminal's queue has no room for: the master waits beyond it
INPUT_SIZE = 65536
#: so much of the output is with the master already when ^C drops the rest
_DELIVERED = 4095
#: at most so many (/proc/sys/kernel/pty/max)
MAX_PTYS = 1024

_INT = struct.Struct("<i")
_POLLIN, _POLLOUT, _POLLHUP = 1, 4, 16

TIOCGPTN = 0x80045430
TIOCSPTLCK = 0x40045431
TIOCGPTLCK = 0x80045439
TIOCSIG = 0x40045436
FIONREAD = 0x541B


class Pty(Terminal):
    """A terminal whose output the master reads and whose input it writes."""

    __slots__ = ("_output_size", "_outputs", "locked", "master_waiting", "opens", "was_open")

    def __init__(self, kernel: Kernel, number: int) -> None:
        super().__init__(kernel, number)
        self._outputs: list[str] = []
        self._output_size = 0
        #: TIOCSPTLCK: nobody can open the terminal yet
        self.locked = True
        #: descriptions of the terminal; and whether there ever was one, since when the last one's end is told
        self.opens = 0
        self.was_open = False
        #: pids that wait at the master
        self.master_waiting: set[int] = set()
        # as Linux makes one: without UTF-8 and of no size
        self.tty.set_termios(Termios(iflag=t.ICRNL | t.IXON).pack())
        self.tty.resize(Winsize(0, 0, 0, 0))

    def _output(self, text: str) -> None:
        self._outputs.append(text)
        self._output_size += len(text)
        self.wake_master()

    def _flush(self) -> None:
        kept = "".join(self._outputs)[:_DELIVERED]
        self._outputs = [kept] if kept else []
        self._output_size = len(kept)

    @property
    def screen_full(self) -> bool:
        """Whether writers must wait for the master."""
        return self._output_size >= OUTPUT_SIZE

    @property
    def unread(self) -> int:
        """Bytes that the master can read."""
        return self._output_size

    def changed(self) -> None:
        """Wakes both sides: what one has done may let the other go on."""
        super().changed()
        self.wake_master()

    def was_read(self) -> None:
        """A program has read from the terminal: there may be room for the master again."""
        self.wake_master()

    def wake_master(self) -> None:
        """Whoever waits at the master tries again."""
        waiting, self.master_waiting = self.master_waiting, set()
        for pid in waiting:
            self._kernel.gate.wake(pid)

    def take(self, size: int) -> str:
        """What the master reads: at most `size` bytes of the output."""
        full = self.screen_full
        text = "".join(self._outputs)
        self._outputs = [text[size:]] if len(text) > size else []
        text = text[:size]
        self._output_size -= len(text)
        if full and not self.screen_full:
            super().changed()
        return text

    def opened(self) -> None:
        """One more description of the terminal. EIO while it is locked or hung up."""
        if self.locked or self.tty.hung_up:
            raise SysError(EIO)
        self.opens += 1
        self.was_open = True

    def closed(self) -> None:
        """One less. With the last one, the session has no controlling terminal any more."""
        self.opens -= 1
        if not self.opens:
            if self.tty.session:
                self.leave(self.tty.session)
            self.wake_master()

    @property
    def other_closed(self) -> bool:
        """Whether the master is to hear that nobody is on the terminal any more."""
        return self.was_open and not self.opens


def open_master(k: Kernel, p: Process, inode: Inode, flags: int) -> OpenFile:
    """A description of /dev/ptmx: a new terminal, /dev/pts/N. ENOSPC at their limit."""
    number = free_number(k)
    if number >= MAX_PTYS:
        raise SysError(ENOSPC)
    pty = Pty(k, number)
    pty.inode = make_terminal(k.vfs, number, p.cred.euid, pty)
    k.terminals[number] = pty
    file = OpenFile(k.number(), Kind.TTY, inode, flags)
    file.master = pty
    file.target = number
    return file


def close_master(k: Kernel, pty: Pty) -> None:
    """The last descriptor of the master is closed: the terminal hangs up, and its name goes."""
    hang_up(k, pty)


def read(k: Kernel, p: Process, file: OpenFile, size: int) -> int:
    """read(2) from the master. Mailbox: the bytes. EIO when nobody is on the terminal any more."""
    pty = file.master
    assert isinstance(pty, Pty)
    if not pty.unread and size:
        if pty.other_closed:
            raise SysError(EIO)
        if file.flags & O_NONBLOCK:
            raise SysError(EAGAIN)
        pty.master_waiting.add(p.pid)
        return BLOCKED
    data = pty.take(size).encode("latin-1")
    k.mailbox[: len(data)] = data
    return len(data)


def write(p: Process, file: OpenFile, text: str) -> int:
    """write(2) to the master: as if typed. Waits while nobody reads what was typed before."""
    pty = file.master
    assert isinstance(pty, Pty)
    room = INPUT_SIZE - pty.tty.backlog
    if room <= 0 and text:
        if file.flags & O_NONBLOCK:
            raise SysError(EAGAIN)
        pty.master_waiting.add(p.pid)
        return BLOCKED
    pty.tty.input(text[:room])
    return len(text[:room])


def poll(p: Process, file: OpenFile) -> int:
    """The POLL* bits of the master that hold now; the process is woken when they change."""
    pty = file.master
    assert isinstance(pty, Pty)
    pty.master_waiting.add(p.pid)
    bits = _POLLIN if pty.unread else 0
    if pty.other_closed:
        bits |= _POLLHUP
    if pty.tty.backlog < INPUT_SIZE:
        bits |= _POLLOUT
    return bits


def ioctl(k: Kernel, file: OpenFile, request: int) -> bool:
    """What only a master can be asked (ioctl_tty(2)). False: a request of terminals in general."""
    pty = file.master
    assert isinstance(pty, Pty)
    if request == TIOCGPTN:
        _INT.pack_into(k.mailbox, 0, pty.id)
    elif request == TIOCSPTLCK:
        pty.locked = _INT.unpack_from(k.mailbox, 0)[0] != 0
    elif request == TIOCGPTLCK:
        _INT.pack_into(k.mailbox, 0, pty.locked)
    elif request == FIONREAD:
        _INT.pack_into(k.mailbox, 0, pty.unread)
    else:
        return False
    return True


def send_signal(pty: Terminal, sig: int) -> None:
    """TIOCSIG: the master signals the foreground group, as a key would. EINVAL."""
    if not 0 < sig < NSIG:
        raise SysError(EINVAL)
    pty.signal_foreground(sig)


#: what TIOCGPTPEER's argument may have
PEER_FLAGS = 3 | O_NOCTTY | O_CLOEXEC | O_NONBLOCK
