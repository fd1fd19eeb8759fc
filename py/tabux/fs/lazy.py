"""A directory whose names come when somebody first asks for them."""

from __future__ import annotations

from collections.abc import Callable

from tabux.fs.inode import Inode


class LazyDirectory(Inode):
    """An ordinary directory but for its `children`, which are made at the first look at them.

    The slot is empty until then, so Python asks `__getattr__`; afterwards it is found like any other.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> dict[str, Inode]:
        if name != "children":
            raise AttributeError(name)
        fill, self.object, self.children = self.object, None, {}
        times = self.atime, self.mtime, self.ctime
        subdirectories = self.nlink
        self.nlink = 2
        fill(self)  # type: ignore[operator]
        self.nlink = subdirectories
        self.atime, self.mtime, self.ctime = times
        return self.children


def defer(directory: Inode, fill: Callable[[Inode], None], subdirectories: int) -> None:
    """Turns an empty directory into a lazy one: `fill` puts in its names, among them so many directories."""
    directory.__class__ = LazyDirectory
    directory.object = fill
    directory.nlink = 2 + subdirectories
    del directory.children


def is_deferred(directory: Inode) -> bool:
    """Whether nobody has looked into the lazy directory yet."""
    return isinstance(directory, LazyDirectory) and directory.object is not None
