"""What may be asked of whom outside: the network policy of the sandbox's owner. Without one: nothing.

Where a browser follows redirects, nobody here sees the hops. So the request is made in a frame whose
Content-Security-Policy (`connect-src`) is what a plan says, and the browser itself refuses each hop that is
not in it. Of a path it says nothing: a host of which only some paths are allowed is never redirected to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tabux.net.rules import TCP, Rule, parse
from tabux.net.secret import Secret

#: what is gathered of an upload, and what a response may have, bytes
MAX_UPLOAD, MAX_DOWNLOAD = 64 << 20, 1 << 30
#: until a response begins, ms
TIMEOUT = 60_000
_REQUESTS = frozenset(("http", "https"))
_READING = frozenset(("GET", "HEAD"))


@dataclass(frozen=True)
class Proxy:
    """A proxy that adds the headers of CORS, and the hosts that are asked through it."""

    url: str
    rules: tuple[Rule, ...]

    def address(self, url: str, host: str) -> str | None:
        """Where to ask for `url` instead; None where the proxy is not for that host."""
        if not any(rule.matches(host) for rule in self.rules):
            return None
        if "{url}" in self.url:
            return self.url.replace("{url}", _encoded(url))
        return self.url + url.partition("://")[2]


class Policy:
    """The rules as they are now; they can change while the sandbox runs."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.proxy: Proxy | None = None
        self.secrets: tuple[Secret, ...] = ()
        self.max_upload = MAX_UPLOAD
        self.max_download = MAX_DOWNLOAD
        self.timeout = TIMEOUT
        #: whether the page is one of https: its requests to port 80 are made by https too, or never
        self.secure = False
        #: whether there is a relay, and whether TLS can be spoken through it
        self.relay = self.relay_tls = False

    def configure(self, given: dict[str, Any]) -> None:
        """Takes the options of the page.

        Raises:
            ValueError: what is wrong with them.
        """
        self.allow(given.get("allow", ()))
        if proxy := given.get("corsProxy"):
            self.proxy = Proxy(proxy["url"], tuple(parse({"host": host}) for host in proxy["hosts"]))
        self.secrets = tuple(
            Secret(name, str(one["value"]), tuple(parse({"host": host}) for host in one["hosts"]))
            for name, one in (given.get("secrets") or {}).items()
        )
        self.max_upload = given.get("maxUploadBytes", MAX_UPLOAD)
        self.max_download = given.get("maxDownloadBytes", MAX_DOWNLOAD)
        self.timeout = given.get("timeoutMs", TIMEOUT)
        self.secure = bool(given.get("secure"))
        self.relay = bool(given.get("relay"))

    def allow(self, given: Any) -> None:
        """Adds rules (`tabux.net.rules.parse`), all or none. ValueError."""
        self.rules += [parse(one) for one in given]

    def revoke(self, host: str) -> int:
        """Takes the rules of a host away; how many there were."""
        before = len(self.rules)
        self.rules = [rule for rule in self.rules if rule.host != host.lower()]
        return before - len(self.rules)

    def about(self, host: str) -> list[Rule]:
        """The rules of a host."""
        return [rule for rule in self.rules if rule.matches(host)]

    def scheme(self, host: str, port: int) -> str | None:
        """What is spoken at a port of a host; None where nothing is allowed."""
        schemes = {rule.scheme_at(port): None for rule in self.about(host)}
        # (where requests are allowed and anything is, the gateway does more for them)
        return next(
            (scheme for scheme in schemes if scheme and scheme != TCP), TCP if TCP in schemes else None
        )

    def rule_for(self, host: str, port: int, method: str, path: str) -> Rule | None:
        """The rule by which a request may be made; one that says nothing of paths before one that does."""
        fit = [r for r in self.about(host) if r.scheme_at(port) in _REQUESTS and r.permits(method, path)]
        return min(fit, key=lambda rule: bool(rule.paths), default=None)

    def followed(self, method: str) -> list[str]:
        """Where a request may be redirected to: origins of which every path may be asked, in this way."""
        return sorted({source for rule in self.rules if free(rule, method) for source in rule.sources()})


def free(rule: Rule, method: str) -> bool:
    """Whether a request that begins with that method may go on to any path, as redirects make it."""
    methods = {method} if method in _READING else {method, "GET"}
    return not rule.paths and (rule.methods is None or rule.methods >= methods)


def _encoded(url: str) -> str:
    plain = "-_.!~*'()"
    return "".join(c if c.isalnum() or c in plain else f"%{ord(c):02X}" for c in url)
