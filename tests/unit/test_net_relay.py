"""The way out through a relay: its rules, who waits for it, and what it is given to send."""

from __future__ import annotations

from typing import Any

import pytest
from tabux.api import outside
from tabux.net import rules
from tabux.net.gateway import Gateway, Way

from tests.unit import test_net as net
from tests.unit.kernel_support import FakeGate, System
from tests.unit.test_net_gateway import gateway, get, planned

WHERE = net.address("198.18.1.0", 22)


def relayed(*allow: str | dict[str, Any], **options: Any) -> tuple[Gateway, FakeGate]:
    """The same with a relay."""
    return gateway(*allow, relay={"url": "wss://relay.test/"}, **options)


@pytest.mark.parametrize(
    ("rule", "port", "scheme"),
    [
        ("tcp://example.org:22", 22, "tcp"),
        ("tcp://example.org:22", 23, None),
        ("tcp://example.org:*", 5432, "tcp"),
        ("tcp://*.org:22", 22, "tcp"),
        ("example.org", 22, None),
    ],
)
def test_ports_of_any_protocol(rule: str, port: int, scheme: str | None) -> None:
    g, _ = relayed(rule)
    assert g.policy.scheme("example.org", port) == scheme


@pytest.mark.parametrize(
    "rule",
    [
        {"host": "tcp://example.org"},
        {"host": "tcp://example.org:0"},
        {"host": "https://example.org:*"},
        {"host": "example.org:*"},
        {"host": "tcp://1.2.3.4:22"},
        {"host": "tcp://example.org:22", "paths": ["/x"]},
        {"host": "tcp://example.org:22", "headers": {"a": "b"}},
        {"host": "udp://example.org:53"},
    ],
)
def test_rules_of_ports_that_say_something_wrong(rule: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"org|address"):
        rules.parse(rule)


def test_requests_come_before_anything_else_at_a_port() -> None:
    g, _ = relayed("tcp://example.org:*", "example.org")
    assert g.policy.scheme("example.org", 443) == "https"
    assert g.policy.scheme("example.org", 8443) == "tcp"
    rule = g.policy.rule_for("example.org", 443, "GET", "/")
    assert rule is not None and rule.scheme is None
    assert g.policy.followed("GET") == ["http://example.org", "https://example.org"]


def test_a_port_needs_a_relay() -> None:
    for made, allowed in ((gateway, False), (relayed, True)):
        g, gate = made("tcp://example.org:22")
        address = g.lookup("example.org")
        assert address is not None
        assert (g.way(address, 22, 7) is not None) is allowed
        assert gate.network[-1]["allowed"] is allowed
        assert ("network.relay" in gate.network[-1].get("reason", "")) is not allowed


def waiting() -> tuple[System, Any, int, int]:
    """A process that connects through the relay: it, its descriptor, the number of the other end."""
    s = System()
    p = s.leader()
    policy = s.kernel.net.gateway.policy
    policy.configure({"allow": [{"host": "tcp://a.test:22"}], "relay": {"url": "wss://relay.test/"}})
    assert s.kernel.net.gateway.lookup("a.test") == bytes([198, 18, 1, 0])
    fd = net.make(s, p, net.n.AF_INET, net.n.SOCK_STREAM)
    assert net.at(s, "connect", p, fd, WHERE) == "BLOCKED"
    assert net.at(s, "connect", p, fd, WHERE) == "BLOCKED"
    ((number, opened),) = s.gate.gateways.items()
    assert opened == ("tcp", "a.test", 22, p.pid)
    return s, p, fd, number


def test_who_waits_for_the_relay_is_connected() -> None:
    s, p, fd, number = waiting()
    assert outside.connected(s.kernel, number, 0) == 1
    assert net.at(s, "connect", p, fd, WHERE) == 0
    assert net.named(s, p, fd, "getpeername") == WHERE
    assert outside.connected(s.kernel, number, 0) == 0, "only once"


def test_who_waits_for_the_relay_is_told_that_it_has_failed() -> None:
    s, p, fd, number = waiting()
    assert outside.connected(s.kernel, number, 113) == 0
    outside.closed(s.kernel, number)
    assert net.at(s, "connect", p, fd, WHERE) == "EHOSTUNREACH"
    assert net.at(s, "connect", p, fd, WHERE) == "BLOCKED", "it may try again"


def test_nobody_waits_for_the_relay_any_more() -> None:
    s, p, fd, number = waiting()
    s.call("close", p, fd)
    assert outside.connected(s.kernel, number, 0) == 0
    outside.closed(s.kernel, number)
    assert s.kernel.net.sockets == {}
    s, p, fd, number = waiting()
    assert net.at(s, "connect", p, fd, bytes(16)) == 0, "(the association is dissolved)"
    assert net.at(s, "connect", p, fd, WHERE) == "BLOCKED"
    assert outside.connected(s.kernel, number, 0) == 0
    assert outside.connected(s.kernel, max(s.gate.gateways), 0) == 1


def test_heads_for_the_relay_are_as_they_came() -> None:
    g, _ = relayed(
        {"host": "example.org", "headers": {"X-Key": "k"}},
        secrets={"T": {"value": "v", "hosts": ["example.org"]}},
    )
    fields = ("Cookie: a=1", "X-KEY: mine", "Authorization: Bearer tabux-secret-T", "Connection: Upgrade")
    way = Way("http", "example.org", 80, 7)
    plan = planned(g, get("/a/../b?c", "example.org", *fields, "Upgrade: h2c"), way)
    assert plan["head"] == (
        "GET /a/../b?c HTTP/1.1\r\nHost: example.org\r\nCookie: a=1\r\nAuthorization: Bearer v\r\n"
        "Connection: Upgrade\r\nX-Key: k\r\n\r\n"
    )
    assert (plan["goal"], plan["websocket"]) == (["example.org", 80, False], False)
    plan = planned(g, get("/", "example.org", "Connection: keep-alive, Upgrade", "Upgrade: websocket"), way)
    assert plan["websocket"] and "Upgrade: websocket\r\n" in plan["head"]
    g, _ = relayed({"host": "example.org", "paths": ["/b"], "upstream": "http://127.0.0.1:81"})
    plan = planned(g, get("/a/../b"), way)
    assert plan["head"].startswith("GET /b HTTP/1.1\r\nHost: 127.0.0.1:81\r\n")
    assert plan["goal"] == ["127.0.0.1", 81, False]
    assert planned(g, get("/c"), way)["refuse"] == 403
    assert planned(g, get("/b", method="TRACE"), way).get("refuse") is None
    assert planned(g, get("/b", method="CONNECT"), way)["refuse"] == 405


def test_tls_of_programs_needs_a_rule_that_says_nothing_of_requests() -> None:
    way = Way("https", "example.org", 443, 7)
    for rule, passes in (
        ("example.org", True),
        ("https://example.org", True),
        ("tcp://example.org:443", True),
        ({"host": "example.org", "methods": ["GET"]}, False),
        ({"host": "example.org", "paths": ["/a"]}, False),
        ({"host": "example.org", "headers": {"a": "b"}}, False),
        ({"host": "example.org", "upstream": "http://a.test"}, False),
    ):
        g, gate = relayed(rule)
        g.open(1, way)
        assert g.tunnel(1) is passes, rule
        assert gate.network[-1]["action"] == ("connect" if passes else "tls")
    g, _ = gateway("example.org")
    g.open(1, way)
    assert not g.tunnel(1), "without a relay"
