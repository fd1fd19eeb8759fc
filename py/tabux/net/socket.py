"""One socket, as the kernel knows it."""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import TYPE_CHECKING

from tabux.abi.socket import AF_UNIX, SOCK_STREAM
from tabux.net.address import Endpoint

if TYPE_CHECKING:
    from tabux.fs.inode import Inode

#: SO_SNDBUF and SO_RCVBUF of a new socket, bytes (/proc/sys/net/core/wmem_default)
BUFFER = 212_992
#: those of TCP (tcp_wmem, tcp_rmem)
TCP_SEND_BUFFER = 16_384
TCP_RECEIVE_BUFFER = 131_072


class State(Enum):
    """How far a socket is. What the other side does (closing, resetting) only the gate sees."""

    UNCONNECTED = 0
    LISTENING = 1
    CONNECTING = 2
    CONNECTED = 3
    #: a connection in progress that was shut down: it cannot be connected any more
    BROKEN = 4


class Identity:
    """Who is behind a socket (SO_PEERCRED, struct ucred)."""

    __slots__ = ("gid", "pid", "uid")

    def __init__(self, pid: int, uid: int, gid: int) -> None:
        self.pid = pid
        self.uid = uid
        self.gid = gid


NOBODY = Identity(0, -1, -1)


class Socket:
    """A socket of one of the families. Its number is also the gate's."""

    __slots__ = (
        "backlog",
        "bound",
        "deaf",
        "family",
        "gone",
        "identity",
        "ino",
        "inode",
        "kind",
        "linked",
        "local",
        "name",
        "number",
        "options",
        "owner",
        "parcels",
        "peer",
        "peer_identity",
        "pending",
        "port_held",
        "protocol",
        "refused",
        "remote",
        "state",
        "waiting",
        "waits_for",
    )

    def __init__(self, number: int, family: int, kind: int, protocol: int, owner: Identity) -> None:
        self.number = number
        #: the number of the inode behind its descriptors; 0 before it is accepted
        self.ino = 0
        self.family = family
        self.kind = kind
        self.protocol = protocol
        #: who made it
        self.owner = owner
        self.state = State.UNCONNECTED
        #: (level, name) to value, where it is not the usual one
        self.options: dict[tuple[int, int], int] = {}

        #: AF_UNIX: its name, and the inode of a path
        self.name = ""
        self.inode: Inode | None = None
        self.peer: Socket | None = None
        #: who listened, or connected; what the other side is told
        self.identity = owner
        self.peer_identity = NOBODY

        #: AF_INET and AF_INET6
        self.local: Endpoint | None = None
        self.remote: Endpoint | None = None
        #: whether bind(2) said so: a port that was only chosen for a connection goes with it
        self.bound = False
        self.port_held = False

        #: a listening socket: how many may wait, who does, and who waits to be among them
        self.backlog = 0
        self.pending: deque[Socket] = deque()
        #: shut down for reading: nobody connects any more (AF_UNIX)
        self.deaf = False
        self.waiting: deque[Socket] = deque()
        self.waits_for: Socket | None = None
        #: a connection in progress: whether it has come about, or failed
        self.linked = False
        self.refused = False
        #: numbers of the parcels in its queues (tabux.net.rights)
        self.parcels: set[int] = set()
        self.gone = False

    def option(self, level: int, name: int, usual: int = 0) -> int:
        """The value of an option."""
        return self.options.get((level, name), usual)

    @property
    def is_unix(self) -> bool:
        """Whether it is of the family AF_UNIX."""
        return self.family == AF_UNIX

    @property
    def is_tcp(self) -> bool:
        """Whether it is a stream of an internet family."""
        return self.family != AF_UNIX and self.kind == SOCK_STREAM

    @property
    def full(self) -> bool:
        """Whether no further connection may wait to be accepted (Linux takes one more than asked for)."""
        return len(self.pending) > self.backlog
