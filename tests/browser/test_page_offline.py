"""The site without a network: its service worker, what it keeps, and how a new build comes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.conftest import DIST
from wasm.builder import offline
from wasm.builder.assembly import Tree

from .pages import CONFIG, TerminalPage

#: of programs in the copy of the site, bytes: all of them take a while
MOST_BYTES = 300_000


class Host:
    """A copy of the built site, of which other builds can be made, on a server that can be ended."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.changes: dict[str, bytes] = {}
        self.build()
        self._start(0)
        self.port = self._server.server_port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def build(self, **changes: bytes) -> None:
        """Make another build, with other files."""
        self.changes |= {name.replace("__", "."): data for name, data in changes.items()}
        tree = Tree()
        for path in sorted(path for path in DIST.rglob("*") if path.is_file()):
            name = path.relative_to(DIST).as_posix()
            small = path.stat().st_size < MOST_BYTES
            if name not in (offline.WORKER, offline.LIST) and (small or name.startswith(self.needed())):
                tree.add(name, self.changes.get(name, path))
        offline.add(tree)
        tree.sync(self.root)

    @staticmethod
    def needed() -> tuple[str, ...]:
        return (*offline.START, "userland/bash-")

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def start_again(self) -> None:
        self._start(self.port)

    def _start(self, port: int) -> None:
        def handler(*args: object) -> object:
            return CONFIG["Handler"](*args, directory=str(self.root), headers={})

        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)  # type: ignore[arg-type]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()


@pytest.fixture
def host(site: str, tmp_path: Path) -> Iterator[Host]:
    host = Host(tmp_path / "site")
    yield host
    host.end()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(**CONFIG["CONTEXT"])
    context.set_default_timeout(CONFIG["STEP_TIMEOUT"])
    yield context
    context.close()


def visit(page: Page, host: Host) -> TerminalPage:
    terminal = TerminalPage(page, f"{host.url}/index.html")
    terminal.wait_for_prompt()
    return terminal


def keep_everything(page: Page) -> None:
    """As the visitor does it."""
    page.get_by_role("button", name="Settings and help").click()
    page.get_by_role("button", name="Keep everything offline").click()
    expect(page.locator("#offline-text")).to_contain_text(
        "Everything is kept in this browser", timeout=CONFIG["BOOT_TIMEOUT"]
    )
    page.keyboard.press("Escape")


def waiting(page: Page) -> None:
    """Look for a new build, and wait until it is whole."""
    page.evaluate("async () => { await (await navigator.serviceWorker.ready).update(); }")
    page.wait_for_function("async () => (await navigator.serviceWorker.ready).waiting !== null")


def test_all_of_it_works_without_a_server(context: BrowserContext, host: Host) -> None:
    page = context.new_page()
    visit(page, host)
    keep_everything(page)
    host.end()
    page.reload()
    terminal = TerminalPage(page, f"{host.url}/index.html?session=other")
    terminal.wait_for_prompt()
    terminal.type("figlet hi | wc -l\n")  # never used before
    terminal.wait_for_line("6")
    host.start_again()


def test_a_new_build_is_offered_and_the_old_one_stays_whole(context: BrowserContext, host: Host) -> None:
    page = context.new_page()
    visit(page, host)
    page.get_by_role("button", name="Settings and help").click()
    expect(page.locator("#offline-text")).to_contain_text("tabux starts offline")
    visit(page, host)
    notice = page.get_by_role("alert")
    expect(notice).to_be_hidden()
    script = (DIST / "page/main.js").read_bytes()
    host.build(style__css=b"/* new */" + (DIST / "style.css").read_bytes())
    host.changes["page/main.js"] = script + b"\nwindow.newBuild = true;\n"
    host.build()
    waiting(page)
    expect(notice).to_contain_text("There is a new version of tabux.")
    # another tab meanwhile: all of the old build, though the server has the new one
    other = context.new_page()
    TerminalPage(other, f"{host.url}/index.html?session=other").wait_for_prompt()
    assert other.evaluate("window.newBuild") is None
    assert other.evaluate("fetch('style.css').then((r) => r.text())").startswith("/* new */") is False
    page.get_by_role("button", name="Load the new version").click()
    expect(page.locator("#toast-text")).to_contain_text("Other tabs have the old version open")
    other.close()
    page.get_by_role("button", name="Load the new version").click()
    page.wait_for_function("() => window.newBuild && window.tabux?.pty")
    assert page.evaluate("fetch('style.css').then((r) => r.text())").startswith("/* new */")
    caches = page.evaluate("caches.keys()")
    assert len([name for name in caches if name.startswith("tabux offline")]) == 1, "the old build is gone"


def test_a_build_that_is_half_there_is_not_taken(context: BrowserContext, host: Host) -> None:
    page = context.new_page()
    visit(page, host)
    page.get_by_role("button", name="Settings and help").click()
    expect(page.locator("#offline-text")).to_contain_text("tabux starts offline")
    visit(page, host)
    host.build(style__css=b"/* new */")
    (host.root / "style.css").write_bytes(b"/* not yet */")  # as while files are copied to a server
    state = page.evaluate(
        """async () => {
            const registration = await navigator.serviceWorker.ready;
            await registration.update().catch(() => {});
            const worker = registration.installing;
            if (!worker) return "none";
            if (worker.state === "installing") {
                await new Promise((done) => worker.addEventListener("statechange", done, { once: true }));
            }
            return worker.state;
        }"""
    )
    assert state in ("redundant", "none")
    page.reload()
    TerminalPage(page, f"{host.url}/index.html?session=other").wait_for_prompt()
    assert "/* n" not in page.evaluate("fetch('style.css').then((r) => r.text())")


def test_it_can_be_installed(page: Page, site: str) -> None:
    page.goto(f"{site}/index.html")
    client = page.context.new_cdp_session(page)
    errors = client.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert {error["errorId"] for error in errors} <= {"in-incognito"}, "as tests are"
    manifest = client.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"].endswith("/manifest.webmanifest")
