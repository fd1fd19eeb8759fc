"""The sockets as text: /proc/net/tcp, tcp6, udp, udp6 and unix (proc(5)), for netstat, ss and lsof."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from tabux.abi.socket import AF_INET, AF_UNIX, SOCK_STREAM
from tabux.net.address import ANY, ANY6, Endpoint
from tabux.net.network import Network
from tabux.net.socket import Socket, State

_TCP_HEADER = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
)
_UDP_HEADER = (
    "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout"
    " inode ref pointer drops"
)
_SIX_HEADER = "  sl  local_address                         remote_address                        st"
_UNIX_HEADER = "Num       RefCount Protocol Flags    Type St Inode Path"
#: lines of IPv4 are filled up to this
_WIDTH = 149
_MAPPED = bytes(10) + b"\xff\xff"
_ACCEPTS = 0x10000
#: states of a Unix socket, and of a UDP socket (SS_*, TCP_*)
_UNIX_FREE, _UNIX_CONNECTED = 1, 3
_UDP_CONNECTED, _UDP_FREE = 1, 7


def text(net: Network, name: str) -> str:
    """The whole of /proc/net/`name`."""
    if name == "unix":
        return _lines(_UNIX_HEADER, (_unix(s) for s in _of(net, AF_UNIX)))
    stream = name.startswith("tcp")
    header = _TCP_HEADER if stream else _UDP_HEADER
    six = name.endswith("6")
    if six:
        header = _SIX_HEADER + header[header.index(" st ") + 3 :]
    found = [
        s
        for s in net.sockets.values()
        if not s.is_unix and (s.kind == SOCK_STREAM) == stream and (s.family != AF_INET) == six
        if s.local is not None and s.port_held
    ]
    lines = (_internet(net, number, s, stream) for number, s in enumerate(found))
    if six:
        return _lines(header, lines)
    return _lines(header.ljust(_WIDTH if stream else 127), (line.ljust(_WIDTH) for line in lines))


def _lines(header: str, lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in (header, *lines))


def _of(net: Network, family: int) -> list[Socket]:
    return [socket for socket in net.sockets.values() if socket.family == family]


def _endpoint(endpoint: Endpoint | None, family: int) -> str:
    """An address as the kernel's numbers, in the machine's order of bytes."""
    host, port = endpoint or Endpoint(ANY if family == AF_INET else ANY6, 0)
    if len(host) == 4 and family != AF_INET:
        host = _MAPPED + host
    words = struct.unpack(f"<{len(host) // 4}I", host)
    return "".join(f"{word:08X}" for word in words) + f":{port:04X}"


def _internet(net: Network, number: int, socket: Socket, stream: bool) -> str:
    state, received, sent = map(int, net.gate.socket_state(socket.number).split())
    if socket.state is State.LISTENING:
        received, sent = len(socket.pending), 0
    if not stream:
        state = _UDP_CONNECTED if socket.remote is not None else _UDP_FREE
    local, remote = (_endpoint(end, socket.family) for end in (socket.local, socket.remote))
    index = f"{number:4}" if stream else f"{number:5}"
    rest = "1 0000000000000000 100 0 0 10 0" if stream else "2 0000000000000000 0"
    return (
        f"{index}: {local} {remote} {state:02X} {sent:08X}:{received:08X} 00:00000000 00000000"
        f" {socket.owner.uid:5} {0:8} {socket.ino} {rest}"
    )


def _unix(socket: Socket) -> str:
    listening = socket.state is State.LISTENING
    state = _UNIX_CONNECTED if socket.peer is not None else _UNIX_FREE
    name = socket.name.replace("\0", "@")
    line = (
        f"{0:016x}: {2 if socket.ino else 3:08X} {0:08X} {_ACCEPTS if listening else 0:08X}"
        f" {socket.kind:04X} {state:02X} {socket.ino:5}"
    )
    return f"{line} {name}" if name else line
