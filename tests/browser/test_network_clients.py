"""curl and wget through the gateway do what they do on this machine, asking the same server."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from .pages import SandboxPage
from .upstream import Upstream, upstreams

#: @ is the server. What docs/network.md lists as hidden by browsers is not compared.
INVOCATIONS = """
curl -s @/hello
curl -s @/
curl -s @/missing
curl -sf @/missing
curl -s --fail-with-body @/missing
curl -s -o f @/hello; cat f
curl -s -O @/hello; cat hello
curl -s --create-dirs --output-dir d/e -O @/hello; cat d/e/hello
curl -s -w '%{http_code} %{size_download} %{method}\\n' @/hello
curl -s -w '%{http_code} %{content_type} %{num_connects}\\n' @/hello @/hello
curl -s -w '%{exitcode} %{errormsg}\\n' @/hello
curl -s -I -o f -w '%{http_code}' @/hello
curl -s -d a=1 -d b=2 @/echo
curl -s --data-urlencode 'a=b c&d' @/echo
curl -s -G -d a=1 @/hello
printf 'from a file' > in; curl -s -d @in @/echo
printf 'bin\\0ary' | curl -s --data-binary @- @/echo | od -c
curl -s --json '{"a": 1}' @/echo
curl -s -X PUT -d x @/echo
curl -s -X PATCH -d x @/echo
curl -s -X DELETE @/echo
curl -s -X OPTIONS @/echo
curl -s -T in @/echo
printf 'piped' | curl -s -T - -H 'Expect:' @/status?code=200
seq 100000 > big; curl -s --data-binary @big @/echo | md5sum
curl -s -r 0-9 @/range | od -c
curl -s -r 250- @/range | od -c
head -c 100 /dev/zero > part; curl -s -C - -o part @/range; wc -c < part
curl -sL @/redirect?to=/hello
curl -sL '@/redirect?code=301&to=/echo' -d x
curl -sL '@/redirect?code=307&to=/echo' -d x
curl -sL '@/redirect?code=308&to=/echo' -X PUT -d y
curl -s -u me:pw @/headers | grep -i ^authorization
curl -s --oauth2-bearer token @/headers | grep -i ^authorization
curl -s -H 'X-Own: a b' -H 'X-Two;' @/headers | grep '^x-'
curl -s -e http://x.test/ -A me @/status?code=200
curl -s --compressed @/gzip | md5sum
curl -s @/status?code=204; echo end
curl -s @/status?code=500
curl -s -o /dev/null -w '%{http_code}' @/status?code=418
curl -s --max-filesize 5 @/hello
curl -s --max-filesize 100 @/hello
curl -s @/hello --next -d x @/echo
curl -s @/{hello,missing,cookie}
curl -s '@/status?code=[200-203]'
curl -s -Z @/hello @/hello
printf 'url = "@/hello"\\n' | curl -s -K -
curl -s -m 20 --retry 1 @/hello
curl -s --limit-rate 1M @/hello
curl -s -N @/hello
curl -s --http1.0 @/hello
curl -s --http1.0 '@/large?size=300000' | md5sum
curl -s '@/large?size=3000000' | md5sum
curl -s -o f @/short
curl -s -z 2020-01-01 @/hello
curl -s --url-query a=b @/hello
curl -s -L --max-redirs 3 @/redirect?to=/redirect%3Fto=/hello
curl -s --tr-encoding @/hello
wget -q -O - @/hello
wget -q @/hello -O f; cat f
wget -q @/missing
wget -q -O - --content-on-error @/missing
wget -q -O - --post-data a=1 @/echo
wget -q -O - --method PUT --body-data x @/echo
wget -q -O - --method DELETE @/echo
wget -q -O - --header 'X-Own: 1' @/headers | grep ^x-own
wget -q -O - --user me --password pw --auth-no-challenge @/headers | grep -i ^authorization
printf '@/hello\\n@/missing\\n' > list; wget -q -O - -i list
head -c 100 /dev/zero > range; wget -q -c @/range; wc -c < range
wget -q --spider @/hello
wget -q --spider @/missing
wget -q -O - @/redirect?to=/hello
wget -q -O - '@/large?size=3000000' | md5sum
wget -q -O f -t 1 @/short
wget -q -P d @/hello; cat d/hello
""".strip().splitlines()


@pytest.fixture(scope="module")
def outside(
    browser: Browser, browser_context_args: dict[str, Any], site: str
) -> Iterator[tuple[SandboxPage, Upstream]]:
    """A sandbox that may ask a.test, and what that is."""
    with upstreams(1) as (host,):
        page = SandboxPage(browser.new_page(**browser_context_args), site)
        page.create({"network": {"allow": [{"host": "a.test", "upstream": host.origin}]}})
        yield page, host
        page.page.close()


def differences(
    page: SandboxPage, host: Upstream, lines: list[str], tmp_path: Path
) -> list[tuple[str, list[Any], list[Any]]]:
    """What does not end and print as on this machine: the line, what is expected and what was found.

    Here, `@` is the server, there a.test.
    """
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8", "no_proxy": "*"}
    different = []
    for number, line in enumerate(lines):
        place = tmp_path / str(number)
        place.mkdir()
        native = subprocess.run(
            ["bash", "-c", line.replace("@/", f"{host.origin}/")],
            cwd=place, env=environment, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        expected = [native.returncode, native.stdout.decode()]
        code = """const r = await sandbox.commands.run(`cd $(mktemp -d); ${arg}`);
            return [r.exitCode, r.stdout]"""
        found = page.evaluate(code, line.replace("@/", "http://a.test/"))
        if found != expected:
            different.append((line, expected, found))
    return different


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("wget")), reason="needs curl and wget")
def test_they_do_as_on_this_machine(outside: tuple[SandboxPage, Upstream], tmp_path: Path) -> None:
    assert differences(*outside, INVOCATIONS, tmp_path) == []
    assert len(INVOCATIONS) >= 60
