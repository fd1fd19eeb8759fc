"""A mounted tree whose files somebody else keeps: the page, the visitor's disk, a server.

`HostTree` caches names and attributes; a *provider* (web/mounts), which answers later, has the truth. What is
not here makes an operation raise `Pending`. A listing is believed for a second. What changes names is done by
the provider first, while the caller waits, so that errors are true; contents are written behind, by the gate.

Like Linux' vfat with `quiet`: everything belongs to the user, and changes of mode and owner that are
permitted have no effect; times are kept here where the provider cannot keep them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from tabux.abi.errno import EILSEQ, EIO, ENOENT, EOVERFLOW, EPERM, EXDEV, SysError
from tabux.abi.stat import S_IFDIR, S_IFLNK, S_IFMT, S_IFREG
from tabux.fs.inode import DIRECTORY_SIZE, Inode
from tabux.fs.mount import Mount
from tabux.fs.pending import Pending

if TYPE_CHECKING:
    from tabux.fs.core import Core

_UID = _GID = 1000
_KINDS = {"file": S_IFREG, "dir": S_IFDIR, "symlink": S_IFLNK}
_MODES = {S_IFREG: 0o644, S_IFDIR: 0o755, S_IFLNK: 0o777}
#: what /proc/mounts says of that
OPTIONS = f"uid={_UID},gid={_GID},fmask=133,dmask=022,quiet"
_MS = 1_000_000
#: bytes: larger files are not opened, for the table of their pieces is made at once
_MAX_SIZE = 1 << 35
#: ns: how long a listing is believed; longer where they take long, lest a walk of many never end
_LIFE = 1_000_000_000
_LIFE_FACTOR = 8
#: ns: what a call has looked at is believed while it goes on
_MOMENT = 100_000_000
#: ns: later than any clock
_FOREVER = 1 << 63


class HostGate(Protocol):
    """What a tree asks of the gate; `mount` is its number. Answers come by the tree's methods, later."""

    def host_list(self, mount: int, ino: int, path: str) -> None:
        """Lists a directory: `listed` or `failed` follows."""

    def host_do(self, mount: int, operation: int, kind: str, path: str, other: str, keep: int) -> None:
        """Changes a name: `done` follows.

        `kind` is "create", "makeDir", "symlink" (`other`: its text), "remove" or "rename" (`other`: the new
        path, which may exist). `keep` is the inode number of a file that loses its name while it is open: its
        content has to come first; -1 where what loses its name is an empty directory; else 0.
        """

    def host_consumed(self, mount: int, operation: int) -> None:
        """The result of an operation has been taken: the next may begin."""

    def host_open(self, mount: int, ino: int, path: str, size: int, mtime_ms: float) -> None:
        """A file is to be read or written; size and time are those that the provider tells of."""

    def host_closed(self, mount: int, ino: int) -> None:
        """Nobody has the file open any more."""

    def host_times(self, mount: int, ino: int, path: str, atime_ms: float, mtime_ms: float) -> None:
        """The provider is to keep these times, after what has been written."""


class HostInode(Inode):
    """A file of a host mount. `listed`: the mtime that the provider last told, None after a write of ours."""

    __slots__ = ("listed",)

    def __init__(self, ino: int, mode: int, now: int, mount: Mount) -> None:
        super().__init__(ino, mode, _UID, _GID, now, mount)
        self.listed: int | None = None
        self.blocks = -1 if mode & S_IFMT == S_IFREG else 0


class HostDirectory(HostInode):
    """A directory; to ask for its `children` may raise Pending, or SysError as the provider says.

    names     what it held when it was last listed
    expires   until when that is believed (ns)
    held      until when it is believed whatever happens: a call goes on
    failure   the error that its listing came to, else 0
    waiters   who waits for the listing under way; None when there is none
    begun     when that began
    """

    __slots__ = ("begun", "expires", "failure", "held", "names", "tree", "waiters")

    def __init__(self, ino: int, mode: int, now: int, mount: Mount, tree: HostTree) -> None:
        self.tree = tree
        self.names: dict[str, Inode] = {}
        self.expires = self.held = 0
        self.failure = 0
        self.begun = 0
        self.waiters: set[int] | None = None
        super().__init__(ino, mode, now, mount)

    @property
    def children(self) -> dict[str, Inode]:
        return self.tree.children(self)

    @children.setter
    def children(self, names: dict[str, Inode]) -> None:
        # (by Inode.__init__)
        self.names = names


