"""fork, execve, exit and wait (fork(2), execve(2), _exit(2), wait(2))."""

from __future__ import annotations

from tabux.abi.errno import EACCES, EAGAIN, ECHILD, EINVAL, SysError
from tabux.abi.signal import (
    CLD_DUMPED,
    CLD_EXITED,
    CLD_KILLED,
    CORE,
    DEFAULT_ACTION,
    SA_NOCLDWAIT,
    SIG_IGN,
    SIGCHLD,
    SIGCONT,
    SIGHUP,
)
from tabux.abi.stat import S_IFMT, S_IFREG, S_ISGID, S_ISUID, S_IXGRP
from tabux.fs.credentials import MAY_EXEC, Credentials, permitted
from tabux.kernel import jobs, locks, signals, threads
from tabux.kernel.descriptions import release
from tabux.kernel.files import OpenFile
from tabux.kernel.gate import BLOCKED
from tabux.kernel.kernel import MAX_PROCESSES, Kernel
from tabux.kernel.process import RUNNING, STOPPED, ZOMBIE, Process, SignalInfo, Thread
from tabux.kernel.terminals import Terminal

# wait(2) options
WNOHANG = 1
WUNTRACED = 2
WEXITED = 4
WCONTINUED = 8
WNOWAIT = 0x01000000
#: __WALL, __WCLONE and __WNOTHREAD, as an i32: without meaning, all threads have the same children
WCLONE = -0x20000000

_CORE_FLAG = 0x80
_SIGCHLD_BIT = 1 << (SIGCHLD - 1)


def fork(k: Kernel, t: Thread) -> Process:
    """A child that shares what fork(2) shares and copies the rest; of the threads only the calling one.

    EAGAIN at the limit of processes.
    """
    p = t.process
    if len(k.processes) > min(MAX_PROCESSES, p.limits.nproc):
        _refuse_fork(k, p)
    child = k.new_process(p, p.cwd, p.cred, p.limits)
    child.origin = p.origin
    child.turn = p.turn
    child.pgid = p.pgid
    child.sid = p.sid
    child.terminal = p.terminal
    child.umask = p.umask
    child.nice = p.nice
    child.files = p.files.copy()
    for file in child.files.values():
        file.refs += 1
    child.cloexec = p.cloexec.copy()
    child.actions = p.actions.copy()
    child.leader.mask = t.mask
    child.leader.comm = t.comm
    child.exe_path = p.exe_path
    if p.exe is not None:
        child.exe = p.exe
        k.vfs.opened(p.exe)
    return child


def _refuse_fork(k: Kernel, p: Process) -> None:
    """EAGAIN where the system, or this user (RLIMIT_NPROC; not root), has all the processes it may."""
    uid = p.cred.uid
    if len(k.processes) > MAX_PROCESSES or (
        uid != 0 and sum(other.cred.uid == uid for other in k.processes.values()) >= p.limits.nproc
    ):
        raise SysError(EAGAIN)


def find_program(k: Kernel, t: Thread, path: str, depth: int) -> int:
    """The inode number of a file that may be executed. ENOENT, EACCES (also by policy), what the walk raises.

    `depth` counts the `#!` lines followed so far. What is found is remembered until `begin_program`.
    """
    p = t.process
    inode = k.vfs.lookup(p.cwd, path, p.cred, True, p)
    if inode.mode & S_IFMT != S_IFREG or not permitted(inode, MAY_EXEC, p.cred):
        raise SysError(EACCES)
    if inode.mount.host is not None:
        inode.mount.host.open(inode)
    comm = t.found[2] if depth and t.found is not None else path.rsplit("/", 1)[-1][:15]
    walker = k.vfs.walker
    found = k.vfs.path_of_entry(walker.parent, walker.name, inode)
    if k.policy is not None and not k.policy.permits(path, found):
        k.gate.refused(p.pid, found)
        raise SysError(EACCES)
    t.found = (inode, found, comm)
    return inode.ino


def begin_program(k: Kernel, t: Thread) -> list[int]:
    """The point of no return of execve(2); answers the descriptors it has closed."""
    if t.found is None:
        raise SysError(EINVAL)
    p = t.process
    inode, p.exe_path, comm = t.found
    t.found = None
    threads.only(k, t)
    p.leader.comm = comm
    k.vfs.opened(inode)
    if p.exe is not None:
        k.vfs.released(p.exe)
    p.exe = inode
    mode, cred = inode.mode, p.cred
    if mode & (S_ISUID | S_ISGID) or cred.suid != cred.euid or cred.sgid != cred.egid:
        # the saved ids become the effective ones; set-group-ID means nothing without group execution
        euid = inode.uid if mode & S_ISUID else cred.euid
        egid = inode.gid if mode & (S_ISGID | S_IXGRP) == S_ISGID | S_IXGRP else cred.egid
        p.cred = Credentials(cred.uid, cred.gid, cred.groups, euid=euid, egid=egid)
    closed = sorted(p.cloexec)
    for fd in closed:
        file = p.files.pop(fd)
        if k.locks:
            locks.closed(k, p, file)
        release(k, file)
    p.cloexec.clear()
    p.executed = True
    signals.after_exec(k, p.leader)
    return closed


