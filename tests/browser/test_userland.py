"""How programs and data reach the guest: loaded when first used, checked, kept by the browser."""

from __future__ import annotations

import gzip
import json

import pytest
from playwright.sync_api import BrowserContext, Request, Route

from tests.conftest import DIST

from .pages import SandboxPage

SED = "**/userland/sed-*.wasm.gz"


@pytest.fixture
def asked(fresh: SandboxPage) -> list[str]:
    """The names of the files of the userland that the sandbox loads from the site, as they come."""
    return note_userland(fresh.page.context)


def note_userland(context: BrowserContext) -> list[str]:
    names: list[str] = []

    def note(request: Request) -> None:
        if "/userland/" in request.url:
            names.append(request.url.rpartition("/")[2].rpartition("-")[0])

    context.on("request", note)
    return names


def test_a_program_is_loaded_when_it_is_first_used(fresh: SandboxPage, asked: list[str]) -> None:
    fresh.create()
    fresh.run("echo no program but bash; type -p sed; ls() { :; }; ls; test -x /usr/bin/sed")
    assert asked == ["bash"]
    fresh.output("sed p <<< x; sed p <<< x; ls -l /usr/bin/sed /usr/bin/awk")
    assert asked == ["bash", "sed", "ls"]


def test_a_program_is_a_file_of_its_true_size(sandbox: SandboxPage) -> None:
    listed = json.loads((DIST / "userland.json").read_text())["files"]
    sizes = {entry["path"]: entry["size"] for entry in listed if "size" in entry}
    paths = ["/usr/bin/cat", "/usr/bin/sort", "/usr/bin/rev"]
    assert sandbox.output(f"stat -c %s {' '.join(paths)}").split() == [str(sizes[path]) for path in paths]
    assert sandbox.output("wc -c < /usr/bin/rev; head -c 4 /usr/bin/rev | od -An -c").split("\n")[:2] == [
        str(sizes["/usr/bin/rev"]), "  \\0   a   s   m"
    ]


def test_a_copy_of_a_program_does_what_the_program_does(sandbox: SandboxPage) -> None:
    script = "cd; cp /bin/cat mycat; echo hi | ./mycat; ./mycat nothere; rm mycat"
    result = sandbox.run(script)
    assert (result["stdout"], result["stderr"]) == ("hi\n", "./mycat: nothere: No such file or directory\n")


def test_the_browser_keeps_what_was_loaded(fresh: SandboxPage, site: str) -> None:
    asked = note_userland(fresh.page.context)
    fresh.create()
    script = "sed p <<< x; rev <<< ab"
    fresh.output(script)
    kept = "return (await (await caches.open('tabux-userland')).keys()).map((request) => request.url)"
    fresh.page.wait_for_function(
        "async () => (await (await caches.open('tabux-userland')).keys()).length === 2"
    )
    assert {url.rpartition("/")[2].rpartition("-")[0] for url in fresh.evaluate(kept)} == {"sed", "rev"}
    asked.clear()
    again = SandboxPage(fresh.page, site)
    again.create()
    assert again.output(script) == "x\nx\nba\n"
    assert asked == ["bash"]


def test_what_is_kept_of_an_older_build_goes(fresh: SandboxPage) -> None:
    fresh.create()
    fresh.evaluate(
        """const cache = await caches.open("tabux-userland");
        for (const name of ["sed-00000000.wasm.gz", "rev-00000000.wasm.gz", "other-sed-00000000.wasm.gz"])
            await cache.put(new URL(`userland/${name}`, arg), new Response("old"));""",
        fresh.page.url,
    )
    fresh.output("sed p <<< x")
    fresh.page.wait_for_function(
        """async () => {
            const kept = await (await caches.open("tabux-userland")).keys();
            const names = kept.map(({ url }) => url.split("/").at(-1));
            return names.length === 3 && !names.includes("sed-00000000.wasm.gz");
        }"""
    )


def damaged(route: Route) -> None:
    content = bytearray(gzip.decompress(next(DIST.glob("userland/sed-*.wasm.gz")).read_bytes()))
    content[-100] ^= 1
    route.fulfill(body=gzip.compress(bytes(content)))


BAD = {
    "changed": damaged,
    "cut short": lambda route: route.fulfill(body=next(DIST.glob("userland/sed-*")).read_bytes()[:-1000]),
    "another file": lambda route: route.fulfill(body=gzip.compress(b"\0asm\1\0\0\0")),
    "missing": lambda route: route.fulfill(status=404),
    "unreachable": lambda route: route.abort(),
}


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD)
def test_a_bad_download_is_an_error_and_is_tried_again(fresh: SandboxPage, answer: object) -> None:
    said: list[str] = []
    fresh.page.on("console", lambda message: said.append(message.text))
    fresh.page.context.route(SED, answer)
    fresh.create()
    result = fresh.run("sed p <<< x; echo $?; cat /usr/bin/sed | wc -c")
    assert result["stdout"] == "126\n0\n"
    assert "/usr/bin/sed: Input/output error" in result["stderr"]
    assert any("tabux: " in text and "/userland/sed-" in text for text in said)
    fresh.page.context.unroute(SED)
    fresh.page.wait_for_function(
        "async () => (await sandbox.commands.run('sed p <<< x')).stdout === 'x\\nx\\n'"
    )


def test_data_files_come_in_chunks(fresh: SandboxPage, asked: list[str]) -> None:
    fresh.create()
    fresh.output("ls -d /usr/share/man; test -d /usr/share/man/man1; find /usr/share/man | head -3")
    assert [name for name in asked if name.startswith("man-")] == []
    assert fresh.output("head -c 9999 /usr/share/man/man1/cat.1 | grep -c '^.SH NAME'") == "1\n"
    assert len([name for name in asked if name.startswith("man-")]) == 1
    page = fresh.evaluate("return await sandbox.files.read('/usr/share/man/man1/cat.1')")
    assert page.startswith('.\\" ')
