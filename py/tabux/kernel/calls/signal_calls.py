"""System calls about signals and interval timers."""

from __future__ import annotations

import struct

from tabux.abi.errno import EINVAL, EPERM, ESRCH, SysError
from tabux.abi.signal import (
    NSIG,
    SI_TKILL,
    SI_USER,
    SIG_BLOCK,
    SIG_SETMASK,
    SIG_UNBLOCK,
    SIGALRM,
    SIGCONT,
    SIGKILL,
    SIGSTOP,
)
from tabux.kernel import signals
from tabux.kernel.calls.path_calls import abandon_open as _abandon_open
from tabux.kernel.kernel import Kernel
from tabux.kernel.process import ZOMBIE, Action, Process, SignalInfo
from tabux.kernel.threads import pending

__all__ = [
    "abandon_open",
    "getitimer",
    "kill",
    "mask_restore",
    "mask_swap",
    "setitimer",
    "sigaction",
    "sigpending",
    "sigprocmask",
    "sigreturn",
    "sigself",
    "sigtake",
    "sigtake_from",
    "tgkill",
]

_MASK = struct.Struct("<Q")
_SIGACTION = struct.Struct("<IIIQ")
_TAKEN = struct.Struct("<iIIiiIiQ")
_SIGINFO = struct.Struct("<iiiiIi104x")
_ITIMER = struct.Struct("<4i")
_DEFAULT = Action(0, 0, 0)
_ITIMER_REAL = 0


def abandon_open(k: Kernel, p: Process) -> int:
    """A signal has ended an open that waited (openat answered BLOCKED before)."""
    _abandon_open(k, k.caller)
    return 0


def kill(k: Kernel, p: Process, pid: int, sig: int) -> int:
    """kill(2): a process, the own group (0), everybody (-1), or a group (< -1). EINVAL, ESRCH, EPERM."""
    if not 0 <= sig < NSIG:
        raise SysError(EINVAL)
    if pid > 0:
        target = k.processes.get(pid)
        targets = [] if target is None else [target]
    elif pid == -1:
        targets = [t for t in list(k.processes.values()) if t.pid > 1 and t is not p]
    else:
        pgid = p.pgid if pid == 0 else -pid
        targets = [t for t in k.processes.values() if t.pgid == pgid]
    if not targets:
        raise SysError(ESRCH)
    allowed = [t for t in targets if _may_signal(p, t, sig)]
    if not allowed and pid != -1:
        raise SysError(EPERM)
    info = SignalInfo(SI_USER, p.pid, p.cred.uid)
    # the caller last: the signal may end it
    for target in sorted(allowed, key=lambda t: t is p):
        if target.state != ZOMBIE:
            signals.post(k, target, sig, info)
    return 0


def tgkill(k: Kernel, p: Process, tgid: int, tid: int, sig: int) -> int:
    """tgkill(2), and tkill(2) with -1 for `tgid`: a signal to one thread. EINVAL, ESRCH, EPERM."""
    if not 0 <= sig < NSIG or tid <= 0 or (tgid <= 0 and tgid != -1):
        raise SysError(EINVAL)
    thread = k.threads.get(tid)
    if thread is None or tgid not in (-1, thread.process.pid):
        raise SysError(ESRCH)
    target = thread.process
    if not _may_signal(p, target, sig):
        raise SysError(EPERM)
    signals.post(k, target, sig, SignalInfo(SI_TKILL, p.pid, p.cred.uid), thread)
    return 0


def _may_signal(p: Process, target: Process, sig: int) -> bool:
    cred, other = p.cred, target.cred
    if cred.euid == 0 or (sig == SIGCONT and p.sid == target.sid):
        return True
    return cred.euid in (other.uid, other.suid) or cred.uid in (other.uid, other.suid)


def sigself(k: Kernel, p: Process, sig: int) -> int:
    """The thread has done what this signal is for: SIGPIPE (nobody reads), SIGXFSZ (RLIMIT_FSIZE)."""
    signals.post(k, p, sig, thread=k.caller)
    return 0


def sigaction(
    k: Kernel, p: Process, sig: int, change: int, handler: int, flags: int, low: int, high: int
) -> int:
    """rt_sigaction(2). Mailbox: struct k_sigaction as it was. EINVAL."""
    if not 0 < sig < NSIG or (change and sig in (SIGKILL, SIGSTOP)):
        raise SysError(EINVAL)
    old = p.actions.get(sig, _DEFAULT)
    _SIGACTION.pack_into(k.mailbox, 0, old.handler, old.flags, 0, old.mask)
    if change:
        signals.set_action(k, p, sig, Action(handler, flags, low | high << 32))
    return 0


