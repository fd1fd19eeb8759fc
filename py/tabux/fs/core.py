"""What all operations of the file system share: the root, the walk, and the life and death of inodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tabux.abi.errno import EACCES, EBUSY, EEXIST, EINVAL, ENOENT, ENOTDIR, EROFS, SysError
from tabux.abi.stat import S_IFDIR, S_IFMT
from tabux.fs.changes import Changes
from tabux.fs.credentials import MAY_EXEC, MAY_WRITE, ROOT, Credentials, inherited, permitted
from tabux.fs.inode import Inode, InodeTable
from tabux.fs.mount import Mount
from tabux.fs.namei import SPECIAL, Walker
from tabux.fs.store import Store
from tabux.fs.watching import Watch

#: 24 hours: an access time older than that is renewed (mount(8), relatime)
_DAY = 86_400_000_000_000
#: 2026-12-01 00:00 UTC: when the site's own files are said to have been made
_SHIPPED_AT = 1_796_083_200_000_000_000


def _shipped_at() -> int:
    return _SHIPPED_AT


class Core:
    """State of the file system and the steps its operations are made of.

    `generation` grows whenever a name, mode or owner changes: a cached walk is good while it stands still.
    """

    __slots__ = (
        "anonymous_mount",
        "clock",
        "executed",
        "generation",
        "mount_root",
        "mounts",
        "root",
        "shipping",
        "store",
        "table",
        "walker",
        "watches",
    )

    def __init__(self, store: Store, clock: Callable[[], int], inode_limit: int | None = None) -> None:
        """An empty file system: a root directory owned by user 0. `clock` answers ns since the epoch."""
        self.store = store
        self.clock = clock
        self.table = InodeTable(inode_limit)
        self.mount_root = Mount(1, "tabuxfs", "tabux")
        self.anonymous_mount = Mount(2, "pipefs", "none")
        self.root = self.table.shipped("", S_IFDIR | 0o755, 0, 0, _SHIPPED_AT, self.mount_root)
        self.root.parent = self.root
        self.root.name = "/"
        #: what is mounted, in order, with the place of each
        self.mounts: list[tuple[str, Mount]] = [("/", self.mount_root)]
        self.walker = Walker(self.root)
        self.generation = 0
        #: what is made now is one of the site's own files
        self.shipping = False
        #: who is told of changes
        self.watches: list[Watch] = []
        #: whether a process executes a file, which then cannot be written; the kernel knows
        self.executed: Callable[[Inode], bool] = lambda inode: False
        self.mount_root.changes = Changes()

    # changes

    def _change(self, inode: Inode) -> None:
        """The inode is about to change: to be called before."""
        changes = inode.mount.changes
        if changes is not None and inode not in changes.dirty:
            changes.note(inode)

    @contextmanager
    def shipped(self) -> Iterator[None]:
        """While it lasts, what is made below the root are the site's own files: no change of anything.

        They are all as old as each other, at every visit.
        """
        mount = self.mount_root
        before = self.shipping, mount.changes, self.clock
        self.shipping, mount.changes, self.clock = True, None, _shipped_at
        try:
            yield
        finally:
            self.shipping, mount.changes, self.clock = before

    # looking

    def lookup(
        self, start: Inode, path: str, cred: Credentials, follow: bool = True, context: object = None
    ) -> Inode:
        """The inode at `path`. ENOENT, and what the walk raises (`Walker.walk`)."""
        inode = self.walker.walk(start, path, cred, follow, context)
        if inode is None:
            raise SysError(ENOENT)
        return inode

    def path_of(self, directory: Inode) -> str:
        """The absolute path of a directory (getcwd(3)). ENOENT when it has been removed."""
        if directory.nlink == 0:
            raise SysError(ENOENT)
        names: list[str] = []
        node = directory
        while node is not self.root:
            names.append(node.name)
            if node.parent is None:
                raise SysError(ENOENT)
            node = node.parent
        if not names:
            return "/"
        names.append("")
        return "/".join(reversed(names))

    def path_of_entry(self, directory: Inode, name: str, inode: Inode) -> str:
        """The path an open file was found at, with " (deleted)" when the name is gone (/proc/pid/fd).

        `directory` and `name` are what the walker left in `parent` and `name`.
        """
        if inode.mode & S_IFMT == S_IFDIR:
            directory, name = inode.parent or inode, inode.name
            if inode is self.root:
                return "/"
        there = directory.nlink != 0 and (directory.children is None or directory.children.get(name) is inode)
        prefix = "" if directory is self.root else self._path_even_removed(directory)
        return f"{prefix}/{name}" if there else f"{prefix}/{name} (deleted)"

    def _path_even_removed(self, directory: Inode) -> str:
        text = ""
        while directory is not self.root and directory.parent is not None:
            text = f"/{directory.name}{text}"
            directory = directory.parent
        return text

    # users of an inode

    def opened(self, inode: Inode) -> None:
        """Somebody uses the inode (an open description, a working directory): it outlives its names."""
        inode.opens += 1

    def released(self, inode: Inode) -> None:
        """The opposite of `opened`. The last user of a nameless file takes its content along."""
        inode.opens -= 1
        if inode.opens == 0:
            if inode.nlink == 0:
                self.discard(inode)
            elif inode.mount.host is not None:
                inode.mount.host.closed(inode)

    def stale(self, inode: Inode, now: int) -> bool:
        """Whether reading renews atime: it is a day old or not newer than mtime or ctime (relatime)."""
        atime = inode.atime
        if inode.mount.readonly:
            return False
        return atime <= inode.mtime or atime <= inode.ctime or now - atime >= _DAY

    def accessed(self, inode: Inode) -> None:
        """Something was read: renews atime where it is stale."""
        now = self.clock()
        if self.stale(inode, now):
            self._renew(inode, now)

    def _renew(self, inode: Inode, atime: int) -> None:
        # (that one of the site's own files has been read is no change worth storing)
        if inode.base is None or inode.record:
            self._change(inode)
        inode.atime = atime

    def anonymous(self, mode: int, cred: Credentials, thing: object = None) -> Inode:
        """An inode that has no name and no content: a pipe, a socket (`mode` with its type)."""
        inode = Inode(self.table.number(), mode, cred.euid, cred.egid, self.clock(), self.anonymous_mount)
        inode.object = thing
        return inode

    def discard(self, inode: Inode) -> None:
        """The inode has neither names nor users any more."""
        changes = inode.mount.changes
        if changes is not None:
            changes.discarded(inode)
        if inode.base is not None:
            self.store.ship(inode.ino)
            return
        self.table.remove(inode)
        self.store.discard(inode.ino)

    # names

    def _vacant(
        self, start: Inode, path: str, cred: Credentials, context: object, is_directory: bool = False
    ) -> Inode:
        """The directory for a new entry, whose name is then `walker.name`; permission is not yet asked.

        EEXIST, ENOENT (a slash after the name of a new file; a removed directory), EROFS, and the walk's.
        """
        walker = self.walker
        directory = walker.to_parent(start, path, cred, context)
        if walker.name in SPECIAL or walker.entry(directory, walker.name) is not None:
            raise SysError(EEXIST)
        if directory.nlink == 0 or directory.virtual or (walker.slash and not is_directory):
            raise SysError(ENOENT)
        if directory.mount.readonly:
            raise SysError(EROFS)
        return directory

    def _may_create(self, directory: Inode, cred: Credentials) -> None:
        """ENOENT (a removed directory), EROFS, EACCES."""
        if directory.nlink == 0 or directory.virtual:
            raise SysError(ENOENT)
        if directory.mount.readonly:
            raise SysError(EROFS)
        if not permitted(directory, MAY_WRITE | MAY_EXEC, cred):
            raise SysError(EACCES)

    def _create(
        self, directory: Inode, name: str, mode: int, cred: Credentials, target: str | None = None
    ) -> Inode:
        """A new inode under a new name; `target` is a symbolic link's text. ENOSPC."""
        if directory.mount.host is not None:
            return directory.mount.host.create(directory, name, mode, self.walker.context, target)
        mode, gid = inherited(directory, mode, cred)
        now = self.clock()
        if self.shipping and directory.base is not None:
            inode = self.table.shipped(f"{directory.base}/{name}", mode, cred.euid, gid, now, directory.mount)
        else:
            inode = self.table.new(mode, cred.euid, gid, now, directory.mount)
            self._change(inode)
        if target is not None:
            inode.target = target
            inode.size = len(target)
        self._enter(directory, name, inode, now)
        return inode

    def _enter(self, directory: Inode, name: str, inode: Inode, now: int) -> None:
        """Puts a name into a directory; nlink of a file is the caller's business."""
        self._change(directory)
        children = directory.children
        assert children is not None
        children[name] = inode
        if inode.mode & S_IFMT == S_IFDIR:
            inode.parent = directory
            inode.name = name
            directory.nlink += 1
        directory.mtime = directory.ctime = now
        self.generation += 1
        for watch in self.watches:
            watch.entered(directory, name, inode)

    def _remove(self, directory: Inode, name: str, now: int, kind: str = "remove") -> None:
        """Takes a name out of a directory; nlink of a file is the caller's business.

        `kind` is what watchers are told.
        """
        self._change(directory)
        children = directory.children
        assert children is not None
        inode = children.pop(name)
        if inode.mode & S_IFMT == S_IFDIR:
            directory.nlink -= 1
        directory.mtime = directory.ctime = now
        self.generation += 1
        for watch in self.watches:
            watch.removed(directory, name, inode, kind)

    def _attributes_changed(self, inode: Inode) -> None:
        """To be called after."""
        for watch in self.watches:
            watch.changed(inode, "chmod")

    def _lose_name(self, inode: Inode, now: int) -> None:
        """One name less; a directory has none left. Discards what nobody uses."""
        self._change(inode)
        inode.ctime = now
        if inode.mode & S_IFMT == S_IFDIR:
            inode.nlink = 0
        else:
            inode.nlink -= 1
        if inode.nlink == 0 and inode.opens == 0:
            self.discard(inode)

    # mounts

    def new_mount(self, path: str, kind: str, source: str, mode: int, dev: int, options: str = "") -> Inode:
        """Mounts an empty file system that lives in memory; answers its root directory, user 0's."""
        mount = Mount(dev, kind, source, options=options)
        root = self.table.new(S_IFDIR | mode, 0, 0, self.clock(), mount)
        self.attach(path, root)
        return root

    def attach(self, path: str, root: Inode) -> None:
        """Mounts the directory `root`, which has its own `Mount`, over the directory at `path`."""
        point = self.lookup(self.root, path, ROOT)
        if point.mode & S_IFMT != S_IFDIR:
            raise SysError(ENOTDIR)
        directory = point.parent
        if point is self.root or directory is None or directory.children is None:
            raise SysError(EBUSY)
        root.parent = directory
        root.name = point.name
        root.mount.covers = point
        directory.children[root.name] = root
        self.mounts.append((self.path_of(root), root.mount))
        self.generation += 1

    def detach(self, root: Inode) -> None:
        """The opposite of `attach`: the directory below is seen again. Who uses the mount is not asked."""
        directory, covered = root.parent, root.mount.covers
        if directory is None or directory.children is None or covered is None:
            raise SysError(EINVAL)
        if directory.children.get(root.name) is not root:
            raise SysError(EBUSY)
        directory.children[root.name] = covered
        self.mounts = [(place, mount) for place, mount in self.mounts if mount is not root.mount]
        self.generation += 1
