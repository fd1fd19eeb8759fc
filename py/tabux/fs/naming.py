"""Making and removing names: mkdir, mknod, symlink, link, rmdir, unlink."""

from __future__ import annotations

from tabux.abi.errno import (
    EACCES,
    EBUSY,
    EINVAL,
    EISDIR,
    ENAMETOOLONG,
    ENOENT,
    ENOTDIR,
    ENOTEMPTY,
    EPERM,
    EROFS,
    EXDEV,
    SysError,
)
from tabux.abi.stat import (
    S_IALLUGO,
    S_IFBLK,
    S_IFCHR,
    S_IFDIR,
    S_IFIFO,
    S_IFLNK,
    S_IFMT,
    S_IFREG,
    S_IFSOCK,
    S_ISVTX,
)
from tabux.fs.core import Core
from tabux.fs.credentials import MAY_EXEC, MAY_WRITE, ROOT, Credentials, deletable, may_link, permitted
from tabux.fs.inode import Inode
from tabux.fs.namei import PATH_MAX, SPECIAL
from tabux.fs.virtual import VirtualLink


class Naming(Core):
    """The operations that add or remove one name."""

    __slots__ = ()

    def mkdir(self, start: Inode, path: str, mode: int, cred: Credentials, context: object = None) -> Inode:
        """mkdir(2); the umask is already applied to `mode`. EEXIST, ENOENT, EACCES, EROFS, ENOSPC."""
        directory = self._vacant(start, path, cred, context, is_directory=True)
        self._may_create(directory, cred)
        return self._create(directory, self.walker.name, S_IFDIR | mode & (0o777 | S_ISVTX), cred)

    def mknod(
        self, start: Inode, path: str, mode: int, rdev: int, cred: Credentials, context: object = None
    ) -> Inode:
        """mknod(2); the umask is already applied, no type means a regular file.

        EPERM (a directory; a device unless root), EINVAL (no such type), EEXIST, ENOENT, EACCES, EROFS,
        ENOSPC.
        """
        kind = mode & S_IFMT or S_IFREG
        if kind == S_IFDIR:
            raise SysError(EPERM)
        if kind not in (S_IFREG, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK):
            raise SysError(EINVAL)
        directory = self._vacant(start, path, cred, context)
        self._may_create(directory, cred)
        is_device = kind in (S_IFCHR, S_IFBLK)
        if is_device and cred.euid != 0:
            raise SysError(EPERM)
        inode = self._create(directory, self.walker.name, kind | mode & S_IALLUGO, cred)
        if is_device:
            inode.rdev = rdev
        return inode

    def symlink(
        self, target: str, start: Inode, path: str, cred: Credentials, context: object = None
    ) -> Inode:
        """symlink(2): a link with the text `target`. ENOENT (also an empty text), EEXIST, ENAMETOOLONG…"""
        if not target:
            raise SysError(ENOENT)
        if len(target) >= PATH_MAX:
            raise SysError(ENAMETOOLONG)
        directory = self._vacant(start, path, cred, context)
        self._may_create(directory, cred)
        return self._create(directory, self.walker.name, S_IFLNK | 0o777, cred, target)

    def readlink(self, start: Inode, path: str, cred: Credentials, context: object = None) -> str:
        """readlink(2): a link's text. EINVAL for anything else."""
        return self.link_text(self.lookup(start, path, cred, False, context), context)

    def link_text(self, inode: Inode, context: object = None) -> str:
        """The text of a link already found. EINVAL for anything else."""
        target = inode.target
        if target is None:
            raise SysError(EINVAL)
        if isinstance(inode, VirtualLink):
            return inode.readlink(context)
        self.accessed(inode)
        return target

    def link(
        self,
        start: Inode,
        path: str,
        new_start: Inode,
        new_path: str,
        cred: Credentials,
        follow: bool = False,
        context: object = None,
    ) -> None:
        """link(2): a further name for a file. `follow` is AT_SYMLINK_FOLLOW: a link itself gets it otherwise.

        EPERM (a directory; somebody else's file, see `may_link`), EXDEV, EEXIST, ENOENT, EACCES, EROFS.
        """
        inode = self.lookup(start, path, cred, follow, context)
        self.link_inode(inode, new_start, new_path, cred, context)

    def link_inode(
        self, inode: Inode, new_start: Inode, new_path: str, cred: Credentials, context: object = None
    ) -> None:
        """`link` for a file already found (AT_EMPTY_PATH). ENOENT also when its last name is gone."""
        directory = self._vacant(new_start, new_path, cred, context)
        if inode.mount is not directory.mount:
            raise SysError(EXDEV)
        if inode.mount.host is not None or not may_link(inode, cred):
            raise SysError(EPERM)
        self._may_create(directory, cred)
        if inode.mode & S_IFMT == S_IFDIR:
            raise SysError(EPERM)
        if inode.nlink == 0:
            raise SysError(ENOENT)
        self._change(inode)
        now = self.clock()
        inode.nlink += 1
        inode.ctime = now
        self._enter(directory, self.walker.name, inode, now)

    def nameless(self, directory: Inode, mode: int, cred: Credentials) -> Inode:
        """A regular file that no name leads to yet: see `settle`. EROFS, ENOSPC.

        It is gone when nobody uses it any more (`opened`, `released`).
        """
        if directory.mount.readonly:
            raise SysError(EROFS)
        inode = self.table.new(mode, cred.euid, cred.egid, self.clock(), directory.mount)
        inode.nlink = 0
        return inode

    def settle(self, inode: Inode, directory: Inode, name: str) -> None:
        """The first name of a `nameless` file; nothing may have that name in the directory. ENOENT, EROFS."""
        self._may_create(directory, ROOT)
        inode.nlink = 1
        self._change(inode)
        self._enter(directory, name, inode, self.clock())

    def unlink(self, start: Inode, path: str, cred: Credentials, context: object = None) -> None:
        """unlink(2). EISDIR (a directory), ENOENT, ENOTDIR, EACCES, EPERM (sticky directory), EROFS."""
        walker = self.walker
        directory = walker.to_parent(start, path, cred, context)
        name = walker.name
        if name in SPECIAL:
            raise SysError(EISDIR)
        if directory.mount.readonly:
            raise SysError(EROFS)
        victim = walker.entry(directory, name)
        if victim is None:
            raise SysError(ENOENT)
        if walker.slash:
            raise SysError(EISDIR if victim.mode & S_IFMT == S_IFDIR else ENOTDIR)
        self._may_delete(directory, victim, cred, is_directory=False)
        if directory.mount.host is not None:
            directory.mount.host.remove(directory, victim, context)
        now = self.clock()
        self._remove(directory, name, now)
        self._lose_name(victim, now)

    def rmdir(self, start: Inode, path: str, cred: Credentials, context: object = None) -> None:
        """rmdir(2). EINVAL ("."), ENOTEMPTY (".." too), EBUSY (the root, a mount), ENOTDIR, EACCES, EPERM…"""
        walker = self.walker
        directory = walker.to_parent(start, path, cred, context)
        name = walker.name
        if name in SPECIAL:
            raise SysError(EBUSY if not name else EINVAL if name == "." else ENOTEMPTY)
        if directory.mount.readonly:
            raise SysError(EROFS)
        victim = walker.entry(directory, name)
        if victim is None:
            raise SysError(ENOENT)
        self._may_delete(directory, victim, cred, is_directory=True)
        if victim.mount is not directory.mount:
            raise SysError(EBUSY)
        if victim.children:
            raise SysError(ENOTEMPTY)
        if directory.mount.host is not None:
            directory.mount.host.remove(directory, victim, context)
        now = self.clock()
        self._remove(directory, name, now)
        self._lose_name(victim, now)

    def remove_tree(self, start: Inode, path: str, cred: Credentials) -> None:
        """Removes a file, or a directory with all that is in it.

        Nothing is removed where the directory itself must stay: EBUSY (the root, a mount, or one with a mount
        in it), EINVAL ("."), ENOTEMPTY (".."). Else errors as for `unlink` and `rmdir`.
        """
        inode = self.lookup(start, path, cred, False)
        if inode.mode & S_IFMT != S_IFDIR:
            self.unlink(start, path, cred)
            return
        try:
            self.rmdir(start, path, cred)
        except SysError as error:
            # it says this last, when nothing else stands in the way
            if error.errno != ENOTEMPTY or path.rstrip("/").rpartition("/")[2] == "..":
                raise
            self._empty(inode, cred)
            self.rmdir(start, path, cred)

    def _empty(self, directory: Inode, cred: Credentials) -> None:
        # not by recursion: a tree may be deeper than Python's stack
        directories = [directory]
        for parent in directories:
            if parent.mount is not directory.mount:
                raise SysError(EBUSY)
            children = (parent.children or {}).values()
            directories += [child for child in children if child.mode & S_IFMT == S_IFDIR]
        for parent in reversed(directories):
            for name, child in list((parent.children or {}).items()):
                remove = self.rmdir if child.mode & S_IFMT == S_IFDIR else self.unlink
                remove(parent, name, cred)

    def _may_delete(self, directory: Inode, victim: Inode, cred: Credentials, is_directory: bool) -> None:
        """Linux's may_delete: EACCES, EPERM, ENOTDIR, EISDIR, in this order."""
        if not permitted(directory, MAY_WRITE | MAY_EXEC, cred):
            raise SysError(EACCES)
        if directory.virtual or not deletable(directory, victim, cred):
            raise SysError(EPERM)
        if is_directory:
            if victim.mode & S_IFMT != S_IFDIR:
                raise SysError(ENOTDIR)
        elif victim.mode & S_IFMT == S_IFDIR:
            raise SysError(EISDIR)
