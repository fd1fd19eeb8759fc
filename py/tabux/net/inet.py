"""TCP and UDP over IPv4 and IPv6, within this machine (ip(7), tcp(7), udp(7), ipv6(7)).

A connection to the synthetic address of a host outside ends at the gateway. Any other address that is not the
machine's own is unreachable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabux.abi.errno import (
    EACCES,
    EADDRNOTAVAIL,
    EAFNOSUPPORT,
    EALREADY,
    ECONNABORTED,
    ECONNREFUSED,
    ECONNRESET,
    EDESTADDRREQ,
    EINPROGRESS,
    EINVAL,
    EISCONN,
    EMSGSIZE,
    ENETUNREACH,
    ENOTCONN,
    EOPNOTSUPP,
    SysError,
)
from tabux.abi.socket import AF_INET, AF_INET6, AF_UNSPEC, IPPROTO_TCP, SOCK_DGRAM, SOCK_STREAM
from tabux.kernel.gate import BLOCKED
from tabux.net.address import (
    ANY,
    ANY6,
    LOOPBACK,
    LOOPBACK6,
    OWN,
    Endpoint,
    bindable,
    family_of,
    is_any,
    is_local,
    is_multicast,
    is_unspecified,
    pack_inet,
    parse_inet,
    source_for,
    unpack_inet,
)
from tabux.net.gateway import Way
from tabux.net.network import Network
from tabux.net.ports import only_six
from tabux.net.rules import TCP
from tabux.net.socket import NOBODY, Socket, State

if TYPE_CHECKING:
    from tabux.kernel.process import Process

#: lower ones are root's (/proc/sys/net/ipv4/ip_unprivileged_port_start)
_UNPRIVILEGED = 1024
#: the longest datagram over IPv4 and over IPv6, bytes
_MAX_DATAGRAM, _MAX_DATAGRAM6 = 65_507, 65_527


def any_host(socket: Socket) -> bytes:
    """The address that stands for all of the socket's family."""
    return ANY if socket.family == AF_INET else ANY6


def bind(net: Network, p: Process, socket: Socket, data: bytes) -> None:
    """bind(2). EADDRNOTAVAIL, EACCES (a low port), EADDRINUSE, EINVAL (it has a port), EAFNOSUPPORT."""
    if socket.family == AF_INET and len(data) >= 16 and family_of(data) == AF_UNSPEC and not any(data[4:8]):
        data = AF_INET.to_bytes(2, "little") + data[2:]
    host, port = parse_inet(socket.family, data)
    if len(host) == 4 and socket.family == AF_INET6 and only_six(socket):
        raise SysError(EINVAL)
    if is_multicast(host) and socket.kind != SOCK_DGRAM:
        raise SysError(EADDRNOTAVAIL if len(host) == 4 else EINVAL)
    bindable(host)
    if 0 < port < _UNPRIVILEGED and p.cred.euid != 0:
        raise SysError(EACCES)
    if socket.port_held or socket.state is State.LISTENING:
        raise SysError(EINVAL)
    net.ports(socket).bind(socket, host, port)
    # (one that was bound to any port may get another for a connection)
    socket.bound = port != 0


def listen(net: Network, socket: Socket, backlog: int) -> None:
    """listen(2). EOPNOTSUPP, EINVAL (connected), EADDRINUSE (another listens there)."""
    if socket.kind == SOCK_DGRAM:
        raise SysError(EOPNOTSUPP)
    if socket.state not in (State.UNCONNECTED, State.LISTENING):
        raise SysError(EINVAL)
    if not socket.port_held:
        net.tcp.bind(socket, any_host(socket), 0)
    elif socket.state is State.UNCONNECTED:
        net.tcp.check(socket)
    net.listen(socket, backlog)


def _reachable(socket: Socket, to: Endpoint) -> Endpoint:
    """Where a connection or a datagram really goes: "all addresses" is this machine. ENETUNREACH."""
    host, local = to.host, socket.local
    if is_any(host):
        own = local is not None and len(local.host) == len(host) and not is_any(local.host)
        host = local.host if local is not None and own else LOOPBACK if len(host) == 4 else LOOPBACK6
    if len(host) == 4 and socket.family == AF_INET6 and only_six(socket):
        raise SysError(ENETUNREACH)
    if host == b"\xff\xff\xff\xff":
        raise SysError(EACCES)
    if not is_local(host):
        raise SysError(ENETUNREACH)
    if local is not None and not is_any(local.host) and len(local.host) != len(host):
        if len(local.host) == 4:
            raise SysError(EAFNOSUPPORT)
        if socket.bound:
            raise SysError(ENETUNREACH)
    return Endpoint(host, to.port)


