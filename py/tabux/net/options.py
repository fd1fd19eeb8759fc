"""getsockopt(2) and setsockopt(2): socket(7), ip(7), ipv6(7), tcp(7).

SO_ERROR, SO_RCVTIMEO and SO_SNDTIMEO are the gate's. Most others only remember what they were set to.
"""

from __future__ import annotations

import struct

from tabux.abi import socket as s
from tabux.abi.errno import (
    EACCES,
    EINVAL,
    ENODEV,
    ENOPROTOOPT,
    EOPNOTSUPP,
    EPERM,
    SysError,
)
from tabux.fs.credentials import Credentials
from tabux.net.gate import SocketGate
from tabux.net.socket import (
    BUFFER,
    NOBODY,
    TCP_RECEIVE_BUFFER,
    TCP_SEND_BUFFER,
    Identity,
    Socket,
    State,
)

_INT = struct.Struct("<i")
_LINGER = struct.Struct("<ii")
_UCRED = struct.Struct("<iii")
_LEAST_SEND, _LEAST_RECEIVE = 4608, 2304

#: options that are on or off
_SWITCHES = {
    (s.SOL_SOCKET, name)
    for name in (
        s.SO_REUSEADDR,
        s.SO_REUSEPORT,
        s.SO_DONTROUTE,
        s.SO_BROADCAST,
        s.SO_KEEPALIVE,
        s.SO_OOBINLINE,
        s.SO_NO_CHECK,
    )
} | {
    (s.IPPROTO_IP, s.IP_PKTINFO),
    (s.IPPROTO_IP, s.IP_RECVERR),
    (s.IPPROTO_IP, s.IP_RECVTTL),
    (s.IPPROTO_IP, s.IP_RECVTOS),
    (s.IPPROTO_IP, s.IP_FREEBIND),
    (s.IPPROTO_IP, s.IP_MULTICAST_LOOP),
    (s.IPPROTO_IPV6, s.IPV6_V6ONLY),
    (s.IPPROTO_IPV6, s.IPV6_RECVERR),
    (s.IPPROTO_IPV6, s.IPV6_RECVPKTINFO),
    (s.IPPROTO_IPV6, s.IPV6_MULTICAST_LOOP),
    (s.IPPROTO_TCP, s.TCP_NODELAY),
    (s.IPPROTO_TCP, s.TCP_CORK),
    (s.IPPROTO_TCP, s.TCP_QUICKACK),
}
#: options with a number: what it is at first, its least and its greatest value
_NUMBERS = {
    (s.SOL_SOCKET, s.SO_RCVLOWAT): (1, 0, 2**31 - 1),
    (s.IPPROTO_IP, s.IP_TOS): (0, 0, 255),
    (s.IPPROTO_IP, s.IP_TTL): (64, 1, 255),
    (s.IPPROTO_IP, s.IP_MTU_DISCOVER): (1, 0, 5),
    (s.IPPROTO_IP, s.IP_MULTICAST_TTL): (1, 0, 255),
    (s.IPPROTO_IPV6, s.IPV6_UNICAST_HOPS): (64, 0, 255),
    (s.IPPROTO_IPV6, s.IPV6_MULTICAST_HOPS): (1, 0, 255),
    (s.IPPROTO_IPV6, s.IPV6_MTU_DISCOVER): (1, 0, 5),
    (s.IPPROTO_IPV6, s.IPV6_TCLASS): (0, 0, 255),
    (s.IPPROTO_TCP, s.TCP_MAXSEG): (536, 88, 32767),
    (s.IPPROTO_TCP, s.TCP_KEEPIDLE): (7200, 1, 32767),
    (s.IPPROTO_TCP, s.TCP_KEEPINTVL): (75, 1, 32767),
    (s.IPPROTO_TCP, s.TCP_KEEPCNT): (9, 1, 127),
    (s.IPPROTO_TCP, s.TCP_SYNCNT): (6, 1, 127),
    (s.IPPROTO_TCP, s.TCP_USER_TIMEOUT): (0, 0, 2**31 - 1),
    (s.IPPROTO_TCP, s.TCP_DEFER_ACCEPT): (0, 0, 2**31 - 1),
    (s.IPPROTO_TCP, s.TCP_FASTOPEN): (0, 0, 2**31 - 1),
}
_ON = {
    (s.IPPROTO_IP, s.IP_MULTICAST_LOOP),
    (s.IPPROTO_IPV6, s.IPV6_MULTICAST_LOOP),
    (s.IPPROTO_TCP, s.TCP_QUICKACK),
}


def _check_level(socket: Socket, level: int) -> None:
    """EOPNOTSUPP, ENOPROTOOPT: the socket has no options of that level."""
    if level == s.SOL_SOCKET:
        return
    if socket.is_unix:
        raise SysError(EOPNOTSUPP)
    known = [s.IPPROTO_IP]
    if socket.family == s.AF_INET6:
        known.append(s.IPPROTO_IPV6)
    if socket.is_tcp:
        known.append(s.IPPROTO_TCP)
    if level not in known:
        raise SysError(ENOPROTOOPT)


