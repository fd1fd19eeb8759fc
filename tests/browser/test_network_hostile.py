"""Ways around the network policy: none of them reaches a server that is not allowed, as its log proves.

Allowed are a.test, and of p.test what is below /open. The victim is a server on this machine, and c.test,
which is not allowed; of p.test it is /secret. Each attempt has a control, which shows that it would reach the
victim if nobody held it up: the same command in a sandbox that allows all three ("allowed"), or on this
machine itself ("native"). For the last ones there is none: they try what HTTP does not do anyway.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from .pages import SandboxPage
from .relay import relay
from .upstream import Upstream, upstreams

#: by control; @V is the victim's address and port, @P its port, @A the origin of a.test, @O the real one of
#: p.test
WEBSOCKET = (
    "-H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13'"
    " -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='"
)
ATTEMPTS = {
    "allowed": [
        # names
        "curl -s http://c.test/",
        "curl -s https://c.test/",
        "curl -s http://C.TEST/",
        "curl -s http://c.test./",
        "curl -s http://sub.c.test/",
        "wget -q -O - http://c.test/",
        "exec 3<>/dev/tcp/c.test/80; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3",
        "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -q 5 c.test 80",
        "git ls-remote http://c.test/x.git",
        # that look allowed
        "curl -s http://a.test.c.test/",
        "curl -s http://a.test@c.test/",
        "curl -s http://a.test:80@c.test/",
        "curl -s 'http://c.test?@a.test/'",
        "curl -s 'http://c.test#@a.test/'",
        "curl -s --connect-to a.test:80:c.test:80 -H 'Host: c.test' http://a.test/",
        "curl -s -x http://c.test:80 http://c.test/",
        # addresses that names might have
        "curl -s http://c.test/nothing >/tmp/n; for i in 0 1 2 3; do"
        " curl -s -m 5 -H 'Host: c.test' http://198.18.1.$i/; done",
        # redirects, by each status
        "curl -sL 'http://a.test/redirect?code=301&to=http://@V/'",
        "curl -sL 'http://a.test/redirect?code=302&to=http://@V/'",
        "curl -sL 'http://a.test/redirect?code=303&to=http://@V/'",
        "curl -sL 'http://a.test/redirect?code=307&to=http://@V/'",
        "curl -sL 'http://a.test/redirect?code=308&to=http://@V/'",
        "curl -sL -d x 'http://a.test/redirect?code=307&to=http://@V/'",
        "curl -sL 'http://a.test/redirect?to=//@V/'",
        "curl -sL 'http://a.test/redirect?to=/redirect%3Fto=http://@V/'",
        "wget -q -O - 'http://a.test/redirect?to=http://@V/'",
        # an upgrade is a request too
        f"curl -s -m 5 {WEBSOCKET} http://c.test/",
        f"curl -s -m 5 {WEBSOCKET} http://p.test/secret",
        f"curl -s -m 5 {WEBSOCKET} --path-as-is http://p.test/open/%2e%2e/secret",
        # paths that are not allowed
        "curl -s http://p.test/secret",
        "curl -s --path-as-is http://p.test/open/../secret",
        "curl -s --path-as-is http://p.test/open/%2e%2e/secret",
        "curl -s --path-as-is http://p.test/open/.%2E/secret",
        "printf 'GET /open\\\\..\\\\secret HTTP/1.0\\r\\n\\r\\n' | nc -q 5 p.test 80",
        "curl -s --path-as-is http://p.test/open/..%2fsecret",
        "curl -sL 'http://p.test/open?to=/secret'",
        "curl -sL 'http://a.test/redirect?to=@O/secret'",
        "printf 'GET /open HTTP/1.1\\r\\nHost: p.test\\r\\n\\r\\n"
        "GET /secret HTTP/1.0\\r\\n\\r\\n' | nc -q 5 p.test 80",
        "curl -s -X PUT http://p.test/secret",
    ],
    "native": [
        # addresses, in every notation
        "curl -s http://127.0.0.1:@P/",
        "curl -s http://localhost:@P/",
        "curl -s http://2130706433:@P/",
        "curl -s http://0x7f000001:@P/",
        "curl -s http://0177.0.0.1:@P/",
        "curl -s http://127.1:@P/",
        "curl -s http://0.0.0.0:@P/",
        "curl -s 'http://[::ffff:127.0.0.1]:@P/'",
        "wget -q -O - http://127.0.0.1:@P/",
        "exec 3<>/dev/tcp/127.0.0.1/@P; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3",
        "curl -s --resolve c.test:@P:127.0.0.1 http://c.test:@P/",
        "curl -sL '@A/redirect?to=http://localhost:@P/'",
        "curl -sL '@A/redirect?to=http://2130706433:@P/'",
        "curl -sL '@A/redirect?to=http://0x7f.1:@P/'",
        "curl -sL '@A/redirect?to=http://a.test@@V/'",
    ],
    "none": [
        "curl -s -x http://a.test:80 http://c.test/",
        "curl -s -p -x http://a.test:80 http://c.test/",
        "curl -s --connect-to c.test:80:a.test:80 http://c.test/",
        "curl -s -H 'Host: c.test' http://a.test/",
        "curl -s -H 'Host: @V' http://a.test/",
        "curl -s -H 'X-Forwarded-Host: @V' -H 'Forwarded: host=@V' http://a.test/",
        "printf 'GET http://@V/ HTTP/1.1\\r\\nHost: a.test\\r\\n\\r\\n' | nc -q 2 a.test 80",
        "printf 'GET http://a.test@@V/ HTTP/1.0\\r\\n\\r\\n' | nc -q 2 a.test 80",
        "printf 'GET @@V/ HTTP/1.0\\r\\n\\r\\n' | nc -q 2 a.test 80",
        "printf 'GET :@P/ HTTP/1.0\\r\\n\\r\\n' | nc -q 2 a.test 80",
        "printf 'GET / HTTP/1.1\\r\\nHost: a.test\\r\\nHost: @V\\r\\n\\r\\n' | nc -q 2 a.test 80",
        "printf 'POST /open HTTP/1.1\\r\\nHost: p.test\\r\\nContent-Length: 4\\r\\nTransfer-Encoding: chunked"
        "\\r\\n\\r\\n0\\r\\n\\r\\nGET /secret HTTP/1.0\\r\\n\\r\\n' | nc -q 2 p.test 80",
        "printf 'POST /open HTTP/1.1\\r\\nHost: p.test\\r\\nTransfer-Encoding: xchunked\\r\\n\\r\\n"
        "GET /secret HTTP/1.0\\r\\n\\r\\n' | nc -q 2 p.test 80",
        "printf 'GET /open HTTP/1.1\\r\\nHost: p.test\\r\\nX: y\\r /secret\\r\\n\\r\\n' | nc -q 2 p.test 80",
        "(printf 'GET /secret HTTP/1.0\\r\\nX: '; head -c 100000 /dev/zero | tr '\\0' x) | nc -q 2 p.test 80",
        "printf '\\r\\n\\r\\n\\r\\n' | nc -q 2 p.test 80",
        "printf 'CONNECT @V HTTP/1.1\\r\\nHost: @V\\r\\n\\r\\n"
        "GET / HTTP/1.0\\r\\n\\r\\n' | nc -q 2 a.test 443",
    ],
}  # fmt: skip


class Target:
    """The three hosts, and whether the victim has been reached."""

    def __init__(self, hosts: list[Upstream]) -> None:
        self.a, self.p, self.victim = hosts

    def filled(self, attempt: str, native: bool) -> str:
        """The command, for a sandbox or for this machine."""
        address = self.victim.origin.removeprefix("http://")
        port = address.rpartition(":")[2]
        origin = self.a.origin if native else "http://a.test"
        real = {"@A": origin, "@O": self.p.origin, "@P": port, "@V": address}
        for name, value in real.items():
            attempt = attempt.replace(name, value)
        return attempt

    def reached(self) -> list[str]:
        """What should not have been asked for, since this was last looked at."""
        asked = self.victim.asked() + [line for line in self.p.asked() if "secret" in line.partition("?")[0]]
        for host in (self.a, self.p, self.victim):
            host.requests.clear()
        return asked


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    """One for all attempts."""
    with upstreams(3) as hosts:
        yield Target(hosts)


def opened(
    browser: Browser, arguments: dict[str, object], site: str, allow: list[object], **options: object
) -> SandboxPage:
    """A sandbox with that policy."""
    page = SandboxPage(browser.new_page(**arguments), site)  # type: ignore[arg-type]
    page.create({"network": {"allow": allow, **options}})
    return page


def attempt_in(page: SandboxPage, command: str) -> None:
    """Makes an attempt, whatever comes of it."""
    page.evaluate("await sandbox.commands.run(arg, { timeoutMs: 15000 })", command)


def test_nobody_gets_around_the_policy(
    browser: Browser, browser_context_args: dict[str, object], site: str, target: Target
) -> None:
    rules = [
        {"host": "a.test", "upstream": target.a.origin},
        {"host": "p.test", "upstream": target.p.origin, "paths": ["/open"], "methods": ["GET", "POST"]},
    ]
    page = opened(browser, browser_context_args, site, rules)
    attempt_all(page, target)
    page.page.close()


@pytest.mark.skipif(not shutil.which("node"), reason="the relay of the tests needs node")
def test_nobody_gets_around_the_policy_through_a_relay(
    browser: Browser, browser_context_args: dict[str, object], site: str, target: Target, tmp_path: Path
) -> None:
    """The relay would connect to anything: it is not asked."""
    rules = [
        {"host": "a.test", "upstream": target.a.origin},
        {"host": "p.test", "upstream": target.p.origin, "paths": ["/open"], "methods": ["GET", "POST"]},
    ]
    with relay(tmp_path) as made:
        page = opened(browser, browser_context_args, site, rules, relay=made.url)
        attempt_all(page, target)
        allowed = {("127.0.0.1", int(host.origin.rpartition(":")[2])) for host in (target.a, target.p)}
        assert set(made.asked) == allowed
        page.page.close()


def attempt_all(page: SandboxPage, target: Target) -> None:
    """Makes each attempt, and sees that it reaches nobody."""
    attempts = [attempt for group in ATTEMPTS.values() for attempt in group]
    assert len(attempts) >= 40
    through = {}
    for attempt in attempts:
        attempt_in(page, target.filled(attempt, native=False))
        if reached := target.reached():
            through[attempt] = reached
    assert through == {}
    # (the policy does let through what it allows)
    attempt_in(page, "curl -s http://a.test/hello http://p.test/open")
    assert target.a.asked() == ["GET /hello"] and target.p.asked() == ["GET /open"]
    assert target.reached() == []


def test_the_attempts_are_real_where_all_is_allowed(
    browser: Browser, browser_context_args: dict[str, object], site: str, target: Target
) -> None:
    hosts = {"a.test": target.a, "p.test": target.p, "c.test": target.victim, "*.c.test": target.victim}
    rules = [{"host": name, "upstream": host.origin} for name, host in hosts.items()]
    page = opened(browser, browser_context_args, site, rules)
    harmless = []
    for attempt in ATTEMPTS["allowed"]:
        attempt_in(page, target.filled(attempt, native=False))
        if not target.reached():
            harmless.append(attempt)
    assert harmless == []
    page.page.close()


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("wget")), reason="needs curl and wget")
def test_the_attempts_are_real_on_this_machine(target: Target) -> None:
    harmless = []
    for attempt in ATTEMPTS["native"]:
        command = target.filled(attempt, native=True)
        environment = {"PATH": "/usr/bin:/bin", "no_proxy": "*"}
        subprocess.run(["bash", "-c", command], env=environment, capture_output=True, timeout=20, check=False)
        if not target.reached():
            harmless.append(attempt)
    assert harmless == []
