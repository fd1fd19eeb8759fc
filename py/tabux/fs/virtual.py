"""Files that are made up when somebody looks: the building blocks of /proc (proc(5)).

`context` is whatever the caller of the file system passed along: the calling process. A virtual directory has
`children` None, so that the path walk pays for it only where it meets one.
"""

from __future__ import annotations

from collections.abc import Iterable

from tabux.abi.errno import EACCES, ENOENT, SysError
from tabux.abi.stat import S_IFDIR, S_IFLNK, S_IFREG
from tabux.fs.inode import Inode
from tabux.fs.mount import Mount


class VirtualDirectory(Inode):
    """A directory whose entries are computed; subclasses give `lookup` and `entries`."""

    __slots__ = ()
    virtual = True

    def __init__(
        self, ino: int, mount: Mount, now: int, mode: int = 0o555, uid: int = 0, gid: int = 0
    ) -> None:
        super().__init__(ino, S_IFDIR | mode, uid, gid, now, mount)
        self.children = None
        self.size = 0

    def lookup(self, name: str, context: object) -> Inode | None:
        """The entry of that name, or None. Its `parent` (and a directory's `name`) must be set."""
        raise NotImplementedError

    def entries(self, context: object) -> Iterable[tuple[str, Inode]]:
        """All entries, without "." and ".."."""
        raise NotImplementedError


class VirtualFile(Inode):
    """A regular file whose text is computed once for each open."""

    __slots__ = ()
    virtual = True

    def __init__(
        self, ino: int, mount: Mount, now: int, mode: int = 0o444, uid: int = 0, gid: int = 0
    ) -> None:
        super().__init__(ino, S_IFREG | mode, uid, gid, now, mount)

    def read(self, context: object) -> str:
        """The whole content (latin-1), made when the file is opened."""
        raise NotImplementedError

    def write(self, text: str, context: object) -> None:
        """Takes what one write(2) brought. EACCES where nothing can be written, which is the default."""
        raise SysError(EACCES)


class VirtualLink(Inode):
    """A symbolic link whose text is computed, then walked like any other (/proc/self)."""

    __slots__ = ()
    virtual = True

    def __init__(
        self, ino: int, mount: Mount, now: int, mode: int = 0o777, uid: int = 0, gid: int = 0
    ) -> None:
        super().__init__(ino, S_IFLNK | mode, uid, gid, now, mount)
        self.target = ""

    def readlink(self, context: object) -> str:
        """The link's text."""
        raise NotImplementedError


class MagicLink(VirtualLink):
    """A link that leads straight to an object, whatever its text says (/proc/self/fd/3, /proc/self/cwd)."""

    __slots__ = ()

    def resolve(self, context: object) -> Inode:
        """What the link leads to. ENOENT when there is nothing any more."""
        raise SysError(ENOENT)
