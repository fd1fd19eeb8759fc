"""What the network asks of the gate, which has the bytes of every socket."""

from __future__ import annotations

from typing import Protocol


class SocketGate(Protocol):
    """Sockets are named by their number. Like all of the gate: nothing runs a program before it returns."""

    def socket_new(self, number: int, family: int, kind: int) -> None:
        """There is a new socket, unconnected and with the usual limits."""

    def socket_name(self, number: int, packed: str) -> None:
        """The sockaddr (latin-1) that receivers see as where its messages come from."""

    def socket_link(self, number: int, peer: int) -> None:
        """Two streams or sequences of packets are connected from now on."""

    def socket_direct(self, number: int, peer: int) -> str:
        """Where messages without an address go: a socket; 0: nowhere, -1: an address the kernel knows.

        The parcels in messages that are dropped because of it, as for `socket_close`.
        """

    def socket_listen(self, number: int, pending: int) -> None:
        """It listens, and so many connections wait to be accepted; -1: it does not listen any more."""

    def socket_connecting(self, number: int) -> None:
        """A connection has been asked for and is not there yet."""

    def socket_fail(self, number: int, errno: int) -> None:
        """Its connection has failed: the next call hears of it."""

    def socket_error(self, number: int) -> int:
        """Takes the error that the next call would hear of; 0 for none."""

    def socket_limits(self, number: int, send: int, receive: int) -> None:
        """SO_SNDBUF and SO_RCVBUF, bytes."""

    def socket_wake(self, number: int) -> None:
        """Whoever waits for the socket tries again."""

    def socket_close(self, number: int, abort: bool) -> str:
        """Nobody uses it any more. The parcels that lay in its queues (numbers, separated by spaces).

        `abort` drops what the peer has not read and tells it so (SO_LINGER with no time).
        """

    def port_opened(self, port: int, address: str, pid: int) -> None:
        """A process listens at a port of TCP from now on, and nobody did before."""

    def port_closed(self, port: int) -> None:
        """Nobody listens at that port any more."""

    def gateway_open(self, number: int, scheme: str, host: str, port: int, pid: int) -> None:
        """A process has connected to a host outside: the gate serves the other end, that socket.

        With the scheme ``tcp`` it is connected once the relay has made the connection (`network_connected`).
        """

    def network_event(self, details: str) -> None:
        """Something has been asked of the outside, for the audit log: a JSON object."""

    def socket_state(self, number: int) -> str:
        """For /proc/net: TCP's state (tcp_states.h), bytes to read, bytes sent and not read."""
