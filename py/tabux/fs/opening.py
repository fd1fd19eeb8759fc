"""open(2): finding or making a file and checking that it may be used as asked."""

from __future__ import annotations

from tabux.abi.errno import (
    EACCES,
    EEXIST,
    EINVAL,
    EISDIR,
    ELOOP,
    ENOENT,
    ENOTDIR,
    ENXIO,
    EOPNOTSUPP,
    EPERM,
    EROFS,
    ETXTBSY,
    SysError,
)
from tabux.abi.fcntl import (
    O_ACCMODE,
    O_CREAT,
    O_DIRECTORY,
    O_EXCL,
    O_NOATIME,
    O_NOFOLLOW,
    O_PATH,
    O_TMPFILE,
    O_TRUNC,
)
from tabux.abi.stat import S_IALLUGO, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK, S_ISVTX, S_IWOTH
from tabux.fs.core import Core
from tabux.fs.credentials import (
    MAY_EXEC,
    MAY_READ,
    MAY_WRITE,
    Credentials,
    inherited,
    owns,
    permitted,
    without_privilege,
)
from tabux.fs.inode import Inode

_TMPFILE = O_TMPFILE & ~O_DIRECTORY
#: what each access mode asks for (3 is Linux's own: permission for both, then neither)
_WANT = (MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE)


def _may_create_over(directory: Inode, inode: Inode, cred: Credentials) -> bool:
    """Linux's may_create_in_sticky: O_CREAT does not open a stranger's device in a directory like /tmp.

    (Regular files and fifos only where fs.protected_regular and fs.protected_fifos say so: proc(5).)
    """
    if inode.mode & S_IFMT == S_IFIFO or directory.mode & (S_ISVTX | S_IWOTH) != S_ISVTX | S_IWOTH:
        return True
    return inode.uid in (directory.uid, cred.euid)


