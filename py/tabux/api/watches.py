"""Watching files for the page."""

from __future__ import annotations

from tabux.abi.errno import EINVAL, SysError
from tabux.api.files import home
from tabux.fs.credentials import ROOT
from tabux.fs.watching import Watch
from tabux.kernel.kernel import Kernel


class Watches:
    """Those that there are, by number."""

    def __init__(self) -> None:
        self._last = 0
        self._watches: dict[int, Watch] = {}

    def add(self, k: Kernel, path: str, recursive: int) -> int:
        """Watches what is at `path`; its number, for `Gate.changed`. ENOENT, EINVAL (/proc)."""
        top = k.vfs.lookup(home(k), path, ROOT)
        if top.virtual:
            raise SysError(EINVAL)
        self._last = number = self._last + 1

        def tell(kind: str, name: str) -> None:
            k.gate.changed(number, kind, name)

        self._watches[number] = watch = Watch(top, bool(recursive), tell)
        k.vfs.watches.append(watch)
        return number

    def remove(self, k: Kernel, number: int) -> int:
        """Watches no more."""
        watch = self._watches.pop(number, None)
        if watch is not None:
            k.vfs.watches.remove(watch)
        return 0
