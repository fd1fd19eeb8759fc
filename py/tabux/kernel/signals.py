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
from tabux.kernel.process import RUNNING, STOPPED, ZOMBIE, Action, Process, SignalInfo


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


def post(k: Kernel, p: Process, sig: int, info: SignalInfo = _NOBODY) -> None:
    """Sends a signal to one process: acts at once, or leaves it pending for a handler or an unblocking."""
    if p.state == ZOMBIE or p.pid == 1 or sig == 0:
        return
    sig_bit = bit(sig)
    if sig_bit & _STOPS:
        p.pending &= ~bit(SIGCONT)
    elif sig in (SIGCONT, SIGKILL):
        p.pending &= ~_STOPS
        if p.state == STOPPED:
            _resume(k, p, tell=sig == SIGCONT)
    blocked = p.mask & sig_bit & ~_NEVER_BLOCKED
    handler = handler_of(p, sig)
    if not blocked and handler <= SIG_IGN:
        if handler == SIG_DFL:
            if p.state == STOPPED and sig != SIGKILL:
                _keep_for_later(p, sig, info)
            else:
                act(k, p, sig)
        return
    p.pending |= sig_bit
    p.infos[sig] = info
    if blocked:
        k.gate.wake(p.pid)  # it may be in sigtimedwait
    else:
        _tell_due(k, p)


def _keep_for_later(p: Process, sig: int, info: SignalInfo) -> None:
    """What would end a stopped process waits until it is continued; only SIGKILL does not (signal(7))."""
    if DEFAULT_ACTION[sig] not in (IGNORE, CONT, STOP):
        p.pending |= bit(sig)
        p.infos[sig] = info


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
        if p.pending:
            set_mask(k, p, p.mask)


def _tell_parent(k: Kernel, p: Process, code: int, status: int) -> None:
    parent = p.parent
    if parent is None:
        return
    action = parent.actions.get(SIGCHLD)
    if action is None or not action.flags & SA_NOCLDSTOP:
        post(k, parent, SIGCHLD, SignalInfo(code, p.pid, p.cred.uid, status))
    k.gate.wake(parent.pid)


def _tell_due(k: Kernel, p: Process) -> None:
    """Keeps the gate's knowledge of whether a handler is to run up to date."""
    due = bool(p.pending & ~p.mask)
    if due != p.due:
        p.due = due
        k.gate.signal_due(p.pid, due)


def set_mask(k: Kernel, p: Process, mask: int) -> None:
    """Blocks exactly these signals; pending ones that this unblocks act now (sigprocmask(2))."""
    p.mask = mask & ~_NEVER_BLOCKED
    ready = p.pending & ~p.mask
    while ready:
        sig = (ready & -ready).bit_length()
        ready &= ready - 1
        if handler_of(p, sig) <= SIG_IGN:
            p.pending &= ~bit(sig)
            post(k, p, sig, p.infos.get(sig, _NOBODY))
            if p.state == ZOMBIE:
                return
    _tell_due(k, p)


def set_action(k: Kernel, p: Process, sig: int, action: Action) -> None:
    """What to do on a signal from now on. One that becomes ignored stops being pending (POSIX 2.4.3)."""
    p.actions[sig] = action
    if p.pending & bit(sig) and action.handler <= SIG_IGN:
        if action.handler == SIG_IGN or DEFAULT_ACTION[sig] in (IGNORE, CONT):
            p.pending &= ~bit(sig)
        set_mask(k, p, p.mask)


def take(k: Kernel, p: Process) -> tuple[int, Action, SignalInfo, int] | None:
    """The next signal whose handler is to run: (number, action, info, mask to restore after it), or None.

    The handler's mask is in force from here on.
    """
    ready = p.pending & ~p.mask
    while ready:
        sig = (ready & -ready).bit_length()
        ready &= ready - 1
        action = p.actions.get(sig)
        if action is None or action.handler <= SIG_IGN:
            continue
        sig_bit = bit(sig)
        p.pending &= ~sig_bit
        info = p.infos.pop(sig, _NOBODY)
        old = p.mask if p.saved_mask is None else p.saved_mask
        p.saved_mask = None
        p.mask |= action.mask & ~_NEVER_BLOCKED
        if not action.flags & SA_NODEFER:
            p.mask |= sig_bit
        if action.flags & SA_RESETHAND:
            p.actions[sig] = Action(SIG_DFL, action.flags, action.mask)
        _tell_due(k, p)
        return sig, action, info, old
    if p.due:
        p.due = False
        k.gate.signal_due(p.pid, False)
    return None


def swap_mask(k: Kernel, p: Process, mask: int) -> None:
    """Blocks other signals for the time of one call (sigsuspend, ppoll, pselect)."""
    p.saved_mask = p.mask
    set_mask(k, p, mask)


def restore_mask(k: Kernel, p: Process) -> None:
    """The opposite of `swap_mask`; no effect when a handler has taken the old mask along."""
    mask = p.saved_mask
    if mask is not None:
        p.saved_mask = None
        set_mask(k, p, mask)


def after_exec(k: Kernel, p: Process) -> None:
    """Handlers are gone with the program that had them; what is ignored stays ignored (execve(2))."""
    p.actions = {sig: action for sig, action in p.actions.items() if action.handler == SIG_IGN}
    p.saved_mask = None
    set_mask(k, p, p.mask)
