"""System calls on terminals: read, write, poll and ioctl (tty_ioctl(4)), with the rules of job control."""

from __future__ import annotations

import struct

from tabux.abi.errno import EAGAIN, EINVAL, EIO, ENOTTY, EPERM, ESRCH, SysError
from tabux.abi.fcntl import O_CLOEXEC, O_NONBLOCK
from tabux.abi.signal import SIG_IGN, SIGCONT, SIGHUP, SIGTTIN, SIGTTOU, SIGWINCH
from tabux.fs.credentials import ROOT
from tabux.kernel import jobs, ptys, signals
from tabux.kernel.descriptions import describe
from tabux.kernel.files import OpenFile, install, lowest_free
from tabux.kernel.gate import BLOCKED
from tabux.kernel.kernel import Kernel
from tabux.kernel.process import Process
from tabux.kernel.terminals import Terminal, acquire
from tabux.tty import Termios, Winsize
from tabux.tty import termios as t

__all__ = ["tty_ioctl", "tty_peer", "tty_poll", "tty_read", "tty_write"]

_INT = struct.Struct("<i")
_OPENED = struct.Struct("<5i")
_POLLIN, _POLLOUT, _POLLERR, _POLLHUP = 1, 4, 8, 16

TCGETS = 0x5401
TCSETS = 0x5402
TCSETSW = 0x5403
TCSETSF = 0x5404
TCSBRK = 0x5409
TCXONC = 0x540A
TCFLSH = 0x540B
TIOCEXCL = 0x540C
TIOCNXCL = 0x540D
TIOCSCTTY = 0x540E
TIOCGPGRP = 0x540F
TIOCSPGRP = 0x5410
TIOCOUTQ = 0x5411
TIOCSTI = 0x5412
TIOCGWINSZ = 0x5413
TIOCSWINSZ = 0x5414
FIONREAD = 0x541B
TIOCNOTTY = 0x5422
TCSBRKP = 0x5425
TIOCGSID = 0x5429


def _terminal(k: Kernel, number: int) -> tuple[OpenFile, Terminal]:
    file = k.files.get(number)
    if file is None or file.terminal is None:
        raise SysError(ENOTTY)
    return file, file.terminal


def _master(k: Kernel, number: int) -> OpenFile | None:
    file = k.files.get(number)
    return file if file is not None and file.master is not None else None


def _behind(master: OpenFile) -> Terminal:
    """The terminal that a request to its master is about."""
    assert master.master is not None
    return master.master


def _in_background(p: Process, terminal: Terminal) -> bool:
    # (without a foreground group nobody is in the background)
    return p.terminal is terminal and p.pgid != terminal.tty.foreground_pgid != 0


def _stopped_by(k: Kernel, p: Process, sig: int) -> bool:
    """Sends a job control signal to the caller's group; False when it would not be stopped by it."""
    if k.caller.mask & signals.bit(sig) or signals.handler_of(p, sig) == SIG_IGN:
        return False
    if jobs.is_orphaned(k, p.pgid):
        raise SysError(EIO)
    for member in jobs.members(k, p.pgid):
        signals.post(k, member, sig)
    return True


def tty_read(k: Kernel, p: Process, number: int, size: int, again: int) -> int:
    """read(2) from a terminal. Mailbox: the bytes. A background process gets SIGTTIN, or EIO.

    `again` tells a call that is made again from a new one, for which the time of VTIME starts anew.
    """
    master = _master(k, number)
    if master is not None:
        return ptys.read(k, p, master, size)
    file, terminal = _terminal(k, number)
    tty = terminal.tty
    if _in_background(p, terminal):
        if not _stopped_by(k, p, SIGTTIN):
            raise SysError(EIO)
        return BLOCKED
    caller = k.caller
    expired = bool(again and caller.read_deadline) and k.now() >= caller.read_deadline
    text = tty.read(size, nonblocking=bool(file.flags & O_NONBLOCK), expired=expired)
    if text is None:
        if file.flags & O_NONBLOCK:
            raise SysError(EAGAIN)
        terminal.waiting.add(p.pid)
        timeout = tty.read_timeout()
        if timeout:
            caller.read_deadline = k.now() + timeout
            k.start_timer(timeout / 1e6, lambda: k.gate.wake(p.pid))
        return BLOCKED
    caller.read_deadline = 0
    terminal.was_read()
    data = text.encode("latin-1")
    k.mailbox[: len(data)] = data
    return len(data)


def tty_write(k: Kernel, p: Process, number: int, text: str) -> int:
    """write(2) to a terminal: how many bytes went. Waits while output is stopped or the page is behind."""
    master = _master(k, number)
    if master is not None:
        return ptys.write(p, master, text)
    file, terminal = _terminal(k, number)
    tty = terminal.tty
    if tty.termios.lflag & t.TOSTOP and _in_background(p, terminal) and _stopped_by(k, p, SIGTTOU):
        return BLOCKED
    count = 0 if terminal.screen_full else tty.write(text)
    if count == 0 and text:
        if file.flags & O_NONBLOCK:
            raise SysError(EAGAIN)
        terminal.waiting.add(p.pid)
        return BLOCKED
    return count


def tty_poll(k: Kernel, p: Process, number: int) -> int:
    """The POLL* bits that hold now; the process is woken when they change."""
    master = _master(k, number)
    if master is not None:
        return ptys.poll(p, master)
    _, terminal = _terminal(k, number)
    tty = terminal.tty
    terminal.waiting.add(p.pid)
    bits = _POLLIN if tty.readable() else 0
    if tty.hung_up:
        bits |= _POLLHUP | _POLLERR
    if not tty.stopped and not terminal.screen_full:
        bits |= _POLLOUT
    return bits


