"""Changing what an inode says about itself: mode, owner, times, size; and access(2)."""

from __future__ import annotations

from tabux.abi.errno import EACCES, EFBIG, EINVAL, EISDIR, EOPNOTSUPP, EPERM, EROFS, SysError
from tabux.abi.fcntl import FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, FALLOC_FL_ZERO_RANGE
from tabux.abi.stat import (
    S_IALLUGO,
    S_IFDIR,
    S_IFLNK,
    S_IFMT,
    S_IFREG,
    S_ISGID,
    UTIME_NOW,
    UTIME_OMIT,
)
from tabux.fs.credentials import MAY_WRITE, Credentials, owns, permitted, without_privilege
from tabux.fs.inode import Inode
from tabux.fs.opening import Opening
from tabux.fs.store import MAX_SIZE


class Attributes(Opening):
    """The operations on attributes. Each exists for a path and (`set_…`) for an inode already found."""

    __slots__ = ()

    def chmod(
        self,
        start: Inode,
        path: str,
        mode: int,
        cred: Credentials,
        follow: bool = True,
        context: object = None,
    ) -> None:
        """fchmodat(2). EPERM (not the owner), EROFS, EOPNOTSUPP (a link's own mode)."""
        self.set_mode(self.lookup(start, path, cred, follow, context), mode, cred)

    def set_mode(self, inode: Inode, mode: int, cred: Credentials) -> None:
        """fchmod(2). Set-group-ID is dropped in silence unless root or of the file's group."""
        if inode.mount.readonly:
            raise SysError(EROFS)
        if inode.mode & S_IFMT == S_IFLNK:
            raise SysError(EOPNOTSUPP)
        if not owns(inode, cred):
            raise SysError(EPERM)
        if inode.mount.host is not None:
            return
        mode &= S_IALLUGO
        if mode & S_ISGID and cred.euid != 0 and not cred.in_group(inode.gid):
            mode &= ~S_ISGID
        self._change(inode)
        inode.mode = inode.mode & S_IFMT | mode
        inode.ctime = self.clock()
        self.generation += 1
        self._attributes_changed(inode)

    def chown(
        self,
        start: Inode,
        path: str,
        uid: int,
        gid: int,
        cred: Credentials,
        follow: bool = True,
        context: object = None,
    ) -> None:
        """fchownat(2); -1 leaves an id as it is. EPERM, EROFS."""
        self.set_owner(self.lookup(start, path, cred, follow, context), uid, gid, cred)

    def set_owner(self, inode: Inode, uid: int, gid: int, cred: Credentials) -> None:
        """fchown(2). Only root gives files away; the owner may choose among the groups it is in.

        Takes set-user-ID and set-group-ID from everything but directories, for root too.
        """
        if inode.mount.readonly:
            raise SysError(EROFS)
        if cred.euid != 0:
            is_owner = cred.euid == inode.uid
            if uid != -1 and not (is_owner and uid == inode.uid):
                raise SysError(EPERM)
            if gid != -1 and not (is_owner and (gid == inode.gid or cred.in_group(gid))):
                raise SysError(EPERM)
        if inode.mount.host is not None:
            return
        self._change(inode)
        if inode.mode & 0o6000 and inode.mode & S_IFMT != S_IFDIR:
            mode = without_privilege(inode.mode, cred.euid == 0 or cred.in_group(inode.gid))
            if mode != inode.mode and not owns(inode, cred):
                raise SysError(EPERM)
            inode.mode = mode
        if uid != -1:
            inode.uid = uid
        if gid != -1:
            inode.gid = gid
        inode.ctime = self.clock()
        self.generation += 1
        self._attributes_changed(inode)

    def utimens(
        self,
        start: Inode,
        path: str,
        atime: tuple[int, int],
        mtime: tuple[int, int],
        cred: Credentials,
        follow: bool = True,
        context: object = None,
    ) -> None:
        """utimensat(2); each time is (seconds, nanoseconds or UTIME_NOW or UTIME_OMIT).

        EACCES (both now, and neither owner nor allowed to write), EPERM (other times, not owner), EINVAL,
        EROFS.
        """
        if atime[1] == mtime[1] == UTIME_OMIT:
            return
        self.set_times(self.lookup(start, path, cred, follow, context), atime, mtime, cred)

    def set_times(
        self, inode: Inode, atime: tuple[int, int], mtime: tuple[int, int], cred: Credentials
    ) -> None:
        """futimens(3). Times and errors as for `utimens`."""
        for _, ns in (atime, mtime):
            if not (0 <= ns < 1_000_000_000 or ns in (UTIME_NOW, UTIME_OMIT)):
                raise SysError(EINVAL)
        if atime[1] == mtime[1] == UTIME_OMIT:
            return
        if inode.mount.readonly:
            raise SysError(EROFS)
        if not owns(inode, cred):
            if not atime[1] == mtime[1] == UTIME_NOW:
                raise SysError(EPERM)
            if not permitted(inode, MAY_WRITE, cred):
                raise SysError(EACCES)
        self._change(inode)
        now = self.clock()
        if atime[1] != UTIME_OMIT:
            inode.atime = now if atime[1] == UTIME_NOW else atime[0] * 1_000_000_000 + atime[1]
        if mtime[1] != UTIME_OMIT:
            inode.mtime = now if mtime[1] == UTIME_NOW else mtime[0] * 1_000_000_000 + mtime[1]
        inode.ctime = now
        if inode.mount.host is not None:
            inode.mount.host.times(inode)
        self._attributes_changed(inode)

    def truncate(self, start: Inode, path: str, size: int, cred: Credentials, context: object = None) -> None:
        """truncate(2). EINVAL (negative; not a regular file), EISDIR, EACCES, EROFS, ETXTBSY; the store's."""
        if size < 0:
            raise SysError(EINVAL)
        inode = self.lookup(start, path, cred, True, context)
        kind = inode.mode & S_IFMT
        if kind != S_IFREG:
            raise SysError(EISDIR if kind == S_IFDIR else EINVAL)
        if inode.mount.readonly:
            raise SysError(EROFS)
        if not permitted(inode, MAY_WRITE, cred):
            raise SysError(EACCES)
        self.refuse_executed(inode)
        if inode.mount.host is not None:
            inode.mount.host.open(inode)
        self.set_size(inode, size, cred)

    def set_size(self, inode: Inode, size: int, cred: Credentials) -> None:
        """ftruncate(2) on a file open for writing. EINVAL (negative; not a regular file)."""
        if size < 0 or inode.mode & S_IFMT != S_IFREG:
            raise SysError(EINVAL)
        self._resize(inode, size, cred)

    def allocate(self, inode: Inode, mode: int, offset: int, length: int, cred: Credentials) -> None:
        """fallocate(2) on a regular file open for writing; `mode` is one that Linux knows.

        ENOSPC, EFBIG; EOPNOTSUPP (holes in a host mount).
        """
        end = offset + length
        if end > MAX_SIZE:
            raise SysError(EFBIG)
        if inode.mount.host is not None and mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE):
            raise SysError(EOPNOTSUPP)
        store, ino = self.store, inode.ino
        if mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE):
            blocks = store.punch(ino, offset, end)
        if not mode & FALLOC_FL_PUNCH_HOLE:
            blocks = store.allocate(ino, offset, end)
        size = inode.size
        if not mode & FALLOC_FL_KEEP_SIZE and end > size:
            size = end
            blocks = store.truncate(ino, size)
        self._rewrite(inode)
        inode.blocks = blocks
        inode.size = size
        inode.mtime = inode.ctime = self.clock()
        self._drop_privilege(inode, cred)

    def written(
        self, ino: int, size: int, mtime: int, cred: Credentials | None = None, blocks: int = 0
    ) -> None:
        """The store has new content: `size` bytes that take `blocks` (st_blocks).

        It was last written at `mtime` (ns), by `cred` if known.
        """
        inode = self.table.get(ino)
        if inode is not None:
            self._rewrite(inode)
            inode.size = size
            inode.blocks = blocks
            inode.mtime = inode.ctime = mtime
            if cred is not None:
                self._drop_privilege(inode, cred)

    def was_read(self, ino: int, atime: int) -> None:
        """A content was read at `atime` (ns), when `stale` said that this renews the access time."""
        inode = self.table.get(ino)
        if inode is not None:
            self._renew(inode, atime)

    def access(
        self,
        start: Inode,
        path: str,
        want: int,
        cred: Credentials,
        effective: bool = False,
        follow: bool = True,
        context: object = None,
    ) -> None:
        """faccessat2(2); `want` is F_OK or a sum of R_OK, W_OK and X_OK; `effective` is AT_EACCESS.

        Judges by the real ids unless `effective`, the walk included. EACCES, EROFS, EINVAL.
        """
        if want & ~7:
            raise SysError(EINVAL)
        if not effective:
            cred = cred.real()
        inode = self.lookup(start, path, cred, follow, context)
        if want & MAY_WRITE and inode.mount.readonly and inode.mode & S_IFMT in (S_IFREG, S_IFDIR):
            raise SysError(EROFS)
        if want and not permitted(inode, want, cred):
            raise SysError(EACCES)
