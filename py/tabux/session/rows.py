"""The text of one stored inode: a JSON array, whose form is part of the format of a session.

    [record, base, mode, nlink, uid, gid, atime, mtime, ctime, btime, …]
    regular file      …, size, own, blocks]  own: 1 where the store has its content, 0 where it is the site's
    directory         …, entries, removed]   entries: record by name; removed: names of the site's not there
    symbolic link     …, text]
    device            …, rdev]
    FIFO, socket      …]

`base` is the path of a shipped inode, null for what was made in the session. The entries of a shipped
directory are those that are not, under the same name, the site's. Names and texts have one character for each
byte (latin-1), times are nanoseconds.
"""

from __future__ import annotations

import json
from typing import Any

from tabux.abi.stat import S_IFBLK, S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG
from tabux.fs.changes import Changes
from tabux.fs.inode import Inode

#: a row as `json.loads` gives it
Row = list[Any]

# where things are in a row
RECORD, BASE, MODE, NLINK, UID, GID, ATIME, MTIME, CTIME, BTIME = range(10)
SIZE = ENTRIES = TEXT = RDEV = 10
OWN = REMOVED = 11
BLOCKS = 12

_quoted = json.encoder.encode_basestring_ascii


def regular(inode: Inode, own: bool) -> str:
    """The row of a regular file; its record is set."""
    return f"[{_head(inode)},{inode.size},{1 if own else 0},{inode.blocks}]"


def directory(inode: Inode, entries: dict[str, int], removed: list[str]) -> str:
    """The row of a directory."""
    names = ",".join([f"{_quoted(name)}:{record}" for name, record in entries.items()])
    return f"[{_head(inode)},{{{names}}},{json.dumps(removed)}]"


def other(inode: Inode) -> str:
    """The row of anything else."""
    kind = inode.mode & S_IFMT
    if kind == S_IFLNK:
        return f"[{_head(inode)},{_quoted(inode.target or '')}]"
    if kind in (S_IFCHR, S_IFBLK):
        return f"[{_head(inode)},{inode.rdev}]"
    return f"[{_head(inode)}]"


def _head(inode: Inode) -> str:
    base = "null" if inode.base is None else _quoted(inode.base)
    return (
        f"{inode.record},{base},{inode.mode},{inode.nlink},{inode.uid},{inode.gid},"
        f"{inode.atime},{inode.mtime},{inode.ctime},{inode.btime}"
    )


def is_own(inode: Inode, changes: Changes) -> bool:
    """Whether the content of a regular file is the session's, not the site's."""
    return inode.base is None or inode in changes.rewritten


def apply(row: Row, inode: Inode) -> None:
    """Gives an inode the attributes of its row: all but a directory's entries and the number of links.

    The size of a shipped content is the site's business: another version of the site may have another.
    """
    inode.record = row[RECORD]
    inode.mode, inode.uid, inode.gid = row[MODE], row[UID], row[GID]
    inode.atime, inode.mtime, inode.ctime, inode.btime = row[ATIME : BTIME + 1]
    kind = inode.mode & S_IFMT
    if kind == S_IFREG:
        if row[OWN]:
            inode.size, inode.blocks = row[SIZE], row[BLOCKS]
    elif kind == S_IFLNK:
        inode.target = row[TEXT]
        inode.size = len(row[TEXT])
    elif kind in (S_IFCHR, S_IFBLK):
        inode.rdev = row[RDEV]


def kind_of(row: Row) -> int:
    """The file type of a row (S_IFREG …)."""
    return int(row[MODE]) & S_IFMT


def is_directory(row: Row) -> bool:
    """Whether the row has entries."""
    return kind_of(row) == S_IFDIR
