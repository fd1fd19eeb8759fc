"""What differs from the files that the site brought: the marks that the operations leave.

A *shipped* inode is one of the site's own files; its `base` is its path there. Before the first change of
one, how it was shipped is kept, so that it can be told what changed, and put back. Whoever stores the file
system empties `dirty` and `gone` (`tabux.session.journal`).
"""

from __future__ import annotations

from tabux.fs.inode import Inode


class Pristine:
    """A shipped inode as it came; `children` is a directory's names then."""

    __slots__ = (
        "atime",
        "blocks",
        "btime",
        "children",
        "ctime",
        "gid",
        "mode",
        "mtime",
        "nlink",
        "rdev",
        "size",
        "target",
        "uid",
    )

    def __init__(self, inode: Inode) -> None:
        self.mode = inode.mode
        self.uid = inode.uid
        self.gid = inode.gid
        self.atime = inode.atime
        self.mtime = inode.mtime
        self.ctime = inode.ctime
        self.btime = inode.btime
        self.size = inode.size
        self.blocks = inode.blocks
        self.nlink = inode.nlink
        self.rdev = inode.rdev
        self.target = inode.target
        children = inode.children
        self.children = None if children is None else dict(children)


class Changes:
    """The marks of one mounted file system.

    dirty      inodes changed since somebody last looked, in the order of their first change
    gone       records (`Inode.record`) of inodes that exist no more, since then
    pristine   how shipped inodes were before their first change
    rewritten  shipped regular files whose content is not the shipped one any more
    away       shipped inodes without a name: kept, because a snapshot may bring them back
    """

    __slots__ = ("away", "dirty", "gone", "pristine", "rewritten")

    def __init__(self) -> None:
        self.dirty: dict[Inode, None] = {}
        self.gone: list[int] = []
        self.pristine: dict[Inode, Pristine] = {}
        self.rewritten: set[Inode] = set()
        self.away: set[Inode] = set()

    def note(self, inode: Inode) -> None:
        """The inode is about to change."""
        if inode.base is not None and inode not in self.pristine:
            self.pristine[inode] = Pristine(inode)
        self.dirty[inode] = None

    def discarded(self, inode: Inode) -> None:
        """The last name and the last user of the inode have gone."""
        self.dirty.pop(inode, None)
        self.rewritten.discard(inode)
        if inode.record:
            self.gone.append(inode.record)
            inode.record = 0
        if inode.base is not None:
            self.away.add(inode)
