"""Commands in Python, from a wheel that is built here and loaded into the kernel by micropip."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from .pages import SandboxPage

MODULE = '''
import asyncio
import sys


async def shout(argv, stdin, stdout, stderr, env, cwd, files):
    async for chunk in stdin:
        await stdout.write(chunk.upper())


async def tell(argv, stdin, stdout, stderr, env, cwd, files):
    await stdout.write(f"{argv} {env['X']} {cwd}\\n")
    await stderr.write("done\\n")
    return 3


async def wc8(argv, stdin, stdout, stderr, env, cwd, files):
    data = await files.read(argv[1])
    await files.write(argv[2], bytes(reversed(data)))
    await stdout.write(f"{len(data)}\\n")


async def forever(argv, stdin, stdout, stderr, env, cwd, files):
    await stdout.write("started\\n")
    await asyncio.sleep(1e6)


async def flood(argv, stdin, stdout, stderr, env, cwd, files):
    while True:
        await stdout.write(b"y\\n" * 32768)


def fail(argv, stdin, stdout, stderr, env, cwd, files):
    match argv[1]:
        case "error":
            raise ValueError("not like that")
        case "exit":
            sys.exit(int(argv[2]))
        case "word":
            sys.exit("gone")
        case "odd":
            return "yes"
        case "base":
            raise BaseException("low")
        case "deep":
            return fail(argv, stdin, stdout, stderr, env, cwd, files)
'''
COMMANDS = ("shout", "tell", "wc8", "forever", "flood", "fail")


def wheel(name: str, module: str, points: str) -> bytes:
    """A wheel of one module."""
    info = f"{name}-1.0.dist-info"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as z:
        z.writestr(f"{name}.py", module)
        z.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        z.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        z.writestr(f"{info}/entry_points.txt", points)
        z.writestr(f"{info}/RECORD", "")
    return buffer.getvalue()


def serve(page: Page) -> None:
    points = "[tabux.commands]\n" + "".join(f"{name} = louder:{name}\n" for name in COMMANDS)
    wheels = {
        "louder": wheel("louder", MODULE, points),
        "broken": wheel("broken", "import nothing_like_it\n", "[tabux.commands]\nx = broken:x\n"),
    }

    def answer(route: Route) -> None:
        name = route.request.url.rsplit("/", 1)[1].split("-")[0]
        if name in wheels:
            route.fulfill(body=wheels[name], content_type="application/zip")
        else:
            route.fulfill(status=404)

    page.context.route("**/*-1.0-py3-none-any.whl", answer)


LOUDER = "/wheels/louder-1.0-py3-none-any.whl"


@pytest.fixture(scope="module")
def extended(browser: Browser, browser_context_args: dict[str, Any], site: str) -> Iterator[SandboxPage]:
    page = browser.new_page(**browser_context_args)
    serve(page)
    opened = SandboxPage(page, site)
    opened.create({"extensions": [LOUDER]})
    yield opened
    page.close()


def test_in_a_pipeline(extended: SandboxPage) -> None:
    assert extended.output("printf 'a\\nb' | shout | tr -d '\\n' | shout") == "AB"
    assert extended.output("seq 200000 | shout | sha256sum") == extended.output("seq 200000 | sha256sum")
    assert extended.output("head -c 300000 /dev/zero | tr '\\0' '\\377' | shout | wc -c") == "300000\n"


def test_arguments_and_status(extended: SandboxPage) -> None:
    result = extended.run("cd /tmp; X=1 tell 'a b' ä")
    assert result["stdout"] == "['tell', 'a b', 'ä'] 1 /tmp\n"
    assert (result["stderr"], result["exitCode"]) == ("done\n", 3)
    assert extended.output("type -p shout") == "/usr/local/bin/shout\n"


def test_files(extended: SandboxPage) -> None:
    script = "cd /tmp; printf 'abc\\377' > in; wc8 in out; od -An -tx1 out"
    assert extended.output(script) == "4\n ff 63 62 61\n"
    result = extended.run("cd /tmp; wc8 none out")
    assert result["exitCode"] == 1
    assert result["stderr"].startswith("wc8: FileNotFoundError: ")


@pytest.mark.parametrize(
    ("argument", "status", "said"),
    [
        ("error", 1, "fail: ValueError: not like that\n"),
        ("exit 7", 7, ""),
        ("word", 1, "gone\n"),
        ("odd", 1, "fail: the status must be a number, not str\n"),
        ("base", 1, "fail: BaseException: low\n"),
        ("deep", 1, "fail: RecursionError: maximum recursion depth exceeded\n"),
    ],
)
def test_errors(extended: SandboxPage, argument: str, status: int, said: str) -> None:
    result = extended.run(f"fail {argument}")
    assert (result["exitCode"], result["stderr"]) == (status, said)
    assert extended.output("echo on | shout") == "ON\n"


def test_being_killed(extended: SandboxPage) -> None:
    script = "read -r x < <(forever); echo $x; kill $!; wait $!; echo $?"
    assert extended.run(script)["stdout"] == "started\n143\n"
    assert extended.run("forever", timeoutMs=200)["timedOut"]
    assert extended.output("flood | head -n 1") == "y\n"
    assert extended.output("ps -eo comm= | grep -cxE 'forever|flood' || :") == "0\n"


def test_wheels_that_cannot_be_loaded(fresh: SandboxPage) -> None:
    serve(fresh.page)
    fresh.limit = 60_000
    for given, said in {
        "/wheels/broken-1.0-py3-none-any.whl": "nothing_like_it",
        "/wheels/none-1.0-py3-none-any.whl": "404",
    }.items():
        name, message = fresh.fails("await tabux.Sandbox.create({ extensions: [arg] })", given)
        assert name == "BootError"
        assert given in message and said in message
    name, message = fresh.fails("await tabux.Sandbox.create({ extensions: 'x' })")
    assert name == "InvalidArgumentError"
    assert message == "Sandbox.create: extensions must be a list of wheels"


def test_in_a_session(fresh: SandboxPage) -> None:
    """The command is the extension's, not the session's: it is there at each visit that asks for it."""
    serve(fresh.page)
    options = {"session": "extended", "extensions": [LOUDER]}
    for _ in range(2):
        fresh.create(options)
        assert fresh.output("echo kept | shout >> log; wc -l < log").strip() in ("1", "2")
        fresh.evaluate("await sandbox.close()")
    fresh.create({"session": "extended"})
    assert fresh.output("cat log") == "KEPT\nKEPT\n"
    assert fresh.run("shout")["exitCode"] == 127
    fresh.evaluate("await sandbox.kill(); await tabux.Sandbox.sessions.delete('extended')")
