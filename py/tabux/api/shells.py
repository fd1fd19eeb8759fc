"""Persistent shells: one bash whose commands come one after the other (web/worker/shell.js).

What a shell starts belongs to the command that was under way then (`Process.turn`): so the output of a
background job is told from that of a later command.
"""

from __future__ import annotations

import json

from tabux.abi.errno import ESRCH, SysError
from tabux.abi.signal import SIGCONT, SIGINT, SIGKILL
from tabux.api.place import working_directory
from tabux.fs.inode import Inode
from tabux.kernel import signals
from tabux.kernel.files import Kind
from tabux.kernel.kernel import Kernel
from tabux.kernel.process import ZOMBIE, Process


def begin(k: Kernel, pid: int) -> int:
    """The shell is about to get a command: what it starts from now on belongs to that. Its number. ESRCH."""
    shell = _shell(k, pid)
    shell.turn += 1
    return shell.turn


def concerns(k: Kernel, pid: int, turn: int, writer: int) -> int:
    """1 where what a process writes is output of the shell's present command, which has that number; else 0.

    That is what the command has started, and filters: what reads from a pipe that the shell writes to, as
    after `exec > >(tee log)`, whenever it was started.
    """
    p = k.processes.get(writer)
    if p is None or p.origin != pid:
        return 0
    shell = k.processes.get(pid)
    return int(p.turn == turn or (shell is not None and _filters(k, shell, p)))


def _filters(k: Kernel, shell: Process, p: Process) -> bool:
    written = _pipes(k, shell, writing=True)
    ancestor: Process | None = p
    while written and ancestor is not None and ancestor is not shell:
        if written & _pipes(k, ancestor, writing=False):
            return True
        ancestor = ancestor.parent
    return False


def _pipes(k: Kernel, p: Process, writing: bool) -> set[Inode]:
    """The pipes without a name (a FIFO may be between others) that a process writes, or reads."""
    return {
        file.inode
        for file in p.files.values()
        if file.kind == Kind.PIPE
        and file.inode.mount is k.vfs.anonymous_mount
        and (file.writes if writing else file.reads)
    }


def interrupt(k: Kernel, pid: int, hard: int) -> str:
    """Ends the present command as ^C does, also where something is stopped; the shell stays.

    With `hard` all of the command but the shell is killed first. Answers JSON: those that were between fork
    and execve, where the signal may have met a handler of the shell's that is gone then. ESRCH.
    """
    shell = _shell(k, pid)
    undecided = []
    for p in [p for p in k.processes.values() if p.origin == pid and p.turn == shell.turn]:
        if p.state == ZOMBIE:
            continue
        if p is not shell and not p.executed:
            undecided.append(p.pid)
        signals.post(k, p, SIGKILL if hard and p is not shell else SIGINT)
        signals.post(k, p, SIGCONT)
    return json.dumps(undecided)


def interrupt_again(k: Kernel, undecided: str) -> int:
    """Interrupts those that have called execve since `interrupt`."""
    for p in [k.processes.get(number) for number in json.loads(undecided)]:
        if p is not None and p.executed and p.state != ZOMBIE:
            signals.post(k, p, SIGINT)
    return 0


def cwd(k: Kernel, pid: int) -> str:
    """Where the shell is. ENOENT when that directory has gone, ESRCH when the shell has."""
    return working_directory(k, _shell(k, pid))


def _shell(k: Kernel, pid: int) -> Process:
    shell = k.processes.get(pid)
    if shell is None or shell.state == ZOMBIE:
        raise SysError(ESRCH)
    return shell
