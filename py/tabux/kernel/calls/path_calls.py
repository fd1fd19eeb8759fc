"""System calls that name files. The file system does the work; here is whose, from where, and into what."""

from __future__ import annotations

import struct

from tabux.abi.errno import (
    EACCES,
    EBADF,
    EINVAL,
    ENAMETOOLONG,
    ENOENT,
    ENOTDIR,
    ENXIO,
    EPERM,
    ERANGE,
    SysError,
)
from tabux.abi.fcntl import (
    AT_EACCESS,
    AT_EMPTY_PATH,
    AT_FDCWD,
    AT_REMOVEDIR,
    AT_SYMLINK_FOLLOW,
    AT_SYMLINK_NOFOLLOW,
    O_ACCMODE,
    O_CLOEXEC,
    O_CREAT,
    O_NOATIME,
    O_NOCTTY,
    O_NONBLOCK,
    O_PATH,
    O_RDONLY,
    O_WRONLY,
)
from tabux.abi.stat import S_IFDIR, S_IFIFO, S_IFMT, S_IFREG, major, minor
from tabux.fs.credentials import MAY_EXEC, permitted
from tabux.fs.inode import Inode
from tabux.fs.mount import Mount
from tabux.fs.namei import NAME_MAX, PATH_MAX
from tabux.fs.statistics import BLOCK, statistics
from tabux.kernel.calls.descriptor_calls import check_size
from tabux.kernel.descriptions import describe, fifo_must_wait, release
from tabux.kernel.files import Kind, OpenFile, Pipe, file_at, install, lowest_free
from tabux.kernel.gate import BLOCKED
from tabux.kernel.kernel import Kernel
from tabux.kernel.process import Process, Thread
from tabux.kernel.terminals import acquire

__all__ = [
    "chdir",
    "chroot",
    "faccessat",
    "fchdir",
    "fchmod",
    "fchmodat",
    "fchown",
    "fchownat",
    "fstatfs",
    "getcwd",
    "linkat",
    "mkdirat",
    "mknodat",
    "openat",
    "readlinkat",
    "renameat2",
    "statfs",
    "statx",
    "symlinkat",
    "truncate",
    "unlinkat",
    "utimensat",
]

_OPENED = struct.Struct("<5i")
# struct statx up to stx_dev_minor, then the reserved rest
_STATX = struct.Struct("<IIQIIIHxxQQQQ" + "qIxxxx" * 4 + "IIII112x")
_STATX_BASIC = 0xFFF
#: reading from an open with none of these renews the access time
_READING_TIME = O_WRONLY | O_NOATIME | O_PATH
_STATFS = struct.Struct("<IIQQQQQIIIII20x")
_MAX_SECONDS = (1 << 63) - 1


def _start(p: Process, dirfd: int, path: str) -> Inode:
    """Where a relative path starts. EBADF, ENOTDIR."""
    if dirfd == AT_FDCWD or path[:1] == "/":
        return p.cwd
    inode = file_at(p, dirfd).inode
    if inode.mode & S_IFMT != S_IFDIR:
        raise SysError(ENOTDIR)
    return inode


def _by_descriptor(p: Process, dirfd: int) -> Inode:
    """What AT_EMPTY_PATH means: the file behind the descriptor itself."""
    return p.cwd if dirfd == AT_FDCWD else file_at(p, dirfd).inode


