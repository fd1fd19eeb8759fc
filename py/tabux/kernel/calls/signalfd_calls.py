"""Signals as something to read: signalfd(2)."""

from __future__ import annotations

import struct

from tabux.abi.errno import EAGAIN, EINVAL, SysError
from tabux.abi.fcntl import O_CLOEXEC, O_NONBLOCK, O_RDWR
from tabux.kernel import signals
from tabux.kernel.files import Kind, OpenFile, file_at, install, lowest_free
from tabux.kernel.gate import BLOCKED
from tabux.kernel.kernel import Kernel
from tabux.kernel.process import Process
from tabux.kernel.threads import pending

__all__ = ["signalfd4", "signalfd_poll", "signalfd_read"]

#: struct signalfd_siginfo: ssi_signo, _errno, _code, _pid, _uid, (four without a meaning), _status, the rest
_SIGINFO = struct.Struct("<IiiII20xi84x")
_OPENED = struct.Struct("<5i")
_POLLIN = 1


class SignalSet:
    """What a signalfd is about: bits 1 << (number - 1)."""

    __slots__ = ("mask",)

    def __init__(self, mask: int) -> None:
        self.mask = mask


def signalfd4(k: Kernel, p: Process, fd: int, low: int, high: int, flags: int) -> int:
    """signalfd4(2): a new descriptor (`fd` -1), or another set for that one. Mailbox as openat. EINVAL."""
    if flags & ~(O_CLOEXEC | O_NONBLOCK):
        raise SysError(EINVAL)
    mask = low | high << 32
    if fd != -1:
        behind = file_at(p, fd).inode.object
        if not isinstance(behind, SignalSet):
            raise SysError(EINVAL)
        behind.mask = mask
        return fd
    lowest_free(p)
    inode = k.vfs.anonymous(0o600, p.cred, SignalSet(mask))
    file = OpenFile(k.number(), Kind.SIGNALS, inode, O_RDWR | flags & O_NONBLOCK)
    k.files[file.id] = file
    k.vfs.opened(inode)
    _OPENED.pack_into(k.mailbox, 0, file.id, file.kind, 0, file.flags, 0)
    return install(p, file, bool(flags & O_CLOEXEC))


def _set(k: Kernel, number: int) -> int:
    file = k.files.get(number)
    behind = file.inode.object if file is not None else None
    return behind.mask if isinstance(behind, SignalSet) else 0


def signalfd_read(k: Kernel, p: Process, number: int, size: int) -> int:
    """read(2): the pending signals of the set, as many as fit. EINVAL (no room for one), EAGAIN."""
    count = min(size, len(k.mailbox)) // _SIGINFO.size
    if not count:
        raise SysError(EINVAL)
    at = 0
    while count and (found := signals.accept(k.caller, _set(k, number))):
        sig, info = found
        _SIGINFO.pack_into(k.mailbox, at, sig, 0, info.code, info.pid, info.uid, info.status)
        at += _SIGINFO.size
        count -= 1
    if not at:
        if k.files[number].flags & O_NONBLOCK:
            raise SysError(EAGAIN)
        # (whoever posts a blocked signal wakes the process)
        return BLOCKED
    return at


def signalfd_poll(k: Kernel, p: Process, number: int) -> int:
    """The POLL* bits that hold now. The process is woken by every signal that it blocks."""
    return _POLLIN if pending(k.caller) & _set(k, number) else 0
