"""Lays the rows of a session over the site's files: when it is opened, and when a snapshot is restored."""

from __future__ import annotations

import json

from tabux.abi.stat import S_IFDIR, S_IFMT, S_IFREG
from tabux.fs.changes import Changes, Pristine
from tabux.fs.inode import Inode
from tabux.fs.vfs import Vfs
from tabux.session import rows
from tabux.session.rows import Row

_ATTRIBUTES = ("mode", "uid", "gid", "atime", "mtime", "ctime", "btime", "rdev", "target", "size", "blocks")


class Applied:
    """What laying rows over the files has come to.

    contents  (inode number, record) of the regular files whose content is the store's
    shipped   numbers of shipped files that get their own content back
    lost      paths of shipped files that the session had changed and that this site does not have any more
    """

    __slots__ = ("contents", "lost", "shipped")

    def __init__(self) -> None:
        self.contents: list[tuple[int, int]] = []
        self.shipped: list[int] = []
        self.lost: list[str] = []


def apply(vfs: Vfs, text: str, gone: list[int]) -> Applied:
    """Makes the file system what the rows say (a JSON array of them), where it differs from them.

    `gone` are records of inodes that are not there any more: one made in the session vanishes, a shipped one
    is as it came. No file of the root file system may be in use but directories. Nothing is marked as
    changed, but what the site does not have any more and the session has made its own.

    Raises:
        ValueError: the text is not what this package writes.
    """
    return _Overlay(vfs).apply(json.loads(text), gone)


