"""What goes out through a relay (WISP): connections to any port, and requests of HTTP as programs make them.

Nothing is hidden here, so a request is sent as it came, but for what the owner's rule adds, and for what
would lead out of the rules: the bytes after its head are framed as it says, and belong to this request alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from tabux.net import http, websocket
from tabux.net.rules import USUAL, Rule


class Goal(NamedTuple):
    """Where a connection of the relay leads, and whether TLS is spoken on it."""

    host: str
    port: int
    tls: bool


def goal(origin: str) -> Goal:
    """The goal of requests to an origin, as ``https://example.org:8443``."""
    scheme, _, authority = origin.partition("://")
    host, colon, port = authority.rpartition(":")
    if not colon or not port.isdigit():
        host, port = authority, str({name: number for number, name in USUAL.items()}[scheme])
    return Goal(host.strip("[]"), int(port), scheme == "https")


def raw(rules: Iterable[Rule], port: int) -> bool:
    """Whether a program may speak TLS itself to a port: what it asks for is then not seen.

    It is where the port is open for anything (``tcp``), or a rule says nothing of requests.
    """
    return any(
        rule.scheme_at(port) == "tcp"
        or (
            rule.scheme_at(port) == "https"
            and not (rule.paths or rule.methods is not None or rule.headers or rule.upstream)
        )
        for rule in rules
    )


def request(head: http.Head, path: str, host: str, rule: Rule, fill: Callable[[str], str]) -> str:
    """The head to send (latin-1), with the empty line at its end.

    Args:
        path: the target, relative to the origin.
        host: the Host field.
        rule: whose fields are added, in the place of those with the same names.
        fill: puts secrets into the value of a field.
    """
    upgraded = websocket.asked(head)
    replaced = {name.lower() for name, _ in rule.headers}
    lines = [f"{head.method} {path} HTTP/1.{head.minor}"]
    for (name, value), written in zip(head.fields, head.names, strict=True):
        if name in replaced:
            continue
        if name == "host":
            lines.append(f"{written}: {host}")
        elif name in ("upgrade", "http2-settings") and not upgraded:
            # (what another protocol asks for would not be seen; a server may ignore it)
            continue
        else:
            lines.append(f"{written}: {fill(value)}")
    lines += [f"{name}: {value}" for name, value in rule.headers]
    return "\r\n".join([*lines, "", ""])
