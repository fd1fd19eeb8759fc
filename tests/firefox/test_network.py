"""The network in Firefox: what is allowed is asked for, and nothing else; a server answers the page."""

from __future__ import annotations

from tests.browser.pages import SandboxPage
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
