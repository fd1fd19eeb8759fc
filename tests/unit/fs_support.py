"""What the tests of the file system share: a store that remembers, a clock that ticks, names of errors."""

from __future__ import annotations

from collections.abc import Callable

from tabux.abi import errno
from tabux.abi.errno import SysError
from tabux.fs.credentials import Credentials
from tabux.fs.vfs import Vfs

ALICE = Credentials(1000, 1000, [100])
BOB = Credentials(1001, 1001, [100])


class FakeStore:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.truncated: list[tuple[int, int]] = []
        self.allocated: list[tuple[int, int, int]] = []
        self.punched: list[tuple[int, int, int]] = []
        self.discarded: list[int] = []
        self.shipped: list[int] = []

    def truncate(self, ino: int, size: int) -> int:
        self.truncated.append((ino, size))
        return 0

    def allocate(self, ino: int, start: int, end: int) -> int:
        self.allocated.append((ino, start, end))
        return 8

    def punch(self, ino: int, start: int, end: int) -> int:
        self.punched.append((ino, start, end))
        return 0

    def space(self) -> tuple[float, float]:
        return 8192.0, 1e6

    def ship(self, ino: int) -> None:
        self.shipped.append(ino)

    def discard(self, ino: int) -> None:
        self.discarded.append(ino)


class FakeClock:
    """One second later at each look."""

    def __init__(self) -> None:
        self.now = 1_000_000_000_000_000_000

    def __call__(self) -> int:
        self.now += 1_000_000_000
        return self.now


def new_vfs(inode_limit: int | None = None) -> Vfs:
    return Vfs(FakeStore(), FakeClock(), inode_limit)


def store_of(vfs: Vfs) -> FakeStore:
    assert isinstance(vfs.store, FakeStore)
    return vfs.store


def failure(call: Callable[..., object], *arguments: object, **keywords: object) -> str:
    """The name of the error a call ends with, "" when it succeeds."""
    try:
        call(*arguments, **keywords)
    except SysError as error:
        return errno.NAMES[error.errno]
    return ""
