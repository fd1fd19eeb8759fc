"""Telling of changes at and below a place, as inotify(7) does for a directory."""

from __future__ import annotations

from collections.abc import Callable

from tabux.abi.stat import S_IFDIR, S_IFMT
from tabux.fs.inode import Inode

#: what is told: "create", "remove", "rename" (the old name), "write" or "chmod" (also owner and times), and
#: the path from the place; "" is the place itself
Tell = Callable[[str, str], None]


class Watch:
    """One place that somebody watches: a file, a directory, or with `recursive` all that is below it.

    The file system calls `entered`, `removed` and `changed` after each change. A file has no way to its
    directory, so the names of those in sight are kept here.
    """

    def __init__(self, top: Inode, recursive: bool, tell: Tell) -> None:
        self._top = top
        self._recursive = recursive
        self._tell = tell
        self._names: dict[Inode, tuple[Inode, str]] = {}
        self._learn(top)

    def _learn(self, top: Inode) -> None:
        pending = [top]
        while pending:
            directory = pending.pop()
            for name, child in (directory.children or {}).items():
                if child.mode & S_IFMT != S_IFDIR:
                    self._names[child] = (directory, name)
                elif self._recursive:
                    pending.append(child)

    def _place(self, directory: Inode) -> str | None:
        """Where a directory is, from the top, with a slash at its end; None where that is out of sight."""
        names: list[str] = []
        node = directory
        while node is not self._top:
            above = node.parent
            if not self._recursive or above is None or above is node:
                return None
            names.append(node.name)
            node = above
        return "".join(f"{name}/" for name in reversed(names))

    def entered(self, directory: Inode, name: str, inode: Inode) -> None:
        """A name has come."""
        place = self._place(directory)
        if place is None:
            return
        if inode.mode & S_IFMT != S_IFDIR:
            self._names[inode] = (directory, name)
        elif self._recursive:
            self._learn(inode)
        self._tell("create", place + name)

    def removed(self, directory: Inode, name: str, inode: Inode, kind: str) -> None:
        """A name has gone; `kind` is "rename" where the file has another one now."""
        if self._names.get(inode) == (directory, name):
            del self._names[inode]
        place = self._place(directory)
        if place is not None:
            self._tell(kind, place + name)
        elif inode is self._top:
            self._tell(kind, "")

    def changed(self, inode: Inode, kind: str) -> None:
        """The content ("write") or the attributes ("chmod") of a file have changed."""
        if inode is self._top:
            self._tell(kind, "")
        elif inode in self._names:
            directory, name = self._names[inode]
            place = self._place(directory)
            if place is not None:
                self._tell(kind, place + name)
        elif inode.mode & S_IFMT == S_IFDIR and inode.parent is not None:
            place = self._place(inode.parent)
            if place is not None:
                self._tell(kind, place + inode.name)