#: what TCFLSH at the master means for its terminal: what waits to be read there is the terminal's output, and
#: what is written there waits nowhere
_AT_THE_MASTER = {t.TCIFLUSH: t.TCOFLUSH, t.TCIOFLUSH: t.TCOFLUSH}


def tty_ioctl(k: Kernel, p: Process, number: int, request: int, argument: int) -> int:
    """ioctl(2) on a terminal; structs pass through the mailbox. ENOTTY for a request it does not know."""
    master = _master(k, number)
    if master is not None and ptys.ioctl(k, master, request):
        return 0
    terminal = _terminal(k, number)[1] if master is None else _behind(master)
    tty = terminal.tty
    mailbox = k.mailbox
    if tty.hung_up:
        raise SysError(EIO)
    if request == TCGETS:
        mailbox[: Termios.SIZE] = tty.termios.pack()
    elif request in (TCSETS, TCSETSW, TCSETSF):
        if not _may_control(k, p, terminal):
            return BLOCKED
        tty.set_termios(bytes(mailbox[: Termios.SIZE]), flush=request == TCSETSF)
    elif request == TIOCGWINSZ:
        mailbox[: Winsize.SIZE] = tty.winsize.pack()
    elif request == TIOCSWINSZ:
        resize(k, terminal, Winsize.unpack(bytes(mailbox[: Winsize.SIZE])))
    elif request == TIOCGPGRP:
        if master is None:
            _own(p, terminal)
        _INT.pack_into(mailbox, 0, tty.foreground_pgid)
    elif request == TIOCSPGRP:
        return _set_foreground(k, p, terminal, _INT.unpack_from(mailbox, 0)[0])
    elif request == TIOCGSID:
        if master is None:
            _own(p, terminal)
        _INT.pack_into(mailbox, 0, tty.session)
    elif request == TIOCSCTTY:
        acquire(p, terminal)
    elif request == TIOCNOTTY:
        _own(p, terminal)
        if p.sid == p.pid:
            terminal.leave(p.sid, SIGHUP, SIGCONT)
        p.terminal = None
    elif request in (FIONREAD, TIOCOUTQ):
        _INT.pack_into(mailbox, 0, tty.pending_input() if request == FIONREAD else terminal.screen_backlog)
    elif request == TIOCSTI:
        if p.terminal is not terminal and p.cred.euid != 0:
            raise SysError(EPERM)
        tty.input(chr(mailbox[0]))
    elif request == ptys.TIOCSIG and master is not None:
        ptys.send_signal(terminal, argument)
    elif request in (TCFLSH, TCXONC):
        if not _may_control(k, p, terminal):
            return BLOCKED
        if request == TCFLSH and master is not None:
            if argument == t.TCOFLUSH:
                return 0
            argument = _AT_THE_MASTER.get(argument, argument)
        if not (tty.flush(argument) if request == TCFLSH else tty.flow(argument)):
            raise SysError(EINVAL)
    elif request not in (TCSBRK, TCSBRKP, TIOCEXCL, TIOCNXCL):
        raise SysError(ENOTTY)
    return 0


def tty_peer(k: Kernel, p: Process, number: int, flags: int) -> int:
    """TIOCGPTPEER: a descriptor of the terminal behind a master. Mailbox as openat. ENOTTY, EIO (locked)."""
    master = _master(k, number)
    if master is None:
        raise SysError(ENOTTY)
    inode = _behind(master).inode
    assert inode is not None
    lowest_free(p)
    file = describe(k, p, inode, flags & ptys.PEER_FLAGS)
    file.parent, file.name = inode.parent or k.vfs.lookup(k.vfs.root, "/dev/pts", ROOT), str(file.target)
    _OPENED.pack_into(k.mailbox, 0, file.id, file.kind, file.target, file.flags, 0)
    return install(p, file, bool(flags & O_CLOEXEC))


def _own(p: Process, terminal: Terminal) -> None:
    if p.terminal is not terminal:
        raise SysError(ENOTTY)


def _may_control(k: Kernel, p: Process, terminal: Terminal) -> bool:
    """A background process that changes the terminal gets SIGTTOU first (POSIX 11.1.4); False: call again."""
    return not (_in_background(p, terminal) and _stopped_by(k, p, SIGTTOU))


def _set_foreground(k: Kernel, p: Process, terminal: Terminal, pgid: int) -> int:
    """tcsetpgrp(3), in the order of Linux's tiocspgrp: a wrong group stops the background too."""
    try:
        if not _may_control(k, p, terminal):
            return BLOCKED
    except SysError:
        raise SysError(ENOTTY) from None
    if pgid < 0:
        raise SysError(EINVAL)
    _own(p, terminal)
    if terminal.tty.session != p.sid:
        raise SysError(ENOTTY)
    session = jobs.session_of(k, pgid)
    if session != p.sid:
        raise SysError(EPERM if session else ESRCH)
    if terminal.tty.foreground_pgid != pgid:
        terminal.tty.foreground_pgid = pgid
        k.gate.tty_foreground(terminal.id)
    return 0


def resize(k: Kernel, terminal: Terminal, size: Winsize) -> None:
    """The window has a new size: the foreground group hears SIGWINCH where it differs."""
    if terminal.tty.resize(size):
        terminal.signal_foreground(SIGWINCH)
