"""System calls on descriptors."""

from __future__ import annotations

import struct

from tabux.abi.errno import EBADF, EFBIG, EINVAL, ENODEV, EOPNOTSUPP, EPERM, ESPIPE, SysError
from tabux.abi.fcntl import (
    F_DUPFD,
    F_DUPFD_CLOEXEC,
    F_GETFD,
    F_GETFL,
    F_GETOWN,
    F_GETPIPE_SZ,
    F_OFD_GETLK,
    F_OFD_SETLK,
    F_OFD_SETLKW,
    F_RDLCK,
    F_SETFD,
    F_SETFL,
    F_SETLK,
    F_SETLKW,
    F_SETOWN,
    F_SETPIPE_SZ,
    F_UNLCK,
    F_WRLCK,
    FALLOC_FL_KEEP_SIZE,
    FALLOC_FL_PUNCH_HOLE,
    FALLOC_FL_ZERO_RANGE,
    FD_CLOEXEC,
    O_CLOEXEC,
    O_NONBLOCK,
    SEEK_CUR,
    SEEK_SET,
    SETFL_MASK,
)
from tabux.abi.signal import SIGXFSZ
from tabux.abi.stat import S_IFIFO, S_IFMT, S_IFREG, dirent_type
from tabux.fs.credentials import Credentials
from tabux.fs.inode import Inode
from tabux.kernel import locks, signals
from tabux.kernel.descriptions import new_pipe, release
from tabux.kernel.files import Kind, file_at, install, lowest_free
from tabux.kernel.kernel import Kernel
from tabux.kernel.process import Process

__all__ = [
    "abandon_lock",
    "close",
    "close_range",
    "dup",
    "dup3",
    "fallocate",
    "fcntl",
    "flock",
    "fsync",
    "ftruncate",
    "getdents64",
    "inode_read",
    "inode_written",
    "pipe2",
    "record_lock",
    "seekdir",
]

_DIRENT = struct.Struct("<QqHB")
_PIPE2 = struct.Struct("<5i")
#: what a pipe can be made to hold, bytes (pipe(7), /proc/sys/fs/pipe-max-size: more is root's)
_PIPE_LEAST = 4096
_PIPE_MOST = 1 << 20
_PIPE_LIMIT = 1 << 31
_NOBODY = Credentials(65534, 65534)
_FLOCK = struct.Struct("<hhxxxxqqi")
#: the modes of fallocate that there are
_FALLOCATE = (
    0,
    FALLOC_FL_KEEP_SIZE,
    FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
    FALLOC_FL_ZERO_RANGE,
    FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
)
_CLOSE_RANGE_UNSHARE = 2
_CLOSE_RANGE_CLOEXEC = 4
_RLIMIT_FSIZE = 1


def inode_written(k: Kernel, ino: int, size: int, blocks: int, mtime_ms: float, pid: int) -> int:
    """The gate reports that a content has been written, by process `pid` (0: the API). Not a system call.

    A writer that has ended meanwhile counts as anybody: set-user-ID bits go.
    """
    writer = k.processes.get(pid) if pid else k.init
    k.vfs.written(ino, size, int(mtime_ms * 1e6), _NOBODY if writer is None else writer.cred, blocks)
    return 0


def inode_read(k: Kernel, ino: int, atime_ms: float) -> int:
    """The gate reports the first read of a content after it was changed. Not a system call."""
    k.vfs.was_read(ino, int(atime_ms * 1e6))
    return 0


def close(k: Kernel, p: Process, fd: int) -> int:
    """close(2)."""
    file = p.files.pop(fd, None)
    if file is None:
        raise SysError(EBADF)
    p.cloexec.discard(fd)
    if k.locks:
        locks.closed(k, p, file)
    release(k, file)
    return 0


def close_range(k: Kernel, p: Process, first: int, last: int, flags: int) -> int:
    """close_range(2)."""
    if first > last or flags & ~(_CLOSE_RANGE_UNSHARE | _CLOSE_RANGE_CLOEXEC):
        raise SysError(EINVAL)
    for fd in [fd for fd in p.files if first <= fd <= last]:
        if flags & _CLOSE_RANGE_CLOEXEC:
            p.cloexec.add(fd)
        else:
            close(k, p, fd)
    return 0


