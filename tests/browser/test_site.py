"""The built site as a whole: under a sub-path of a plain server, and in browsers that cannot run it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Page, Response, expect

from tests.conftest import DIST

from .pages import CONFIG, SandboxPage, TerminalPage


@pytest.fixture(scope="module")
def sub_path(site: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The site below other things on a server."""
    root = tmp_path_factory.mktemp("host")
    (root / "some" / "where").mkdir(parents=True)
    Path(root / "some" / "where" / "tabux").symlink_to(DIST)
    with CONFIG["serve"](root) as url:
        yield f"{url}/some/where/tabux"


def test_it_works_below_a_path_and_asks_for_nothing_else(
    page: Page, sub_path: str, open_terminal: Callable[[str], TerminalPage]
) -> None:
    asked: list[str] = []
    failed: list[str] = []

    def note_response(response: Response) -> None:
        if response.status >= 400:
            failed.append(f"{response.status} {response.url}")

    def note_message(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            failed.append(message.text)

    page.context.on("request", lambda request: asked.append(request.url))
    page.context.on("response", note_response)
    page.on("console", note_message)
    page.on("pageerror", lambda error: failed.append(str(error)))
    terminal = open_terminal(f"{sub_path}/")
    terminal.wait_for_prompt()
    terminal.type("echo $((6 * 7)) | cat\n")
    terminal.wait_for_line("42")
    outside = [url for url in asked if not url.startswith((f"{sub_path}/", "data:", "blob:"))]
    assert (outside, failed) == ([], [])
    assert page.evaluate("crossOriginIsolated") is False


def test_the_module_works_from_a_page_elsewhere_on_the_host(page: Page, sub_path: str) -> None:
    host = sub_path.removesuffix("/some/where/tabux")
    page.goto(host + CONFIG["BLANK_PAGE"])
    output = page.evaluate(
        """async (url) => {
            const { Sandbox } = await import(url);
            const sandbox = await Sandbox.create();
            return (await sandbox.commands.run("echo from afar")).stdout;
        }""",
        f"{sub_path}/tabux.js",
    )
    assert output == "from afar\n"


def test_a_browser_without_jspi_is_told_which_have_it(page: Page, site: str) -> None:
    page.add_init_script("delete WebAssembly.Suspending")
    page.goto(f"{site}/index.html")
    expect(page.get_by_role("alert")).to_contain_text("Chrome 137, Edge 137, Firefox 153 or Safari 27")


def test_the_module_refuses_a_browser_without_jspi(page: Page, site: str) -> None:
    page.add_init_script("delete WebAssembly.Suspending")
    name, message = SandboxPage(page, site).fails("await tabux.Sandbox.create()")
    assert name == "UnsupportedBrowserError"
    assert "JSPI" in message


def test_licences_tell_where_each_source_is(site: str) -> None:
    index = json.loads((DIST / "licenses/index.json").read_text())
    for entry in index:
        source = entry["source"]
        assert source.get("npm") or source.get("pypi") or source["sha256"], entry["name"]
        assert "file" not in source or source["debian-source-package"] or source["urls"], entry["name"]
        # (npm's package of Pyodide comes without the text of its licence)
        assert entry["files"] or entry["name"] == "pyodide", entry["name"]
        assert all((DIST / "licenses" / file).stat().st_size for file in entry["files"]), entry["name"]
