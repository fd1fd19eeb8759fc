"""System calls on processes: identity, life, family, limits."""

from __future__ import annotations

import struct

from tabux.abi.errno import EACCES, EINVAL, EPERM, ESRCH, SysError
from tabux.abi.signal import SIGKILL, SIGXCPU
from tabux.fs.credentials import Credentials
from tabux.kernel import jobs, lifecycle, signals
from tabux.kernel.gate import BLOCKED
from tabux.kernel.kernel import Kernel
from tabux.kernel.process import STOPPED, ZOMBIE, Limits, Process

__all__ = [
    "cpu_limit",
    "exec_commit",
    "exec_lookup",
    "exit",
    "exit_signal",
    "fork",
    "fork_abort",
    "getgroups",
    "getid",
    "getpgid",
    "getppid",
    "getpriority",
    "getresuid",
    "getrusage",
    "getsid",
    "prlimit64",
    "setgid",
    "setgroups",
    "setpgid",
    "setpriority",
    "setresgid",
    "setresuid",
    "setsid",
    "setuid",
    "times",
    "umask",
    "wait4",
    "waitid",
]

_INT = struct.Struct("<i")
_IDS = struct.Struct("<6I")
_LIMIT = struct.Struct("<QQ")
_SIGINFO = struct.Struct("<iiiiIi104x")
_TIMES = struct.Struct("<4i")
_TICK_MS = 10
# struct rusage: ru_utime, and the rest
_RUSAGE = struct.Struct("<2i128x")
#: where wait4 leaves a struct rusage in the mailbox
_WAIT_RUSAGE = 16
_RUSAGE_CHILDREN, _RUSAGE_SELF, _RUSAGE_THREAD = -1, 0, 1
_INFINITY = (1 << 64) - 1
_RLIMIT_CPU = 0
_RLIMIT_NPROC = 6
_RLIMIT_NOFILE = 7
_RLIMITS = 16
_KEEP = -1
_CLD_STOPPED = 5
_CLD_CONTINUED = 6
_SIGCHLD = 17
_SIGCONT = 18
# waitid(2): types
_P_ALL, _P_PID, _P_PGID = 0, 1, 2


def fork(k: Kernel, p: Process) -> int:
    """fork(2): the child's pid. EAGAIN."""
    return lifecycle.fork(k, k.caller).pid


def fork_abort(k: Kernel, p: Process, status: int = 0) -> int:
    """The gate could not start this child, or its exec after tabux_vfork failed: it leaves no trace."""
    parent = p.parent
    if p.state == ZOMBIE:
        k.forget(p)
        return 0
    p.parent = k.init
    lifecycle.finish(k, p, status << 8)
    if parent is not None:
        parent.children.pop(p.pid, None)
    return 0


def exec_lookup(k: Kernel, p: Process, path: str, depth: int) -> int:
    """The inode number of the program at `path`; `depth` counts the interpreters followed."""
    return lifecycle.find_program(k, k.caller, path, depth)


def exec_commit(k: Kernel, p: Process) -> int:
    """The process becomes the program found last. Mailbox: the i32 descriptors closed; answers how many."""
    closed = lifecycle.begin_program(k, k.caller)
    struct.pack_into(f"<{len(closed)}i", k.mailbox, 0, *closed)
    return len(closed)


def exit(k: Kernel, p: Process, code: int) -> int:
    """_exit(2)."""
    lifecycle.finish(k, p, (code & 0xFF) << 8)
    return 0


def exit_signal(k: Kernel, p: Process, sig: int) -> int:
    """The program has trapped: it ends as that signal would end it, whatever its handlers."""
    lifecycle.end(k, p, sig)
    return 0


def wait4(k: Kernel, p: Process, selector: int, options: int) -> int:
    """wait4(2): a child's pid, 0 or BLOCKED. Mailbox: i32 status; at 16, struct rusage."""
    found = lifecycle.wait(k, p, selector, options)
    if isinstance(found, int):
        return found
    child, status = found
    _INT.pack_into(k.mailbox, 0, status)
    _pack_rusage(k, _WAIT_RUSAGE, child.cpu + child.children_cpu)
    return child.pid


