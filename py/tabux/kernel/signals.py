"""Signals: sending, blocking, default actions, and handing them to libc (signal(7))."""

from __future__ import annotations

from tabux.abi.signal import (
    CLD_CONTINUED,
    CLD_STOPPED,
    CONT,
    DEFAULT_ACTION,
    IGNORE,
    SA_NOCLDSTOP,
    SA_NODEFER,
    SA_RESETHAND,
    SIG_DFL,
    SIG_IGN,
    SIGCHLD,
    SIGCONT,
    SIGKILL,
    SIGSTOP,
    SIGTSTP,
    SIGTTIN,
    SIGTTOU,
    STOP,
)
from tabux.kernel import jobs, lifecycle
from tabux.kernel.kernel import Kernel
from tabux.kernel.process import RUNNING, STOPPED, ZOMBIE, Action, Process, SignalInfo, Thread
from tabux.kernel.threads import pending, receiver, tell_due


def bit(sig: int) -> int:
    """The mask of one signal."""
    return 1 << (sig - 1)


_STOPS = bit(SIGSTOP) | bit(SIGTSTP) | bit(SIGTTIN) | bit(SIGTTOU)
_NEVER_BLOCKED = bit(SIGKILL) | bit(SIGSTOP)
_NOBODY = SignalInfo()


def handler_of(p: Process, sig: int) -> int:
    """SIG_DFL, SIG_IGN or the address of a handler."""
    action = p.actions.get(sig)
    return action.handler if action is not None else SIG_DFL


def post(k: Kernel, p: Process, sig: int, info: SignalInfo = _NOBODY, thread: Thread | None = None) -> None:
    """Sends a signal to a process, or to one `thread` of it: acts at once, or leaves it pending.

    It is pending for a handler, or for an unblocking. What it does by default it does to the whole process.
    """
    if p.state == ZOMBIE or p.pid == 1 or sig == 0 or (thread is not None and thread.exited):
        return
    sig_bit = bit(sig)
    if sig_bit & _STOPS:
        _forget(p, bit(SIGCONT))
    elif sig in (SIGCONT, SIGKILL):
        _forget(p, _STOPS)
        if p.state == STOPPED:
            _resume(k, p, tell=sig == SIGCONT)
    taker = thread if thread is not None else receiver(p, sig_bit)
    blocked = taker is None or taker.mask & sig_bit & ~_NEVER_BLOCKED
    handler = handler_of(p, sig)
    holder = p if thread is None else thread
    if not blocked and handler <= SIG_IGN:
        if handler == SIG_DFL:
            if p.state == STOPPED and sig != SIGKILL:
                _keep_for_later(holder, sig, info)
            else:
                act(k, p, sig)
        return
    holder.pending |= sig_bit
    holder.infos[sig] = info
    if blocked or taker is None:
        k.gate.wake(p.pid)  # one may be in sigtimedwait
    else:
        tell_due(k, taker)


def _forget(p: Process, bits: int) -> None:
    """These signals are not pending any more."""
    p.pending &= ~bits
    for t in p.threads.values():
        t.pending &= ~bits


def _keep_for_later(holder: Process | Thread, sig: int, info: SignalInfo) -> None:
    """What would end a stopped process waits until it is continued; only SIGKILL does not (signal(7))."""
    if DEFAULT_ACTION[sig] not in (IGNORE, CONT, STOP):
        holder.pending |= bit(sig)
        holder.infos[sig] = info


def act(k: Kernel, p: Process, sig: int) -> None:
    """The default action of a signal."""
    action = DEFAULT_ACTION[sig]
    if action in (IGNORE, CONT):
        return
    if action == STOP:
        # POSIX: the terminal's stop signals do not stop an orphaned group, nobody could continue it
        if sig == SIGSTOP or not jobs.is_orphaned(k, p.pgid):
            _stop(k, p, sig)
        return
    lifecycle.end(k, p, sig)


def _stop(k: Kernel, p: Process, sig: int) -> None:
    if p.state == STOPPED:
        return
    p.state = STOPPED
    p.stop_signal = sig
    p.continued = False
    k.gate.set_stopped(p.pid, True)
    _tell_parent(k, p, CLD_STOPPED, sig)


def _resume(k: Kernel, p: Process, tell: bool) -> None:
    p.state = RUNNING
    p.stop_signal = 0
    k.gate.set_stopped(p.pid, False)
    if tell:
        p.continued = True
        _tell_parent(k, p, CLD_CONTINUED, SIGCONT)
        _look_again(k, p)


