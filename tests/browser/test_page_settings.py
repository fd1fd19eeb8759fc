"""What the visitor chooses on the page: font size, theme, bell; and the search: on a fake kernel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .pages import TerminalPage

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"

Open = Callable[[str], TerminalPage]


@pytest.fixture
def terminal(page: Page, fake_site: str, open_terminal: Open) -> TerminalPage:
    terminal = open_terminal(f"{fake_site}/index.html")
    terminal.wait_for_prompt()
    return terminal


def background(page: Page) -> str:
    """The colour of the terminal."""
    return str(page.evaluate("tabux.terminal.options.theme.background"))


def test_the_font_size_is_chosen_and_remembered(page: Page, terminal: TerminalPage) -> None:
    cols = page.evaluate("tabux.terminal.cols")
    page.get_by_role("button", name="Settings and help").click()
    page.get_by_role("button", name="Larger").click()
    page.get_by_role("button", name="Larger").click()
    expect(page.locator("#font-size")).to_have_text("16")
    assert page.evaluate("tabux.terminal.options.fontSize") == 16
    page.wait_for_function("(before) => tabux.terminal.cols < before", arg=cols)
    page.reload()
    terminal.wait_for_prompt()
    assert page.evaluate("tabux.terminal.options.fontSize") == 16


def test_what_was_remembered_wrongly_is_not_followed(page: Page, terminal: TerminalPage) -> None:
    page.evaluate(
        """localStorage.setItem(`tabux settings ${new URL("./", document.baseURI).href}`,
            '{"fontSize": 4000, "theme": "plaid", "bell": 3}')"""
    )
    page.reload()
    terminal.wait_for_prompt()
    assert page.evaluate("tabux.terminal.options.fontSize") == 32
    assert page.evaluate("document.documentElement.dataset.theme") == "system"


def test_the_theme_is_the_systems_until_one_is_chosen(page: Page, terminal: TerminalPage) -> None:
    page.emulate_media(color_scheme="light")
    page.wait_for_function("() => tabux.terminal.options.theme.background === '#ffffff'")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("() => tabux.terminal.options.theme.background === '#1b1e25'")
    page.get_by_role("button", name="Settings and help").click()
    page.get_by_label("Theme").select_option("light")
    assert background(page) == "#ffffff"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(238, 240, 243)"
    page.reload()
    terminal.wait_for_prompt()
    assert background(page) == "#ffffff"


def test_the_bell_flashes_unless_it_is_off(page: Page, terminal: TerminalPage) -> None:
    page.evaluate(
        """() => {
            window.flashes = 0;
            const frame = document.getElementById("frame");
            new MutationObserver(() => (flashes += frame.classList.contains("rung")))
                .observe(frame, { attributeFilter: ["class"] });
            window.ring = () => new Promise((done) => tabux.terminal.write("\\x07", done));
        }"""
    )
    page.evaluate("ring()")
    page.wait_for_function("() => flashes === 1")
    page.get_by_role("button", name="Settings and help").click()
    page.get_by_label("Bell").select_option("off")
    page.wait_for_function("() => !document.getElementById('frame').classList.contains('rung')")
    page.evaluate("ring()")
    assert page.evaluate("flashes") == 1


def test_what_has_scrolled_out_is_found(page: Page, terminal: TerminalPage) -> None:
    page.evaluate(
        """new Promise((done) => tabux.terminal.write(
            ["needle one", "Needle two", ...Array(200).fill("hay"), ""].join("\\r\\n"), done))"""
    )
    terminal.press("Control+Shift+f")
    expect(page.get_by_role("searchbox")).to_be_focused()
    terminal.type("needle")
    expect(page.locator("#search-found")).to_have_text("2 of 2")
    terminal.press("Enter")
    expect(page.locator("#search-found")).to_have_text("1 of 2")
    assert page.evaluate("tabux.terminal.buffer.active.viewportY") < 10
    page.get_by_role("searchbox").fill("Needle")  # as less and vim's smartcase: a capital is meant
    expect(page.locator("#search-found")).to_have_text("1 of 1")
    page.get_by_role("searchbox").fill("straw")
    expect(page.locator("#search-found")).to_have_text("not found")
    terminal.press("Escape")
    expect(page.get_by_role("searchbox")).to_be_hidden()
    assert page.evaluate("document.activeElement.closest('#terminal') !== null")
    calls = page.evaluate("tabux.sandbox.files.read('/calls').then(JSON.parse)")
    assert [call for call in calls if call[0] == "ptyWrite"] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(page: Page, terminal: TerminalPage, theme: str) -> None:
    page.emulate_media(color_scheme="light" if theme == "light" else "dark")
    page.evaluate(AXE.read_text())
    check = "async () => (await axe.run()).violations.map((v) => [v.id, v.nodes.map((n) => n.html)])"
    terminal.press("Control+Shift+f")
    assert page.evaluate(check) == []
    page.get_by_role("button", name="Settings and help").click()
    assert page.evaluate(check) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_role("dialog", name="Share")).to_be_visible()
    assert page.evaluate(check) == []
