"""Tells the store what has changed, as rows."""

from __future__ import annotations

from tabux.abi.stat import S_IFDIR, S_IFMT, S_IFREG
from tabux.fs.changes import Changes
from tabux.fs.inode import Inode
from tabux.fs.vfs import Vfs
from tabux.session import rows


class Journal:
    """Makes rows of the marks in the root file system's `Changes`.

    A row says how an inode is when it is made; whoever wants a consistent picture takes rows until there are
    no more, without letting programs run between the last ones and its cut.
    """

    def __init__(self, vfs: Vfs) -> None:
        self._vfs = vfs

    @property
    def _changes(self) -> Changes:
        changes = self._vfs.mount_root.changes
        assert changes is not None
        return changes

    def pending(self) -> int:
        """How many inodes have changed, or gone, since they were last told of."""
        changes = self._changes
        return len(changes.dirty) + len(changes.gone)

    def written(self) -> int:
        """How many of them were made here, or are files with other content than they were shipped with."""
        changes = self._changes
        return sum(inode.base is None or inode in changes.rewritten for inode in changes.dirty)

    def take(self, most: int) -> str:
        """What has changed, at most about `most` rows, as lines; "" when there is nothing.

        The first line has the records that are gone, separated by spaces; each other one a record, its inode
        number (which differs for shipped inodes), and the row.
        """
        changes = self._changes
        if not changes.dirty and not changes.gone:
            return ""
        gone, changes.gone = changes.gone, []
        lines: list[str] = []
        while changes.dirty and len(lines) < most:
            inode = next(iter(changes.dirty))
            del changes.dirty[inode]
            if inode.nlink == 0:
                # removed and still open: the store has no use for it
                if inode.record:
                    gone.append(inode.record)
                    inode.record = 0
                continue
            lines.append(f"{self._record(inode)} {inode.ino} {self._row(inode)}")
        return "\n".join([" ".join(map(str, gone)), *lines])

    def _record(self, inode: Inode) -> int:
        if not inode.record:
            inode.record = inode.ino if inode.base is None else self._vfs.table.record()
        return inode.record

    def _row(self, inode: Inode) -> str:
        kind = inode.mode & S_IFMT
        if kind == S_IFREG:
            return rows.regular(inode, rows.is_own(inode, self._changes))
        if kind == S_IFDIR:
            return rows.directory(inode, *self._entries(inode))
        return rows.other(inode)

    def _entries(self, directory: Inode) -> tuple[dict[str, int], list[str]]:
        """The names that are not as shipped, and the shipped ones that are not there."""
        changes = self._changes
        children = directory.children
        assert children is not None
        pristine = changes.pristine.get(directory)
        shipped = pristine.children if pristine and pristine.children else {}
        entries = {}
        for name, child in children.items():
            if shipped.get(name) is child:
                continue
            covered = child if child.mount is directory.mount else child.mount.covers
            if covered is None or shipped.get(name) is covered:
                continue
            if not covered.record and covered.base is not None:
                # a shipped inode under another name: what is to be found there needs a row
                changes.note(covered)
            entries[name] = self._record(covered)
        return entries, [name for name in shipped if name not in children]
