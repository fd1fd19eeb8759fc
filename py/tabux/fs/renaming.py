"""rename(2) and renameat2(2)."""

from __future__ import annotations

from tabux.abi.errno import (
    EACCES,
    EBUSY,
    EEXIST,
    EINVAL,
    ENOENT,
    ENOTDIR,
    ENOTEMPTY,
    EROFS,
    EXDEV,
    SysError,
)
from tabux.abi.fcntl import RENAME_EXCHANGE, RENAME_NOREPLACE
from tabux.abi.stat import S_IFDIR, S_IFMT
from tabux.fs.credentials import MAY_WRITE, Credentials, permitted
from tabux.fs.inode import Inode
from tabux.fs.namei import SPECIAL
from tabux.fs.naming import Naming


class Renaming(Naming):
    """The operation rename."""

    __slots__ = ()

    def rename(
        self,
        start: Inode,
        path: str,
        new_start: Inode,
        new_path: str,
        cred: Credentials,
        flags: int = 0,
        context: object = None,
    ) -> None:
        """renameat2(2) with RENAME_NOREPLACE or RENAME_EXCHANGE in `flags`. Links are never followed.

        ENOENT; EEXIST (NOREPLACE); EBUSY (".", "..", the root, a mount); EINVAL (a directory into itself; bad
        flags); ENOTEMPTY; ENOTDIR and EISDIR (kinds that do not fit; a slash after a file's name); EXDEV;
        EACCES; EPERM (sticky directory); EROFS. On host mounts also EINVAL (EXCHANGE).
        """
        exchange = flags & RENAME_EXCHANGE
        if flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE) or (exchange and flags & RENAME_NOREPLACE):
            raise SysError(EINVAL)
        walker = self.walker
        old_dir = walker.to_parent(start, path, cred, context)
        old_name, old_slash = walker.name, walker.slash
        new_dir = walker.to_parent(new_start, new_path, cred, context)
        new_name, new_slash = walker.name, walker.slash
        if old_dir.mount is not new_dir.mount:
            raise SysError(EXDEV)
        if old_name in SPECIAL:
            raise SysError(EBUSY)
        if new_name in SPECIAL:
            raise SysError(EEXIST if flags & RENAME_NOREPLACE else EBUSY)
        if old_dir.mount.readonly:
            raise SysError(EROFS)
        source = walker.entry(old_dir, old_name)
        if source is None or new_dir.nlink == 0:
            raise SysError(ENOENT)
        target = walker.entry(new_dir, new_name)
        if target is None and new_dir.virtual:
            raise SysError(ENOENT)
        if target is not None and flags & RENAME_NOREPLACE:
            raise SysError(EEXIST)
        is_directory = source.mode & S_IFMT == S_IFDIR
        target_is_directory = target is not None and target.mode & S_IFMT == S_IFDIR
        if exchange:
            if target is None:
                raise SysError(ENOENT)
            if new_slash and not target_is_directory:
                raise SysError(ENOTDIR)
        if not is_directory and (old_slash or (new_slash and not exchange)):
            raise SysError(ENOTDIR)
        if is_directory and _is_within(new_dir, source):
            raise SysError(EINVAL)
        if target is not None and target_is_directory and _is_within(old_dir, target):
            raise SysError(EINVAL if exchange else ENOTEMPTY)
        if source is target:
            return
        self._may_delete(old_dir, source, cred, is_directory)
        if target is None:
            self._may_create(new_dir, cred)
        else:
            self._may_delete(new_dir, target, cred, target_is_directory if exchange else is_directory)
        if old_dir is not new_dir:
            # A directory that changes its parent changes its "..".
            if is_directory and not permitted(source, MAY_WRITE, cred):
                raise SysError(EACCES)
            if exchange and target_is_directory and target and not permitted(target, MAY_WRITE, cred):
                raise SysError(EACCES)
        if source.mount is not old_dir.mount or (target is not None and target.mount is not new_dir.mount):
            raise SysError(EBUSY)
        if target is not None and not exchange and target.children:
            raise SysError(ENOTEMPTY)
        host = old_dir.mount.host
        if host is not None:
            if exchange:
                raise SysError(EINVAL)
            host.rename(source, new_dir, new_name, target, context)
        self._change(source)
        now = self.clock()
        source.ctime = now
        self._remove(old_dir, old_name, now, "rename")
        if target is None:
            self._enter(new_dir, new_name, source, now)
            return
        self._remove(new_dir, new_name, now, "rename" if exchange else "remove")
        self._enter(new_dir, new_name, source, now)
        if exchange:
            self._change(target)
            target.ctime = now
            self._enter(old_dir, old_name, target, now)
        else:
            self._lose_name(target, now)


def _is_within(directory: Inode, ancestor: Inode) -> bool:
    """True when `directory` is `ancestor` or somewhere below it."""
    node = directory
    while node is not ancestor:
        parent = node.parent
        if parent is None or parent is node:
            return False
        node = parent
    return True