def openat(k: Kernel, p: Process, dirfd: int, path: str, flags: int, mode: int) -> int:
    """openat(2). Mailbox: i32 description, kind, target, flags, whether a read renews the access time.

    (Reads of a regular file do not come here: the gate tells of the first with `inode_read`.)
    """
    stale = 0
    caller = k.caller
    if caller.opening is not None:
        file, pipe, seen = caller.opening
    else:
        if not flags & O_CREAT and len(p.files) >= p.limits.nofile:
            lowest_free(p)
        inode, _ = k.vfs.open(_start(p, dirfd, path), path, flags, mode & ~p.umask & 0o7777, p.cred, p)
        if flags & _READING_TIME == 0 and k.vfs.stale(inode, k.lately):
            if inode.mode & S_IFMT == S_IFREG:
                stale = 1
            else:
                k.vfs.accessed(inode)
        walker = k.vfs.walker
        parent, name = walker.parent, walker.name
        file = _describe_for_open(k, p, inode, flags)
        file.parent, file.name = parent, name
        if parent.virtual and not inode.virtual:
            _name_through_link(k, p, file)
        if file.kind == Kind.PIPE and _is_fifo(k, inode):
            assert isinstance(inode.object, Pipe)
            pipe = inode.object
            access = flags & O_ACCMODE
            seen = pipe.opened_for_writing if access == O_RDONLY else pipe.opened_for_reading
            if fifo_must_wait(file, pipe, seen):
                caller.opening = (file, pipe, seen)
        elif file.terminal is not None and p.terminal is None and p.sid == p.pid:
            _may_become_controlling(p, file, flags)
    if caller.opening is not None:
        if fifo_must_wait(file, pipe, seen):
            pipe.waiting.add(p.pid)
            return BLOCKED
        caller.opening = None
    try:
        fd = install(p, file, bool(flags & O_CLOEXEC))
    except SysError:
        release(k, file)
        raise
    _OPENED.pack_into(k.mailbox, 0, file.id, file.kind, file.target, file.flags, stale)
    return fd


def _may_become_controlling(p: Process, file: OpenFile, flags: int) -> None:
    """A session leader without a terminal gets the first it opens for reading (open(2), O_NOCTTY)."""
    terminal = file.terminal
    if terminal is not None and file.reads and not flags & O_NOCTTY and not terminal.tty.session:
        acquire(p, terminal)


def _name_through_link(k: Kernel, p: Process, file: OpenFile) -> None:
    """An open through /dev/fd/N: what was found has the name by which descriptor N found it."""
    number = file.name
    behind = p.files.get(int(number)) if number.isdecimal() else None
    if behind is not None and behind.inode is file.inode:
        file.parent, file.name = behind.parent, behind.name
    elif file.inode.mount is k.vfs.anonymous_mount:
        file.parent = None


def _describe_for_open(k: Kernel, p: Process, inode: Inode, flags: int) -> OpenFile:
    will_not_wait = flags & (O_ACCMODE | O_NONBLOCK | O_PATH) == O_WRONLY | O_NONBLOCK
    if will_not_wait and _is_fifo(k, inode):
        behind = inode.object
        if not isinstance(behind, Pipe) or not behind.readers:
            raise SysError(ENXIO)
    return describe(k, p, inode, flags)


def _is_fifo(k: Kernel, inode: Inode) -> bool:
    """Whether open waits for the other end: not for a pipe without a name, reached by /proc/self/fd."""
    return inode.mode & S_IFMT == S_IFIFO and inode.mount is not k.vfs.anonymous_mount


def abandon_open(k: Kernel, t: Thread) -> None:
    """A signal has ended an open that waited for the other end of a FIFO."""
    if t.opening is not None:
        file, t.opening = t.opening[0], None
        release(k, file)


def statx(k: Kernel, p: Process, dirfd: int, path: str, flags: int) -> int:
    """statx(2). Mailbox: struct statx."""
    if path:
        follow = not flags & AT_SYMLINK_NOFOLLOW
        inode = k.vfs.lookup(_start(p, dirfd, path), path, p.cred, follow, p)
    elif flags & AT_EMPTY_PATH:
        inode = _by_descriptor(p, dirfd)
    else:
        raise SysError(ENOENT)
    pack_statx(k, inode)
    return 0


def pack_statx(k: Kernel, inode: Inode) -> None:
    """Puts an inode's attributes into the mailbox as struct statx."""
    size = inode.size
    device = inode.mount.dev
    rdev = inode.rdev
    atime, btime, ctime, mtime = inode.atime, inode.btime, inode.ctime, inode.mtime
    _STATX.pack_into(
        k.mailbox,
        0,
        _STATX_BASIC,
        BLOCK,
        0,
        inode.nlink,
        inode.uid,
        inode.gid,
        inode.mode,
        inode.ino,
        size,
        _blocks(inode) if inode.mode & S_IFMT == S_IFREG else 0,
        0,
        atime // 1_000_000_000,
        atime % 1_000_000_000,
        btime // 1_000_000_000,
        btime % 1_000_000_000,
        ctime // 1_000_000_000,
        ctime % 1_000_000_000,
        mtime // 1_000_000_000,
        mtime % 1_000_000_000,
        major(rdev),
        minor(rdev),
        major(device),
        minor(device),
    )


