"""Socket addresses: struct sockaddr_in, sockaddr_in6 and sockaddr_un (ip(7), ipv6(7), unix(7)).

A host is its 4 or 16 bytes. The name of a Unix socket is a str of bytes: "" for none, "\\0…", or a path.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from tabux.abi.errno import EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL, SysError
from tabux.abi.socket import AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC

_IN = struct.Struct("<H2s4s8x")
_IN6 = struct.Struct("<H2s4s16sI")
_FAMILY = struct.Struct("<H")
_PORT = struct.Struct(">H")
#: a sockaddr_in6 without its scope is taken too (SIN6_LEN_RFC2133)
_IN6_SHORT = 24
#: offset and size of sun_path
_PATH = 2
_PATH_SIZE = 108

ANY = bytes(4)
ANY6 = bytes(16)
LOOPBACK = bytes([127, 0, 0, 1])
LOOPBACK6 = bytes(15) + b"\1"
#: the sandbox's own address: of 198.18.0.0/15, which is nobody's (RFC 2544)
OWN = bytes([198, 18, 0, 1])
_MAPPED = bytes(10) + b"\xff\xff"


class Endpoint(NamedTuple):
    """A host and a port. A host of 16 bytes is never a mapped one of 4."""

    host: bytes
    port: int


def family_of(data: bytes) -> int:
    """sa_family. EINVAL where there is none."""
    if len(data) < _FAMILY.size:
        raise SysError(EINVAL)
    return int(_FAMILY.unpack_from(data)[0])


def parse_inet(family: int, data: bytes) -> Endpoint:
    """The endpoint in a sockaddr for a socket of that family. EINVAL (too short), EAFNOSUPPORT."""
    least = _IN.size if family == AF_INET else _IN6_SHORT
    if len(data) < least:
        raise SysError(EINVAL)
    if family_of(data) != family:
        raise SysError(EAFNOSUPPORT)
    return unpack_inet(data)


def unpack_inet(data: bytes) -> Endpoint:
    """The endpoint in a sockaddr_in or sockaddr_in6 that is long enough."""
    if family_of(data) == AF_INET:
        _, port, host = _IN.unpack_from(data)
    else:
        _, port, _, host, _ = _IN6.unpack(data[: _IN6.size].ljust(_IN6.size, b"\0"))
        if host.startswith(_MAPPED):
            host = host[12:]
    return Endpoint(host, _PORT.unpack(port)[0])


def pack_inet(family: int, endpoint: Endpoint) -> bytes:
    """The sockaddr that a socket of that family is told."""
    host, port = endpoint
    packed = _PORT.pack(port)
    if family == AF_INET:
        return _IN.pack(AF_INET, packed, host)
    return _IN6.pack(AF_INET6, packed, bytes(4), _MAPPED + host if len(host) == 4 else host, 0)


def is_any(host: bytes) -> bool:
    """Whether it stands for all addresses."""
    return not any(host)


def is_local(host: bytes) -> bool:
    """Whether it is an address of this machine."""
    return host[0] == 127 or host == OWN if len(host) == 4 else host == LOOPBACK6


def is_multicast(host: bytes) -> bool:
    """Whether it names a group."""
    return 224 <= host[0] < 240 if len(host) == 4 else host[0] == 0xFF


def bindable(host: bytes) -> bytes:
    """The same, if a socket can be bound to it. EADDRNOTAVAIL."""
    if not (is_any(host) or is_local(host) or is_multicast(host) or host == b"\xff\xff\xff\xff"):
        raise SysError(EADDRNOTAVAIL)
    return host


def source_for(host: bytes) -> bytes:
    """The address from which a local host is reached."""
    if len(host) == 16:
        return LOOPBACK6
    return OWN if host == OWN else LOOPBACK


def parse_unix(data: bytes) -> str:
    """The name in a sockaddr_un. EINVAL: of another family, too long, or without a name."""
    if not _PATH < len(data) <= _PATH + _PATH_SIZE or family_of(data) != AF_UNIX:
        raise SysError(EINVAL)
    name = data[_PATH:].decode("latin-1")
    return name if name[0] == "\0" else name.partition("\0")[0]


def pack_unix(name: str) -> bytes:
    """The sockaddr_un of a name; a path with the NUL after it."""
    packed = _FAMILY.pack(AF_UNIX) + name.encode("latin-1")
    return packed + b"\0" if name and name[0] != "\0" else packed


def is_unspecified(data: bytes) -> bool:
    """Whether the family is AF_UNSPEC: connect(2) to that dissolves the association."""
    return family_of(data) == AF_UNSPEC


def text_of(host: bytes) -> str:
    """The address as people write it, of IPv6 without all that may be left out."""
    if len(host) == 4:
        return ".".join(map(str, host))
    if not any(host[:15]):
        return f"::{host[15] or ''}"
    return ":".join(f"{int.from_bytes(host[i : i + 2]):x}" for i in range(0, 16, 2))