def waitid(k: Kernel, p: Process, kind: int, number: int, options: int) -> int:
    """waitid(2). Mailbox: siginfo_t, zero where WNOHANG found nothing."""
    selector = {_P_ALL: -1, _P_PID: number, _P_PGID: -number if number else 0}.get(kind)
    wanted = lifecycle.WEXITED | lifecycle.WUNTRACED | lifecycle.WCONTINUED
    known = wanted | lifecycle.WNOHANG | lifecycle.WNOWAIT | lifecycle.WCLONE
    if selector is None or not options & wanted or options & ~known or number < 0:
        raise SysError(EINVAL)
    if kind == _P_PID and not number:
        raise SysError(EINVAL)
    found = lifecycle.find_child(p, selector, options)
    if found is None:
        if not options & lifecycle.WNOHANG:
            return BLOCKED
        _SIGINFO.pack_into(k.mailbox, 0, 0, 0, 0, 0, 0, 0)
        return 0
    child, status = found
    if child.state == ZOMBIE:
        info = lifecycle.exit_info(child)
        code, value = info.code, info.status
    elif child.state == STOPPED:
        code, value = _CLD_STOPPED, status >> 8
    else:
        code, value = _CLD_CONTINUED, _SIGCONT
    _SIGINFO.pack_into(k.mailbox, 0, _SIGCHLD, 0, code, child.pid, child.cred.uid, value)
    if not options & lifecycle.WNOWAIT:
        lifecycle.consume(k, child)
    return 0


def getppid(k: Kernel, p: Process) -> int:
    """getppid(2)."""
    return p.parent.pid if p.parent is not None else 0


def _target(k: Kernel, p: Process, pid: int) -> Process:
    target = k.processes.get(pid) if pid else p
    if target is None:
        raise SysError(ESRCH)
    return target


def setpgid(k: Kernel, p: Process, pid: int, pgid: int) -> int:
    """setpgid(2)."""
    jobs.set_group(k, p, pid, pgid)
    return 0


def getpgid(k: Kernel, p: Process, pid: int) -> int:
    """getpgid(2)."""
    return _target(k, p, pid).pgid


def getsid(k: Kernel, p: Process, pid: int) -> int:
    """getsid(2)."""
    return _target(k, p, pid).sid


def setsid(k: Kernel, p: Process) -> int:
    """setsid(2)."""
    return jobs.new_session(k, p)


def getid(k: Kernel, p: Process, which: int) -> int:
    """getuid, geteuid, getgid, getegid(2), numbered so."""
    cred = p.cred
    return (cred.uid, cred.euid, cred.gid, cred.egid)[which]


def getresuid(k: Kernel, p: Process) -> int:
    """getresuid(2) and getresgid(2). Mailbox: u32 real, effective, saved user, then the same of the group."""
    cred = p.cred
    _IDS.pack_into(k.mailbox, 0, cred.uid, cred.euid, cred.suid, cred.gid, cred.egid, cred.sgid)
    return 0


def setresuid(k: Kernel, p: Process, ruid: int, euid: int, suid: int) -> int:
    """setresuid(2); -1 keeps. EPERM for an id that is none of one's own."""
    cred = p.cred
    ruid, euid, suid = _ids(ruid, euid, suid)
    _allow(cred, (ruid, euid, suid), (cred.uid, cred.euid, cred.suid))
    p.cred = Credentials(
        cred.uid if ruid == _KEEP else ruid,
        cred.gid,
        cred.groups,
        euid=cred.euid if euid == _KEEP else euid,
        egid=cred.egid,
        suid=cred.suid if suid == _KEEP else suid,
        sgid=cred.sgid,
    )
    return 0


def setresgid(k: Kernel, p: Process, rgid: int, egid: int, sgid: int) -> int:
    """setresgid(2), as setresuid."""
    cred = p.cred
    rgid, egid, sgid = _ids(rgid, egid, sgid)
    _allow(cred, (rgid, egid, sgid), (cred.gid, cred.egid, cred.sgid))
    p.cred = Credentials(
        cred.uid,
        cred.gid if rgid == _KEEP else rgid,
        cred.groups,
        euid=cred.euid,
        egid=cred.egid if egid == _KEEP else egid,
        suid=cred.suid,
        sgid=cred.sgid if sgid == _KEEP else sgid,
    )
    return 0


def _ids(*numbers: int) -> tuple[int, ...]:
    """Ids as the kernel keeps them: the gate passes signed numbers, of which only -1 means none."""
    return tuple(number if number == _KEEP else number & 0xFFFFFFFF for number in numbers)


def _allow(cred: Credentials, wanted: tuple[int, int, int], own: tuple[int, int, int]) -> None:
    if cred.euid != 0 and any(number != _KEEP and number not in own for number in wanted):
        raise SysError(EPERM)


def setuid(k: Kernel, p: Process, uid: int) -> int:
    """setuid(2): all three ids for root, else the effective one."""
    return setresuid(k, p, uid, uid, uid) if p.cred.euid == 0 else setresuid(k, p, _KEEP, uid, _KEEP)


def setgid(k: Kernel, p: Process, gid: int) -> int:
    """setgid(2)."""
    return setresgid(k, p, gid, gid, gid) if p.cred.euid == 0 else setresgid(k, p, _KEEP, gid, _KEEP)


