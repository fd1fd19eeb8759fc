"""Python and the outside: ssl, urllib, asyncio, and pip with an index."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from .pages import SandboxPage
from .test_python_pip import wheel
from .upstream import Upstream, upstreams

WHEELS = [
    wheel(
        "top",
        "1.0",
        {"top.py": "import lower\nX = lower.X + 1\n"},
        requires="lower>=2",
        command="top = top:X",
    ),
    wheel("lower", "1.0", {"lower.py": "X = 10\n"}),
    wheel("lower", "2.1", {"lower.py": "X = 21\n"}),
    wheel("clash", "1.0", {"clash.py": ""}, requires="lower<2"),
    wheel("built", "3.0", {"built.py": "Y = 3\n"}, tag="cp314-cp314-pyemscripten_2026_0_wasm32"),
]


def index(files: Upstream) -> dict[str, tuple[str, bytes]]:
    """A simple repository (PEP 503) whose files lie at another host, which `files` becomes."""
    links: dict[str, list[str]] = {}
    for name, content in WHEELS:
        project = name.partition("-")[0]
        digest = hashlib.sha256(content).hexdigest()
        files.files[f"/packages/{name}"] = ("application/octet-stream", content)
        link = f'<a href="https://files.test/packages/{name}#sha256={digest}">{name}</a>'
        links.setdefault(project, []).append(link)
    return {
        f"/simple/{project}/": ("text/html", b"<!DOCTYPE html>\n" + "\n".join(found).encode())
        for project, found in links.items()
    }


@pytest.fixture(scope="module")
def outside(browser: Browser, browser_context_args: dict[str, Any], site: str) -> Iterator[SandboxPage]:
    """A sandbox that may ask an index, the host of its files, and a.test."""
    with upstreams(3) as (listing, files, other):
        listing.files = index(files)
        hosts = {"index.test": listing, "files.test": files, "a.test": other}
        allow = [{"host": name, "upstream": host.origin} for name, host in hosts.items()]
        page = SandboxPage(browser.new_page(**browser_context_args), site)
        page.create({"network": {"allow": allow}, "envs": {"PIP_INDEX_URL": "https://index.test/simple"}})
        yield page
        page.page.close()


def python(page: SandboxPage, code: str) -> str:
    """The output of a program that must succeed."""
    return page.output("cd /tmp; cat > main.py; python3 main.py", stdin=code)


def test_ssl_is_there_and_the_browsers(outside: SandboxPage) -> None:
    code = """
import socket, ssl
context = ssl.create_default_context()
print(context.check_hostname, context.verify_mode.name, context.minimum_version.name)
with context.wrap_socket(socket.create_connection(("a.test", 443)), server_hostname="a.test") as s:
    print(s.version(), s.getpeercert()["subjectAltName"])
    s.sendall(b"GET /hello HTTP/1.0\\r\\n\\r\\n")
    data = b""
    while chunk := s.recv(100):
        data += chunk
print(data.split(b"\\r\\n\\r\\n")[1])
try:
    context.check_hostname = True
    context.verify_mode = ssl.CERT_NONE
except ValueError as error:
    print(error)
context = ssl.create_default_context()
s = context.wrap_socket(socket.create_connection(("a.test", 443)), server_hostname="a.test")
s.setblocking(False)
try:
    s.recv(1)
except ssl.SSLWantReadError as error:
    print(error.errno == ssl.SSL_ERROR_WANT_READ)
"""
    assert python(outside, code) == (
        "True CERT_REQUIRED TLSv1_2\n"
        "TLSv1.3 (('DNS', 'a.test'),)\n"
        "b'hello from outside\\n'\n"
        "Cannot set verify_mode to CERT_NONE when check_hostname is enabled.\n"
        "True\n"
    )


def test_urllib_and_asyncio(outside: SandboxPage) -> None:
    code = """
import asyncio, urllib.error, urllib.request
with urllib.request.urlopen("https://a.test/hello") as r:
    print(r.status, r.read())
with urllib.request.urlopen(urllib.request.Request("http://a.test/echo", b"body", method="PUT")) as r:
    print(r.read())
for url in ("https://a.test/missing", "https://c.test/"):
    try:
        urllib.request.urlopen(url)
    except urllib.error.URLError as error:
        print(type(error).__name__, getattr(error, "code", ""))

async def ask(path):
    reader, writer = await asyncio.open_connection("a.test", 443, ssl=True)
    writer.write(b"GET %s HTTP/1.0\\r\\n\\r\\n" % path)
    data = await reader.read()
    writer.close()
    await writer.wait_closed()
    return data.split(b"\\r\\n\\r\\n", 1)[1]

async def main():
    print(await asyncio.gather(ask(b"/hello"), ask(b"/cookie")))

asyncio.run(main())
"""
    assert python(outside, code) == (
        "200 b'hello from outside\\n'\nb'PUT body'\nHTTPError 404\nURLError \n"
        "[b'hello from outside\\n', b'cookie\\n']\n"
    )


def test_pip_installs_from_an_index(outside: SandboxPage) -> None:
    out = outside.output(
        "cd; pip install -q top built 2>&1; python3 -c 'import top, built; print(top.X, built.Y)'"
    )
    assert out.endswith("22 3\n")
    assert "lower   2.1" in outside.output("pip list | tr -s ' ' | sed 's/ /   /'")
    result = outside.run("pip install 'lower<2' clash top")
    assert result["exitCode"] == 1 and "ResolutionImpossible" in result["stderr"]
    out = outside.output("cd $(mktemp -d); pip download -q --no-deps lower==1.0; ls")
    assert out == "lower-1.0-py3-none-any.whl\n"
    # (without our configuration pip brings its own idea of certificates)
    isolated = "cd $(mktemp -d); PIP_CONFIG_FILE=/dev/null pip download -q --no-deps lower; ls"
    assert outside.output(isolated) == "lower-2.1-py3-none-any.whl\n"
    assert "Successfully uninstalled top-1.0" in outside.output("pip uninstall -y top")
    result = outside.run("pip install nothing-of-that-name")
    assert result["exitCode"] == 1 and "No matching distribution found" in result["stderr"]


def test_a_server_in_the_sandbox_answers_page_and_programs(outside: SandboxPage) -> None:
    seen = outside.evaluate(
        """await sandbox.files.write("/home/user/site/page.txt", "served");
        const start = "cd ~/site; exec python3 -m http.server 8000";
        const server = await sandbox.commands.run(start, { background: true });
        await sandbox.ports.waitFor(8000);
        const response = await sandbox.fetch(8000, "/page.txt");
        const inside = await sandbox.commands.run("curl -s localhost:8000/page.txt");
        const missing = await sandbox.fetch(8000, "/missing");
        const { status, headers } = response;
        const texts = [await response.text(), inside.stdout];
        await server.kill();
        return [status, headers.get("server"), ...texts, missing.status]"""
    )
    assert seen[0] == 200 and seen[1].startswith("SimpleHTTP/") and seen[2:] == ["served", "served", 404]
