"""What the tests in a browser share: the served site, a sandbox driven by the public module, the terminal."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.pages import CONFIG, SandboxPage, TerminalPage

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
WEB = ROOT / "web"
#: of xterm.js, that the page uses
ADDONS = ("clipboard", "fit", "search", "unicode11", "web-links")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """What pytest-playwright starts the browser with."""
    return {**browser_type_launch_args, **CONFIG["LAUNCH"]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """What pytest-playwright makes each test's browser context with."""
    return {**browser_context_args, **CONFIG["CONTEXT"]}


@pytest.fixture
def page(page: Page) -> Page:
    """A page on which every step has the time limit of playwright.config.py."""
    page.set_default_timeout(CONFIG["STEP_TIMEOUT"])
    return page


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The URL of the built site, as a static host would serve it."""
    if not (DIST / "index.html").exists():
        pytest.fail("dist/ is missing: run `python build.py build` first", pytrace=False)
    with CONFIG["serve"](DIST) as url:
        yield url


@pytest.fixture(scope="session")
def fake_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the client and the page with `fake_worker.js` for a kernel."""
    root = tmp_path_factory.mktemp("fake-site")
    for name in ("client", "gate", "mounts", "output", "page", "store", "worker"):
        shutil.copytree(WEB / name, root / name)
    for name in ("tabux.js", "index.html", "style.css"):
        shutil.copy(WEB / name, root)
    modules = WEB / "node_modules"
    (root / "vendor").mkdir()
    shutil.copy(modules / "comlink/dist/esm/comlink.mjs", root / "vendor")
    for name in ("xterm", *(f"addon-{name}" for name in ADDONS)):
        shutil.copy(modules / "@xterm" / name / "lib" / f"{name}.mjs", root / "vendor")
    shutil.copy(modules / "@xterm/xterm/css/xterm.css", root / "vendor")
    shutil.copy(ROOT / "tests/browser/fake_worker.js", root / "kernel-worker.js")
    with CONFIG["serve"](root) as url:
        yield url


@pytest.fixture(scope="session")
def modules() -> Iterator[str]:
    """The URL of web/ as it is: for tests of single modules, which need no build."""
    with CONFIG["serve"](WEB) as url:
        yield url


@pytest.fixture(scope="session")
def shared_page(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    """A page that many tests use one after the other: making one takes longer than they do."""
    context = browser.new_context(**browser_context_args)
    yield context.new_page()
    context.close()


@pytest.fixture
def fake(shared_page: Page, fake_site: str) -> SandboxPage:
    """The public module on a fake kernel, not yet started."""
    return SandboxPage(shared_page, fake_site)


class Keeper:
    """Keeps one sandbox for many tests, and replaces it when a test has left it broken."""

    def __init__(self, new_page: Callable[[], Page], site: str) -> None:
        self._new_page = new_page
        self._site = site
        self._kept: SandboxPage | None = None

    def get(self) -> SandboxPage:
        """The sandbox, or a new one if that does not answer any more."""
        if self._kept and not (self._kept.alive() and self._kept.quiet()):
            self.close()
        if not self._kept:
            self._kept = SandboxPage(self._new_page(), self._site)
            self._kept.create()
        return self._kept

    def close(self) -> None:
        """End the sandbox."""
        if self._kept:
            self._kept.page.close()
        self._kept = None


@pytest.fixture(scope="session")
def keeper(browser: Browser, browser_context_args: dict[str, Any], site: str) -> Iterator[Keeper]:
    """Where `sandbox` comes from."""
    keeper = Keeper(lambda: browser.new_page(**browser_context_args), site)
    yield keeper
    keeper.close()


@pytest.fixture
def sandbox(keeper: Keeper) -> SandboxPage:
    """A started sandbox that many tests share: each minds its own files."""
    return keeper.get()


@pytest.fixture
def fresh(page: Page, site: str) -> SandboxPage:
    """The public module of the site, not yet started, on a page of this test's own."""
    return SandboxPage(page, site)


@pytest.fixture
def terminal(page: Page, site: str) -> TerminalPage:
    """The site's page with a prompt on its terminal."""
    opened = TerminalPage(page, f"{site}/index.html")
    opened.wait_for_prompt()
    return opened


@pytest.fixture
def open_terminal(page: Page) -> Callable[[str], TerminalPage]:
    """Opens a page with a terminal by its URL."""
    return lambda url: TerminalPage(page, url)
