"""One rule of the network policy: a host, and what may be asked of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

#: the ports that a rule opens which names none, with what is spoken there
USUAL = {80: "http", 443: "https"}
#: the scheme of ports where anything is spoken, by a relay
TCP = "tcp"

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
#: what a browser takes for a number at the end of a host makes all of it an address (URL standard)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_ORIGIN = re.compile(r"(?:(https?|tcp)://)?(\*|(?:\*\.)?[^*/:?#@\[\]\\\s]+)(?::([0-9]{1,5}|\*))?/?")


def valid_name(host: str) -> bool:
    """Whether it is a name (lower case, ASCII) that may be looked for outside: no address in any notation."""
    labels = host.split(".")
    return (
        len(host) <= 253
        and all(_LABEL.fullmatch(label) for label in labels)
        and not _NUMBER.fullmatch(labels[-1])
        and labels[-1] != "localhost"
    )


@dataclass(frozen=True)
class Rule:
    """What is allowed.

    Attributes:
        host: a name, ``*.`` and a name for all below it (not itself), or ``*`` for every name with a dot.
        port, scheme: where it is; None for the usual ports of both schemes, and for all ports of ``tcp``.
        methods: None for all.
        paths: prefixes of whole segments; empty for all.
        upstream: the origin that is asked in its place.
        headers: names and values that are added to each request outside of the sandbox.
    """

    host: str
    scheme: str | None = None
    port: int | None = None
    methods: frozenset[str] | None = None
    paths: tuple[str, ...] = ()
    upstream: str | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def matches(self, host: str) -> bool:
        """Whether it is about that host (a valid name)."""
        if self.host == "*":
            return "." in host
        return host.endswith(self.host[1:]) if self.host.startswith("*.") else host == self.host

    def scheme_at(self, port: int) -> str | None:
        """What is spoken at a port, None where the rule does not open it."""
        if self.scheme == TCP:
            return TCP if self.port in (None, port) else None
        if self.port is None:
            usual = USUAL.get(port)
            return usual if self.scheme in (None, usual) else None
        return (self.scheme or USUAL.get(port, "http")) if port == self.port else None

    def permits(self, method: str, path: str) -> bool:
        """Whether a request may be made. The path is normal (`tabux.net.target`)."""
        if self.methods is not None and method not in self.methods:
            return False
        return not self.paths or any(_below(path, prefix) for prefix in self.paths)

    def sources(self) -> list[str]:
        """The rule's origins as a Content-Security-Policy names them (CSP 3, source expressions)."""
        if self.scheme == TCP:
            return []
        if self.upstream:
            return [self.upstream]
        if self.host == "*":
            return ["https:"]
        port = f":{self.port}" if self.port else ""
        schemes = (
            [self.scheme]
            if self.scheme
            else ["http", "https"]
            if not port
            else [USUAL.get(self.port or 0, "http")]
        )
        return [f"{scheme}://{self.host}{port}" for scheme in schemes]


def _below(path: str, prefix: str) -> bool:
    if "%2f" in path.lower() or "%5c" in path.lower():
        return False  # what the server makes of it is not to be known
    return path == prefix or path.startswith(prefix if prefix.endswith("/") else f"{prefix}/")


def parse(given: dict[str, Any]) -> Rule:
    """A rule as the page hands it over: `host` and the other attributes.

    Raises:
        ValueError: what is wrong with it, for people.
    """
    text = str(given["host"])
    found = _ORIGIN.fullmatch(text)
    if not found:
        raise ValueError(
            f'"{text}" is not a host: write example.org, *.example.org or https://example.org:8443'
        )
    scheme, host, port = found.groups()
    host = host.lower().rstrip(".")
    if host != "*" and not valid_name(host.removeprefix("*.")):
        raise ValueError(
            f'"{text}" is not the name of a host outside: addresses and localhost are not allowed'
        )
    if port == "*" if scheme != TCP else port is None:
        raise ValueError(
            f'"{text}": write a port, or as tcp://example.org:* all ports, for tcp and nothing else'
        )
    port = None if port == "*" else port
    if port is not None and not 0 < int(port) < 65536:
        raise ValueError(f'"{text}": there is no such port')
    if scheme == TCP and any(
        given.get(name) is not None for name in ("methods", "paths", "headers", "upstream")
    ):
        raise ValueError(f'"{text}": methods, paths, headers and upstream are for http and https')
    paths = tuple(str(path) for path in given.get("paths") or ())
    for path in paths:
        if not path.startswith("/"):
            raise ValueError(f'"{text}": the path "{path}" does not begin with a slash')
    methods = given.get("methods")
    return Rule(
        host,
        scheme,
        int(port) if port else None,
        None if methods is None else frozenset(str(method).upper() for method in methods),
        paths,
        given.get("upstream"),
        tuple((str(name), str(value)) for name, value in (given.get("headers") or {}).items()),
    )
