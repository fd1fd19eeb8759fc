"""Sockets of the family AF_UNIX: names, connections and where messages go (unix(7))."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabux.abi.errno import (
    EACCES,
    EADDRINUSE,
    ECONNREFUSED,
    EEXIST,
    EINVAL,
    EISCONN,
    ENOTCONN,
    EOPNOTSUPP,
    EPERM,
    EPROTOTYPE,
    SysError,
)
from tabux.abi.socket import AF_UNIX, SO_PASSCRED, SOCK_DGRAM, SOL_SOCKET
from tabux.abi.stat import S_IFMT, S_IFSOCK
from tabux.fs.credentials import MAY_WRITE, permitted
from tabux.kernel.gate import BLOCKED
from tabux.net.address import family_of, is_unspecified, pack_unix, parse_unix
from tabux.net.network import Network, identity_of
from tabux.net.socket import Socket, State

if TYPE_CHECKING:
    from tabux.kernel.process import Process


def pair(net: Network, p: Process, kind: int) -> tuple[Socket, Socket]:
    """socketpair(2): two that are connected to each other."""
    me = identity_of(p)
    one, other = net.create(AF_UNIX, kind, 0, me), net.create(AF_UNIX, kind, 0, me)
    for socket, peer in ((one, other), (other, one)):
        socket.peer = peer
        socket.peer_identity = me
        socket.state = State.CONNECTED
    if kind == SOCK_DGRAM:
        net.direct(one, other.number)
        net.direct(other, one.number)
    else:
        net.gate.socket_link(one.number, other.number)
    return one, other


def _set_name(net: Network, socket: Socket, name: str) -> None:
    socket.name = name
    net.gate.socket_name(socket.number, pack_unix(name).decode("latin-1"))


def autobind(net: Network, socket: Socket) -> None:
    """Gives a socket without a name an abstract one of five digits."""
    if socket.name:
        return
    number = next(n for n in range(1 << 20) if (socket.kind, f"{n:05x}") not in net.abstract)
    net.abstract[socket.kind, f"{number:05x}"] = socket
    _set_name(net, socket, f"\0{number:05x}")


def bind(net: Network, p: Process, socket: Socket, data: bytes) -> None:
    """bind(2). EINVAL (a bad address; it has a name), EADDRINUSE, and what mknod(2) raises."""
    if len(data) == 2 and family_of(data) == AF_UNIX:
        autobind(net, socket)
        return
    name = parse_unix(data)
    if name[0] == "\0":
        if socket.name:
            raise SysError(EINVAL)
        if (socket.kind, name[1:]) in net.abstract:
            raise SysError(EADDRINUSE)
        net.abstract[socket.kind, name[1:]] = socket
        _set_name(net, socket, name)
        return
    try:
        inode = net.vfs.mknod(p.cwd, name, S_IFSOCK | 0o777 & ~p.umask, 0, p.cred, p)
    except SysError as error:
        raise SysError(EADDRINUSE) if error.errno == EEXIST else error from None
    if socket.name:
        net.vfs.unlink(p.cwd, name, p.cred, p)
        raise SysError(EINVAL)
    inode.object = socket
    socket.inode = inode
    # (the inode lives as long as the socket that is found by it)
    net.vfs.opened(inode)
    _set_name(net, socket, name)


def find(net: Network, p: Process, name: str, kind: int) -> Socket:
    """The socket with that name. ECONNREFUSED, EPROTOTYPE, EACCES, and what the walk raises."""
    if name[0] == "\0":
        found = net.abstract.get((kind, name[1:]))
    else:
        inode = net.vfs.lookup(p.cwd, name, p.cred, True, p)
        if not permitted(inode, MAY_WRITE, p.cred):
            raise SysError(EACCES)
        behind = inode.object
        found = behind if inode.mode & S_IFMT == S_IFSOCK and isinstance(behind, Socket) else None
    if found is None:
        raise SysError(ECONNREFUSED)
    if found.kind != kind:
        raise SysError(EPROTOTYPE)
    return found


def listen(net: Network, p: Process, socket: Socket, backlog: int) -> None:
    """listen(2). EOPNOTSUPP, EINVAL (no name, or connected)."""
    if socket.kind == SOCK_DGRAM:
        raise SysError(EOPNOTSUPP)
    if not socket.name or socket.state not in (State.UNCONNECTED, State.LISTENING):
        raise SysError(EINVAL)
    socket.identity = identity_of(p)
    socket.peer_identity = socket.identity
    net.listen(socket, backlog)


def _may_send(socket: Socket, other: Socket) -> bool:
    return other.peer is None or other.peer is socket


def connect(net: Network, p: Process, socket: Socket, data: bytes, nonblocking: bool) -> int:
    """connect(2). BLOCKED while the other's queue is full (EAGAIN if non-blocking); ECONNREFUSED…"""
    if socket.kind == SOCK_DGRAM:
        _direct(net, p, socket, data)
        return 0
    name = parse_unix(data)
    if socket.option(SOL_SOCKET, SO_PASSCRED):
        autobind(net, socket)
    other = find(net, p, name, socket.kind)
    if other.state is not State.LISTENING or other.deaf:
        raise SysError(ECONNREFUSED)
    if other.full:
        net.wait_for_room(other, socket, nonblocking)
        return BLOCKED
    if socket.state is not State.UNCONNECTED:
        raise SysError(EISCONN if socket.state is State.CONNECTED else EINVAL)
    child = net.add_pending(other, socket)
    child.name, child.peer, socket.peer = other.name, socket, child
    net.gate.socket_name(child.number, pack_unix(other.name).decode("latin-1"))
    child.peer_identity = identity_of(p)
    socket.peer_identity = other.identity
    socket.state = State.CONNECTED
    return 0


def _addressee(net: Network, p: Process, socket: Socket, data: bytes) -> Socket:
    """The socket that a datagram to that address is for. Errors as of `find`, EPERM: it has a peer."""
    name = parse_unix(data)
    if socket.option(SOL_SOCKET, SO_PASSCRED):
        autobind(net, socket)
    other = find(net, p, name, SOCK_DGRAM)
    if not _may_send(socket, other):
        raise SysError(EPERM)
    return other


def _direct(net: Network, p: Process, socket: Socket, data: bytes) -> None:
    """connect(2) of a datagram socket: where it sends, and whom it hears. EPERM: the other has a peer."""
    if is_unspecified(data):
        socket.peer = None
        socket.state = State.UNCONNECTED
        net.direct(socket, 0)
        return
    other = _addressee(net, p, socket, data)
    socket.peer = other
    socket.state = State.CONNECTED
    net.direct(socket, other.number)


def route(net: Network, p: Process, socket: Socket, data: bytes) -> int:
    """The number of the socket that a datagram to that address is for. Errors as of `find`, EPERM."""
    return _addressee(net, p, socket, data).number


def peer_name(socket: Socket) -> bytes:
    """getpeername(2). ENOTCONN."""
    if socket.peer is None:
        raise SysError(ENOTCONN)
    return pack_unix(socket.peer.name)