def dup(k: Kernel, p: Process, fd: int) -> int:
    """dup(2)."""
    file = file_at(p, fd)
    new = install(p, file, False)
    file.refs += 1
    return new


def dup3(k: Kernel, p: Process, fd: int, new: int, flags: int) -> int:
    """dup3(2)."""
    if fd == new or flags & ~O_CLOEXEC:
        raise SysError(EINVAL)
    file = file_at(p, fd)
    if not 0 <= new < p.limits.nofile:
        raise SysError(EBADF)
    file.refs += 1
    old = p.files.get(new)
    p.files[new] = file
    if flags & O_CLOEXEC:
        p.cloexec.add(new)
    else:
        p.cloexec.discard(new)
    if old is not None:
        if k.locks:
            locks.closed(k, p, old)
        release(k, old)
    return new


def fcntl(k: Kernel, p: Process, fd: int, command: int, argument: int) -> int:
    """fcntl(2), but for record locks (`record_lock`)."""
    file = file_at(p, fd)
    if command in (F_DUPFD, F_DUPFD_CLOEXEC):
        if not 0 <= argument < p.limits.nofile:
            raise SysError(EINVAL)
        new = install(p, file, command == F_DUPFD_CLOEXEC, argument)
        file.refs += 1
        return new
    if command == F_GETFD:
        return FD_CLOEXEC if fd in p.cloexec else 0
    if command == F_SETFD:
        if argument & FD_CLOEXEC:
            p.cloexec.add(fd)
        else:
            p.cloexec.discard(fd)
        return 0
    if command == F_GETFL:
        return file.flags
    if file.kind == Kind.PATH:
        raise SysError(EBADF)
    if command == F_SETFL:
        file.flags = file.flags & ~SETFL_MASK | argument & SETFL_MASK
        return 0
    if command in (F_SETOWN, F_GETOWN):
        return 0
    if command in (F_GETPIPE_SZ, F_SETPIPE_SZ):
        if file.kind != Kind.PIPE:
            raise SysError(EBADF)
        if command == F_SETPIPE_SZ:
            _resize_pipe(k, file.target, argument)
        return k.gate.pipe_size(file.target)
    raise SysError(EINVAL)


def _resize_pipe(k: Kernel, pipe: int, wanted: int) -> None:
    """F_SETPIPE_SZ of fcntl(2): the next power of two. EINVAL, EPERM, or EBUSY when it holds more now."""
    if not 0 <= wanted <= _PIPE_LIMIT:
        raise SysError(EINVAL)
    size = max(_PIPE_LEAST, 1 << (wanted - 1).bit_length())
    if size > _PIPE_MOST:
        raise SysError(EPERM)
    refused = k.gate.resize_pipe(pipe, size)
    if refused:
        raise SysError(-refused)


def record_lock(
    k: Kernel,
    p: Process,
    fd: int,
    command: int,
    kind: int,
    whence: int,
    position: int,
    start: int,
    length: int,
    pid: int,
) -> int:
    """fcntl(2) with a struct flock; `position` is the file's. Mailbox (F_GETLK): a struct flock.

    EAGAIN (F_SETLK: taken), BLOCKED (F_SETLKW: taken), EBADF (not open for that), EDEADLK, EINVAL, EOVERFLOW.
    """
    file = file_at(p, fd)
    by_description = command in (F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW)
    if by_description and pid:
        raise SysError(EINVAL)
    start, end = locks.span(file.inode, whence, position, start, length)
    if command in (F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW):
        wait = command in (F_SETLKW, F_OFD_SETLKW)
        return locks.set_record(k, p, file, kind, start, end, by_description, wait)
    if kind not in (F_RDLCK, F_WRLCK):
        raise SysError(EINVAL)
    found = locks.conflict(k, file.inode, file if by_description else p, kind, start, end)
    if found is None:
        _FLOCK.pack_into(k.mailbox, 0, F_UNLCK, whence, start, length, pid)
        return 0
    length = 0 if found.end == locks.FOREVER else found.end - found.start
    owner = found.owner.pid if isinstance(found.owner, Process) else -1
    _FLOCK.pack_into(k.mailbox, 0, found.kind, SEEK_SET, found.start, length, owner)
    return 0


def abandon_lock(k: Kernel, p: Process) -> int:
    """A signal has ended a wait for a lock (record_lock answered BLOCKED before)."""
    locks.abandon(k, p)
    return 0