def _settle_source(net: Network, socket: Socket, to: Endpoint) -> None:
    """The socket's own address and port, now that it is known whom it talks to. EADDRNOTAVAIL."""
    if socket.local is None or not socket.port_held:
        net.ports(socket).bind(socket, source_for(to.host), 0, EADDRNOTAVAIL)
        return
    if is_any(socket.local.host):
        socket.local = Endpoint(source_for(to.host), socket.local.port)


def connect(net: Network, p: Process, socket: Socket, data: bytes, nonblocking: bool) -> int:
    """connect(2). EINPROGRESS, EALREADY, EISCONN, ECONNREFUSED, ENETUNREACH, EADDRNOTAVAIL…"""
    if is_unspecified(data):
        _disconnect(net, socket)
        return 0
    if socket.kind == SOCK_DGRAM:
        _direct(net, socket, data)
        return 0
    if socket.state in (State.LISTENING, State.CONNECTED):
        raise SysError(EISCONN)
    if socket.state is State.BROKEN:
        raise SysError(EINVAL)
    if socket.state is State.CONNECTING:
        return _going_on(net, socket, nonblocking)
    wanted = parse_inet(socket.family, data)
    way = net.gateway.way(wanted.host, wanted.port, p.pid)
    if way is not None:
        _leave(net, socket, wanted, way)
        if nonblocking:
            raise SysError(EINPROGRESS)
        if not socket.linked:
            return BLOCKED
        socket.state = State.CONNECTED
        return 0
    to = _reachable(socket, wanted)
    had_port = socket.local
    _settle_source(net, socket, to)
    assert socket.local is not None
    if any(other.remote == to and other.local == socket.local for other in net.tcp.at(socket.local.port)):
        raise SysError(EADDRNOTAVAIL)
    socket.remote = to
    socket.linked = socket.refused = False
    socket.state = State.CONNECTING
    listener = net.tcp.listener(to)
    if listener is None:
        if not nonblocking:
            _fail(net, socket, had_port)
            raise SysError(ECONNREFUSED)
        socket.refused = True
        if not socket.bound:
            net.tcp.release(socket)
        net.gate.socket_fail(socket.number, ECONNREFUSED)
        raise SysError(EINPROGRESS)
    if listener.full:
        net.gate.socket_connecting(socket.number)
        net.wait_for_room(listener, socket, nonblocking)
    else:
        establish(net, socket, listener)
    if nonblocking:
        raise SysError(EINPROGRESS)
    if not socket.linked:
        return BLOCKED
    socket.state = State.CONNECTED
    return 0


def _leave(net: Network, socket: Socket, to: Endpoint, way: Way) -> None:
    """A connection to a host outside: its other end is the gateway's. The relay may have to make it first."""
    if socket.local is not None and not is_any(socket.local.host) and socket.local.host != OWN:
        raise SysError(EINVAL)
    if socket.local is None or not socket.port_held:
        net.tcp.bind(socket, OWN, 0, EADDRNOTAVAIL)
    else:
        socket.local = Endpoint(OWN, socket.local.port)
    socket.remote = to
    socket.linked = socket.refused = False
    socket.state = State.CONNECTING
    other = net.new(AF_INET, SOCK_STREAM, IPPROTO_TCP, NOBODY)
    other.local, other.remote = to, socket.local
    if way.scheme == TCP:
        net.gate.socket_connecting(socket.number)
        net.gateway.connect(other.number, way, socket)
        return
    _link(net, socket, other)
    net.gateway.open(other.number, way)


def _link(net: Network, client: Socket, other: Socket) -> None:
    other.state = State.CONNECTED
    net.gate.socket_link(client.number, other.number)
    client.linked = True


def relay_settled(net: Network, number: int, errno: int) -> bool:
    """The relay has made a connection whose other end is that socket, or has not (an errno).

    Returns: whether it is connected now: who asked for it may have gone away.
    """
    client, other = net.gateway.settled(number), net.sockets.get(number)
    if client is None or other is None or client.state is not State.CONNECTING:
        return False
    if errno:
        client.refused = True
        if not client.bound:
            net.tcp.release(client)
        net.gate.socket_fail(client.number, errno)
        return False
    _link(net, client, other)
    return True


def _going_on(net: Network, socket: Socket, nonblocking: bool) -> int:
    """connect(2) called again while it is under way, or has come to something."""
    error = net.gate.socket_error(socket.number)
    over = socket.linked and net.is_over(socket)
    if socket.linked and not error and not over:
        socket.state = State.CONNECTED
        return 0
    if socket.refused or error or over:
        error = error or ECONNABORTED
        _fail(net, socket, socket.local if socket.bound else None)
        raise SysError(error)
    if nonblocking:
        raise SysError(EALREADY)
    return BLOCKED


