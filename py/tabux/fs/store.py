"""Where file contents live, as far as the file system has to know."""

from __future__ import annotations

from typing import Protocol

#: the largest size of a file, bytes (as ext4 has it; web/gate/content.js)
MAX_SIZE = (1 << 44) - 4096


class Store(Protocol):
    """Contents by inode number; a number never heard of is an empty file."""

    def truncate(self, ino: int, size: int) -> int:
        """Cuts the content to `size` bytes or extends it with a hole; what it takes then (st_blocks).

        May raise SysError (EFBIG, ENOSPC).
        """

    def allocate(self, ino: int, start: int, end: int) -> int:
        """Allocates all blocks from `start` up to `end`; the size stays. What it takes then. ENOSPC."""

    def punch(self, ino: int, start: int, end: int) -> int:
        """Zeros from `start` up to `end`, without blocks where that can be. What it takes then. ENOSPC."""

    def space(self) -> tuple[float, float]:
        """(bytes that all contents but the site's own take, bytes that they may take)."""

    def ship(self, ino: int) -> None:
        """One of the site's own files has the content again that it came with."""

    def discard(self, ino: int) -> None:
        """The file is gone: its last name and its last open description."""
