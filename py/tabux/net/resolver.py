"""The name server of the sandbox, at 127.0.0.53 port 53: what it is asked and answers (RFC 1035).

It knows the own names of the machine, and those outside that are allowed: they have synthetic addresses.
Of any other it says at once that there is none.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from tabux.net.address import LOOPBACK, LOOPBACK6, Endpoint

#: where it is asked (/etc/resolv.conf)
ADDRESS = Endpoint(bytes([127, 0, 0, 53]), 53)

_HEADER = struct.Struct(">HHHHHH")
_QUESTION = struct.Struct(">HH")
_RECORD = struct.Struct(">HHIH")
_TYPE_A, _TYPE_PTR, _TYPE_AAAA, _CLASS_IN = 1, 12, 28, 1
_RESPONSE, _RECURSION_DESIRED, _RECURSION_AVAILABLE = 0x8000, 0x0100, 0x0080
_OPCODE = 0x7800
_FORMAT_ERROR, _NO_SUCH_NAME, _NOT_IMPLEMENTED = 1, 3, 4
#: seconds an answer may be kept
_TTL = 0
#: a pointer to the name in the question
_SAME_NAME = b"\xc0\x0c"


def answer(query: bytes, hostname: str, outside: Callable[[str], bytes | None]) -> bytes:
    """The response to a query; empty where it is not even one (it is then dropped).

    `outside` gives the address of a name that is none of the machine's own.
    """
    if len(query) < _HEADER.size:
        return b""
    number, flags, questions, *_ = _HEADER.unpack_from(query)
    if flags & _RESPONSE:
        return b""
    flags = _RESPONSE | flags & (_OPCODE | _RECURSION_DESIRED) | _RECURSION_AVAILABLE
    if flags & _OPCODE:
        return _HEADER.pack(number, flags | _NOT_IMPLEMENTED, 0, 0, 0, 0)
    name, at = _name(query)
    if questions != 1 or not at or len(query) < at + _QUESTION.size:
        return _HEADER.pack(number, flags | _FORMAT_ERROR, 0, 0, 0, 0)
    question = query[_HEADER.size : at + _QUESTION.size]
    kind, of_class = _QUESTION.unpack_from(query, at)
    data = _lookup(name, kind, hostname, outside) if of_class == _CLASS_IN else None
    if data is None:
        return _HEADER.pack(number, flags | _NO_SUCH_NAME, 1, 0, 0, 0) + question
    record = _SAME_NAME + _RECORD.pack(kind, _CLASS_IN, _TTL, len(data)) + data if data else b""
    return _HEADER.pack(number, flags, 1, int(bool(data)), 0, 0) + question + record


def _name(query: bytes) -> tuple[str, int]:
    """The name in the question, in lower case, and where it ends; 0 where it is none."""
    labels: list[str] = []
    at = _HEADER.size
    while at < len(query):
        length = query[at]
        at += 1
        if not length:
            return ".".join(labels), at
        if length > 63 or at + length > len(query):
            break
        labels.append(query[at : at + length].decode("latin-1").lower())
        at += length
    return "", 0


def _lookup(name: str, kind: int, hostname: str, outside: Callable[[str], bytes | None]) -> bytes | None:
    """What there is of that kind: b"" for a name that has other things only, None where it is no name."""
    if name == "localhost" or name.endswith(".localhost"):
        return {_TYPE_A: LOOPBACK, _TYPE_AAAA: LOOPBACK6}.get(kind, b"")
    if name == hostname:
        return LOOPBACK[:2] + b"\1\1" if kind == _TYPE_A else b""
    if name == "1.0.0.127.in-addr.arpa":
        return b"\x09localhost\0" if kind == _TYPE_PTR else b""
    if name.endswith(".arpa"):
        return None
    address = outside(name)
    if address is None:
        return None
    return address if kind == _TYPE_A else b""
