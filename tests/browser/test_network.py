"""The way out: what programs get from hosts outside, and how it differs from what the hosts have sent."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from .pages import SandboxPage
from .upstream import Upstream, upstreams


class Outside:
    """A sandbox with three hosts: a.test and b.test, which are allowed, and c.test, which is not."""

    def __init__(self, page: SandboxPage, hosts: list[Upstream]) -> None:
        self.page = page
        self.a, self.b, self.c = hosts

    def run(self, command: str, **options: Any) -> tuple[int, str, str]:
        """Exit status, standard output and error; `@B` and `@C` are real origins."""
        command = command.replace("@B", self.b.origin).replace("@C", self.c.origin)
        code = """const r = await sandbox.commands.run(...arg); return [r.exitCode, r.stdout, r.stderr]"""
        status, out, err = self.page.evaluate(code, [command, options])
        return status, out, err


@pytest.fixture(scope="module")
def kept(browser: Browser, browser_context_args: dict[str, Any], site: str) -> Iterator[Outside]:
    """One for all tests of the file."""
    with upstreams(3) as hosts:
        page = browser.new_page(**browser_context_args)
        made = SandboxPage(page, site)
        allow = [
            {"host": f"{name}.test", "upstream": host.origin} for name, host in zip("ab", hosts, strict=False)
        ]
        secrets = {"API_TOKEN": {"value": "s3cret-value", "hosts": ["a.test"]}}
        proxy = {"url": f"{hosts[1].origin}/proxied/", "hosts": ["closed.test"]}
        made.create(
            {
                "network": {
                    "allow": [*allow, "closed.test"],
                    "secrets": secrets,
                    "corsProxy": proxy,
                    "maxUploadBytes": 3_000_000,
                    "maxDownloadBytes": 200_000_000,
                    "timeoutMs": 5000,
                }
            }
        )
        yield Outside(made, hosts)
        page.close()


@pytest.fixture
def outside(kept: Outside) -> Outside:
    """The same with nothing asked yet."""
    for host in (kept.a, kept.b, kept.c):
        host.requests.clear()
        host.preflights.clear()
        host.release.clear()
    return kept


def test_what_is_answered(outside: Outside) -> None:
    status, out, _ = outside.run("curl -si https://a.test/hello")
    lines = out.split("\r\n")
    assert status == 0 and lines[0] == "HTTP/1.1 200 OK" and lines[-1] == "hello from outside\n"
    assert {"content-type: text/plain", "x-seen: yes", "Content-Length: 19"} <= set(lines)
    assert "X-Tabux: only headers that CORS exposes" in lines
    assert "X-Hidden" not in out, "what CORS hides is hidden"
    (request,) = outside.a.requests
    assert "Cookie" not in request.headers and "Referer" not in request.headers
    assert request.headers["Origin"] == "null"


@pytest.mark.parametrize("client", ["curl -s", "wget -q -O -"])
def test_both_ports_and_clients(outside: Outside, client: str) -> None:
    for scheme in ("http", "https"):
        assert outside.run(f"{client} {scheme}://a.test/hello") == (0, "hello from outside\n", "")
    assert outside.a.asked() == ["GET /hello"] * 2


def test_methods_and_bodies(outside: Outside) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert outside.run(f"curl -s -X {method} -d 'x=1' a.test/echo")[1] == f"{method} x=1"
    assert outside.run("curl -s -X OPTIONS a.test/echo")[1] == "OPTIONS "
    assert "Content-Length: 19\r\n" in outside.run("curl -sI a.test/hello")[1]
    chunked = "printf 'in %s' chunks | curl -s -T - -H 'Expect:' a.test/echo"
    assert outside.run(chunked)[1] == "PUT in chunks"
    # 100-continue: curl waits for it with more than a megabyte
    big = "head -c 2000000 /dev/zero | curl -sv --data-binary @- a.test/echo 2>&1 >/tmp/echoed"
    status, out, _ = outside.run(f"{big} | grep -a Continue; wc -c < /tmp/echoed")
    assert status == 0 and "HTTP/1.1 100 Continue" in out and out.endswith("2000005\n")
    assert len(outside.a.requests[-1].body) == 2_000_000


def test_statuses_ranges_and_what_the_browser_has_undone(outside: Outside) -> None:
    for code in (204, 304, 404, 500):
        out = outside.run(
            f"curl -s -o /tmp/o -w '%{{http_code}} %{{size_download}}' 'a.test/status?code={code}'"
        )[1]
        assert out == f"{code} {0 if code in (204, 304) else 9}"
    out = outside.run("curl -si -r 16-19 a.test/range | tr -d '\\r'; true")[1]
    assert out.startswith("HTTP/1.1 206 ") and "content-range: bytes 16-19/256\n" in out.lower()
    out = outside.run("curl -si a.test/gzip | head -c 400 | grep -ai '^x-tabux\\|^content-'")[1]
    assert "Content-Length: 11000\r\n" in out and "content-encoding" not in out.lower()
    assert "set-cookie" not in outside.run("curl -si a.test/cookie")[1].lower()
    out = outside.run("curl -si -b a=1 a.test/headers")[1]
    assert "cookie: a=1" not in out and "not sent: cookie" in out


def test_a_connection_is_used_again(outside: Outside) -> None:
    out = outside.run("curl -sv a.test/hello a.test/gzip a.test/missing -o /dev/null -o /dev/null 2>&1")[1]
    assert out.count("Re-using existing connection") == 2
    two = r"GET /hello HTTP/1.1\r\nHost: a.test\r\n\r\nGET /missing HTTP/1.0\r\n\r\n"
    out = outside.run(f"printf '{two}' | nc -q 9 a.test 80")[1]
    assert out.count("HTTP/1.1 ") == 2 and out.endswith("nothing here\n")


def test_redirects_where_each_hop_is_allowed(outside: Outside) -> None:
    out = outside.run("curl -si 'a.test/redirect?to=@B/hello'")[1]
    assert out.startswith("HTTP/1.1 200 ") and f"redirected to {outside.b.origin}/hello" in out
    out = outside.run("curl -si 'a.test/redirect?to=@C/hello'")[1]
    assert out.startswith("HTTP/1.1 403 ") and "network.allow has to name that host too" in out
    assert outside.c.asked() == []


def test_slow_bodies_come_as_they_are_sent(outside: Outside) -> None:
    code = """const lines = [];
        const first = Promise.withResolvers();
        const curl = await sandbox.commands.run("curl -sN a.test/waiting", {
            background: true, onStdout: (text) => { lines.push(text); first.resolve(); } });
        await first.promise;
        window.waiting = curl;
        return lines"""
    assert outside.page.evaluate(code) == ["first half\n"]
    outside.a.release.set()
    assert outside.page.evaluate("return (await window.waiting.wait()).stdout") == "first half\nsecond half\n"


def test_failures_are_those_of_clients_and_say_what_to_do(outside: Outside) -> None:
    assert outside.run("curl -sS http://c.test/")[::2] == (6, "curl: (6) Could not resolve host: c.test\n")
    assert outside.run("wget -q http://c.test/")[0] == 4
    status, out, _ = outside.run("curl -s -w '%{http_code}' http://a.test/closed")
    assert status == 0 and out.endswith("502") and "network.corsProxy" in out
    assert outside.run("curl -sf http://a.test/closed")[0] == 22
    assert outside.run("curl -sS http://a.test/short")[0] == 18
    assert outside.run("curl -s -o /dev/null -w '%{http_code}' http://a.test/reset")[1] == "502"
    out = outside.run("curl -s http://a.test/silent")[1]
    assert out == "tabux: a.test has not answered within network.timeoutMs (5000)\n"
    status, out, _ = outside.run("head -c 4000000 /dev/zero | curl -s --data-binary @- a.test/echo")
    assert "network.maxUploadBytes (3000000)" in out
    chunked = "head -c 4000000 /dev/zero | curl -s -T - -H 'Expect:' a.test/echo 2>&1"
    assert "network.maxUploadBytes (3000000)" in outside.run(chunked)[1]
    assert outside.run("curl -sS a.test:8080")[0] == 7
    assert outside.run("git clone -q git://a.test/x.git")[0] == 128


def test_a_program_that_begins_tls_is_told_so(outside: Outside) -> None:
    alert = outside.run("(printf '\\026\\003\\001\\0\\005hello'; sleep 0.2) | nc a.test 443 | od -An -tx1")[1]
    assert alert == " 15 03 01 00 02 02 46\n"
    log = outside.page.evaluate("return await sandbox.log({ types: ['network'], most: 1 })")
    assert log[0]["action"] == "tls" and log[0]["host"] == "a.test"


def test_who_hangs_up_gives_the_request_up(outside: Outside) -> None:
    outside.page.evaluate(
        """const seen = Promise.withResolvers();
        const off = sandbox.on("network", (event) => event.action === "response" && seen.resolve(event));
        const large = "curl -s 'a.test/large?size=1000000000'";
        const r = await sandbox.commands.run(`${large} | head -c 100000 | wc -c`);
        if (r.stdout !== "100000\\n") throw new Error(r.stdout + r.stderr);
        await seen.promise;
        off()"""
    )


def test_secrets_stay_outside(outside: Outside) -> None:
    assert outside.run("echo $API_TOKEN")[1] == "tabux-secret-API_TOKEN\n"
    out = outside.run('curl -s -H "X-Token: $API_TOKEN" a.test/headers')[1]
    assert "x-token: s3cret-value" in out, "(this server tells)"
    assert "x-token: tabux-secret-" in outside.run('curl -s -H "X-Token: $API_TOKEN" b.test/headers')[1]
    assert (
        "authorization: Basic bWU6czNjcmV0LXZhbHVl"
        in outside.run('curl -s -u "me:$API_TOKEN" a.test/headers')[1]
    )


def test_a_proxy_for_hosts_without_cors(outside: Outside) -> None:
    outside.run("curl -s https://closed.test/x?y")
    assert outside.b.asked() == ["GET /proxied/closed.test/x?y"]


def test_the_policy_changes_while_the_sandbox_runs(outside: Outside) -> None:
    seen = outside.page.evaluate(
        """const ask = async () => (await sandbox.commands.run("curl -s https://c.test/hello")).exitCode;
        const codes = [await ask()];
        await sandbox.network.allow({ host: "c.test", upstream: arg });
        codes.push(await ask());
        const had = [await sandbox.network.revoke("c.test"), await sandbox.network.revoke("c.test")];
        codes.push(await ask());
        return [codes, had]""",
        outside.c.origin,
    )
    assert seen == [[6, 0, 6], [True, False]]
    assert outside.c.asked() == ["GET /hello"]
    for wrong in ("127.0.0.1", "localhost", "http://a.test/path", "a b"):
        assert outside.page.fails("await sandbox.network.allow(arg)", wrong)[0] == "InvalidArgumentError"


def test_what_is_asked_is_told(outside: Outside) -> None:
    seen = outside.page.evaluate(
        """const events = [];
        const { promise, resolve } = Promise.withResolvers();
        const off = sandbox.on("network", (event) => {
            events.push(event);
            if (event.status === 404) resolve();
        });
        await sandbox.commands.run("curl -s d.test; curl -s -d x https://a.test/missing");
        await promise;
        off();
        return events"""
    )
    assert {(e["action"], e["host"], e.get("allowed")) for e in seen} == {
        ("resolve", "d.test", False), ("request", "a.test", True), ("response", "a.test", None),
    }  # fmt: skip
    last = seen[-1]
    assert (last["url"], last["sentBytes"], last["receivedBytes"]) == ("https://a.test/missing", 1, 13)


def test_large_downloads_pass_in_bounded_memory(outside: Outside) -> None:
    """What lies between the browser and the program is bounded, however slow the program is."""
    command = "curl -s 'a.test/large?size=100000000' | (sleep 1; sha256sum)"
    block = bytes(range(256)) * 256
    whole = hashlib.sha256()
    left = 100_000_000
    while left > 0:
        whole.update(block[:left])
        left -= len(block)
    assert outside.run(command)[1] == f"{whole.hexdigest()}  -\n"


def test_no_network_makes_no_request_but_to_its_own_site(
    browser: Browser, browser_context_args: dict[str, Any], site: str
) -> None:
    with upstreams(1) as (host,):
        page = browser.new_page(**browser_context_args)
        asked: list[str] = []
        page.context.on("request", lambda request: asked.append(request.url))
        made = SandboxPage(page, site)
        made.create()
        commands = f"""curl -s http://a.test/; curl -s {host.origin}/; wget -qO- {host.origin}
            git ls-remote -q https://a.test/x.git; exec 3<>/dev/tcp/{host.origin[7:].replace(":", "/")}
            echo done"""
        assert made.evaluate("return (await sandbox.commands.run(arg)).stdout", commands).endswith("done\n")
        foreign = [url for url in asked if not url.startswith((site, "data:", "blob:"))]
        assert foreign == [] and host.requests == []
        # (and this would see one)
        made.evaluate("await sandbox.network.allow({ host: 'a.test', upstream: arg })", host.origin)
        made.evaluate("await sandbox.commands.run('curl -s http://a.test/hello')")
        assert [url for url in asked if not url.startswith((site, "data:", "blob:"))] == [
            f"{host.origin}/hello"
        ]
        page.close()


def test_nothing_of_the_option_passes_unchecked(fresh: SandboxPage) -> None:
    rules: list[Any] = [
        "1.2.3.4",
        {"hosts": "x.test"},
        {"host": "a.test", "upstream": "ftp://x"},
        {"host": "a.test", "paths": ["x"]},
        {"host": "a.test", "headers": {"a b": "c"}},
        {"host": "a.test", "headers": {"a": "c\n"}},
    ]
    cases: list[Any] = [
        *({"allow": [rule]} for rule in rules),
        "example.org",
        {"alow": []},
        {"allow": "example.org"},
        {"secrets": {"A": {"value": "x"}}},
        {"secrets": {"A-B": {"value": "x", "hosts": []}}},
        {"corsProxy": "https://x.test"},
        {"relay": "https://x.test/"},
        {"relay": {"url": "wss://x.test/"}},
        {"allow": ["tcp://x.test"]},
        {"maxUploadBytes": -1},
        {"timeoutMs": "1"},
    ]
    for case in cases:
        code = "await tabux.Sandbox.create({ network: arg })"
        assert fresh.fails(code, case)[0] == "InvalidArgumentError", case


HISTORY = """
git init -q --bare work.git
git -c init.defaultBranch=main init -q seed && cd seed
git config user.name A && git config user.email a@example.org
for i in $(seq 40); do echo "$i" > "file-$i" && git add . && git commit -qm "commit $i"; done
git push -q ../work.git HEAD:main && git -C ../work.git symbolic-ref HEAD refs/heads/main
git -C ../work.git config http.receivepack true
"""


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_git_clones_fetches_and_pushes(outside: Outside, tmp_path: Path) -> None:
    """By git-http-backend, git's own server side."""
    subprocess.run(
        ["bash", "-ec", HISTORY],
        cwd=tmp_path,
        check=True,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    outside.a.repositories = tmp_path
    status, out, err = outside.run(
        """cd /tmp && rm -rf work && git clone -q https://a.test/git/work.git work && cd work &&
        git rev-list --count HEAD && git fsck && ls | wc -l &&
        git config user.name B && git config user.email b@example.org &&
        echo pushed > file-1 && git commit -qam "from inside" && git push -q origin HEAD:inside &&
        git fetch -q && git log --format=%s -1 origin/inside &&
        git clone -q --depth 1 https://a.test/git/work.git ../shallow &&
        git -C ../shallow rev-list --count HEAD""",
        timeoutMs=60_000,
    )
    assert (status, out) == (0, "40\n40\nfrom inside\n1\n"), err
    subject = subprocess.run(
        ["git", "-C", str(tmp_path / "work.git"), "log", "--format=%s", "-1", "inside"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert subject == "from inside\n"
    subprocess.run(
        ["git", "-C", str(tmp_path / "work.git"), "fsck", "--strict"], check=True, capture_output=True
    )