def end(k: Kernel, p: Process, sig: int) -> None:
    """A signal ends the process."""
    core = _CORE_FLAG if DEFAULT_ACTION[sig] == CORE else 0
    finish(k, p, sig | core)


def finish(k: Kernel, p: Process, status: int) -> None:
    """The process becomes a zombie with that wait status: exit << 8, or the signal that ended it."""
    if p.state == ZOMBIE:
        return
    p.state = ZOMBIE
    p.status = status & ~_CORE_FLAG  # no core is ever dumped
    # the gate first: nothing below may find the program still there
    p.cpu = k.gate.gone(p.pid, p.status)
    if p.alarm is not None:
        k.stop_timer(p.alarm[0])
        p.alarm = None
    threads.end_all(k, p)
    if k.locks:
        locks.exited(k, p)
    files: list[OpenFile] = list(p.files.values())
    p.files.clear()
    p.cloexec.clear()
    for file in files:
        release(k, file)
    k.vfs.released(p.cwd)
    if p.exe is not None:
        k.vfs.released(p.exe)
        p.exe = None
    _leave_family(k, p)
    _tell_parent(k, p)


def _leave_family(k: Kernel, p: Process) -> None:
    """Children become init's; a session that ends hangs up; groups that this orphans are woken."""
    groups = set()
    for child in list(p.children.values()):
        del p.children[child.pid]
        child.parent = k.init
        k.init.children[child.pid] = child
        if child.state == ZOMBIE:
            k.forget(child)
        elif child.sid == p.sid and child.pgid != p.pgid:
            groups.add(child.pgid)
    terminal = p.terminal
    if p.sid == p.pid and isinstance(terminal, Terminal):
        terminal.leave(p.sid, SIGHUP)
    parent = p.parent
    if parent is not None and parent.sid == p.sid and parent.pgid != p.pgid:
        groups.add(p.pgid)
    for pgid in groups:
        left = jobs.members(k, pgid)
        if any(m.state == STOPPED for m in left) and jobs.is_orphaned(k, pgid):
            for member in left:
                signals.post(k, member, SIGHUP)
                signals.post(k, member, SIGCONT)


def _tell_parent(k: Kernel, p: Process) -> None:
    parent = p.parent
    if parent is None or parent is k.init:
        k.forget(p)
        return
    action = parent.actions.get(SIGCHLD)
    if action is None:
        # nothing hears it, unless it is blocked: sigwait(SIGCHLD) works without a handler
        if any(t.mask & _SIGCHLD_BIT for t in parent.threads.values()):
            signals.post(k, parent, SIGCHLD, exit_info(p))
    else:
        if action.handler == SIG_IGN or action.flags & SA_NOCLDWAIT:
            k.forget(p)
        if action.handler != SIG_IGN:
            signals.post(k, parent, SIGCHLD, exit_info(p))
    k.gate.wake(parent.pid)


def exit_info(p: Process) -> SignalInfo:
    """How a zombie ended, as siginfo has it (wait(2), waitid)."""
    sig = p.status & 0x7F
    if not sig:
        return SignalInfo(CLD_EXITED, p.pid, p.cred.uid, p.status >> 8)
    code = CLD_DUMPED if p.status & _CORE_FLAG else CLD_KILLED
    return SignalInfo(code, p.pid, p.cred.uid, sig)


def wait(k: Kernel, p: Process, selector: int, options: int) -> tuple[Process, int] | int:
    """wait4(2): (child, status), 0 (WNOHANG and nothing to tell), or BLOCKED. ECHILD, EINVAL.

    `selector` is wait4's pid: one child, any (-1), one of the own group (0), one of a group (< -1). A child
    that has ended is forgotten.
    """
    if options & ~(WNOHANG | WUNTRACED | WCONTINUED | WCLONE):
        raise SysError(EINVAL)
    found = find_child(p, selector, options | WEXITED)
    if found is None:
        return 0 if options & WNOHANG else BLOCKED
    child, status = found
    consume(k, child)
    return child, status


def find_child(p: Process, selector: int, options: int) -> tuple[Process, int] | None:
    """A child with something to tell (WEXITED, WUNTRACED, WCONTINUED), and its wait status. ECHILD."""
    some = False
    for child in p.children.values():
        if selector > 0 and child.pid != selector:
            continue
        if selector == 0 and child.pgid != p.pgid:
            continue
        if selector < -1 and child.pgid != -selector:
            continue
        some = True
        if child.state == ZOMBIE:
            if options & WEXITED:
                return child, child.status
        elif child.state == STOPPED:
            if options & WUNTRACED and child.stop_signal:
                return child, child.stop_signal << 8 | 0x7F
        elif child.state == RUNNING and options & WCONTINUED and child.continued:
            return child, 0xFFFF
    if not some:
        raise SysError(ECHILD)
    return None


def consume(k: Kernel, child: Process) -> None:
    """The parent has been told: a zombie is forgotten, a stop or continuation is not told again."""
    if child.state == ZOMBIE:
        if child.parent is not None:
            child.parent.children_cpu += child.cpu + child.children_cpu
        k.forget(child)
    elif child.state == STOPPED:
        child.stop_signal = 0
    else:
        child.continued = False
