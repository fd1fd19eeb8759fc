"""WebSockets of programs: through the browser's to a host outside, as they are on this machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from playwright.sync_api import Browser

from .node_server import node_server
from .pages import SandboxPage

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="the server of the tests needs node")

CLIENT = Path(__file__).parents[1] / "guest/websocket_client.py"
HANDSHAKE = " ".join(
    f"-H '{field}'"
    for field in (
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    )
)


@dataclass
class Outside:
    """A sandbox, a server that it may ask, and what that was asked."""

    page: SandboxPage
    port: int
    heard: SimpleQueue[dict[str, Any]]

    def run(self, command: str) -> tuple[int, str, str]:
        """Exit status, standard output and error."""
        code = "const r = await sandbox.commands.run(arg); return [r.exitCode, r.stdout, r.stderr]"
        status, out, err = self.page.evaluate(code, command)
        return status, out, err

    def next(self, key: str) -> dict[str, Any]:
        """The next that the server tells of that kind: what others have left behind is passed over."""
        while key not in (told := self.heard.get(timeout=20)):
            pass
        return told

    def asked(self) -> list[str]:
        """The paths that the server has been asked for, since this was last looked at."""
        told = []
        while not self.heard.empty():
            told.append(self.heard.get())
        return [one["path"] for one in told if "path" in one]


@pytest.fixture(scope="module", params=["streams", "events"])
def outside(
    request: pytest.FixtureRequest,
    browser: Browser,
    browser_context_args: dict[str, Any],
    site: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Outside]:
    """One for all tests of the file, in a browser with WebSocketStream and in one that has only WebSocket."""
    heard: SimpleQueue[dict[str, Any]] = SimpleQueue()
    with ExitStack() as stack:
        directory = tmp_path_factory.mktemp("websocket")
        port = stack.enter_context(node_server("websocket_server.mjs", directory, heard.put))
        origin = f"http://127.0.0.1:{port}"
        context = browser.new_context(**browser_context_args)
        if request.param == "events":
            context.add_init_script("delete globalThis.WebSocketStream")
        page = SandboxPage(context.new_page(), site)
        allow = [
            {"host": "a.test", "upstream": origin},
            {"host": "p.test", "upstream": origin, "paths": ["/echo"]},
            {"host": "h.test", "upstream": origin, "headers": {"X-Key": "k"}},
        ]
        page.create({"network": {"allow": allow}})
        page.evaluate("await sandbox.files.write('/tmp/client.py', arg)", CLIENT.read_text())
        yield Outside(page, port, heard)
        context.close()


@pytest.mark.parametrize("story", ["echo", "leave", "protocols", "violations", "count"])
def test_a_client_sees_what_it_sees_on_this_machine(outside: Outside, story: str) -> None:
    native = subprocess.run(
        [sys.executable, str(CLIENT), "127.0.0.1", str(outside.port), story],
        capture_output=True, text=True, timeout=60, check=True, env={"PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    status, out, err = outside.run(f"python3 /tmp/client.py a.test 80 {story}")
    assert (status, out) == (0, native.stdout), err


def test_the_server_hears_how_it_ends_and_nothing_of_the_page(outside: Outside) -> None:
    outside.asked()
    assert outside.run("python3 /tmp/client.py a.test 80 count")[0] == 0
    headers = outside.next("headers")["headers"]
    assert headers["origin"] == "null" and "cookie" not in headers and "referer" not in headers
    assert outside.next("count") == {"count": 20_000_000, "code": 1000, "reason": ""}
    told = outside.page.evaluate(
        """const events = await sandbox.log({ types: ["network"] });
        return events.findLast(({ action }) => action === "response")"""
    )
    assert (told["status"], told["sentBytes"], told["url"]) == (101, 20_000_000, "http://a.test/count")


def test_rules_hold_and_what_cannot_be_is_an_answer(outside: Outside) -> None:
    outside.asked()
    curl = f"curl -s -m 10 -w '%{{http_code}}' {HANDSHAKE}"
    assert outside.run(f"{curl} p.test/leave")[1].endswith("403")
    assert outside.run(f"{curl} p.test/echo/../leave --path-as-is")[1].endswith("403")
    assert "sends no headers" in outside.run(f"{curl} h.test/echo")[1]
    assert outside.run(f"{curl} -H 'Sec-WebSocket-Version: 8' a.test/echo")[1].endswith("426")
    assert outside.run(f"{curl} -H 'Sec-WebSocket-Key: short' a.test/echo")[1].endswith("400")
    assert outside.asked() == []
    status, out, _ = outside.run(f"{curl} a.test/nothing")
    assert (
        status == 0 and "has not opened a WebSocket to http://a.test/nothing" in out and out.endswith("502")
    )
    out = outside.run(f"curl -s -m 2 -i -H 'Authorization: x' -b a=1 {HANDSHAKE} a.test/leave")[1]
    assert "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n" in out.replace("\r", "")
    assert "X-Tabux: not sent: accept, authorization, cookie" in out