def _fail(net: Network, socket: Socket, had_port: Endpoint | None) -> None:
    """The connection has not come about: the socket is as before, and may try again."""
    socket.state = State.UNCONNECTED
    socket.remote = None
    socket.refused = False
    if not socket.bound:
        net.tcp.release(socket)
    socket.local = had_port
    net.gate.socket_listen(socket.number, -1)


def establish(net: Network, client: Socket, listener: Socket) -> None:
    """The two sides of a new connection."""
    child = net.add_pending(listener, client)
    child.local, child.remote = client.remote, client.local
    net.tcp.hold(child)
    client.linked = True


def _disconnect(net: Network, socket: Socket) -> None:
    """connect(2) to AF_UNSPEC: the association is dissolved, a connection of TCP broken off."""
    if socket.kind == SOCK_DGRAM:
        socket.remote = None
        socket.state = State.UNCONNECTED
        net.direct(socket, 0)
        if not socket.bound:
            net.udp.release(socket)
            socket.local = None
        return
    if socket.state is State.LISTENING:
        net.stop_listening(socket)
    elif socket.state is not State.UNCONNECTED:
        net.gate.socket_close(socket.number, True)
        net.gate.socket_new(socket.number, socket.family, socket.kind)
        net.gate.socket_fail(socket.number, ECONNRESET)
        _fail(net, socket, socket.local if socket.bound else None)


def _direct(net: Network, socket: Socket, data: bytes) -> None:
    """connect(2) of a UDP socket: where it sends, and whom it hears."""
    if socket.local is None:
        net.udp.bind(socket, any_host(socket), 0)
    if socket.family == AF_INET6 and len(data) >= 16 and family_of(data) == AF_INET:
        if only_six(socket):
            raise SysError(EAFNOSUPPORT)
        to = unpack_inet(data)
    else:
        to = parse_inet(socket.family, data)
    to = _reachable(socket, to)
    _settle_source(net, socket, to)
    socket.remote = to
    socket.state = State.CONNECTED
    net.direct(socket, -1)


def route(
    net: Network, socket: Socket, data: bytes, size: int
) -> tuple[Socket | None, bytes, bool, Endpoint]:
    """(who gets a datagram, the sender's address as that one sees it, whether a refusal is heard, where to).

    `data` is the address given, empty for the one connected to. EDESTADDRREQ, EMSGSIZE, EINVAL (port 0),
    EAFNOSUPPORT, ENETUNREACH, EACCES (broadcast).
    """
    if socket.local is None:
        net.udp.bind(socket, any_host(socket), 0)
    if size > 0xFFFF:
        raise SysError(EMSGSIZE)
    to = _destination(socket, data)
    if to is None:
        if socket.remote is None:
            raise SysError(EDESTADDRREQ)
        to = socket.remote
        if not to.port and socket.family == AF_INET6 and len(to.host) == 4:
            raise SysError(EINVAL)
    elif not to.port:
        raise SysError(EINVAL)
    to = _reachable(socket, to)
    if size > (_MAX_DATAGRAM if len(to.host) == 4 else _MAX_DATAGRAM6):
        raise SysError(EMSGSIZE)
    assert socket.local is not None
    source = socket.local
    if is_any(source.host) or len(source.host) != len(to.host):
        source = Endpoint(source_for(to.host), source.port)
    receiver = net.udp.receiver(to, source)
    packed = pack_inet(receiver.family if receiver is not None else socket.family, source)
    remote = socket.remote
    heard = remote is not None and remote.host == to.host and remote.port in (0, to.port)
    return receiver, packed, heard, to


def _destination(socket: Socket, data: bytes) -> Endpoint | None:
    """The address given to sendto(2), None where there is none."""
    if not data:
        return None
    if socket.family == AF_INET:
        if len(data) < 16:
            raise SysError(EINVAL)
        if family_of(data) not in (AF_INET, AF_UNSPEC):
            raise SysError(EAFNOSUPPORT)
        return unpack_inet(AF_INET.to_bytes(2, "little") + data[2:])
    family = family_of(data)
    if family == AF_UNSPEC:
        return None
    if family not in (AF_INET, AF_INET6) or len(data) < (16 if family == AF_INET else 24):
        raise SysError(EINVAL)
    return unpack_inet(data)


def own_name(socket: Socket) -> bytes:
    """getsockname(2)."""
    return pack_inet(socket.family, socket.local or Endpoint(any_host(socket), 0))


def peer_name(socket: Socket) -> bytes:
    """getpeername(2). ENOTCONN."""
    there = socket.state is State.CONNECTED or (socket.state is State.CONNECTING and socket.linked)
    if socket.remote is None or not socket.remote.port or not there:
        raise SysError(ENOTCONN)
    return pack_inet(socket.family, socket.remote)
