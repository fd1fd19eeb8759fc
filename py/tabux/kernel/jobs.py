"""Process groups and sessions (credentials(7), setpgid(2), setsid(2))."""

from __future__ import annotations

from collections.abc import Iterator

from tabux.abi.errno import EACCES, EINVAL, EPERM, ESRCH, SysError
from tabux.kernel.kernel import Kernel
from tabux.kernel.process import ZOMBIE, Process


def members(k: Kernel, pgid: int) -> list[Process]:
    """The living processes of a group."""
    return [p for p in k.processes.values() if p.pgid == pgid and p.state != ZOMBIE]


def session_members(k: Kernel, sid: int) -> Iterator[Process]:
    """The living processes of a session."""
    return (p for p in list(k.processes.values()) if p.sid == sid and p.state != ZOMBIE)


def is_orphaned(k: Kernel, pgid: int) -> bool:
    """True when no member has a parent in another group of the same session (POSIX 3.264)."""
    for p in members(k, pgid):
        parent = p.parent
        if parent is not None and parent.pgid != pgid and parent.sid == p.sid:
            return False
    return True


def set_group(k: Kernel, p: Process, pid: int, pgid: int) -> None:
    """setpgid(2). ESRCH, EACCES (a child that has called execve), EPERM, EINVAL."""
    if pgid < 0:
        raise SysError(EINVAL)
    target = p if pid in (0, p.pid) else k.processes.get(pid)
    if target is None or (target is not p and target.parent is not p):
        raise SysError(ESRCH)
    if target.sid != p.sid:
        raise SysError(EPERM)
    if target is not p and target.executed:
        raise SysError(EACCES)
    if target.sid == target.pid:
        raise SysError(EPERM)
    pgid = pgid or target.pid
    if pgid != target.pid and session_of(k, pgid) != p.sid:
        raise SysError(EPERM)
    target.pgid = pgid


def session_of(k: Kernel, pgid: int) -> int:
    """The session of a group, 0 when there is no such group. A zombie keeps its group alive (setpgid(2))."""
    for p in k.processes.values():
        if p.pgid == pgid:
            return p.sid
    return 0


def new_session(k: Kernel, p: Process) -> int:
    """setsid(2): a session and group of its own, without a controlling terminal. EPERM for a group leader."""
    if any(m.pgid == p.pid for m in k.processes.values()):
        raise SysError(EPERM)
    p.sid = p.pgid = p.pid
    p.terminal = None
    return p.pid
