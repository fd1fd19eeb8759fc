"""The way out: what becomes of a connection to a synthetic address, and of each request on it.

The bytes are the gate's (web/net/gateway.js); it asks here for a plan of each request, and carries it out.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from tabux.net import http, relay, target, websocket
from tabux.net.gate import SocketGate
from tabux.net.names import Names
from tabux.net.policy import Policy, free
from tabux.net.rules import TCP, USUAL, Rule, valid_name

if TYPE_CHECKING:
    from tabux.net.socket import Socket

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
    """Where a connection leads; `scheme` is ``http``, ``https`` or ``tcp`` (through the relay)."""

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
        #: sockets whose connection the relay has not made yet, by the number of the other end
        self._connecting: dict[int, Socket] = {}

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
        if scheme == TCP:
            without = (
                {} if self.policy.relay else {"reason": "this port needs a relay: network.relay names none"}
            )
            self._tell("connect", host=host, port=port, pid=pid, allowed=self.policy.relay, **without)
            if without:
                return None
        return Way(scheme, host, port, pid)

    def open(self, number: int, way: Way) -> None:
        """A connection has come about; the gate serves it."""
        self._ways[number] = way
        self._gate.gateway_open(number, way.scheme, way.host, way.port, way.pid)

    def connect(self, number: int, way: Way, client: Socket) -> None:
        """The gate makes a connection through the relay; what comes of it, `settled` hears."""
        self._connecting = {one: other for one, other in self._connecting.items() if other is not client}
        self._connecting[number] = client
        self.open(number, way)

    def settled(self, number: int) -> Socket | None:
        """Whose connection the relay has made or not; None where nobody waits for it any more."""
        client = self._connecting.pop(number, None)
        return client if client is not None and not client.gone else None

    def tunnel(self, number: int) -> bool:
        """Whether a program's own TLS may pass on a connection, through the relay; an event tells."""
        way = self._ways[number]
        passes = self.policy.relay and relay.raw(self.policy.about(way.host), way.port)
        details = {"host": way.host, "port": way.port, "pid": way.pid}
        if passes:
            self._tell("connect", allowed=True, **details)
        elif self.policy.relay:
            reason = (
                "a program has begun TLS itself, and a rule says what may be asked, which would not be seen"
            )
            self._tell("tls", allowed=False, reason=reason, **details)
        else:
            reason = (
                "a program has begun TLS itself: TLS is the browser's, inside the sandbox port 443 is"
                " plain HTTP"
            )
            self._tell("tls", allowed=False, reason=reason, **details)
        return passes

    def closed(self, number: int) -> None:
        """The gate has done with a connection."""
        self._ways.pop(number, None)

    def plan(self, number: int, text: str) -> str:
        """What to do with a request, by its head: JSON.

        Either `refuse` (a status), `reason` and `close`; or `asked` (what the program asks for), `method`,
        `length`, `expects`, `minor`, `keep`, `maxUpload`, `maxDownload`, `timeout`; and, for the browser,
        `url`, `headers`, `sources` (where it may be sent and redirected to), `redirect`, `missed`; for its
        WebSocket `url`, `sources`, `missed`, `protocols`, `accept`; for the relay `goal` (host, port,
        whether TLS is spoken), `head` and `websocket`.
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
        rule = self.policy.rule_for(way.host, way.port, head.method, path.partition("?")[0])
        origin = rule.upstream if rule is not None and rule.upstream else _origin(way)
        relayed = self.policy.relay and (self.policy.relay_tls or not origin.startswith("https:"))
        if head.method == "CONNECT" or (head.method in _NEVER and not relayed):
            raise _RefusedError(405, f"a browser makes no request with the method {head.method}")
        if head.length and head.method in _BODILESS and not relayed:
            raise _RefusedError(501, f"a browser sends no body with {head.method}")
        if head.length > self.policy.max_upload:
            raise _RefusedError(
                413, f"more than network.maxUploadBytes ({self.policy.max_upload}) would be sent"
            )
        if rule is None:
            raise _RefusedError(403, self._why(way, head.method))
        asked = f"{_origin(way)}{path}"
        how = self._by_relay if relayed else self._socket if websocket.asked(head) else self._by_browser
        details = how(way, rule, head, path)
        self._tell("request", method=head.method, url=asked, host=way.host, pid=way.pid, allowed=True)
        return details | {
            "asked": asked,
            "method": head.method,
            "length": head.length,
            "expects": head.expects,
            "minor": head.minor,
            "keep": head.keep,
            "maxUpload": self.policy.max_upload,
            "maxDownload": self.policy.max_download,
            "timeout": self.policy.timeout,
        }

    def _by_browser(self, way: Way, rule: Rule, head: http.Head, path: str) -> dict[str, Any]:
        headers, own = self._headers(way.host, rule, head)
        url, sources, follow = self._where(way, rule, head.method, path, own)
        return {
            "url": url,
            "headers": headers,
            "sources": " ".join(sources),
            "redirect": "follow" if follow else "error",
            "missed": [name for name in _MISSED if any(field == name for field, _ in head.fields)],
        }

    def _socket(self, way: Way, rule: Rule, head: http.Head, path: str) -> dict[str, Any]:
        headers, own = self._headers(way.host, rule, head)
        if own:
            raise _RefusedError(
                501, "a browser's WebSocket sends no headers, and here a rule or a secret would add some"
            )
        try:
            accept, protocols = websocket.accept(head), websocket.protocols(head)
        except http.BadRequestError as error:
            raise _RefusedError(error.status, str(error)) from None
        origin = rule.upstream or self._origin(way)
        missed = {name for name, _ in headers} | {name for name, _ in head.fields if name in _MISSED}
        return {
            "url": websocket.url(origin, path),
            "sources": websocket.url(origin, ""),
            "missed": sorted(missed - {"upgrade"}),
            "protocols": protocols,
            "accept": accept,
        }

    def _by_relay(self, way: Way, rule: Rule, head: http.Head, path: str) -> dict[str, Any]:
        origin = rule.upstream or _origin(way)
        # (a rule about paths is about the path as it was understood here)
        target = head.target if not rule.paths and head.target.startswith("/") else path
        host = origin.partition("://")[2]
        return {
            "goal": relay.goal(origin),
            "head": relay.request(head, target, host, rule, lambda value: self._filled(way.host, value)),
            "websocket": websocket.asked(head),
        }

    def _filled(self, host: str, value: str) -> str:
        for secret in self.policy.secrets:
            value = secret.fill(host, value)
        return value

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
            filled = self._filled(host, value)
            own = own or filled != value
            sent.append((name, filled))
        return sent + list(rule.headers), own

    def _where(self, way: Way, rule: Rule, method: str, path: str, own: bool) -> tuple[str, list[str], bool]:
        """The address to ask, the origins where the request may go, and whether redirects are followed."""
        origin = rule.upstream or self._origin(way)
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

    def _origin(self, way: Way) -> str:
        """The origin that the browser asks: a page of https makes no requests by http."""
        secure = self.policy.secure and way.port == 80 and way.scheme == "http"
        return _origin(way._replace(scheme="https", port=443) if secure else way)

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
