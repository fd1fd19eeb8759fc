"""The handshake of WebSockets, which a browser makes by itself (RFC 6455, 4)."""

from __future__ import annotations

import re

# (hashlib would bring its kin into the snapshot)
from _sha1 import sha1  # type: ignore[import-not-found]
from binascii import Error, a2b_base64, b2a_base64

from tabux.net import http

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VERSION = "13"


def asked(head: http.Head) -> bool:
    """Whether a request asks for the protocol of WebSockets."""
    return (
        head.method == "GET"
        and head.minor > 0
        and "upgrade" in head.values("connection")
        and head.values("upgrade") == ["websocket"]
    )


def accept(head: http.Head) -> str:
    """What the answer to a request proves that it was understood with (Sec-WebSocket-Accept).

    Raises:
        BadRequestError: 400 for a key that is none, 426 for another version.
    """
    if head.values("sec-websocket-version") != [VERSION]:
        raise http.BadRequestError(426, f"only version {VERSION} of WebSockets is spoken here")
    keys = [value for name, value in head.fields if name == "sec-websocket-key"]
    try:
        good = len(keys) == 1 and len(a2b_base64(keys[0], strict_mode=True)) == 16
    except Error:
        good = False
    if not good or head.length:
        raise http.BadRequestError(400, "this is not a handshake of WebSockets")
    digest = sha1(keys[0].encode("latin-1") + _GUID, usedforsecurity=False).digest()
    return b2a_base64(digest, newline=False).decode()


def protocols(head: http.Head) -> list[str]:
    """The protocols that it offers, in their order. BadRequestError."""
    fields = [value for name, value in head.fields if name == "sec-websocket-protocol"]
    offered = [one.strip() for value in fields for one in value.split(",")]
    if len(set(offered)) != len(offered) or not all(_TOKEN.fullmatch(one) for one in offered):
        raise http.BadRequestError(400, "the protocols that are offered are malformed")
    return offered


def url(origin: str, path: str) -> str:
    """The address of a WebSocket at an origin of http or https."""
    return "ws" + origin.removeprefix("http") + path