def getgroups(k: Kernel, p: Process, size: int) -> int:
    """getgroups(2). Mailbox: the u32 groups."""
    groups = sorted(p.cred.groups)
    if size and size < len(groups):
        raise SysError(EINVAL)
    struct.pack_into(f"<{len(groups)}I", k.mailbox, 0, *groups)
    return len(groups)


def setgroups(k: Kernel, p: Process) -> int:
    """setgroups(2): EPERM but for root, for whom the groups stay as they are."""
    if p.cred.euid != 0:
        raise SysError(EPERM)
    return 0


def umask(k: Kernel, p: Process, mask: int) -> int:
    """umask(2)."""
    old = p.umask
    p.umask = mask & 0o777
    return old


def prlimit64(k: Kernel, p: Process, pid: int, resource: int, change: int, soft: int, hard: int) -> int:
    """prlimit64(2). Mailbox: u64 old soft and hard limit. EINVAL, EPERM (raising a hard limit), ESRCH."""
    target = _target(k, p, pid)
    if not 0 <= resource < _RLIMITS:
        raise SysError(EINVAL)
    old_soft, old_hard = target.limits.values.get(resource, (_INFINITY, _INFINITY))
    _LIMIT.pack_into(k.mailbox, 0, old_soft, old_hard)
    if target is not p and p.cred.euid != 0 and p.cred.uid != target.cred.uid:
        raise SysError(EPERM)
    if change:
        # the gate passes doubles, in which infinity is no longer exact
        soft, hard = (_INFINITY if value >= 1 << 63 else int(value) for value in (soft, hard))
        if soft > hard:
            raise SysError(EINVAL)
        if hard > old_hard and p.cred.euid != 0:
            raise SysError(EPERM)
        values = {**target.limits.values, resource: (soft, hard)}
        nofile, nproc = values[_RLIMIT_NOFILE][0], values[_RLIMIT_NPROC][0]
        target.limits = Limits(values, min(nofile, 4096), nproc)
    return 0


def cpu_limit(k: Kernel, p: Process) -> int:
    """The process has used the seconds of CPU time of its soft RLIMIT_CPU, says the gate; 0.

    SIGKILL at the hard limit. Below it SIGXCPU, and the soft limit becomes a second more, as on Linux
    (setrlimit(2)), so that it comes once a second. Mailbox: u64 the soft limit as it is then.
    """
    soft, hard = p.limits.values.get(_RLIMIT_CPU, (_INFINITY, _INFINITY))
    used = k.gate.cpu_time(p.pid) / 1000
    if used >= soft:
        soft += 1
        values = {**p.limits.values, _RLIMIT_CPU: (soft, hard)}
        p.limits = Limits(values, p.limits.nofile, p.limits.nproc)
        signals.post(k, p, SIGKILL if used >= hard else SIGXCPU)
    _LIMIT.pack_into(k.mailbox, 0, soft, hard)
    return 0


def getpriority(k: Kernel, p: Process, which: int, who: int) -> int:
    """getpriority(2) of a process: 20 - nice, as the raw system call has it."""
    return 20 - (_target(k, p, who).nice if which == 0 else p.nice)


def setpriority(k: Kernel, p: Process, which: int, who: int, nice: int) -> int:
    """setpriority(2): the value is kept, and has no effect. EACCES: only root makes a process less nice."""
    target = _target(k, p, who) if which == 0 else p
    nice = max(-20, min(19, nice))
    if nice < target.nice and p.cred.euid != 0:
        raise SysError(EACCES)
    target.nice = nice
    return 0


def times(k: Kernel, p: Process, cpu_ms: float) -> int:
    """times(2): ticks since the start; the gate says how long the caller has run. Mailbox: four i32.

    All time counts as user time: the gate cannot tell a program from the calls it makes.
    """
    _TIMES.pack_into(k.mailbox, 0, int(cpu_ms / _TICK_MS), 0, int(p.children_cpu / _TICK_MS), 0)
    return (k.now() - k.started) // 10_000_000


def getrusage(k: Kernel, p: Process, who: int, cpu_ms: float) -> int:
    """getrusage(2). Mailbox: struct rusage, all zero but ru_utime (see `times`). EINVAL."""
    if who not in (_RUSAGE_CHILDREN, _RUSAGE_SELF, _RUSAGE_THREAD):
        raise SysError(EINVAL)
    _pack_rusage(k, 0, p.children_cpu if who == _RUSAGE_CHILDREN else cpu_ms)
    return 0


def _pack_rusage(k: Kernel, at: int, ms: float) -> None:
    us = int(ms * 1000)
    _RUSAGE.pack_into(k.mailbox, at, us // 1_000_000, us % 1_000_000)
