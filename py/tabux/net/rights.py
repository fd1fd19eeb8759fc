"""Descriptors on their way through a Unix socket (SCM_RIGHTS, unix(7)).

A parcel holds a reference to each description in it. Sockets can travel through sockets, also through
themselves: what no process can reach any more is found as Linux does it (net/unix/garbage.c), by marking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tabux.abi.errno import EINVAL, ETOOMANYREFS, SysError
from tabux.kernel.files import OpenFile, file_at
from tabux.net.socket import Socket

if TYPE_CHECKING:
    from tabux.kernel.process import Process

#: most descriptors in one message (SCM_MAX_FD)
MAX_FDS = 253


class Parcel:
    """Descriptions in the queue of a socket."""

    __slots__ = ("files", "to")

    def __init__(self, files: list[OpenFile], to: Socket) -> None:
        self.files = files
        self.to = to


class Parcels:
    """All parcels under way, by number."""

    __slots__ = ("_last", "_parcels")

    def __init__(self) -> None:
        self._parcels: dict[int, Parcel] = {}
        self._last = 0

    def __bool__(self) -> bool:
        return bool(self._parcels)

    def pack(self, p: Process, fds: Iterable[int], to: Socket) -> int:
        """A parcel with these descriptors of `p`. EBADF, EINVAL, ETOOMANYREFS (beyond RLIMIT_NOFILE)."""
        files = [file_at(p, fd) for fd in fds]
        if len(files) > MAX_FDS:
            raise SysError(EINVAL)
        under_way = sum(len(parcel.files) for parcel in self._parcels.values())
        if under_way + len(files) > p.limits.nofile and p.cred.euid != 0:
            raise SysError(ETOOMANYREFS)
        for file in files:
            file.refs += 1
        self._last += 1
        self._parcels[self._last] = Parcel(files, to)
        to.parcels.add(self._last)
        return self._last

    def take(self, number: int) -> list[OpenFile]:
        """Takes a parcel out of its queue: its descriptions, whose references the caller has from here on."""
        parcel = self._parcels.pop(number, None)
        if parcel is None:
            return []
        parcel.to.parcels.discard(number)
        return parcel.files

    def contents(self, number: int) -> list[OpenFile]:
        """What is in a parcel (MSG_PEEK)."""
        parcel = self._parcels.get(number)
        return [] if parcel is None else parcel.files

    def unreachable(self, roots: Iterable[OpenFile]) -> Iterator[int]:
        """The parcels that no process can ever receive; `roots` are the descriptions that processes have."""
        reached: set[int] = set()
        todo = list(roots)
        seen: set[int] = set()
        while todo:
            file = todo.pop()
            if file.id in seen:
                continue
            seen.add(file.id)
            socket = file.inode.object
            if not isinstance(socket, Socket):
                continue
            for queue in (socket, *socket.pending):
                for number in queue.parcels - reached:
                    reached.add(number)
                    todo += self._parcels[number].files
        return iter([number for number in self._parcels if number not in reached])