class Opening(Core):
    """The operation open(2)."""

    __slots__ = ()

    def open(
        self, start: Inode, path: str, flags: int, mode: int, cred: Credentials, context: object = None
    ) -> tuple[Inode, bool]:
        """(inode, whether it was created). `mode` is for a new file, the umask already applied.

        Does not count the user: call `opened` with the description made. Afterwards `walker.parent` and
        `walker.name` say where the file was found.

        ENOENT, EEXIST (O_EXCL), EISDIR (writing or creating a directory), ENOTDIR (O_DIRECTORY), ELOOP
        (O_NOFOLLOW), EACCES, EROFS, ETXTBSY (writing a program that runs), EPERM (O_NOATIME), ENXIO (a
        socket), ENOSPC, EINVAL (O_CREAT with O_DIRECTORY; O_TMPFILE without writing), and what the walk
        raises.
        """
        if flags & (O_CREAT | _TMPFILE) and not flags & O_PATH:
            if flags & _TMPFILE:
                return self._temporary(start, path, flags, mode, cred, context), True
            return self._open_or_create(start, path, flags, mode, cred, context)
        inode = self.walker.walk(start, path, cred, not flags & O_NOFOLLOW, context)
        if inode is None:
            raise SysError(ENOENT)
        self.open_inode(inode, flags, cred)
        return inode, False

    def _open_or_create(
        self, start: Inode, path: str, flags: int, mode: int, cred: Credentials, context: object
    ) -> tuple[Inode, bool]:
        if flags & O_DIRECTORY:
            raise SysError(EINVAL)
        walker = self.walker
        inode = walker.walk(start, path, cred, not flags & (O_EXCL | O_NOFOLLOW), context, True)
        if inode is None:
            directory = walker.parent
            self._may_create(directory, cred)
            return self._create(directory, walker.name, S_IFREG | mode & S_IALLUGO, cred), True
        if flags & O_EXCL:
            raise SysError(EEXIST)
        kind = inode.mode & S_IFMT
        if kind == S_IFDIR:
            raise SysError(EISDIR)
        if kind != S_IFREG and not _may_create_over(walker.parent, inode, cred):
            raise SysError(EACCES)
        self.open_inode(inode, flags, cred)
        return inode, False

    def open_inode(self, inode: Inode, flags: int, cred: Credentials) -> None:
        """The checks of open(2) on a file already found, and its truncation. Errors as for `open`."""
        mode = inode.mode
        kind = mode & S_IFMT
        if flags & O_DIRECTORY and kind != S_IFDIR:
            raise SysError(ENOTDIR)
        if flags & O_PATH:
            return
        want = _WANT[flags & O_ACCMODE]
        if flags & O_TRUNC:
            want |= MAY_WRITE
        if kind == S_IFLNK:
            raise SysError(ELOOP)
        if want & MAY_WRITE:
            if kind == S_IFDIR:
                raise SysError(EISDIR)
            if inode.mount.readonly and kind == S_IFREG:
                raise SysError(EROFS)
        if not permitted(inode, want, cred):
            raise SysError(EACCES)
        if flags & O_NOATIME and not owns(inode, cred):
            raise SysError(EPERM)
        if kind == S_IFSOCK:
            raise SysError(ENXIO)
        if want & MAY_WRITE:
            self.refuse_executed(inode)
        if kind == S_IFREG and inode.mount.host is not None:
            inode.mount.host.open(inode)
        if flags & O_TRUNC and kind == S_IFREG:
            self._resize(inode, 0, cred)

    def refuse_executed(self, inode: Inode) -> None:
        """ETXTBSY for a program that runs: it must not be written."""
        if inode.opens and inode.mode & S_IFMT == S_IFREG and self.executed(inode):
            raise SysError(ETXTBSY)

    def _resize(self, inode: Inode, size: int, cred: Credentials) -> None:
        """Gives a regular file a new size and new times, and takes its privileges."""
        if inode.virtual:
            return
        # (blocks beyond the end go even where the size stays)
        if inode.size != size or inode.blocks * 512 > size + 4095:
            blocks = self.store.truncate(inode.ino, size)
            self._rewrite(inode)
            inode.blocks = blocks
            inode.size = size
        else:
            self._change(inode)
        inode.mtime = inode.ctime = self.clock()
        self._drop_privilege(inode, cred)

    def _rewrite(self, inode: Inode) -> None:
        """The content of a regular file is about to become another."""
        self._change(inode)
        if inode.base is not None and inode.mount.changes is not None:
            inode.mount.changes.rewritten.add(inode)
        for watch in self.watches:
            watch.changed(inode, "write")

    def _drop_privilege(self, inode: Inode, cred: Credentials) -> None:
        if inode.mode & 0o6000 and cred.euid != 0:
            inode.mode = without_privilege(inode.mode, cred.in_group(inode.gid))
            self.generation += 1

    def _temporary(
        self, start: Inode, path: str, flags: int, mode: int, cred: Credentials, context: object
    ) -> Inode:
        """O_TMPFILE: a regular file without a name, gone when it is closed. (Linking it later is refused.)"""
        if not flags & O_DIRECTORY or flags & O_CREAT or not flags & O_ACCMODE:
            raise SysError(EINVAL)
        directory = self.lookup(start, path, cred, not flags & O_NOFOLLOW, context)
        if directory.mode & S_IFMT != S_IFDIR:
            raise SysError(ENOTDIR)
        if directory.mount.readonly:
            raise SysError(EROFS)
        if not permitted(directory, MAY_WRITE | MAY_EXEC, cred):
            raise SysError(EACCES)
        if directory.virtual or directory.mount.host is not None:
            raise SysError(EOPNOTSUPP)
        if directory.nlink == 0:
            raise SysError(EPERM)
        # (without a name it is never stored: no mark)
        mode, gid = inherited(directory, S_IFREG | mode & S_IALLUGO, cred)
        inode = self.table.new(mode, cred.euid, gid, self.clock(), directory.mount)
        inode.nlink = 0
        return inode
