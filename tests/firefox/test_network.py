"""The network in Firefox: what is allowed is asked for, and nothing else; a server answers the page."""

from __future__ import annotations

import shutil
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.browser.node_server import node_server
from tests.browser.pages import SandboxPage
from tests.browser.relay import relay, tcp_server
from tests.browser.test_network_websocket import CLIENT
from tests.browser.upstream import upstreams


def test_hosts_outside(fresh: SandboxPage) -> None:
    with upstreams(3) as (a, b, c):
        rules = [
            {"host": "a.test", "upstream": a.origin},
            {"host": "b.test", "upstream": b.origin, "paths": ["/open"]},
        ]
        fresh.create({"network": {"allow": rules}})

        def asked(command: str) -> str:
            """Standard output."""
            return str(fresh.evaluate("return (await sandbox.commands.run(arg)).stdout", command))

        assert asked("curl -s https://a.test/hello") == "hello from outside\n"
        assert asked("wget -q -O - http://a.test/hello") == "hello from outside\n"
        assert asked("curl -s -d x=1 http://a.test/echo") == "POST x=1"
        assert asked("curl -s 'http://a.test/large?size=5000000' | wc -c") == "5000000\n"
        assert asked("curl -s 'http://a.test/redirect?to=/hello'") == "hello from outside\n"
        assert asked("curl -s http://a.test/gzip | wc -c") == "11000\n"
        assert asked("curl -s -o /dev/null -w '%{http_code}' http://a.test/closed") == "502"
        a.requests.clear()
        # nothing of this is let through
        refused = f"'http://a.test/redirect?to={c.origin}/' 'http://a.test/redirect?to={b.origin}/secret'"
        for url in refused.split():
            assert asked(f"curl -s -o /dev/null -w '%{{http_code}}' {url}") in ("403", "502")
        assert asked("curl -s -w '%{http_code}' -o /dev/null http://b.test/secret") == "403"
        assert asked("curl -s http://c.test/; echo $?") == "6\n"
        assert len(a.requests) == 2 and b.requests == [] and c.requests == []


def test_a_server_in_the_sandbox(sandbox: SandboxPage) -> None:
    seen = sandbox.evaluate(
        """const fields = "Set-Cookie: a=1\\\\r\\\\nContent-Length: 5";
        const answer = `HTTP/1.1 200 OK\\\\r\\\\n${fields}\\\\r\\\\n\\\\r\\\\nhello`;
        const serve = `printf '${answer}' | nc -l -p 8000 -q 9`;
        const nc = await sandbox.commands.run(serve, { background: true });
        await sandbox.ports.waitFor(8000);
        const response = await sandbox.fetch(8000, "/", { method: "POST", body: "sent" });
        const seen = [response.status, response.headers.getSetCookie(), await response.text()];
        return [...seen, (await nc.wait()).stdout.endsWith("sent")]"""
    )
    assert seen == [200, ["a=1"], "hello", True]


@pytest.mark.skipif(not shutil.which("node"), reason="the servers of the tests need node")
def test_a_relay_and_websockets(fresh: SandboxPage, tmp_path: Path) -> None:
    """Firefox cannot hold a relay up: who leaves too much unread loses the connection."""

    def flood(connection: socket.socket) -> None:
        connection.sendall(bytes(40_000_000))
        connection.recv(1)

    with ExitStack() as stack:
        (tmp_path / "relay").mkdir()
        made = stack.enter_context(relay(tmp_path / "relay"))
        (host,) = stack.enter_context(upstreams(1))
        port = stack.enter_context(tcp_server(flood))
        server = stack.enter_context(node_server("websocket_server.mjs", tmp_path, lambda _: None))
        allow = [
            {"host": "a.test", "upstream": host.origin},
            f"tcp://a.test:{port}",
            {"host": "w.test", "upstream": f"http://127.0.0.1:{server}"},
        ]

        def asked(command: str) -> str:
            return str(fresh.evaluate("return (await sandbox.commands.run(arg)).stdout", command))

        def closed() -> None:
            """Waits until a connection to the server that floods has been closed."""
            while made.closed.get(timeout=30) != port:
                pass

        fresh.create({"network": {"allow": allow}})
        fresh.evaluate("await sandbox.files.write('/tmp/client.py', arg)", CLIENT.read_text())
        out = asked("python3 /tmp/client.py w.test 80 echo").splitlines()
        assert out[0] == "101" and out[-1] == "(8, b'\\x0f\\xa1enough') (-1, b'')"
        fresh.evaluate("await sandbox.close()")
        fresh.create({"network": {"allow": allow, "relay": made.url}})
        assert asked("curl -si http://a.test/cookie | grep -i ^set-cookie") == "Set-Cookie: a=1\r\n"
        assert asked(f"exec 3<>/dev/tcp/a.test/{port}; head -c 5000000 <&3 | wc -c") == "5000000\n"
        closed()
        fresh.evaluate(
            """window.flood = await sandbox.commands.run(`
                mkfifo go; exec 3<>/dev/tcp/a.test/${arg}; read <go; wc -c <&3`, { background: true })
            window.broken = new Promise((resolve) => sandbox.on("network", (event) => {
                if (event.reason) resolve(event.reason);
            }))""",
            port,
        )
        closed()
        fresh.evaluate("await sandbox.commands.run('echo >go')")
        received, reason = fresh.evaluate(
            "return [Number((await window.flood.wait()).stdout), await window.broken]"
        )
        assert 16_000_000 < received < 40_000_000 and "bytes wait unread" in reason