def flock(k: Kernel, p: Process, fd: int, operation: int) -> int:
    """flock(2)."""
    return locks.flock(k, p, file_at(p, fd), operation)


def pipe2(k: Kernel, p: Process, flags: int) -> int:
    """pipe2(2). Mailbox: i32 reading fd, writing fd, their descriptions, the pipe's number. EMFILE."""
    if flags & ~(O_CLOEXEC | O_NONBLOCK):
        raise SysError(EINVAL)
    lowest_free(p, lowest_free(p) + 1)
    reader, writer = new_pipe(k, p.cred, flags)
    cloexec = bool(flags & O_CLOEXEC)
    read_fd = install(p, reader, cloexec)
    write_fd = install(p, writer, cloexec)
    _PIPE2.pack_into(k.mailbox, 0, read_fd, write_fd, reader.id, writer.id, reader.target)
    return 0


def ftruncate(k: Kernel, p: Process, fd: int, size: int) -> int:
    """ftruncate(2)."""
    file = file_at(p, fd)
    if not file.writes or file.inode.mode & S_IFMT != S_IFREG:
        raise SysError(EINVAL)
    check_size(k, p, file.inode, size)
    k.vfs.set_size(file.inode, size, p.cred)
    return 0


def check_size(k: Kernel, p: Process, inode: Inode, size: int) -> None:
    """SIGXFSZ and EFBIG for growing a file beyond RLIMIT_FSIZE. (The gate sees to write(2).)"""
    limit = p.limits.values.get(_RLIMIT_FSIZE)
    if limit is not None and size > limit[0] and size > inode.size:
        signals.post(k, p, SIGXFSZ)
        raise SysError(EFBIG)


def fallocate(k: Kernel, p: Process, fd: int, mode: int, offset: int, length: int) -> int:
    """fallocate(2): allocates, makes a hole or zeros. EOPNOTSUPP for what would move bytes, EFBIG, ENOSPC."""
    file = file_at(p, fd)
    if offset < 0 or length <= 0:
        raise SysError(EINVAL)
    if mode not in _FALLOCATE:
        raise SysError(EOPNOTSUPP)
    if not file.writes:
        raise SysError(EBADF)
    inode = file.inode
    kind = inode.mode & S_IFMT
    if kind != S_IFREG:
        raise SysError(ESPIPE if kind == S_IFIFO else ENODEV)
    if not mode & FALLOC_FL_KEEP_SIZE:
        check_size(k, p, inode, offset + length)
    k.vfs.allocate(inode, mode, offset, length, p.cred)
    return 0


def fsync(k: Kernel, p: Process, fd: int) -> int:
    """fsync(2) as far as the kernel knows: EBADF, EINVAL for what is no file. The gate then waits."""
    if file_at(p, fd).kind in (Kind.PIPE, Kind.SINK, Kind.TTY, Kind.SIGNALS, Kind.SOCKET):
        raise SysError(EINVAL)
    return 0


def getdents64(k: Kernel, p: Process, fd: int, size: int) -> int:
    """getdents64(2). Mailbox: struct dirent64 entries. EINVAL when the next does not fit."""
    file = file_at(p, fd)
    if file.entries is None:
        file.entries = k.vfs.listdir(file.inode, p)
    entries = file.entries
    mailbox = k.mailbox
    at = 0
    position = file.position
    while position < len(entries):
        name, inode = entries[position]
        raw = name.encode("latin-1")
        length = (19 + len(raw) + 1 + 7) & ~7
        if at + length > size:
            if at == 0:
                raise SysError(EINVAL)
            break
        position += 1
        _DIRENT.pack_into(mailbox, at, inode.ino, position, length, dirent_type(inode.mode))
        mailbox[at + 19 : at + length] = raw + bytes(length - 19 - len(raw))
        at += length
    file.position = position
    return at


def seekdir(k: Kernel, p: Process, fd: int, offset: int, whence: int) -> int:
    """lseek(2) on a directory: to a position that getdents64 gave, or to the start, which reads it anew."""
    file = file_at(p, fd)
    if whence == SEEK_CUR:
        offset += file.position
    elif whence != SEEK_SET:
        raise SysError(EINVAL)
    if offset < 0:
        raise SysError(EINVAL)
    if offset == 0:
        file.entries = None
    file.position = offset
    return offset