class _Operation:
    """A change that the provider is asked for: `errno` is None until it has answered."""

    __slots__ = ("directories", "errno", "number", "waiters")

    def __init__(self, number: int, directories: tuple[Inode, ...]) -> None:
        self.number = number
        self.directories = directories
        self.errno: int | None = None
        self.waiters: set[int] = set()


class HostTree:
    """The inodes of one host mount.

    `can` are the names of what the provider offers (docs/mounts.md). `space` is what it says of its size and
    of what is free, bytes; None where it says nothing. `wake` has a waiter make its call again; `runs` says
    whether it will, or has ended or been stopped.
    """

    def __init__(
        self,
        vfs: Core,
        gate: HostGate,
        number: int,
        mount: Mount,
        can: frozenset[str],
        wake: Callable[[int], None],
        runs: Callable[[int], bool],
    ) -> None:
        self._vfs = vfs
        self._gate = gate
        self._wake = wake
        self._runs = runs
        self.number = number
        self.mount = mount
        self.can = can
        self.space: tuple[int, int] | None = None
        self.dead = False
        self.life = _LIFE
        self._operations: dict[tuple[object, ...], _Operation] = {}
        self._last_operation = 0
        #: directories that are being listed
        self._listing: dict[int, HostDirectory] = {}
        self.root = HostDirectory(vfs.table.number(), S_IFDIR | 0o755, vfs.clock(), mount, self)
        vfs.table.host(self.root)
        mount.host = self

    # names

    def path(self, inode: Inode) -> str:
        """Where the provider has it: names joined by slashes, "" for the root."""
        names = []
        node: Inode | None = inode
        while node is not self.root:
            if node is None:
                raise SysError(ENOENT)
            names.append(node.name)
            node = node.parent
        return "/".join(reversed(names))

    def children(self, directory: HostDirectory) -> dict[str, Inode]:
        """What is in a directory. Pending; SysError as the provider says."""
        if directory.nlink == 0:
            return directory.names
        if self.dead:
            raise SysError(EIO)
        now = self._vfs.clock()
        if now < directory.held:
            return directory.names
        if now < directory.expires:
            if directory.failure:
                raise SysError(directory.failure)
            return directory.names
        if directory.waiters is None:
            directory.waiters = set()
            directory.begun = now
            self._listing[directory.ino] = directory
            self._gate.host_list(self.number, directory.ino, self.path(directory))
        raise Pending(directory.waiters)

    def listed(self, ino: int, text: str) -> None:
        """A listing has come: JSON, for each entry [name, type, size, mtime in ms, mode or -1, link text].

        A size of -1 means that what is known here is newer.
        """
        directory = self._listing.pop(ino, None)
        if directory is None:
            return
        before = directory.names
        names: dict[str, Inode] = {}
        changed = False
        for name, type_, size, mtime_ms, mode, target in json.loads(text):
            kind = _KINDS[type_]
            mtime = int(mtime_ms * _MS)
            inode = before.get(name)
            if inode is None or inode.mode & S_IFMT != kind or inode.target != target:
                inode = self._new(directory, name, kind)
                inode.target = target
                _take(inode, size, mtime)
                changed = True
            elif size >= 0:
                assert isinstance(inode, HostInode)
                _update(inode, size, mtime)
            inode.mode = kind | (_MODES[kind] if mode < 0 else mode)
            names[name] = inode
        directory.names = names
        directory.nlink = 2 + sum(inode.mode & S_IFMT == S_IFDIR for inode in names.values())
        gone = [inode for name, inode in before.items() if names.get(name) is not inode]
        for inode in gone:
            self._gone(inode)
        if changed or gone:
            self._vfs.generation += 1
        self._answered(directory, 0)

    def failed(self, ino: int, errno: int) -> None:
        """A listing could not be had."""
        directory = self._listing.pop(ino, None)
        if directory is None:
            return
        if errno == ENOENT and isinstance(directory.parent, HostDirectory):
            directory.parent.expires = 0
        self._answered(directory, errno)

    def _answered(self, directory: HostDirectory, errno: int) -> None:
        now = self._vfs.clock()
        self.life = max(_LIFE, _LIFE_FACTOR * (now - directory.begun))
        directory.failure = errno
        directory.expires = now + self.life
        # the walk that led here passed these: it must not find them stale when it is made again
        if directory.parent is not None:
            self._hold(directory.parent)
        waiters, directory.waiters = directory.waiters, None
        for pid in waiters or ():
            self._wake(pid)

    def _hold(self, directory: Inode, until: int | None = None) -> None:
        """A directory and those above it are believed until then, or for a moment: a call that looked at
        them goes on."""
        if until is None:
            until = self._vfs.clock() + _MOMENT
        node: Inode | None = directory
        while isinstance(node, HostDirectory):
            node.held = until
            node = node.parent

    def stale(self, path: str) -> None:
        """Something has changed in the directory at `path`: it is listed anew when somebody looks."""
        node: Inode = self.root
        for name in path.split("/"):
            if name and isinstance(node, HostDirectory):
                below = node.names.get(name)
                if below is None:
                    break
                node = below
        if isinstance(node, HostDirectory):
            node.expires = 0

    def _new(self, directory: HostDirectory, name: str, kind: int) -> HostInode:
        vfs = self._vfs
        number, mode, now = vfs.table.number(), kind | _MODES[kind], vfs.clock()
        inode: HostInode
        if kind == S_IFDIR:
            inode = HostDirectory(number, mode, now, self.mount, self)
        else:
            inode = HostInode(number, mode, now, self.mount)
        inode.parent, inode.name = directory, name
        vfs.table.host(inode)
        return inode

    def _gone(self, top: Inode) -> None:
        """The provider has it no more; open files stay as far as they are here."""
        inodes = [top]
        for inode in inodes:
            if isinstance(inode, HostDirectory):
                inodes += inode.names.values()
                inode.names = {}
        for inode in inodes:
            inode.nlink = 0
            if inode.opens == 0:
                self._vfs.discard(inode)

    # changes of names

    def _perform(
        self, context: object, kind: str, path: str, other: str, keep: int, *directories: Inode
    ) -> None:
        """Has the provider make a change: Pending at first, then nothing, or SysError as it says.

        Whoever comes back applies the change at once: until then nobody else changes or lists the tree.
        """
        if self.dead:
            raise SysError(EIO)
        key = (getattr(context, "pid", 0), kind, path, other)
        operation = self._operations.get(key)
        if operation is None:
            self._last_operation += 1
            operation = self._operations[key] = _Operation(self._last_operation, directories)
            self._gate.host_do(self.number, operation.number, kind, path, other, keep)
        if operation.errno is None:
            raise Pending(operation.waiters)
        del self._operations[key]
        self._gate.host_consumed(self.number, operation.number)
        for directory in directories:
            self._hold(directory)
        if operation.errno:
            for directory in directories:
                assert isinstance(directory, HostDirectory)
                directory.expires = directory.held = 0
            raise SysError(operation.errno)

    def done(self, number: int, errno: int) -> None:
        """The provider has made a change, or not."""
        for operation in self._operations.values():
            if operation.number == number:
                operation.errno = errno
                for directory in operation.directories:
                    self._hold(directory, _FOREVER)
                for pid in operation.waiters:
                    self._wake(pid)

    def expected(self, number: int) -> bool:
        """Whether somebody is still to take the result of a change.

        Where nobody is (he was killed, or stopped; or on his way he waits for a listing, which waits for this
        change), the result is lost, and what is known here may be wrong.
        """
        for key, operation in list(self._operations.items()):
            if operation.number != number:
                continue
            away = {pid for directory in self._listing.values() for pid in directory.waiters or ()}
            if any(self._runs(pid) for pid in operation.waiters - away):
                return True
            del self._operations[key]
            self.forget()
        return False

    def forget(self) -> None:
        """Everything is listed anew when somebody looks."""
        directories: list[Inode] = [self.root]
        for directory in directories:
            if isinstance(directory, HostDirectory):
                directory.expires = directory.held = 0
                directories += directory.names.values()

    def _below(self, directory: Inode, name: str) -> str:
        """The path of a new name. EILSEQ for one that is not UTF-8: providers' names are text."""
        try:
            name.encode("latin-1").decode()
        except UnicodeDecodeError:
            raise SysError(EILSEQ) from None
        above = self.path(directory)
        return f"{above}/{name}" if above else name

    def create(
        self, directory: Inode, name: str, mode: int, context: object, target: str | None = None
    ) -> Inode:
        """A new file, directory or symbolic link. EPERM for what the provider cannot make."""
        kind = mode & S_IFMT
        makers = {S_IFREG: ("create", "write"), S_IFDIR: ("makeDir",) * 2, S_IFLNK: ("symlink",) * 2}
        operation, method = makers.get(kind, ("", ""))
        if method not in self.can:
            raise SysError(EPERM)
        path = self._below(directory, name)
        self._perform(context, operation, path, target or "", 0, directory)
        assert isinstance(directory, HostDirectory)
        inode = self._new(directory, name, kind)
        if target is not None:
            inode.target, inode.size = target, len(target)
        directory.names[name] = inode
        directory.nlink += kind == S_IFDIR
        directory.mtime = directory.ctime = inode.mtime
        self._vfs.generation += 1
        if kind == S_IFREG:
            self.open(inode)
        return inode

    def remove(self, directory: Inode, victim: Inode, context: object) -> None:
        """Has a file or an empty directory removed; the caller then takes the name away. EPERM."""
        if "remove" not in self.can:
            raise SysError(EPERM)
        self._perform(context, "remove", self.path(victim), "", _kept(victim), directory)

    def rename(
        self, source: Inode, directory: Inode, name: str, target: Inode | None, context: object
    ) -> None:
        """Has something renamed; the caller then moves the name.

        EXDEV where the provider cannot: mv(1) copies then.
        """
        if "rename" not in self.can:
            raise SysError(EXDEV)
        old_directory = source.parent
        assert old_directory is not None
        path = self.path(source)
        kept = 0 if target is None else _kept(target)
        self._perform(context, "rename", path, self._below(directory, name), kept, old_directory, directory)
        source.parent, source.name = directory, name

    # contents and attributes

    def open(self, inode: Inode) -> None:
        """The content of a regular file is about to be used. EOVERFLOW: it is too large."""
        assert isinstance(inode, HostInode)
        if self.dead:
            raise SysError(EIO)
        if inode.nlink == 0:
            return
        if inode.size > _MAX_SIZE:
            raise SysError(EOVERFLOW)
        listed = -1.0 if inode.listed is None else inode.listed / _MS
        self._gate.host_open(self.number, inode.ino, self.path(inode), inode.size, listed)

    def closed(self, inode: Inode) -> None:
        """The last user of a file has gone."""
        if self.dead:
            self._vfs.discard(inode)
        elif inode.mode & S_IFMT == S_IFREG:
            self._gate.host_closed(self.number, inode.ino)

    def flushed(self, ino: int, mtime_ms: float) -> None:
        """What was written is with the provider, which gave it that time; -1 where it does not say."""
        inode = self._vfs.table.get(ino)
        if isinstance(inode, HostInode):
            inode.listed = None if mtime_ms < 0 else int(mtime_ms * _MS)

    def times(self, inode: Inode) -> None:
        """The times of a file have been set."""
        if "setTimes" in self.can and inode.nlink and inode is not self.root:
            path = self.path(inode)
            self._gate.host_times(self.number, inode.ino, path, inode.atime / _MS, inode.mtime / _MS)

    # the end

    def busy(self) -> bool:
        """Whether somebody uses a file of it, or works in a directory of it."""
        return any(inode.opens for inode in self._vfs.table.hosted() if inode.mount is self.mount)

    def end(self) -> None:
        """It is not mounted any more: whoever still uses it hears EIO."""
        self.dead = True
        for directory in list(self._listing.values()):
            self.failed(directory.ino, EIO)
        for operation in self._operations.values():
            if operation.errno is None:
                self.done(operation.number, EIO)
        for inode in [inode for inode in self._vfs.table.hosted() if inode.mount is self.mount]:
            if not inode.opens:
                self._vfs.discard(inode)


def _take(inode: HostInode, size: int, mtime: int) -> None:
    """The provider has a file of that size and time."""
    inode.listed = mtime
    inode.size = DIRECTORY_SIZE if inode.mode & S_IFMT == S_IFDIR else max(size, 0)
    inode.blocks = -1 if inode.mode & S_IFMT == S_IFREG else 0
    inode.mtime = inode.ctime = mtime


def _update(inode: HostInode, size: int, mtime: int) -> None:
    """The same of a file known before: times that were set here stay while the provider's do not change."""
    same = inode.size == size or inode.mode & S_IFMT == S_IFDIR
    if same and inode.listed is None:
        inode.listed = mtime
    elif not same or inode.listed != mtime:
        _take(inode, size, mtime)


def _kept(inode: Inode) -> int:
    if inode.mode & S_IFMT == S_IFDIR:
        return -1
    return inode.ino if inode.opens and inode.mode & S_IFMT == S_IFREG else 0
