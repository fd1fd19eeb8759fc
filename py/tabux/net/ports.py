"""Who has which port of TCP or UDP, and whom a packet reaches (ip(7); Linux's inet_csk_bind_conflict)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import randrange

from tabux.abi.errno import EADDRINUSE, SysError
from tabux.abi.socket import (
    AF_INET,
    AF_INET6,
    IPPROTO_IPV6,
    IPV6_V6ONLY,
    SO_REUSEADDR,
    SO_REUSEPORT,
    SOL_SOCKET,
)
from tabux.net.address import Endpoint, is_any
from tabux.net.socket import Socket, State

#: ports for who asks for none (/proc/sys/net/ipv4/ip_local_port_range)
FIRST, LAST = 32768, 60999


def only_six(socket: Socket) -> bool:
    """Whether an AF_INET6 socket leaves IPv4 alone."""
    return bool(socket.option(IPPROTO_IPV6, IPV6_V6ONLY))


def overlap(a: Socket, b: Socket) -> bool:
    """Whether there is an address that both are bound to."""
    assert a.local is not None and b.local is not None
    one, other = a.local.host, b.local.host
    if len(one) == len(other):
        return one == other or is_any(one) or is_any(other)
    # of two families: who has all addresses of IPv6 mostly has those of IPv4 with them
    six = a if len(one) == 16 else b
    assert six.local is not None
    return is_any(six.local.host) and not only_six(six)


def conflict(a: Socket, b: Socket) -> bool:
    """Whether `a` cannot be bound to a port beside `b`."""
    if a is b or not overlap(a, b):
        return False
    reuse = a.option(SOL_SOCKET, SO_REUSEADDR) and b.option(SOL_SOCKET, SO_REUSEADDR)
    if reuse and not (a.is_tcp and b.state is State.LISTENING):
        return False
    share = a.option(SOL_SOCKET, SO_REUSEPORT) and b.option(SOL_SOCKET, SO_REUSEPORT)
    return not (share and a.owner.uid == b.owner.uid)


class Ports:
    """The ports of one protocol."""

    __slots__ = ("_next", "_over", "_owners")

    def __init__(self, over: Callable[[Socket], bool] = lambda socket: False) -> None:
        """`over` tells of a connection that it has ended, though somebody still has the socket."""
        self._over = over
        self._owners: dict[int, dict[Socket, None]] = {}
        self._next = 0

    def at(self, port: int) -> Iterable[Socket]:
        """Who is bound to a port, the latest last."""
        return self._owners.get(port, {})

    def all(self) -> list[Socket]:
        """Everybody who is bound to one."""
        return [socket for owners in self._owners.values() for socket in owners]

    def check(self, socket: Socket) -> None:
        """EADDRINUSE where somebody else has what `socket.local` says."""
        assert socket.local is not None
        for other in list(self.at(socket.local.port)):
            if conflict(socket, other):
                if other.bound or not self._over(other):
                    raise SysError(EADDRINUSE)
                self.release(other)

    def bind(self, socket: Socket, host: bytes, port: int, error: int = EADDRINUSE) -> None:
        """Gives a socket a port, or any that is free (0): EADDRINUSE, or `error` where none is."""
        if port:
            socket.local = Endpoint(host, port)
            try:
                self.check(socket)
            except SysError:
                socket.local = None
                raise
        else:
            port = self._free(error)
            socket.local = Endpoint(host, port)
        self.hold(socket)

    def hold(self, socket: Socket) -> None:
        """Notes that the socket is at the port of `socket.local`."""
        assert socket.local is not None
        self._owners.setdefault(socket.local.port, {})[socket] = None
        socket.port_held = True

    def release(self, socket: Socket) -> None:
        """The socket gives its port up."""
        if not socket.port_held:
            return
        assert socket.local is not None
        owners = self._owners[socket.local.port]
        del owners[socket]
        if not owners:
            del self._owners[socket.local.port]
        socket.port_held = False

    def _free(self, error: int) -> int:
        if not self._next:
            self._next = randrange(FIRST, LAST + 1)
        for _ in range(FIRST, LAST + 1):
            port = self._next
            self._next = FIRST if port == LAST else port + 1
            if port not in self._owners:
                return port
        raise SysError(error)

    def listener(self, to: Endpoint) -> Socket | None:
        """Who accepts connections to that address; an exact one comes before one for all addresses."""
        return _best(
            (socket for socket in self.at(to.port) if socket.state is State.LISTENING), to.host, None
        )

    def receiver(self, to: Endpoint, source: Endpoint) -> Socket | None:
        """Who gets a datagram: one connected to its source first."""
        return _best(self.at(to.port), to.host, source)


def _best(sockets: Iterable[Socket], host: bytes, source: Endpoint | None) -> Socket | None:
    best, most = None, -1
    for socket in sockets:
        score = _score(socket, host, source)
        # (of two equal ones the latest)
        if score >= 0 and score >= most:
            best, most = socket, score
    return best


def _score(socket: Socket, host: bytes, source: Endpoint | None) -> int:
    """How well a socket fits; -1: not at all."""
    assert socket.local is not None
    bound = socket.local.host
    score = 1 if socket.family == AF_INET else 0
    if len(bound) != len(host):
        # an AF_INET6 socket for all addresses hears IPv4 too
        if not (socket.family == AF_INET6 and is_any(bound) and not only_six(socket) and len(host) == 4):
            return -1
    elif bound == host:
        score += 2
    elif not is_any(bound):
        return -1
    if source is not None and socket.remote is not None:
        remote = socket.remote
        if remote.host != source.host or remote.port not in (0, source.port):
            return -1
        score += 4
    return score
