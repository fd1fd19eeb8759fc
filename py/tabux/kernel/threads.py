"""The threads of a process: how they come and go, and which a signal reaches (clone(2), signal(7))."""

from __future__ import annotations

from tabux.abi.errno import EAGAIN, SysError
from tabux.kernel.descriptions import release
from tabux.kernel.kernel import MAX_THREADS, Kernel
from tabux.kernel.process import Process, Thread


def start(k: Kernel, t: Thread) -> Thread:
    """One more thread of the caller's process, with its name and its mask. EAGAIN when there are too many."""
    p = t.process
    if len(k.threads) - len(k.processes) >= MAX_THREADS:
        raise SysError(EAGAIN)
    k.last_pid += 1
    new = Thread(k.last_pid, p, k.now())
    new.comm = t.comm
    new.mask = t.mask
    p.threads[new.tid] = k.threads[new.tid] = new
    return new


def leave(k: Kernel, t: Thread) -> bool:
    """A thread ends alone; whether that was the last one of its process.

    Signals to the process that it was to take are another's now.
    """
    p = t.process
    if len(p.threads) == 1:
        return True
    _drop(k, t)
    if p.pending & ~t.mask:
        for other in p.threads.values():
            tell_due(k, other)
    return False


def only(k: Kernel, t: Thread) -> None:
    """The process goes on with one thread, which becomes its first: execve(2)."""
    p = t.process
    for other in list(p.threads.values()):
        if other is not t:
            _drop(k, other)
    leader = p.leader
    if t is leader:
        return
    _drop(k, t)
    leader.exited = False
    leader.mask, leader.pending, leader.infos, leader.due = t.mask, t.pending, t.infos, False
    p.threads[leader.tid] = leader


def end_all(k: Kernel, p: Process) -> None:
    """The process has ended. Its number is known until it has been waited for."""
    for t in list(p.threads.values()):
        _drop(k, t)


def _drop(k: Kernel, t: Thread) -> None:
    """Takes a thread off the lists. Its process keeps the first one, whose number is its own."""
    p = t.process
    del p.threads[t.tid]
    if t is p.leader:
        t.exited = True
    else:
        del k.threads[t.tid]
    if t.opening is not None:
        waiting, t.opening = t.opening[0], None
        release(k, waiting)


def receiver(p: Process, bit: int) -> Thread | None:
    """The thread that takes a signal to the process: the first that does not block it."""
    for t in p.threads.values():
        if not t.mask & bit:
            return t
    return None


def pending(t: Thread) -> int:
    """The signals that this thread would take if it did not block them."""
    return t.pending | t.process.pending


def tell_due(k: Kernel, t: Thread) -> None:
    """Keeps the gate's knowledge of whether a handler is to run in this thread up to date."""
    due = bool(pending(t) & ~t.mask)
    if due != t.due:
        t.due = due
        k.gate.signal_due(t.tid, due)
