"""Puts what comes out of an archive into the file system, by the rules of `tar -xp`."""

from __future__ import annotations

from tabux.abi.errno import ENAMETOOLONG, ENOTDIR, SysError
from tabux.abi.stat import S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_ISGID, S_ISUID, S_ISVTX, UTIME_OMIT
from tabux.fs.credentials import ROOT
from tabux.fs.inode import Inode
from tabux.fs.namei import NAME_MAX, PATH_MAX
from tabux.fs.vfs import Vfs
from tabux.session.tar import Member

_SECOND = 1_000_000_000
#: what an ordinary user's tar does not give a file: the umask, and privileges
_WITHHELD = 0o022 | S_ISUID | S_ISGID | S_ISVTX


class PlaceError(Exception):
    """A member cannot be put where it says; the text is the reason."""


class Elsewhere(Exception):
    """A member lies in a file system that is mounted below the place: it is left out."""


class Place:
    """A directory that an archive is extracted into. Nothing outside of it is touched.

    Symbolic links that come from the archive are not followed, others only where they lead to a directory
    within the place.
    """

    def __init__(self, vfs: Vfs, top: Inode, owner: int | None = None) -> None:
        """`owner` (user and group) gets everything, as if that user had called tar; None: whom it names."""
        self._vfs = vfs
        self._top = top
        self._owner = owner
        #: links of the archive
        self._links: set[Inode] = set()
        #: directories of the archive, whose attributes are set at the end
        self._directories: dict[Inode, Member] = {}
        #: where the last member was put: the next one mostly goes there too
        self._last: tuple[str, Inode] = ("", top)

    # finding

    def _parent(self, path: str) -> tuple[Inode, str]:
        """(directory, last name) of a path without needless parts, the directory made where it is missing."""
        if len(path) >= PATH_MAX:
            raise SysError(ENAMETOOLONG)
        above, _, name = path.rpartition("/")
        known, directory = self._last
        if above != known or directory.nlink == 0:
            directory = self._top
            for step in above.split("/"):
                if step:
                    directory = self._step(directory, step)
            self._last = above, directory
        if name == "..":
            raise PlaceError('its name contains ".."')
        if len(name) > NAME_MAX:
            raise SysError(ENAMETOOLONG)
        return directory, name

    def _step(self, directory: Inode, name: str) -> Inode:
        if name == "..":
            raise PlaceError('its name contains ".."')
        children = directory.children
        inode = children.get(name) if children is not None else None
        if inode is None:
            inode = self._vfs.mkdir(directory, name, 0o755, ROOT)
            if self._owner is not None:
                self._vfs.set_owner(inode, self._owner, self._owner, ROOT)
        elif inode.mode & S_IFMT == S_IFLNK:
            inode = self._through(directory, inode)
        if inode.mode & S_IFMT != S_IFDIR:
            raise SysError(ENOTDIR)
        if inode.mount is not self._top.mount:
            raise Elsewhere
        return inode

    def _through(self, directory: Inode, link: Inode) -> Inode:
        if link in self._links:
            raise PlaceError("it lies behind a symbolic link of the archive")
        target = self._vfs.lookup(directory, link.target or "", ROOT)
        node = target
        while node is not self._top:
            if node.mode & S_IFMT != S_IFDIR or node.parent is None or node is self._vfs.root:
                raise PlaceError("it lies behind a symbolic link that leads elsewhere")
            node = node.parent
        return target

    def _there(self, directory: Inode, name: str) -> Inode | None:
        inode = (directory.children or {}).get(name)
        if inode is not None and inode.mount is not directory.mount:
            raise Elsewhere
        return inode

    def _vacate(self, directory: Inode, name: str) -> None:
        """Takes away what is in the way: a directory only when nothing is in it."""
        inode = self._there(directory, name)
        if inode is None:
            return
        if inode.mode & S_IFMT == S_IFDIR:
            self._forget(inode)
            self._vfs.rmdir(directory, name, ROOT)
        else:
            self._vfs.unlink(directory, name, ROOT)

    def _forget(self, directory: Inode) -> None:
        self._last = "", self._top
        self._directories.pop(directory, None)

    # placing

    def directory(self, member: Member) -> None:
        """A directory; one that is there keeps what it holds. Its attributes are set by `finish`."""
        if not member.path:
            self._directories[self._top] = member
            return
        directory, name = self._parent(member.path)
        inode = self._there(directory, name)
        if inode is None or inode.mode & S_IFMT != S_IFDIR:
            self._vacate(directory, name)
            inode = self._vfs.mkdir(directory, name, 0o755, ROOT)
        self._directories[inode] = member

    def special(self, member: Member) -> None:
        """A symbolic link or a FIFO."""
        directory, name = self._named(member.path)
        if member.mode & S_IFMT == S_IFLNK:
            if not member.link:
                raise PlaceError("a symbolic link without a text")
            self._vacate(directory, name)
            inode = self._vfs.symlink(member.link, directory, name, ROOT)
            self._links.add(inode)
        else:
            self._vacate(directory, name)
            inode = self._vfs.mknod(directory, name, S_IFIFO | 0o600, 0, ROOT)
        self._set(inode, member)

    def hard_link(self, member: Member) -> None:
        """Another name for a file that is there."""
        source, name = self._parent(member.link)
        inode = self._there(source, name)
        if inode is None or inode.mode & S_IFMT == S_IFDIR:
            raise PlaceError(f'it is a link to "{member.link}", and no such file is there')
        directory, name = self._named(member.path)
        if self._there(directory, name) is not inode:
            # (it stays, even if what is in the way is its last name)
            self._vfs.opened(inode)
            try:
                self._vacate(directory, name)
                self._vfs.link_inode(inode, directory, name, ROOT)
            finally:
                self._vfs.released(inode)

    def whiteout(self, path: str, name: str) -> None:
        """Removes a name, with all that is below it."""
        directory, _ = self._parent(path)
        inode = self._there(directory, name)
        if inode is None:
            return
        if inode.mode & S_IFMT == S_IFDIR:
            self._forget(inode)
        self._vfs.remove_tree(directory, name, ROOT)

    def begin_file(self, member: Member) -> Inode:
        """A regular file without a name yet, for the content to be put into."""
        directory, name = self._named(member.path)
        self._there(directory, name)
        inode = self._vfs.nameless(directory, S_IFREG | 0o600, ROOT)
        self._vfs.opened(inode)
        return inode

    def end_file(self, inode: Inode, member: Member, blocks: int) -> None:
        """The content is there: the file gets its attributes and, at once, its name."""
        vfs = self._vfs
        vfs.written(inode.ino, member.size, vfs.clock(), None, blocks)
        directory, name = self._named(member.path)
        self._vacate(directory, name)
        vfs.settle(inode, directory, name)
        vfs.released(inode)
        self._set(inode, member)

    def drop_file(self, inode: Inode) -> None:
        """The content does not come."""
        self._vfs.released(inode)

    def _named(self, path: str) -> tuple[Inode, str]:
        directory, name = self._parent(path)
        if not name:
            raise PlaceError("it has no name")
        return directory, name

    def finish(self) -> None:
        """Sets the attributes of the directories: what was put into them has changed their times."""
        for inode, member in self._directories.items():
            if inode.nlink:
                self._set(inode, member)
        self._directories.clear()

    def _set(self, inode: Inode, member: Member) -> None:
        vfs = self._vfs
        uid, gid, mode = member.uid, member.gid, member.mode & 0o7777
        if self._owner is not None:
            uid = gid = self._owner
            mode &= ~_WITHHELD
        if (inode.uid, inode.gid) != (uid, gid):
            vfs.set_owner(inode, uid, gid, ROOT)
        if inode.mode & 0o7777 != mode and inode.mode & S_IFMT != S_IFLNK:
            vfs.set_mode(inode, mode, ROOT)
        if inode.mtime != member.mtime:
            vfs.set_times(inode, (0, UTIME_OMIT), divmod(member.mtime, _SECOND), ROOT)