def sigprocmask(k: Kernel, p: Process, how: int, low: int, high: int) -> int:
    """rt_sigprocmask(2); -1 for `how` only asks. Mailbox: u64 old mask. EINVAL."""
    caller = k.caller
    old = caller.mask
    _MASK.pack_into(k.mailbox, 0, old)
    if how == -1:
        return 0
    mask = low | high << 32
    if how == SIG_BLOCK:
        mask |= old
    elif how == SIG_UNBLOCK:
        mask = old & ~mask
    elif how != SIG_SETMASK:
        raise SysError(EINVAL)
    if mask != old:
        signals.set_mask(k, caller, mask)
    return 0


def sigpending(k: Kernel, p: Process) -> int:
    """rt_sigpending(2). Mailbox: u64 set."""
    _MASK.pack_into(k.mailbox, 0, pending(k.caller) & k.caller.mask)
    return 0


def mask_swap(k: Kernel, p: Process, low: int, high: int) -> int:
    """sigsuspend, ppoll and pselect begin to wait with another mask."""
    signals.swap_mask(k, k.caller, low | high << 32)
    return 0


def mask_restore(k: Kernel, p: Process) -> int:
    """The wait has ended without a handler."""
    signals.restore_mask(k, k.caller)
    return 0


def sigreturn(k: Kernel, p: Process, low: int, high: int) -> int:
    """A handler has returned: the mask from before it is in force again."""
    signals.set_mask(k, k.caller, low | high << 32)
    return 0


def sigtake(k: Kernel, p: Process) -> int:
    """The next signal with a handler to run, or 0. Mailbox: what docs/abi.md lists for tabux_sigtake."""
    taken = signals.take(k, k.caller)
    if taken is None:
        return 0
    sig, action, info, old = taken
    _TAKEN.pack_into(
        k.mailbox, 0, sig, action.flags, action.handler, info.code, info.pid, info.uid, info.status, old
    )
    return sig


def sigtake_from(k: Kernel, p: Process, low: int, high: int) -> int:
    """rt_sigtimedwait(2): a pending signal of the set, or 0. Mailbox: siginfo_t."""
    found = signals.accept(k.caller, low | high << 32)
    if found is None:
        return 0
    sig, info = found
    _SIGINFO.pack_into(k.mailbox, 0, sig, 0, info.code, info.pid, info.uid, info.status)
    return sig


def _pack_timer(k: Kernel, p: Process) -> None:
    left = interval = 0
    if p.alarm is not None:
        left = max(1, (p.alarm[1] - k.now()) // 1000)
        interval = p.alarm[2] // 1000
    _ITIMER.pack_into(k.mailbox, 0, *divmod(interval, 1_000_000), *divmod(left, 1_000_000))


def getitimer(k: Kernel, p: Process, which: int) -> int:
    """getitimer(2). Mailbox: struct itimerval of 32-bit longs; zero for the CPU timers."""
    if not 0 <= which <= 2:
        raise SysError(EINVAL)
    if which == _ITIMER_REAL:
        _pack_timer(k, p)
    else:
        _ITIMER.pack_into(k.mailbox, 0, 0, 0, 0, 0)
    return 0


def setitimer(k: Kernel, p: Process, which: int, interval: int, value: int) -> int:
    """setitimer(2), microseconds. Only ITIMER_REAL can be set. Mailbox: the old value."""
    getitimer(k, p, which)
    if which != _ITIMER_REAL:
        if value:
            raise SysError(EINVAL)
        return 0
    if interval < 0 or value < 0:
        raise SysError(EINVAL)
    if p.alarm is not None:
        k.stop_timer(p.alarm[0])
        p.alarm = None
    if value:
        _arm(k, p, int(value) * 1000, int(interval) * 1000)
    return 0


def _arm(k: Kernel, p: Process, value: int, interval: int) -> None:
    def fire() -> None:
        p.alarm = None
        if interval:
            _arm(k, p, interval, interval)
        signals.post(k, p, SIGALRM)

    timer = k.start_timer(value / 1e6, fire)
    p.alarm = (timer, k.now() + value, interval)