def get(socket: Socket, level: int, name: int) -> bytes:
    """The value of an option, as the whole of it. ENOPROTOOPT, EOPNOTSUPP."""
    _check_level(socket, level)
    key = (level, name)
    if level == s.SOL_SOCKET:
        fixed = {
            s.SO_TYPE: socket.kind,
            s.SO_PROTOCOL: socket.protocol,
            s.SO_DOMAIN: socket.family,
            s.SO_ACCEPTCONN: int(socket.state is State.LISTENING),
            s.SO_SNDLOWAT: 1,
            s.SO_DEBUG: 0,
            s.SO_PRIORITY: socket.option(*key),
            s.SO_MARK: 0,
        }
        if name in fixed:
            return _INT.pack(fixed[name])
        if name in (s.SO_SNDBUF, s.SO_RCVBUF):
            return _INT.pack(buffer_size(socket, name))
        if name == s.SO_LINGER:
            seconds = socket.option(*key, -1)
            return _LINGER.pack(seconds >= 0, max(seconds, 0))
        if name == s.SO_PASSCRED and socket.is_unix:
            return _INT.pack(socket.option(*key))
        if name == s.SO_PASSCRED:
            raise SysError(EOPNOTSUPP)
        if name == s.SO_PEERCRED:
            return pack_identity(socket.peer_identity)
    if key in _SWITCHES:
        return _INT.pack(socket.option(*key, int(key in _ON)))
    if key in _NUMBERS:
        return _INT.pack(socket.option(*key, _NUMBERS[key][0]))
    raise SysError(ENOPROTOOPT)


def pack_identity(identity: Identity = NOBODY) -> bytes:
    """struct ucred."""
    return _UCRED.pack(identity.pid, identity.uid, identity.gid)


def buffer_size(socket: Socket, name: int) -> int:
    """SO_SNDBUF or SO_RCVBUF, bytes."""
    usual = BUFFER
    if socket.is_tcp:
        usual = TCP_SEND_BUFFER if name == s.SO_SNDBUF else TCP_RECEIVE_BUFFER
    return socket.option(s.SOL_SOCKET, name, usual)


def put(gate: SocketGate, cred: Credentials, socket: Socket, level: int, name: int, data: bytes) -> None:
    """Sets an option. ENOPROTOOPT, EOPNOTSUPP, EINVAL (too short, out of range), EPERM, ENODEV."""
    _check_level(socket, level)
    key = (level, name)
    if key == (s.SOL_SOCKET, s.SO_BINDTODEVICE):
        if data.strip(b"\0") not in (b"", b"lo"):
            raise SysError(ENODEV)
        return
    if len(data) < _INT.size:
        # (an option of IP may also be a single byte)
        if level != s.IPPROTO_IP or not data:
            raise SysError(EINVAL)
        data = data[:1].ljust(_INT.size, b"\0")
    value = int(_INT.unpack_from(data)[0])
    if level == s.SOL_SOCKET and _put_general(gate, cred, socket, name, value, data):
        return
    if key in _SWITCHES:
        if key == (s.IPPROTO_IPV6, s.IPV6_V6ONLY) and socket.port_held:
            raise SysError(EINVAL)
        socket.options[key] = int(value != 0)
    elif key in _NUMBERS:
        usual, least, most = _NUMBERS[key]
        if value == -1 and level in (s.IPPROTO_IP, s.IPPROTO_IPV6):
            value = usual
        if level == s.SOL_SOCKET and value < 0:
            value = most
        if not least <= value <= most:
            raise SysError(EINVAL)
        socket.options[key] = max(value, 1) if name == s.SO_RCVLOWAT and level == s.SOL_SOCKET else value
    else:
        raise SysError(ENOPROTOOPT)


def _put_general(
    gate: SocketGate, cred: Credentials, socket: Socket, name: int, value: int, data: bytes
) -> bool:
    """The options of sockets as such; False for those that are like all others."""
    key = (s.SOL_SOCKET, name)
    if name in (s.SO_SNDBUF, s.SO_RCVBUF, s.SO_SNDBUFFORCE, s.SO_RCVBUFFORCE):
        if name in (s.SO_SNDBUFFORCE, s.SO_RCVBUFFORCE):
            if cred.euid != 0:
                raise SysError(EPERM)
            name = s.SO_SNDBUF if name == s.SO_SNDBUFFORCE else s.SO_RCVBUF
        # (Linux compares them without a sign, and doubles: the rest is for what it needs itself)
        value = min(value & 0xFFFFFFFF, BUFFER)
        least = _LEAST_SEND if name == s.SO_SNDBUF else _LEAST_RECEIVE
        socket.options[s.SOL_SOCKET, name] = max(2 * value, least)
        send, receive = (buffer_size(socket, which) for which in (s.SO_SNDBUF, s.SO_RCVBUF))
        gate.socket_limits(socket.number, send, receive)
    elif name == s.SO_LINGER:
        if len(data) < _LINGER.size:
            raise SysError(EINVAL)
        on, seconds = _LINGER.unpack_from(data)
        socket.options[key] = max(seconds, 0) if on else -1
    elif name == s.SO_PASSCRED:
        if not socket.is_unix:
            raise SysError(EOPNOTSUPP)
        socket.options[key] = int(value != 0)
    elif name == s.SO_PRIORITY:
        if not 0 <= value <= 6 and cred.euid != 0:
            raise SysError(EPERM)
        socket.options[key] = value
    elif name in (s.SO_DEBUG, s.SO_MARK):
        if value and cred.euid != 0:
            raise SysError(EPERM if name == s.SO_MARK else EACCES)
    elif name in (s.SO_TYPE, s.SO_PROTOCOL, s.SO_DOMAIN, s.SO_ERROR, s.SO_ACCEPTCONN, s.SO_SNDLOWAT):
        raise SysError(ENOPROTOOPT)
    elif name == s.SO_REUSEPORT and socket.is_unix and value:
        raise SysError(EOPNOTSUPP)
    else:
        return False
    return True
