"""Ports of TCP where somebody listens: the page is told when one opens and closes."""

from __future__ import annotations

from typing import NamedTuple

from tabux.net.address import Endpoint, text_of
from tabux.net.gate import SocketGate
from tabux.net.socket import Socket


class Port(NamedTuple):
    """A port with a listener: the address it is bound to, as text, and the process that made the socket."""

    port: int
    address: str
    pid: int


class Listening:
    """The sockets of TCP that listen, by port. Several may share one; the oldest stands for it."""

    def __init__(self, gate: SocketGate) -> None:
        self._gate = gate
        self._by_port: dict[int, dict[Socket, None]] = {}

    def add(self, socket: Socket) -> None:
        """It listens from now on."""
        port = _local(socket).port
        sharers = self._by_port.setdefault(port, {})
        sharers[socket] = None
        if len(sharers) == 1:
            self._gate.port_opened(*_described(socket))

    def remove(self, socket: Socket) -> None:
        """It does not listen any more."""
        port = _local(socket).port
        sharers = self._by_port[port]
        del sharers[socket]
        if not sharers:
            del self._by_port[port]
            self._gate.port_closed(port)

    def at(self, port: int) -> Socket | None:
        """Who listens at a port."""
        return next(iter(self._by_port.get(port, ())), None)

    def all(self) -> list[Port]:
        """The ports, in their order."""
        return [_described(next(iter(self._by_port[port]))) for port in sorted(self._by_port)]


def _local(socket: Socket) -> Endpoint:
    assert socket.local is not None
    return socket.local


def _described(socket: Socket) -> Port:
    local = _local(socket)
    return Port(local.port, text_of(local.host), socket.owner.pid)
