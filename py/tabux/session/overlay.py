"""Lays the rows of a session over the site's files: when it is opened, and when a snapshot is restored.

Opening costs what the shipped files that have rows cost: a directory takes its names, and the inodes behind
them, from the store when somebody first looks into it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Protocol

from tabux.abi.stat import S_IFDIR, S_IFMT, S_IFREG
from tabux.fs.changes import Changes, Pristine
from tabux.fs.inode import Inode
from tabux.fs.lazy import defer
from tabux.fs.vfs import Vfs
from tabux.session import rows
from tabux.session.rows import Row

_ATTRIBUTES = ("mode", "uid", "gid", "atime", "mtime", "ctime", "btime", "rdev", "target", "size", "blocks")


class RowStore(Protocol):
    """The store of a session as far as it is asked for rows."""

    def rows(self, records: str) -> str:
        """The rows of those records (numbers, separated by spaces), in their order: a JSON array."""

    def attach(self, pairs: str) -> None:
        """Inode numbers and records in turn, separated by spaces: they get the contents of those rows."""

    def ship(self, ino: int) -> None:
        """One of the site's own files has the content again that it came with."""


class Overlay:
    """A session's rows on a file system.

    lost  paths of shipped files that the session had changed and that this site does not have any more
    """

    def __init__(self, vfs: Vfs, store: RowStore) -> None:
        changes = vfs.mount_root.changes
        assert changes is not None
        self.lost: list[str] = []
        self._vfs = vfs
        self._store = store
        self._changes: Changes = changes
        #: by record: shipped inodes, and those made here that have been asked for
        self._known: dict[int, Inode] = {}
        #: directories whose names are still in the store, with their rows
        self._waiting: dict[Inode, Row] = {}
        #: rows of shipped inodes that this site has not any more: what they were, by their paths there
        self._orphans: dict[str, Inode] = {}

    # opening

    def open(self, text: str, last: int) -> None:
        """Begins: `text` has the rows of shipped inodes (a JSON array), `last` is the last record ever given.

        ValueError, LookupError, TypeError: it is not what this package writes.
        """
        self._vfs.table.reserve(last)
        found = [(row, self._inode(row)) for row in json.loads(text)]
        for row, inode in found:
            if inode is not None:
                self._set(row, inode)
                inode.nlink = row[rows.NLINK]
        self._attach(inode for _, inode in found if inode is not None)
        for row, inode in found:
            if inode is not None and inode.base is not None and rows.is_directory(row):
                self._put_away(row, inode)
        for row, inode in found:
            if inode is not None and rows.is_directory(row):
                self._wait(inode, row)
        if self._orphans:
            self._place_orphans()
        self._vfs.generation += 1

    def _place_orphans(self) -> None:
        self.complete()
        directories = [inode.children for inode in self._vfs.table if inode.children]
        placed = {child for children in directories for child in children.values()}
        for base, inode in list(self._orphans.items()):
            if inode not in placed:
                self._adopt(base, inode)
        self._orphans.clear()

    def complete(self) -> None:
        """Takes everything from the store that is still there only (not the contents of files)."""
        while self._waiting:
            _ = next(iter(self._waiting)).children

    def _inode(self, row: Row) -> Inode | None:
        """The inode that the row is about, made where there is none yet; None where there can be none."""
        record, base, kind = row[rows.RECORD], row[rows.BASE], rows.kind_of(row)
        inode = self._known.get(record)
        if inode is not None:
            return inode
        if base is not None:
            inode = self._shipped(base)
            if inode is not None and inode.mode & S_IFMT == kind:
                if inode in self._changes.away:
                    self._as_it_came(inode)
                elif inode not in self._changes.pristine:
                    self._changes.pristine[inode] = Pristine(inode)
                self._known[record] = inode
                return inode
            if kind == S_IFREG and not row[rows.OWN]:
                self.lost.append(base)
                return None
        inode = self._vfs.table.restore(record, row[rows.MODE], 0, 0, 0, self._vfs.mount_root)
        inode.nlink = 2 if kind == S_IFDIR else 0
        self._known[record] = inode
        if base is not None:
            self._orphans[base] = inode
        return inode

    def _shipped(self, base: str) -> Inode | None:
        """The site's file of that path, wherever it is now."""
        node = self._vfs.root
        for name in base.split("/")[1:]:
            children = self._as_shipped(node)
            child = children.get(name) if children else None
            if child is None:
                return None
            node = child if child.mount is node.mount or child.mount.covers is None else child.mount.covers
        return node

    def _as_shipped(self, directory: Inode) -> dict[str, Inode] | None:
        if directory.base is None:
            return None
        pristine = self._changes.pristine.get(directory)
        return directory.children if pristine is None else pristine.children

    def _put_away(self, row: Row, directory: Inode) -> None:
        """What was shipped in the directory and has no name any more, nor a row."""
        shipped = self._as_shipped(directory) or {}
        for name in (*row[rows.REMOVED], *row[rows.ENTRIES]):
            inode = shipped.get(name)
            if inode is not None and not inode.record:
                self._forget(inode)

    def _wait(self, directory: Inode, row: Row) -> None:
        count = directory.nlink
        self._waiting[directory] = row
        defer(directory, self._fill, count - 2)

    def _fill(self, directory: Inode) -> None:
        """Gives a directory its names: called when somebody first looks into it."""
        row = self._waiting.pop(directory)
        children = directory.children
        assert children is not None
        missing = [record for record in row[rows.ENTRIES].values() if record not in self._known]
        made = []
        for below in json.loads(self._store.rows(" ".join(map(str, missing)))) if missing else ():
            inode = self._inode(below)
            assert inode is not None
            rows.apply(below, inode)
            inode.nlink = below[rows.NLINK]
            made.append(inode)
            if rows.is_directory(below):
                self._wait(inode, below)
        self._attach(made)
        children.update(self._children(row, directory))
        for name, child in children.items():
            if child.mode & S_IFMT == S_IFDIR:
                child.parent, child.name = directory, name

    def _attach(self, inodes: Iterable[Inode]) -> None:
        changes = self._changes
        pairs = [
            f"{inode.ino} {inode.record}"
            for inode in inodes
            if inode.mode & S_IFMT == S_IFREG and rows.is_own(inode, changes)
        ]
        if pairs:
            self._store.attach(" ".join(pairs))

    def _adopt(self, base: str, inode: Inode) -> None:
        """Gives what the site has not any more its old place: it is the session's now."""
        path, _, name = base.rpartition("/")
        parent = self._shipped(path) or self._orphans.get(path)
        if parent is None or parent.mode & S_IFMT != S_IFDIR:
            table, mount = self._vfs.table, self._vfs.mount_root
            parent = table.restore(table.record(), S_IFDIR | 0o755, 0, 0, self._vfs.clock(), mount)
            self._orphans[path] = parent
            self._adopt(path, parent)
        self._changes.note(inode)
        self._changes.note(parent)
        children = parent.children
        assert children is not None
        before = children.pop(name, None)
        if before is not None:
            before.nlink -= before.mode & S_IFMT != S_IFDIR
            parent.nlink -= before.mode & S_IFMT == S_IFDIR
            self._forget(before)
        children[name] = inode
        if inode.mode & S_IFMT == S_IFDIR:
            inode.parent, inode.name = parent, name
            parent.nlink += 1
        else:
            inode.nlink = 1

    # a row and its inode

    def _set(self, row: Row, inode: Inode) -> None:
        rows.apply(row, inode)
        if inode.mode & S_IFMT != S_IFREG or inode.base is None:
            return
        if row[rows.OWN]:
            self._changes.rewritten.add(inode)
        else:
            self._ship_content(inode)

    def _ship_content(self, inode: Inode) -> None:
        if inode in self._changes.rewritten:
            self._changes.rewritten.discard(inode)
            pristine = self._changes.pristine[inode]
            inode.size, inode.blocks = pristine.size, pristine.blocks
            self._store.ship(inode.ino)

    def _children(self, row: Row, directory: Inode) -> dict[str, Inode]:
        """The names that a directory's row gives it."""
        children = dict(self._as_shipped(directory) or {})
        for name in row[rows.REMOVED]:
            children.pop(name, None)
        for name, record in row[rows.ENTRIES].items():
            inode = self._known.get(record)
            if inode is not None:
                children.pop(name, None)
                children[name] = inode
        return children

    def _forget(self, inode: Inode) -> None:
        """An inode without a name. (What is below a shipped directory stays: a snapshot may want it.)"""
        inode.nlink = 0
        if inode.base is None:
            self._vfs.table.remove(inode)
            self._vfs.store.discard(inode.ino)
            self._changes.dirty.pop(inode, None)
        else:
            self._changes.pristine.setdefault(inode, Pristine(inode))
            self._changes.away.add(inode)

    def _as_it_came(self, inode: Inode) -> None:
        """A shipped inode has the attributes again that it had before its first change."""
        self._changes.away.discard(inode)
        pristine = self._changes.pristine[inode]
        for name in _ATTRIBUTES:
            setattr(inode, name, getattr(pristine, name))
        self._ship_content(inode)

    # a snapshot

    def restore(self, text: str, gone: Iterable[int]) -> None:
        """Makes the file system what rows say (a JSON array), where it differs from them.

        `gone` are records of inodes that are not there any more: one made in the session vanishes, a shipped
        one is as it came. Nothing is marked as changed. All changes must have been told of before, and only
        directories may be in use. Errors as for `open`.
        """
        self.complete()
        self._known = {inode.record: inode for inode in self._vfs.table if inode.record}
        names: dict[Inode, dict[str, Inode]] = {}
        # (shipped inodes are looked up by how they came: before any names change)
        found = [(row, self._inode(row)) for row in json.loads(text)]
        for record in gone:
            inode = self._known.pop(record, None)
            if inode is not None:
                inode.record = 0
                if inode.base is not None:
                    self._as_it_came(inode)
                if inode.children is not None:
                    names[inode] = dict(self._as_shipped(inode) or {})
        for row, inode in found:
            if inode is not None:
                self._set(row, inode)
        self._attach(inode for _, inode in found if inode is not None)
        for row, inode in found:
            if inode is not None and rows.is_directory(row):
                names[inode] = self._with_mounts(inode, self._children(row, inode))
        self._revive(names)
        self._rename(names)
        self._vfs.generation += 1

    def _with_mounts(self, directory: Inode, names: dict[str, Inode]) -> dict[str, Inode]:
        """What is mounted in the directory stays, where there still is what it covers."""
        for name, child in (directory.children or {}).items():
            if child.mount is not directory.mount and child.mount.covers is names.get(name):
                names[name] = child
        return names

    def _revive(self, names: dict[Inode, dict[str, Inode]]) -> None:
        """Shipped inodes that had no name any more and get one back."""
        queue = list(names)
        for directory in queue:
            for child in names[directory].values():
                if child in self._changes.away:
                    self._as_it_came(child)
                    if child.children is not None and child not in names:
                        names[child] = dict(self._as_shipped(child) or {})
                        queue.append(child)

    def _rename(self, names: dict[Inode, dict[str, Inode]]) -> None:
        """Gives directories other names, and keeps the counts of links."""
        taken: dict[Inode, None] = {}
        for directory in names:
            for child in (directory.children or {}).values():
                if child.mount is directory.mount:
                    taken[child] = None
                    child.nlink -= child.mode & S_IFMT != S_IFDIR
        for directory, children in names.items():
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
            if not _has_name(inode):
                self._forget(inode)


def _has_name(inode: Inode) -> bool:
    if inode.mode & S_IFMT != S_IFDIR:
        return inode.nlink > 0
    parent = inode.parent
    if parent is None or parent.children is None:
        return False
    child = parent.children.get(inode.name)
    return child is inode or (child is not None and child.mount.covers is inode)
