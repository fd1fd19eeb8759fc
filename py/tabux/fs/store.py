"""Where file contents live, as far as the file system has to know."""

from __future__ import annotations

from typing import Protocol


class Store(Protocol):
    """Contents by inode number; a number never heard of is an empty file."""

    def truncate(self, ino: int, size: int) -> int:
        """Cuts the content to `size` bytes or extends it with a hole; what it takes then (st_blocks).

        May raise SysError (EFBIG, ENOSPC).
        """

    def ship(self, ino: int) -> None:
        """One of the site's own files has the content again that it came with."""

    def discard(self, ino: int) -> None:
        """The file is gone: its last name and its last open description."""