class _Overlay:
    def __init__(self, vfs: Vfs) -> None:
        changes = vfs.mount_root.changes
        assert changes is not None
        self.vfs = vfs
        self.changes: Changes = changes
        self.done = Applied()
        self.known = {inode.record: inode for inode in vfs.table if inode.record}
        #: directories that get other names, with those
        self.names: dict[Inode, dict[str, Inode]] = {}
        #: changed shipped inodes that this site has not any more, by their paths there
        self.orphans: dict[str, Inode] = {}

    def apply(self, table: list[Row], gone: list[int]) -> Applied:
        vfs = self.vfs
        # (shipped directories are looked up by how they came: before any names change)
        found = [(row, self._inode(row)) for row in table]
        for record in gone:
            self._undo(record)
        for row, inode in found:
            if inode is not None:
                self._set(row, inode)
        for row, inode in found:
            if inode is not None and rows.is_directory(row):
                self.names[inode] = self._children(row, inode)
        tables = [row[rows.ENTRIES] for row, _ in found if rows.is_directory(row)]
        named = {record for entries in tables for record in entries.values()}
        for base, inode in list(self.orphans.items()):
            if inode.record not in named:
                self._adopt(base, inode)
        self._revive()
        self._rename()
        vfs.table.reserve(max((row[rows.RECORD] for row in table), default=0))
        vfs.generation += 1
        return self.done

    def _inode(self, row: Row) -> Inode | None:
        """The inode that the row is about, made where there is none yet; None where there can be none."""
        record, base, kind = row[rows.RECORD], row[rows.BASE], rows.kind_of(row)
        inode = self.known.get(record)
        if inode is not None:
            return inode
        if base is not None:
            inode = self._shipped(base)
            if inode is not None and inode.mode & S_IFMT == kind:
                if inode in self.changes.away:
                    self._as_it_came(inode)
                elif inode not in self.changes.pristine:
                    self.changes.pristine[inode] = Pristine(inode)
                self.known[record] = inode
                return inode
            if kind == S_IFREG and not row[rows.OWN]:
                self.done.lost.append(base)
                return None
        inode = self.vfs.table.restore(record, row[rows.MODE], 0, 0, 0, self.vfs.mount_root)
        inode.nlink = 2 if kind == S_IFDIR else 0
        self.known[record] = inode
        if base is not None:
            self.orphans[base] = inode
        return inode

    def _adopt(self, base: str, inode: Inode) -> None:
        """Gives what the site has not any more its old place: it is the session's now."""
        path, _, name = base.rpartition("/")
        parent = self._shipped(path) or self.orphans.get(path)
        if parent is None or parent.mode & S_IFMT != S_IFDIR:
            table, mount = self.vfs.table, self.vfs.mount_root
            parent = table.restore(table.record(), S_IFDIR | 0o755, 0, 0, self.vfs.clock(), mount)
            self.orphans[path] = parent
            self._adopt(path, parent)
        self.changes.note(inode)
        self.changes.note(parent)
        children = self.names.setdefault(parent, dict(parent.children or {}))
        children.pop(name, None)
        children[name] = inode

    def _shipped(self, base: str) -> Inode | None:
        """The site's file of that path, wherever it is now."""
        node = self.vfs.root
        for name in base.split("/")[1:]:
            children = self._as_shipped(node)
            child = children.get(name) if children else None
            if child is None:
                return None
            node = child if child.mount is node.mount or child.mount.covers is None else child.mount.covers
        return node

    def _as_shipped(self, directory: Inode) -> dict[str, Inode] | None:
        pristine = self.changes.pristine.get(directory)
        return directory.children if pristine is None else pristine.children

    def _undo(self, record: int) -> None:
        inode = self.known.pop(record, None)
        if inode is None:
            return
        inode.record = 0
        if inode.base is not None:
            self._as_it_came(inode)
        elif inode.children:
            self.names[inode] = {}

    def _as_it_came(self, inode: Inode) -> None:
        """A shipped inode is as it was before its first change; its names follow in `_rename`."""
        self.changes.away.discard(inode)
        pristine = self.changes.pristine[inode]
        for name in _ATTRIBUTES:
            setattr(inode, name, getattr(pristine, name))
        self._ship_content(inode)
        if pristine.children is not None:
            self.names[inode] = dict(pristine.children)

    def _revive(self) -> None:
        """Shipped inodes that had no name any more and get one back."""
        queue = list(self.names)
        for directory in queue:
            for child in self.names[directory].values():
                if child in self.changes.away:
                    self._as_it_came(child)
                    if child in self.names:
                        queue.append(child)

    def _set(self, row: Row, inode: Inode) -> None:
        rows.apply(row, inode)
        if inode.mode & S_IFMT != S_IFREG:
            return
        if row[rows.OWN]:
            self.done.contents.append((inode.ino, inode.record))
            if inode.base is not None:
                self.changes.rewritten.add(inode)
        else:
            self._ship_content(inode)

    def _ship_content(self, inode: Inode) -> None:
        if inode in self.changes.rewritten:
            self.changes.rewritten.discard(inode)
            pristine = self.changes.pristine[inode]
            inode.size, inode.blocks = pristine.size, pristine.blocks
            self.done.shipped.append(inode.ino)

    def _children(self, row: Row, directory: Inode) -> dict[str, Inode]:
        children = dict(self._as_shipped(directory) or {}) if directory.base is not None else {}
        for name in row[rows.REMOVED]:
            children.pop(name, None)
        for name, record in row[rows.ENTRIES].items():
            inode = self.known.get(record)
            if inode is not None:
                children.pop(name, None)
                children[name] = inode
        for name, child in (directory.children or {}).items():
            if child.mount is not directory.mount and child.mount.covers is children.get(name):
                children[name] = child
        return children

    def _rename(self) -> None:
        """Gives the directories their new names, and keeps the counts of links."""
        taken: dict[Inode, None] = {}
        for directory in self.names:
            for child in (directory.children or {}).values():
                if child.mount is directory.mount:
                    taken[child] = None
                    child.nlink -= child.mode & S_IFMT != S_IFDIR
        for directory, children in self.names.items():
            subdirectories = 0
            for name, child in children.items():
                if child.mode & S_IFMT == S_IFDIR:
                    subdirectories += 1
                    child.parent, child.name = directory, name
                else:
                    child.nlink += 1
            directory.children = children
            directory.nlink = 2 + subdirectories
        for inode in taken:
            if not (_has_name(inode) if inode.mode & S_IFMT == S_IFDIR else inode.nlink):
                self._forget(inode)

    def _forget(self, inode: Inode) -> None:
        """An inode without a name. (What is below a shipped directory stays: a snapshot may want it.)"""
        if inode.mode & S_IFMT == S_IFDIR:
            inode.nlink = 0
        if inode.base is None:
            self.vfs.table.remove(inode)
            self.vfs.store.discard(inode.ino)
            self.changes.dirty.pop(inode, None)
        else:
            self.changes.away.add(inode)
            self.changes.pristine.setdefault(inode, Pristine(inode))


def _has_name(directory: Inode) -> bool:
    parent = directory.parent
    if parent is None or parent.children is None:
        return False
    child = parent.children.get(directory.name)
    return child is directory or (child is not None and child.mount.covers is directory)