def _blocks(inode: Inode) -> int:
    """st_blocks of a regular file: in units of 512 bytes."""
    blocks = inode.blocks
    return blocks if blocks >= 0 else -(-inode.size // BLOCK) * (BLOCK // 512)


def faccessat(k: Kernel, p: Process, dirfd: int, path: str, mode: int, flags: int) -> int:
    """faccessat2(2)."""
    follow = not flags & AT_SYMLINK_NOFOLLOW
    k.vfs.access(_start(p, dirfd, path), path, mode, p.cred, bool(flags & AT_EACCESS), follow, p)
    return 0


def readlinkat(k: Kernel, p: Process, dirfd: int, path: str, size: int) -> int:
    """readlinkat(2). Mailbox: the text, cut to `size`."""
    if path:
        text = k.vfs.readlink(_start(p, dirfd, path), path, p.cred, p)
    else:
        text = k.vfs.link_text(_by_descriptor(p, dirfd), p)
    data = text.encode("latin-1")[: min(size, PATH_MAX)]
    k.mailbox[: len(data)] = data
    return len(data)


def mkdirat(k: Kernel, p: Process, dirfd: int, path: str, mode: int) -> int:
    """mkdirat(2)."""
    k.vfs.mkdir(_start(p, dirfd, path), path, mode & ~p.umask & 0o1777, p.cred, p)
    return 0


def mknodat(k: Kernel, p: Process, dirfd: int, path: str, mode: int, dev: int) -> int:
    """mknodat(2)."""
    if not mode & S_IFMT:
        mode |= S_IFREG
    k.vfs.mknod(_start(p, dirfd, path), path, mode & ~p.umask, dev, p.cred, p)
    return 0


def symlinkat(k: Kernel, p: Process, target: str, dirfd: int, path: str) -> int:
    """symlinkat(2)."""
    k.vfs.symlink(target, _start(p, dirfd, path), path, p.cred, p)
    return 0


def linkat(k: Kernel, p: Process, old_dir: int, old: str, new_dir: int, new: str, flags: int) -> int:
    """linkat(2)."""
    if flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH):
        raise SysError(EINVAL)
    target_start = _start(p, new_dir, new)
    if not old and flags & AT_EMPTY_PATH:
        k.vfs.link_inode(_by_descriptor(p, old_dir), target_start, new, p.cred, p)
    else:
        follow = bool(flags & AT_SYMLINK_FOLLOW)
        k.vfs.link(_start(p, old_dir, old), old, target_start, new, p.cred, follow, p)
    return 0


def unlinkat(k: Kernel, p: Process, dirfd: int, path: str, flags: int) -> int:
    """unlinkat(2)."""
    if flags & ~AT_REMOVEDIR:
        raise SysError(EINVAL)
    remove = k.vfs.rmdir if flags & AT_REMOVEDIR else k.vfs.unlink
    remove(_start(p, dirfd, path), path, p.cred, p)
    return 0


def renameat2(k: Kernel, p: Process, old_dir: int, old: str, new_dir: int, new: str, flags: int) -> int:
    """renameat2(2)."""
    k.vfs.rename(_start(p, old_dir, old), old, _start(p, new_dir, new), new, p.cred, flags, p)
    return 0


def truncate(k: Kernel, p: Process, path: str, size: int) -> int:
    """truncate(2)."""
    check_size(k, p, k.vfs.lookup(p.cwd, path, p.cred, True, p), size)
    k.vfs.truncate(p.cwd, path, size, p.cred, p)
    return 0


def fchmod(k: Kernel, p: Process, fd: int, mode: int) -> int:
    """fchmod(2)."""
    file = file_at(p, fd)
    if file.kind == Kind.PATH:
        raise SysError(EBADF)
    k.vfs.set_mode(file.inode, mode & 0o7777, p.cred)
    return 0


def fchmodat(k: Kernel, p: Process, dirfd: int, path: str, mode: int) -> int:
    """fchmodat(2)."""
    k.vfs.chmod(_start(p, dirfd, path), path, mode & 0o7777, p.cred, True, p)
    return 0


