"""System calls about the threads of a process: clone, exit of one, names (clone(2), prctl(2))."""

from __future__ import annotations

from tabux.kernel import lifecycle, threads
from tabux.kernel.kernel import Kernel
from tabux.kernel.process import Process

__all__ = ["clone", "exit_thread", "get_name", "set_name"]

#: longest name, with its NUL (prctl(2), PR_SET_NAME)
_NAME = 16


def clone(k: Kernel, p: Process) -> int:
    """clone(2) with CLONE_THREAD: the new thread's number. EAGAIN."""
    return threads.start(k, k.caller).tid


def exit_thread(k: Kernel, p: Process, code: int) -> int:
    """_exit(2) of the calling thread alone: its process ends with the last one.

    What wait(2) then tells is how the first thread has ended.
    """
    status = (code & 0xFF) << 8
    if k.caller is p.leader:
        p.status = status
    elif p.leader.exited:
        status = p.status
    if threads.leave(k, k.caller):
        lifecycle.finish(k, p, status)
    return 0


def set_name(k: Kernel, p: Process, name: str) -> int:
    """PR_SET_NAME of prctl(2): the calling thread's name; what is too long is cut."""
    k.caller.comm = name[: _NAME - 1]
    return 0


def get_name(k: Kernel, p: Process) -> int:
    """PR_GET_NAME of prctl(2). Mailbox: the name, filled up with NUL."""
    k.mailbox[:_NAME] = k.caller.comm[: _NAME - 1].encode("latin-1").ljust(_NAME, b"\0")
    return 0
