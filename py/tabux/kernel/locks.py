"""Advisory locks: POSIX record locks, open file description locks (fcntl_locking(2)) and flock(2).

A record lock belongs to a process, or (F_OFD_SETLK) to an open file description; a flock lock to a
description. `Kernel.locks` has an entry only for an inode that somebody locks or waits for, so that closing a
file costs one look at an empty dict where nobody locks anything. Whoever waits is woken at every change and
asks again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabux.abi.errno import EAGAIN, EBADF, EDEADLK, EINVAL, EOVERFLOW, SysError
from tabux.abi.fcntl import F_RDLCK, F_UNLCK, F_WRLCK, LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN
from tabux.kernel.files import Kind, OpenFile
from tabux.kernel.gate import BLOCKED

if TYPE_CHECKING:
    from tabux.fs.inode import Inode
    from tabux.kernel.kernel import Kernel
    from tabux.kernel.process import Process

#: the end of a lock that reaches to the end of the file, however long it grows
FOREVER = 1 << 63


class Record:
    """A lock on the bytes from `start` up to `end`; of type F_RDLCK or F_WRLCK. Never changed in place."""

    __slots__ = ("end", "kind", "owner", "start")

    def __init__(self, owner: Process | OpenFile, kind: int, start: int, end: int) -> None:
        self.owner = owner
        self.kind = kind
        self.start = start
        self.end = end


class InodeLocks:
    """All locks on one inode, and the pids of those who wait for one."""

    __slots__ = ("flocks", "records", "waiting")

    def __init__(self) -> None:
        self.records: list[Record] = []
        #: description -> LOCK_SH or LOCK_EX
        self.flocks: dict[OpenFile, int] = {}
        self.waiting: set[int] = set()


def _of(k: Kernel, inode: Inode) -> InodeLocks:
    found = k.locks.get(inode)
    if found is None:
        found = k.locks[inode] = InodeLocks()
    return found


def _changed(k: Kernel, inode: Inode, locks: InodeLocks) -> None:
    """A lock has gone: whoever waits asks again. Forgets the inode when nothing is left."""
    waiting, locks.waiting = locks.waiting, set()
    if not locks.records and not locks.flocks:
        del k.locks[inode]
    for pid in waiting:
        k.gate.wake(pid)


def span(inode: Inode, whence: int, position: int, start: int, length: int) -> tuple[int, int]:
    """The bytes that a struct flock means: from the first up to the second. EINVAL, EOVERFLOW."""
    if whence == 1:
        start += position
    elif whence == 2:
        start += inode.size
    elif whence != 0:
        raise SysError(EINVAL)
    if length < 0:
        start, length = start + length, -length
    if start < 0:
        raise SysError(EINVAL)
    if start + length > FOREVER or start >= FOREVER:
        raise SysError(EOVERFLOW)
    return start, start + length if length else FOREVER


def conflict(
    k: Kernel, inode: Inode, owner: Process | OpenFile, kind: int, start: int, end: int
) -> Record | None:
    """The lock of somebody else that stands in the way of this one."""
    locks = k.locks.get(inode)
    if locks is None:
        return None
    for record in locks.records:
        if (
            record.owner is not owner
            and record.start < end
            and start < record.end
            and F_WRLCK in (kind, record.kind)
        ):
            return record
    return None


def set_record(
    k: Kernel, p: Process, file: OpenFile, kind: int, start: int, end: int, by_description: bool, wait: bool
) -> int:
    """Takes or gives back a record lock: 0, or BLOCKED where `wait`ing. EAGAIN, EBADF, EDEADLK, EINVAL.

    EDEADLK: the lock's owner itself waits, directly or through others, for a lock of this process.
    """
    if kind not in (F_RDLCK, F_WRLCK, F_UNLCK):
        raise SysError(EINVAL)
    may = {F_RDLCK: file.reads, F_WRLCK: file.writes, F_UNLCK: True}[kind]
    if file.kind == Kind.PATH or not may:
        raise SysError(EBADF)
    inode = file.inode
    owner = file if by_description else p
    k.lock_waits.pop(p, None)
    if kind != F_UNLCK:
        obstacle = conflict(k, inode, owner, kind, start, end)
        if obstacle is not None:
            if not wait:
                raise SysError(EAGAIN)
            if not by_description:
                _refuse_deadlock(k, p, obstacle.owner)
            _of(k, inode).waiting.add(p.pid)
            return BLOCKED
    _apply(k, inode, owner, kind, start, end)
    return 0


def _refuse_deadlock(k: Kernel, p: Process, owner: Process | OpenFile) -> None:
    waits = k.lock_waits
    other: Process | OpenFile | None = owner
    while other is not None and not isinstance(other, OpenFile):
        if other is p:
            raise SysError(EDEADLK)
        other = waits.get(other)
    waits[p] = owner


def _apply(k: Kernel, inode: Inode, owner: Process | OpenFile, kind: int, start: int, end: int) -> None:
    """Replaces what the owner had on these bytes; neighbours of one type become one lock."""
    locks = _of(k, inode)
    if kind == F_UNLCK and all(record.owner is not owner for record in locks.records):
        if not (locks.records or locks.flocks or locks.waiting):
            del k.locks[inode]
        return
    kept = []
    for record in locks.records:
        if record.owner is not owner or record.end < start or record.start > end:
            kept.append(record)
        elif record.kind == kind:
            start, end = min(start, record.start), max(end, record.end)
        else:
            if record.start < start:
                kept.append(Record(owner, record.kind, record.start, min(record.end, start)))
            if record.end > end:
                kept.append(Record(owner, record.kind, max(record.start, end), record.end))
    if kind != F_UNLCK:
        kept.append(Record(owner, kind, start, end))
    locks.records = kept
    # (taking a lock may turn a write lock into a read lock, which lets others in)
    _changed(k, inode, locks)


def flock(k: Kernel, p: Process, file: OpenFile, operation: int) -> int:
    """flock(2): 0 or BLOCKED. EAGAIN (LOCK_NB), EBADF, EINVAL.

    As in Linux a lock of another type is given back before the new one is asked for, and lost if that fails.
    """
    kind = operation & ~LOCK_NB
    if kind not in (LOCK_SH, LOCK_EX, LOCK_UN):
        raise SysError(EINVAL)
    if file.kind == Kind.PATH:
        raise SysError(EBADF)
    inode = file.inode
    locks = k.locks.get(inode)
    held = None if locks is None else locks.flocks.get(file)
    if held == kind:
        return 0
    if locks is not None and held is not None:
        del locks.flocks[file]
        _changed(k, inode, locks)
    if kind == LOCK_UN:
        return 0
    locks = _of(k, inode)
    if LOCK_EX in locks.flocks.values() or (kind == LOCK_EX and locks.flocks):
        if operation & LOCK_NB:
            raise SysError(EAGAIN)
        locks.waiting.add(p.pid)
        return BLOCKED
    locks.flocks[file] = kind
    return 0


def closed(k: Kernel, p: Process, file: OpenFile) -> None:
    """A process has closed a descriptor: all its record locks on that file are gone (POSIX)."""
    if file.inode in k.locks:
        _apply(k, file.inode, p, F_UNLCK, 0, FOREVER)


def released(k: Kernel, file: OpenFile) -> None:
    """A description is gone, and what it had locked with it."""
    locks = k.locks.get(file.inode)
    if locks is None:
        return
    if locks.flocks.pop(file, None):
        _changed(k, file.inode, locks)
    if file.inode in k.locks:
        _apply(k, file.inode, file, F_UNLCK, 0, FOREVER)


def exited(k: Kernel, p: Process) -> None:
    """A process has ended: it owns and waits for nothing."""
    k.lock_waits.pop(p, None)
    for inode in list(k.locks):
        _apply(k, inode, p, F_UNLCK, 0, FOREVER)


def abandon(k: Kernel, p: Process) -> None:
    """A signal has ended a wait for a lock."""
    k.lock_waits.pop(p, None)