def _id(number: int) -> int:
    """A user or group id as the kernel keeps it: the gate passes signed numbers, of which -1 means none."""
    return number if number == -1 else number & 0xFFFFFFFF


def fchown(k: Kernel, p: Process, fd: int, uid: int, gid: int) -> int:
    """fchown(2)."""
    file = file_at(p, fd)
    if file.kind == Kind.PATH:
        raise SysError(EBADF)
    k.vfs.set_owner(file.inode, _id(uid), _id(gid), p.cred)
    return 0


def fchownat(k: Kernel, p: Process, dirfd: int, path: str, uid: int, gid: int, flags: int) -> int:
    """fchownat(2)."""
    if not path and flags & AT_EMPTY_PATH:
        k.vfs.set_owner(_by_descriptor(p, dirfd), _id(uid), _id(gid), p.cred)
    else:
        follow = not flags & AT_SYMLINK_NOFOLLOW
        k.vfs.chown(_start(p, dirfd, path), path, _id(uid), _id(gid), p.cred, follow, p)
    return 0


def _seconds(number: float) -> int:
    """Seconds since the epoch; the gate passes a double, and what no struct can hold becomes the nearest."""
    return max(-_MAX_SECONDS, min(_MAX_SECONDS, int(number)))


def utimensat(
    k: Kernel, p: Process, dirfd: int, path: str, flags: int, a_sec: int, a_nsec: int, m_sec: int, m_nsec: int
) -> int:
    """utimensat(2); AT_EMPTY_PATH stands for a null path (futimens)."""
    atime, mtime = (_seconds(a_sec), a_nsec), (_seconds(m_sec), m_nsec)
    if not path and flags & AT_EMPTY_PATH:
        k.vfs.set_times(_by_descriptor(p, dirfd), atime, mtime, p.cred)
    else:
        follow = not flags & AT_SYMLINK_NOFOLLOW
        k.vfs.utimens(_start(p, dirfd, path), path, atime, mtime, p.cred, follow, p)
    return 0


def _change_directory(k: Kernel, p: Process, inode: Inode) -> int:
    if inode.mode & S_IFMT != S_IFDIR:
        raise SysError(ENOTDIR)
    if not permitted(inode, MAY_EXEC, p.cred):
        raise SysError(EACCES)
    k.vfs.opened(inode)
    k.vfs.released(p.cwd)
    p.cwd = inode
    return 0


def chdir(k: Kernel, p: Process, path: str) -> int:
    """chdir(2)."""
    return _change_directory(k, p, k.vfs.lookup(p.cwd, path, p.cred, True, p))


def fchdir(k: Kernel, p: Process, fd: int) -> int:
    """fchdir(2)."""
    return _change_directory(k, p, file_at(p, fd).inode)


def chroot(k: Kernel, p: Process, path: str) -> int:
    """chroot(2): EPERM, the sandbox is one already."""
    raise SysError(EPERM)


def getcwd(k: Kernel, p: Process, size: int) -> int:
    """getcwd(2). Mailbox: the path and its NUL, whose length is the result. ENOENT, ERANGE, ENAMETOOLONG."""
    data = k.vfs.path_of(p.cwd).encode("latin-1") + b"\0"
    if len(data) > PATH_MAX:
        raise SysError(ENAMETOOLONG)
    if len(data) > size:
        raise SysError(ERANGE)
    k.mailbox[: len(data)] = data
    return len(data)


def _pack_statfs(k: Kernel, mount: Mount) -> int:
    s = statistics(k.vfs, mount)
    counts = (s.blocks, s.free, s.free, s.inodes, s.free_inodes)
    _STATFS.pack_into(k.mailbox, 0, s.magic, BLOCK, *counts, mount.dev, 0, NAME_MAX, BLOCK, s.flags)
    return 0


def statfs(k: Kernel, p: Process, path: str) -> int:
    """statfs(2). Mailbox: struct statfs64."""
    return _pack_statfs(k, k.vfs.lookup(p.cwd, path, p.cred, True, p).mount)


def fstatfs(k: Kernel, p: Process, fd: int) -> int:
    """fstatfs(2). Mailbox: struct statfs64."""
    return _pack_statfs(k, file_at(p, fd).inode.mount)