def _look_again(k: Kernel, p: Process) -> None:
    """What is pending and not blocked acts now."""
    for t in list(p.threads.values()):
        if pending(t):
            set_mask(k, t, t.mask)
            if p.state == ZOMBIE:
                return


def _tell_parent(k: Kernel, p: Process, code: int, status: int) -> None:
    parent = p.parent
    if parent is None:
        return
    action = parent.actions.get(SIGCHLD)
    if action is None or not action.flags & SA_NOCLDSTOP:
        post(k, parent, SIGCHLD, SignalInfo(code, p.pid, p.cred.uid, status))
    k.gate.wake(parent.pid)


def set_mask(k: Kernel, t: Thread, mask: int) -> None:
    """A thread blocks exactly these; pending ones that this unblocks act now (sigprocmask(2)).

    Signals to the process that it was to take and now blocks are another thread's.
    """
    p = t.process
    t.mask = mask & ~_NEVER_BLOCKED
    ready = (t.pending | p.pending) & ~t.mask
    while ready:
        sig = (ready & -ready).bit_length()
        ready &= ready - 1
        if handler_of(p, sig) <= SIG_IGN:
            alone = bool(t.pending & bit(sig))
            info = _taken(t, sig)
            post(k, p, sig, info, t if alone else None)
            if p.state == ZOMBIE:
                return
    tell_due(k, t)
    if len(p.threads) > 1 and p.pending & t.mask:
        for other in p.threads.values():
            if other is not t:
                tell_due(k, other)


def _taken(t: Thread, sig: int) -> SignalInfo:
    """Takes a pending signal off, the thread's own first; who sent it."""
    holder: Process | Thread = t if t.pending & bit(sig) else t.process
    holder.pending &= ~bit(sig)
    return holder.infos.pop(sig, _NOBODY)


def accept(t: Thread, mask: int) -> tuple[int, SignalInfo] | None:
    """Takes the first pending signal of a set, blocked or not (sigwait, signalfd)."""
    ready = pending(t) & mask
    if not ready:
        return None
    sig = (ready & -ready).bit_length()
    return sig, _taken(t, sig)


def set_action(k: Kernel, p: Process, sig: int, action: Action) -> None:
    """What to do on a signal from now on. One that becomes ignored stops being pending (POSIX 2.4.3)."""
    p.actions[sig] = action
    if action.handler <= SIG_IGN and any(pending(t) & bit(sig) for t in p.threads.values()):
        if action.handler == SIG_IGN or DEFAULT_ACTION[sig] in (IGNORE, CONT):
            _forget(p, bit(sig))
        for t in list(p.threads.values()):
            set_mask(k, t, t.mask)
            if p.state == ZOMBIE:
                return


def take(k: Kernel, t: Thread) -> tuple[int, Action, SignalInfo, int] | None:
    """The next signal whose handler is to run: (number, action, info, mask to restore after it), or None.

    The handler's mask is in force from here on.
    """
    p = t.process
    ready = pending(t) & ~t.mask
    while ready:
        sig = (ready & -ready).bit_length()
        ready &= ready - 1
        action = p.actions.get(sig)
        if action is None or action.handler <= SIG_IGN:
            continue
        info = _taken(t, sig)
        old = t.mask if t.saved_mask is None else t.saved_mask
        t.saved_mask = None
        t.mask |= action.mask & ~_NEVER_BLOCKED
        if not action.flags & SA_NODEFER:
            t.mask |= bit(sig)
        if action.flags & SA_RESETHAND:
            p.actions[sig] = Action(SIG_DFL, action.flags, action.mask)
        tell_due(k, t)
        return sig, action, info, old
    if t.due:
        t.due = False
        k.gate.signal_due(t.tid, False)
    return None


def swap_mask(k: Kernel, t: Thread, mask: int) -> None:
    """Blocks other signals for the time of one call (sigsuspend, ppoll, pselect)."""
    t.saved_mask = t.mask
    set_mask(k, t, mask)


def restore_mask(k: Kernel, t: Thread) -> None:
    """The opposite of `swap_mask`; no effect when a handler has taken the old mask along."""
    mask = t.saved_mask
    if mask is not None:
        t.saved_mask = None
        set_mask(k, t, mask)


def after_exec(k: Kernel, t: Thread) -> None:
    """Handlers are gone with the program that had them; what is ignored stays ignored (execve(2))."""
    p = t.process
    p.actions = {sig: action for sig, action in p.actions.items() if action.handler == SIG_IGN}
    t.saved_mask = None
    set_mask(k, t, t.mask)
