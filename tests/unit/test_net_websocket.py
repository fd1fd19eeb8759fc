"""The handshake of WebSockets: what the kernel makes of it, for the browser and for the relay."""

from __future__ import annotations

import pytest
from tabux.net import http, websocket
from tabux.net.gateway import Way

from tests.unit.test_net_gateway import gateway, get, planned

#: the example of RFC 6455, 1.3
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = ("Connection: keep-alive, Upgrade", "Upgrade: websocket", KEY, "Sec-WebSocket-Version: 13")


def test_the_plan_of_a_websocket() -> None:
    g, gate = gateway("example.org")
    offered = "Sec-WebSocket-Protocol: chat, superchat"
    plan = planned(g, get("/a/../b?c", "example.org", *UPGRADE, offered, "Cookie: a=1", "X-Own: b"))
    assert plan["accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert (plan["url"], plan["sources"]) == ("wss://example.org/b?c", "wss://example.org")
    assert plan["protocols"] == ["chat", "superchat"]
    assert plan["missed"] == ["cookie", "x-own"]
    assert [event["allowed"] for event in gate.network] == [True]


def test_where_it_leads() -> None:
    way = Way("http", "example.org", 80, 7)
    for options, url in (
        ({}, "ws://example.org/x"),
        ({"secure": True}, "wss://example.org/x"),
        ({"corsProxy": {"url": "https://proxy.test/", "hosts": ["*"]}}, "ws://example.org/x"),
    ):
        g, _ = gateway("example.org", **options)
        assert planned(g, get("/x", "example.org", *UPGRADE), way)["url"] == url
    g, _ = gateway({"host": "example.org", "upstream": "http://127.0.0.1:8000"})
    assert planned(g, get("/x", "example.org", *UPGRADE), way)["url"] == "ws://127.0.0.1:8000/x"


def test_what_is_refused() -> None:
    g, gate = gateway({"host": "example.org", "paths": ["/a"]})
    assert planned(g, get("/b", "example.org", *UPGRADE))["refuse"] == 403
    g, gate = gateway({"host": "example.org", "headers": {"X-Key": "k"}})
    assert planned(g, get("/", "example.org", *UPGRADE))["refuse"] == 501
    assert [event["allowed"] for event in gate.network] == [False]
    g, gate = gateway("example.org", secrets={"T": {"value": "v", "hosts": ["example.org"]}})
    fields = (*UPGRADE, "Authorization: Bearer tabux-secret-T")
    assert planned(g, get("/", "example.org", *fields))["refuse"] == 501


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        (("Connection: Upgrade", "Upgrade: websocket", KEY), 426),
        (("Connection: Upgrade", "Upgrade: websocket", KEY, "Sec-WebSocket-Version: 8"), 426),
        (("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"), 400),
        ((*UPGRADE, KEY), 400),
        ((*UPGRADE, "Content-Length: 3"), 501),
        ((*UPGRADE, "Sec-WebSocket-Protocol: a, a"), 400),
        ((*UPGRADE, "Sec-WebSocket-Protocol: a b"), 400),
    ],
)
def test_handshakes_that_are_none(wrong: tuple[str, ...], status: int) -> None:
    g, _ = gateway("example.org")
    assert planned(g, get("/", "example.org", *wrong))["refuse"] == status


@pytest.mark.parametrize(
    "other",
    [("Connection: Upgrade", "Upgrade: h2c"), ("Upgrade: websocket",), ("Connection: Upgrade",)],
)
def test_what_asks_for_something_else(other: tuple[str, ...]) -> None:
    assert not websocket.asked(http.parse(get("/", "example.org", *other)))
