"""The way out: what becomes of a connection to a synthetic address, and of each request on it.

The bytes are the gate's (web/net/gateway.js); it asks here for a plan of each request, and carries it out.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from tabux.net import http, target
from tabux.net.gate import SocketGate
from tabux.net.names import Names
from tabux.net.policy import Policy, free
from tabux.net.rules import USUAL, Rule, valid_name

#: what a browser sends by itself, or lets nobody set (Fetch standard, "forbidden request-header"), and what
#: would only make it ask for permission first (CORS) and changes nothing
_DROPPED = frozenset(
    (
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "access-control-request-private-network",
        "cache-control",
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "date",
        "dnt",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "pragma",
        "referer",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "upgrade-insecure-requests",
        "user-agent",
        "via",
    )
)
_DROPPED_BEGINNINGS = ("proxy-", "sec-")
#: those of them whose loss changes what the server answers
_MISSED = ("cookie", "origin", "referer", "upgrade")
_NEVER = frozenset(("CONNECT", "TRACE", "TRACK"))
_BODILESS = frozenset(("GET", "HEAD"))


class Way(NamedTuple):
    """Where a connection leads."""

    scheme: str
    host: str
    port: int
    pid: int


class _RefusedError(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Gateway:
    """The connections that lead out, by the number of the kernel's socket."""

    def __init__(self, gate: SocketGate) -> None:
        self._gate = gate
        self.policy = Policy()
        self.names = Names()
        self._ways: dict[int, Way] = {}

    def lookup(self, host: str) -> bytes | None:
        """The address of a name outside; None where it is not allowed, which the owner hears of."""
        if valid_name(host) and self.policy.about(host):
            return self.names.address(host)
        self._tell("resolve", host=host, allowed=False)
        return None

    def way(self, address: bytes, port: int, pid: int) -> Way | None:
        """Where a connection to a synthetic address leads; None where nothing is allowed there (any more)."""
        host = self.names.name(address)
        if host is None:
            return None
        scheme = self.policy.scheme(host, port)
        if scheme is None:
            self._tell("connect", host=host, port=port, pid=pid, allowed=False)
            return None
        return Way(scheme, host, port, pid)

    def open(self, number: int, way: Way) -> None:
        """A connection has come about; the gate serves it."""
        self._ways[number] = way
        self._gate.gateway_open(number, way.scheme, way.host, way.port, way.pid)

    def closed(self, number: int) -> None:
        """The gate has done with a connection."""
        self._ways.pop(number, None)

    def plan(self, number: int, text: str) -> str:
        """What to do with a request, by its head: JSON.

        Either `refuse` (a status), `reason` and `close`; or `asked` (what the program asks for), `url`,
        `method`, `headers`, `sources` (where it may be sent and redirected to), `redirect`, `length`,
        `expects`, `minor`, `keep`, `missed`, `maxUpload`, `maxDownload`, `timeout`.
        """
        way = self._ways[number]
        try:
            head = http.parse(text)
        except http.BadRequestError as error:
            return json.dumps({"refuse": error.status, "reason": str(error), "close": True})
        try:
            return json.dumps(self._plan(way, head))
        except _RefusedError as error:
            url = f"{_origin(way)}{head.target}"
            self._tell(
                "request",
                method=head.method,
                url=url,
                host=way.host,
                pid=way.pid,
                allowed=False,
                reason=str(error),
            )
            # (a body that nobody wants is not read)
            refusal = {
                "refuse": error.status,
                "reason": str(error),
                "close": head.length != 0 or not head.keep,
            }
            return json.dumps(refusal | {"method": head.method, "minor": head.minor})

    def _plan(self, way: Way, head: http.Head) -> dict[str, Any]:
        path = _target(way, head)
        if head.method in _NEVER:
            raise _RefusedError(405, f"a browser makes no request with the method {head.method}")
        if head.length and head.method in _BODILESS:
            raise _RefusedError(501, f"a browser sends no body with {head.method}")
        if head.length > self.policy.max_upload:
            raise _RefusedError(
                413, f"more than network.maxUploadBytes ({self.policy.max_upload}) would be sent"
            )
        rule = self.policy.rule_for(way.host, way.port, head.method, path.partition("?")[0])
        if rule is None:
            raise _RefusedError(403, self._why(way, head.method))
        headers, own = self._headers(way.host, rule, head)
        url, sources, follow = self._where(way, rule, head.method, path, own)
        self._tell(
            "request",
            method=head.method,
            url=f"{_origin(way)}{path}",
            host=way.host,
            pid=way.pid,
            allowed=True,
        )
        missed = [name for name in _MISSED if any(field == name for field, _ in head.fields)]
        return {
            "asked": f"{_origin(way)}{path}",
            "url": url,
            "method": head.method,
            "headers": headers,
            "sources": " ".join(sources),
            "redirect": "follow" if follow else "error",
            "length": head.length,
            "expects": head.expects,
            "minor": head.minor,
            "keep": head.keep,
            "missed": missed,
            "maxUpload": self.policy.max_upload,
            "maxDownload": self.policy.max_download,
            "timeout": self.policy.timeout,
        }

    def _why(self, way: Way, method: str) -> str:
        if not self.policy.scheme(way.host, way.port):
            return f"{way.host} is not allowed (any more): network.allow does not name it"
        return f"network.allow has no rule that lets {method} ask {way.host} for this path"

    def _headers(self, host: str, rule: Rule, head: http.Head) -> tuple[list[tuple[str, str]], bool]:
        """What is sent, and whether any of it is for this host only."""
        named = head.values("connection")
        sent, own = [], bool(rule.headers)
        replaced = {name.lower() for name, _ in rule.headers}
        for name, value in head.fields:
            dropped = name in _DROPPED or name.startswith(_DROPPED_BEGINNINGS) or name in named
            if dropped or name in replaced:
                continue
            filled = value
            for secret in self.policy.secrets:
                filled = secret.fill(host, filled)
            own = own or filled != value
            sent.append((name, filled))
        return sent + list(rule.headers), own

    def _where(self, way: Way, rule: Rule, method: str, path: str, own: bool) -> tuple[str, list[str], bool]:
        """The address to ask, the origins where the request may go, and whether redirects are followed."""
        scheme = "https" if self.policy.secure and way.port == 80 else way.scheme
        origin = rule.upstream or _origin(
            way._replace(scheme=scheme, port=443 if scheme != way.scheme else way.port)
        )
        url = origin + path
        proxied = (
            self.policy.proxy.address(url, way.host) if self.policy.proxy and not rule.upstream else None
        )
        if proxied:
            # (to the browser all hosts behind the proxy are one)
            return proxied, [_origin_of(proxied)], False
        if own or not free(rule, method):
            return url, [origin], free(rule, method)
        return url, sorted({origin, *self.policy.followed(method)}), True

    def _tell(self, action: str, **details: Any) -> None:
        self._gate.network_event(json.dumps({"action": action, **details}))


def _origin(way: Way) -> str:
    usual = USUAL.get(way.port) == way.scheme
    return f"{way.scheme}://{way.host}" + ("" if usual else f":{way.port}")


def _origin_of(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].partition('?')[0]}"


def _target(way: Way, head: http.Head) -> str:
    """The path and query that are asked for. 400, 421."""
    hosts = [value for name, value in head.fields if name == "host"]
    if len(hosts) > 1 or (head.minor and not hosts):
        raise _RefusedError(400, "there must be one Host field")
    given = head.target
    if head.method == "CONNECT":
        return given
    scheme, mark, rest = given.partition("://")
    if mark and not given.startswith("/"):
        authority, slash, path = rest.partition("/")
        if scheme.lower() != way.scheme or not slash:
            raise _RefusedError(421, f"this connection is to {_origin(way)}")
        hosts, given = [*hosts, authority], f"/{path}"
    for host in hosts:
        if host.lower() not in (way.host, f"{way.host}:{way.port}", f"{way.host}."):
            raise _RefusedError(421, f"this connection is to {way.host}, not to {host}")
    asked = target.normal(given)
    if asked is None:
        raise _RefusedError(400, "this target cannot be asked for")
    return asked
