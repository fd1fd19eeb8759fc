"""What the inodes of one file system have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tabux.fs.changes import Changes
    from tabux.fs.host import HostTree
    from tabux.fs.inode import Inode


class Mount:
    """A mounted file system: each inode belongs to one, and no link or rename crosses from one to another.

    `dev` is its device number (st_dev); a write to a `readonly` one fails with EROFS. `source`, `kind` and
    `options` are what /proc/mounts shows. `changes` has the marks of one that can be stored, None for all
    others; `covers` is the directory that it is mounted over, None for the root's; `host` has the tree of a
    host mount.
    """

    __slots__ = ("changes", "covers", "dev", "host", "kind", "options", "readonly", "source")

    def __init__(
        self, dev: int, kind: str, source: str = "none", readonly: bool = False, options: str = ""
    ) -> None:
        self.dev = dev
        self.kind = kind
        self.source = source
        self.readonly = readonly
        self.options = options
        self.changes: Changes | None = None
        self.covers: Inode | None = None
        self.host: HostTree | None = None
