"""The way out: names, rules, heads of requests, and the plan that becomes of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tabux.net import http, resolver, rules, target
from tabux.net.gateway import Gateway, Way
from tabux.net.names import MOST, Names
from tabux.net.policy import Proxy
from tabux.net.secret import Secret

from tests.unit import test_net as net
from tests.unit.kernel_support import FakeGate, System


def gateway(*allow: str | dict[str, Any], **options: Any) -> tuple[Gateway, FakeGate]:
    """A gateway whose policy allows that."""
    gate = FakeGate()
    made = Gateway(gate)
    hosts = [{"host": one} if isinstance(one, str) else one for one in allow]
    made.policy.configure({"allow": hosts, **options})
    return made, gate


def planned(g: Gateway, head: str, way: Way | None = None) -> dict[str, Any]:
    """The plan of a request on a new connection."""
    g.open(1, way or Way("https", "example.org", 443, 7))
    plan: dict[str, Any] = json.loads(g.plan(1, head))
    return plan


def get(path: str, host: str = "example.org", *more: str, method: str = "GET") -> str:
    return "\r\n".join((f"{method} {path} HTTP/1.1", f"Host: {host}", *more))


@pytest.mark.parametrize(
    ("rule", "host", "matches"),
    [
        ("example.org", "example.org", True),
        ("example.org", "www.example.org", False),
        ("example.org", "notexample.org", False),
        ("example.org", "example.org.evil.test", False),
        ("*.example.org", "www.example.org", True),
        ("*.example.org", "a.b.example.org", True),
        ("*.example.org", "example.org", False),
        ("*.example.org", "notexample.org", False),
        ("*", "anything.test", True),
        ("*", "intranet", False),
        ("EXAMPLE.org", "example.org", True),
    ],
)
def test_hosts_of_rules(rule: str, host: str, matches: bool) -> None:
    assert rules.parse({"host": rule}).matches(host) is matches


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "1.2.3.4", "localhost", "a.localhost", "::1", "[::1]", "0x7f000001", "2130706433",
        "1.2.3.0x4", "example.org/path", "user@example.org", "ex ample.org", "http://", "ftp://example.org",
        "example.org:99999", "", "*.", "a.*.org", "**.org", "münchen.example",
    ],
)  # fmt: skip
def test_what_is_no_rule(host: str) -> None:
    with pytest.raises(ValueError, match='"'):
        rules.parse({"host": host})


@pytest.mark.parametrize(
    ("rule", "port", "scheme"),
    [
        ("example.org", 80, "http"),
        ("example.org", 443, "https"),
        ("example.org", 8080, None),
        ("https://example.org", 80, None),
        ("https://example.org:8443", 8443, "https"),
        ("https://example.org:8443", 443, None),
        ("example.org:8080", 8080, "http"),
    ],
)
def test_ports_of_rules(rule: str, port: int, scheme: str | None) -> None:
    assert rules.parse({"host": rule}).scheme_at(port) == scheme


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ("/a/../b", "/b"),
        ("/a/%2e%2E/b", "/b"),
        ("/a/.%2e/b", "/b"),
        ("/a\\..\\b", "/b"),
        ("/a/./b/%2e", "/a/b/"),
        ("/a/..", "/"),
        ("/../..", "/"),
        ("//evil.test/x", "//evil.test/x"),
        ("/a?b=/../c", "/a?b=/../c"),
        ("/a%2fb", "/a%2fb"),
        ("/a#b", None),
        ("a", None),
        ("/a b", None),
        ("/\x01", None),
        ("/\xe4", None),
        ("*", None),
    ],
)
def test_paths_are_what_a_browser_makes_of_them(given: str, seen: str | None) -> None:
    assert target.normal(given) == seen


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked", 501),
        ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:", 501),
        ("GET / HTTP/1.0\r\nTransfer-Encoding: chunked", 400),
        ("GET / HTTP/1.1\r\nHost : a", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n folded: b", 400),
        ("GET / HTTP/1.1\r\nX: a\0b", 400),
        ("GET / HTTP/1.1\r\nX: a\rb", 400),
        ("GET  / HTTP/1.1", 400),
        ("GET / HTTP/2.0", 505),
        ("GET /", 400),
        ("GE T / HTTP/1.1", 400),
        ("PUT / HTTP/1.1\r\nHost: a\r\nExpect: more", 417),
        ("", 400),
    ],
)
def test_heads_that_are_not_clear_are_refused(head: str, status: int) -> None:
    with pytest.raises(http.BadRequestError) as error:
        http.parse(head)
    assert error.value.status == status


def test_heads() -> None:
    head = http.parse("post /x HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nX: \t b c \nConnection: Close")
    assert (head.method, head.length, head.keep, head.expects) == ("POST", 12, False, False)
    assert ("x", "b c") in head.fields
    assert http.parse(
        "patch / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-Continue"
    ).expects
    assert not http.parse("GET / HTTP/1.0").keep
    assert http.parse("GET / HTTP/1.0\r\nConnection: Keep-Alive").keep


def test_nothing_is_allowed_without_a_rule() -> None:
    g, gate = gateway()
    assert g.lookup("example.org") is None
    assert gate.network == [{"action": "resolve", "host": "example.org", "allowed": False}]
    assert planned(g, get("/"))["refuse"] == 403


def test_names_have_addresses_that_stay() -> None:
    names = Names()
    first = names.address("a.test")
    assert first == bytes([198, 18, 1, 0]) and names.address("a.test") == first
    assert names.address("b.test") == bytes([198, 18, 1, 1])
    assert names.name(bytes([198, 18, 1, 1])) == "b.test" and names.name(bytes([198, 18, 1, 2])) is None
    for number in range(MOST):
        names.address(f"{number}.test")
    assert names.address("one-more.test") is None and names.address("a.test") == first


def test_a_name_is_resolved_and_connected_to() -> None:
    s = System()
    p = s.leader()
    s.kernel.net.gateway.policy.allow([{"host": "example.org"}])
    lookup = s.kernel.net.gateway.lookup
    answer = resolver.answer(net.question("Example.ORG", 1), "tabux", lookup)
    assert answer[-4:] == bytes([198, 18, 1, 0])
    assert resolver.answer(net.question("example.org", 28), "tabux", lookup)[3] & 15 == 0
    assert resolver.answer(net.question("other.org", 1), "tabux", lookup)[3] & 15 == 3
    fd = net.make(s, p, net.n.AF_INET, net.n.SOCK_STREAM)
    assert net.at(s, "connect", p, fd, net.address("198.18.1.0", 443)) == 0
    (opened,) = s.gate.gateways.values()
    assert opened == ("https", "example.org", 443, p.pid)
    assert net.named(s, p, fd, "getpeername") == net.address("198.18.1.0", 443)
    for where in ("198.18.1.0", "198.18.1.1", "1.1.1.1"):
        other = net.make(s, p, net.n.AF_INET, net.n.SOCK_STREAM)
        port = 22 if where == "198.18.1.0" else 443
        assert net.at(s, "connect", p, other, net.address(where, port)) == "ENETUNREACH"
    s.kernel.net.gateway.policy.revoke("example.org")
    other = net.make(s, p, net.n.AF_INET, net.n.SOCK_STREAM)
    assert net.at(s, "connect", p, other, net.address("198.18.1.0", 443)) == "ENETUNREACH"


def test_a_plan() -> None:
    g, gate = gateway("example.org", "*.example.net", {"host": "api.test", "paths": ["/v1"]})
    plan = planned(g, get("/a/../b?c", "example.org", "Cookie: x", "User-Agent: y", "X-Own: z"))
    assert plan["url"] == "https://example.org/b?c" and plan["headers"] == [["x-own", "z"]]
    assert plan["redirect"] == "follow" and plan["missed"] == ["cookie"] and plan["keep"]
    assert plan["sources"] == (
        "http://*.example.net http://example.org https://*.example.net https://example.org"
    )
    assert gate.network == [
        {
            "action": "request", "method": "GET", "url": "https://example.org/b?c", "host": "example.org",
            "pid": 7, "allowed": True,
        }
    ]  # fmt: skip


def test_paths_and_methods() -> None:
    g, _ = gateway({"host": "example.org", "paths": ["/v1", "/open/"], "methods": ["get"]})
    assert planned(g, get("/v1"))["redirect"] == "error"
    assert planned(g, get("/v1/x?y"))["sources"] == "https://example.org"
    assert "refuse" not in planned(g, get("/open/x"))
    for path in (
        "/", "/v1x", "/v1/../secret", "/v1/%2e%2e/secret", "/v1\\..\\secret", "/v1/..%2fsecret", "/open",
        "/V1",
    ):  # fmt: skip
        assert planned(g, get(path))["refuse"] == 403, path
    assert planned(g, get("/v1", method="POST"))["refuse"] == 403


def test_where_a_request_may_be_redirected_to() -> None:
    g, _ = gateway(
        {"host": "read.test", "methods": ["GET", "HEAD"]}, "free.test", {"host": "p.test", "paths": ["/"]}
    )
    assert g.policy.followed("GET") == [
        "http://free.test", "http://read.test", "https://free.test", "https://read.test",
    ]  # fmt: skip
    assert g.policy.followed("POST") == ["http://free.test", "https://free.test"]
    assert planned(g, get("/", "read.test"), Way("https", "read.test", 443, 7))["redirect"] == "follow"
    g, _ = gateway({"host": "write.test", "methods": ["POST"]})
    plan = planned(g, get("/", "write.test", method="POST"), Way("https", "write.test", 443, 7))
    assert plan["redirect"] == "error", "a redirect would make it a GET"
    g, _ = gateway("*")
    assert g.policy.followed("GET") == ["https:"]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (get("/", "other.org"), 421),
        (get("/", "example.org@evil.test"), 421),
        (get("/", "user@example.org"), 421),
        (get("/", "example.org:80"), 421),
        (get("/", "example.org", "Host: evil.test"), 400),
        ("GET / HTTP/1.1", 400),
        (get("https://evil.test/", "example.org"), 421),
        (get("http://example.org/", "example.org"), 421),
        (get("https://example.org@evil.test/", "example.org"), 421),
        (get("https://example.org", "example.org"), 421),
        (get("example.org:443", "example.org", method="CONNECT"), 405),
        (get("/", method="TRACE"), 405),
        (get("*", method="OPTIONS"), 400),
        (get("/", "example.org", "Content-Length: 5"), 501),
        (get("/", "example.org", "Content-Length: 99999999999", method="POST"), 413),
    ],
)
def test_requests_that_are_refused(head: str, status: int) -> None:
    g, gate = gateway("example.org")
    plan = planned(g, head)
    assert plan["refuse"] == status, plan
    assert [event["allowed"] for event in gate.network] == [False]


def test_hosts_may_be_written_in_several_ways() -> None:
    g, _ = gateway("example.org")
    for host in ("example.org", "EXAMPLE.org", "example.org:443", "example.org."):
        assert planned(g, get("/", host))["url"] == "https://example.org/"
    assert planned(g, get("HTTPS://Example.org/x"))["url"] == "https://example.org/x"
    assert planned(g, "GET / HTTP/1.0")["minor"] == 0


def test_headers_and_secrets_are_put_in_outside() -> None:
    secrets = {"TOKEN": {"value": "s3cret", "hosts": ["example.org"]}}
    g, gate = gateway({"host": "example.org", "headers": {"X-Key": "k"}}, "other.org", secrets=secrets)
    basic = "Basic bWU6dGFidXgtc2VjcmV0LVRPS0VO"  # me:tabux-secret-TOKEN
    plan = planned(g, get("/", "example.org", f"Authorization: {basic}", "x-key: mine"))
    assert plan["headers"] == [["authorization", "Basic bWU6czNjcmV0"], ["X-Key", "k"]]
    assert plan["sources"] == "https://example.org", "what is for one host is not redirected to another"
    bearer = "Authorization: Bearer tabux-secret-TOKEN"
    other = planned(g, get("/", "other.org", bearer), Way("https", "other.org", 443, 7))
    assert other["headers"] == [["authorization", "Bearer tabux-secret-TOKEN"]]
    assert "s3cret" not in repr(g.policy.secrets) + json.dumps(gate.network)
    assert Secret("A", "v", ()).fill("example.org", "tabux-secret-A") == "tabux-secret-A"


def test_upstreams_proxies_and_secure_pages() -> None:
    g, _ = gateway(
        {"host": "a.test", "upstream": "https://mirror.example"},
        "git.test",
        corsProxy={"url": "https://proxy.example/", "hosts": ["git.test"]},
        secure=True,
    )
    plan = planned(g, get("/x", "a.test"), Way("http", "a.test", 80, 7))
    assert plan["url"] == "https://mirror.example/x" and "https://mirror.example" in plan["sources"]
    plan = planned(g, get("/r.git/info?x=1", "git.test"), Way("https", "git.test", 443, 7))
    assert (plan["url"], plan["sources"], plan["redirect"]) == (
        "https://proxy.example/git.test/r.git/info?x=1",
        "https://proxy.example",
        "error",
    )
    rule = rules.parse({"host": "*"})
    assert Proxy("https://p.example/?u={url}", (rule,)).address("https://a.test/?b", "a.test") == (
        "https://p.example/?u=https%3A%2F%2Fa.test%2F%3Fb"
    )
    g, _ = gateway("example.org", secure=True)
    assert planned(g, get("/"), Way("http", "example.org", 80, 7))["url"] == "https://example.org/"


def test_ports_where_somebody_listens() -> None:
    s = System()
    p = s.leader()
    fd, _ = net.server(s, p, 8000)
    assert s.gate.ports == {8000: ("127.0.0.1", p.pid)}
    six = net.make(s, p, net.n.AF_INET6, net.n.SOCK_STREAM)
    assert net.at(s, "bind", p, six, net.six(b"\1", 8000)) == 0 and s.call("listen", p, six, 1) == 0
    assert [port.port for port in s.kernel.net.listening.all()] == [8000]
    s.call("close", p, fd)
    assert 8000 in s.gate.ports, "the other one listens"
    s.call("close", p, six)
    assert s.gate.ports == {} and s.kernel.net.listening.at(8000) is None
