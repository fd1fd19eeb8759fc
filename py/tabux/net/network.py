"""All sockets of one sandbox: making, accepting and closing them, whatever their family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabux.abi.errno import (
    EACCES,
    EAFNOSUPPORT,
    EAGAIN,
    ECONNREFUSED,
    EINVAL,
    EOPNOTSUPP,
    EPERM,
    EPROTONOSUPPORT,
    ESOCKTNOSUPPORT,
    SysError,
)
from tabux.abi.socket import (
    AF_INET,
    AF_INET6,
    AF_UNIX,
    IPPROTO_ICMP,
    IPPROTO_ICMPV6,
    IPPROTO_TCP,
    IPPROTO_UDP,
    SO_LINGER,
    SO_RCVBUF,
    SO_SNDBUF,
    SOCK_DGRAM,
    SOCK_RAW,
    SOCK_SEQPACKET,
    SOCK_STREAM,
    SOL_SOCKET,
    SOMAXCONN,
)
from tabux.net.gate import SocketGate
from tabux.net.gateway import Gateway
from tabux.net.listening import Listening
from tabux.net.options import buffer_size
from tabux.net.ports import Ports
from tabux.net.rights import Parcels
from tabux.net.socket import Identity, Socket, State

if TYPE_CHECKING:
    from tabux.fs.vfs import Vfs
    from tabux.kernel.process import Process


def identity_of(p: Process) -> Identity:
    """Who a process is to the other side of its sockets."""
    return Identity(p.pid, p.cred.euid, p.cred.egid)


class Network:
    """The sockets, and the tables in which they are found by name or port."""

    def __init__(self, gate: SocketGate, vfs: Vfs) -> None:
        self.gate = gate
        self.vfs = vfs
        self.sockets: dict[int, Socket] = {}
        #: Unix sockets by type and abstract name (without its NUL): each type has names of its own
        self.abstract: dict[tuple[int, str], Socket] = {}
        self.tcp = Ports(self.is_over)
        self.udp = Ports()
        self.listening = Listening(gate)
        self.gateway = Gateway(gate)
        self.parcels = Parcels()
        #: parcels that a call has dropped; who made it sees to their contents
        self.dropped: list[int] = []
        self._last = 0

    def create(self, family: int, kind: int, protocol: int, owner: Identity) -> Socket:
        """A new socket; `kind` without its flags.

        EAFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT, EPERM (raw ones), EACCES (ping), EINVAL.
        """
        if not 0 <= kind < 11:
            raise SysError(EINVAL)
        if family == AF_UNIX:
            if protocol not in (0, AF_UNIX):
                raise SysError(EPROTONOSUPPORT)
            # (Linux takes this for a datagram socket)
            kind = SOCK_DGRAM if kind == SOCK_RAW else kind
            if kind not in (SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET):
                raise SysError(ESOCKTNOSUPPORT)
            return self.new(family, kind, 0, owner)
        if family in (AF_INET, AF_INET6):
            return self.new(family, kind, _internet_protocol(family, kind, protocol, owner), owner)
        raise SysError(EAFNOSUPPORT)

    def new(self, family: int, kind: int, protocol: int, owner: Identity) -> Socket:
        """The same where the arguments are known to be good."""
        self._last += 1
        socket = Socket(self._last, family, kind, protocol, owner)
        self.sockets[socket.number] = socket
        self.gate.socket_new(socket.number, family, kind)
        return socket

    def ports(self, socket: Socket) -> Ports:
        """The table of its protocol."""
        return self.tcp if socket.is_tcp else self.udp

    def direct(self, socket: Socket, peer: int) -> None:
        """Where a datagram socket sends from now on (`SocketGate.socket_direct`)."""
        self.dropped += map(int, self.gate.socket_direct(socket.number, peer).split())

    # connections to accept

    def listen(self, socket: Socket, backlog: int) -> None:
        """It accepts connections from now on; who waits for room may have some."""
        socket.backlog = min(backlog & 0xFFFFFFFF, SOMAXCONN)
        begins = socket.state is not State.LISTENING
        socket.state = State.LISTENING
        if begins and socket.is_tcp:
            self.listening.add(socket)
        self.gate.socket_listen(socket.number, len(socket.pending))
        self._let_in(socket)

    def add_pending(self, listener: Socket, client: Socket) -> Socket:
        """A new connection: the socket for the listener's side, which accept(2) will hand out."""
        child = self.new(listener.family, listener.kind, listener.protocol, listener.owner)
        child.options = listener.options.copy()
        child.state = State.CONNECTED
        if child.options:
            send, receive = (buffer_size(child, name) for name in (SO_SNDBUF, SO_RCVBUF))
            self.gate.socket_limits(child.number, send, receive)
        self.gate.socket_link(client.number, child.number)
        listener.pending.append(child)
        self.gate.socket_listen(listener.number, len(listener.pending))
        return child

    def accept(self, socket: Socket) -> Socket | None:
        """The oldest connection that waits, None where there is none. EINVAL, EOPNOTSUPP."""
        if socket.kind == SOCK_DGRAM:
            raise SysError(EOPNOTSUPP)
        if socket.state is not State.LISTENING:
            raise SysError(EINVAL)
        if not socket.pending:
            return None
        child = socket.pending.popleft()
        self.gate.socket_listen(socket.number, len(socket.pending))
        self._let_in(socket)
        return child

    def _let_in(self, listener: Socket) -> None:
        """Clients that found the queue full try again, or (TCP, which asked once) get their connection."""
        from tabux.net import inet

        while listener.waiting and not listener.full:
            client = listener.waiting.popleft()
            client.waits_for = None
            if client.is_unix:
                self.gate.socket_wake(client.number)
            else:
                inet.establish(self, client, listener)

    def stop_listening(self, socket: Socket) -> list[int]:
        """shutdown(2) of a listening one, or its end: who waits is refused. The parcels left over."""
        parcels: list[int] = []
        socket.state = State.UNCONNECTED
        if socket.is_tcp:
            self.listening.remove(socket)
        if socket.is_tcp and not socket.bound:
            self.tcp.release(socket)
        self.gate.socket_listen(socket.number, -1)
        while socket.pending:
            parcels += self._forget(socket.pending.popleft(), abort=True)
        while socket.waiting:
            client = socket.waiting.popleft()
            client.waits_for = None
            if client.is_unix:
                self.gate.socket_wake(client.number)
            else:
                client.refused = True
                self.gate.socket_fail(client.number, ECONNREFUSED)
        return parcels

    # the end

    def is_over(self, socket: Socket) -> bool:
        """Whether both sides of a connection have ended it, or one has broken it off."""
        there = socket.state is State.CONNECTED or socket.linked
        return there and self.gate.socket_state(socket.number).startswith("7 ")

    def close(self, socket: Socket) -> list[int]:
        """Nobody has it any more. The parcels that were in its queues: they are to be opened and released."""
        parcels = self.stop_listening(socket) if socket.state is State.LISTENING else []
        return parcels + self._forget(socket, abort=socket.option(SOL_SOCKET, SO_LINGER, -1) == 0)

    def _forget(self, socket: Socket, abort: bool) -> list[int]:
        socket.gone = True
        del self.sockets[socket.number]
        if socket.is_unix:
            if socket.inode is not None:
                inode, socket.inode = socket.inode, None
                inode.object = None
                self.vfs.released(inode)
            elif self.abstract.get((socket.kind, socket.name[1:])) is socket:
                del self.abstract[socket.kind, socket.name[1:]]
        else:
            self.ports(socket).release(socket)
        if socket.waits_for is not None:
            socket.waits_for.waiting.remove(socket)
        dropped = self.gate.socket_close(socket.number, abort)
        return [int(number) for number in dropped.split()]

    def wait_for_room(self, listener: Socket, client: Socket, nonblocking: bool) -> None:
        """A client waits until the listener's queue has room. EAGAIN."""
        if nonblocking and client.is_unix:
            raise SysError(EAGAIN)
        if client.waits_for is not listener:
            if client.waits_for is not None:
                client.waits_for.waiting.remove(client)
            client.waits_for = listener
            listener.waiting.append(client)


def _internet_protocol(family: int, kind: int, protocol: int, owner: Identity) -> int:
    if kind == SOCK_RAW:
        raise SysError(EPROTONOSUPPORT if owner.uid == 0 else EPERM)
    if kind == SOCK_DGRAM and protocol == (IPPROTO_ICMP if family == AF_INET else IPPROTO_ICMPV6):
        raise SysError(EACCES)
    usual = {SOCK_STREAM: IPPROTO_TCP, SOCK_DGRAM: IPPROTO_UDP}.get(kind)
    if usual is None:
        raise SysError(ESOCKTNOSUPPORT)
    if protocol not in (0, usual):
        raise SysError(EPROTONOSUPPORT)
    return usual
