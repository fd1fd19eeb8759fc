"""The page's keys and how it starts and fails to: on a fake kernel."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from .pages import CONFIG, TerminalPage

Open = Callable[[str], TerminalPage]


def written(page: Page) -> str:
    """What has reached the shell."""
    calls = page.evaluate("tabux.sandbox.files.read('/calls').then(JSON.parse)")
    return "".join(bytes(call[2]).decode() for call in calls if call[0] == "ptyWrite")


def wait_until_written(page: Page, text: str) -> None:
    """Wait until this, and no more, has reached the shell."""
    page.wait_for_function(
        """async (text) => {
            const calls = JSON.parse(await tabux.sandbox.files.read("/calls"));
            const bytes = calls.filter(([name]) => name === "ptyWrite").flatMap(([, , data]) => data);
            return String.fromCharCode(...bytes) === text;
        }""",
        arg=text,
    )


# -- a start that does not come ----------------------------------------------------------------------------


def test_a_script_that_is_missing_is_named(page: Page, fake_site: str) -> None:
    page.route("**/page/main.js", lambda route: route.fulfill(status=404))
    page.goto(f"{fake_site}/index.html")
    expect(page.get_by_role("alert")).to_contain_text("page/main.js could not be loaded")
    expect(page.locator("#loading")).to_be_hidden()
    page.unroute_all()
    page.get_by_role("button", name="Reload").click()
    expect(page.locator("#state")).to_have_text("ready")


def test_a_server_that_gives_scripts_a_wrong_type_is_told(page: Page, fake_site: str) -> None:
    script = page.request.get(f"{fake_site}/page/main.js").text()
    page.route("**/page/main.js", lambda route: route.fulfill(body=script, content_type="text/plain"))
    page.goto(f"{fake_site}/index.html")
    expect(page.get_by_role("alert")).to_contain_text("Content-Type: text/javascript")


def test_scripts_that_do_not_come_are_told_of_until_they_do(page: Page, fake_site: str) -> None:
    script = page.request.get(f"{fake_site}/page/main.js").text()
    held: list[Any] = []
    page.clock.install()
    page.route("**/page/main.js", lambda route: held.append(route))
    page.goto(f"{fake_site}/index.html", wait_until="commit")
    notice = page.get_by_role("alert")
    # the watch begins some time after the first paint, and counts ten seconds from then
    for _ in range(500):
        if held and notice.is_visible():
            break
        page.clock.fast_forward(10_000)
        page.wait_for_timeout(20)
    expect(notice).to_contain_text("have not come after ten seconds")
    held[0].fulfill(body=script, content_type="text/javascript")
    expect(notice).to_be_hidden()


def test_without_javascript_one_sentence_is_read(browser: Browser, fake_site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{fake_site}/index.html")
    expect(page.locator("noscript p")).to_be_visible()
    expect(page.get_by_text("Loading …")).to_be_hidden()
    context.close()


# -- the keyboard ------------------------------------------------------------------------------------------


def test_the_keyboard_leaves_the_terminal(page: Page, fake_site: str, open_terminal: Open) -> None:
    terminal = open_terminal(f"{fake_site}/index.html")
    terminal.wait_for_prompt()
    expect(page.get_by_role("group", name="Terminal")).to_have_accessible_description(
        re.compile(r"Shift\+F6 leaves the terminal")
    )
    terminal.press("Shift+F6")
    expect(page.get_by_role("button", name="Screen reader mode")).to_be_focused()
    terminal.press("Tab")  # and on, as on any page
    expect(page.get_by_role("button", name="Upload")).to_be_focused()
    assert written(page) == ""


def test_ctrl_c_copies_what_is_selected_and_else_interrupts(
    page: Page, fake_site: str, open_terminal: Open
) -> None:
    terminal = open_terminal(f"{fake_site}/index.html")
    terminal.wait_for_prompt()
    page.evaluate("tabux.terminal.select(0, 0, 4)")
    terminal.press("Control+c")
    page.wait_for_function("async () => (await navigator.clipboard.readText()) === 'fake'")
    assert page.evaluate("tabux.terminal.hasSelection()") is False
    terminal.press("Control+c")
    wait_until_written(page, "\x03")


def test_screen_reader_mode_is_remembered(page: Page, fake_site: str, open_terminal: Open) -> None:
    open_terminal(f"{fake_site}/index.html").wait_for_prompt()
    button = page.get_by_role("button", name="Screen reader mode")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(button).to_have_attribute("aria-pressed", "true")
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "false")
    page.reload()
    expect(button).to_have_attribute("aria-pressed", "false")
    open_terminal(f"{fake_site}/index.html?screenreader").wait_for_prompt()
    expect(button).to_have_attribute("aria-pressed", "true")


# -- phones ------------------------------------------------------------------------------------------------


@pytest.fixture
def phone(browser: Browser) -> Any:
    context = browser.new_context(viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.set_default_timeout(CONFIG["STEP_TIMEOUT"])
    yield page
    context.close()


def test_a_phone_has_the_keys_that_its_keyboard_lacks(phone: Page, fake_site: str) -> None:
    terminal = TerminalPage(phone, f"{fake_site}/index.html")
    terminal.wait_for_prompt()
    phone.evaluate("tabux.terminal.focus()")
    sent = ""
    for name, bytes_ in [("Escape", "\x1b"), ("Tab", "\t"), ("Up", "\x1b[A"), ("Left", "\x1b[D")]:
        phone.get_by_role("button", name=name, exact=True).tap()
        sent += bytes_
    wait_until_written(phone, sent)
    ctrl = phone.get_by_role("button", name="Ctrl", exact=True)
    alt = phone.get_by_role("button", name="Alt", exact=True)
    ctrl.tap()
    expect(ctrl).to_have_attribute("aria-pressed", "true")
    terminal.type("ca")
    expect(ctrl).to_have_attribute("aria-pressed", "false")
    alt.tap()
    terminal.type("b")
    ctrl.tap()
    phone.get_by_role("button", name="Right", exact=True).tap()
    wait_until_written(phone, sent + "\x03a\x1bb\x1b[1;5C")
    assert phone.evaluate("document.activeElement.closest('#terminal') !== null")


def test_others_have_no_key_bar(page: Page, fake_site: str, open_terminal: Open) -> None:
    open_terminal(f"{fake_site}/index.html").wait_for_prompt()
    expect(page.locator("#key-bar")).to_be_hidden()


# -- what the shell is told --------------------------------------------------------------------------------


def test_the_shell_has_the_visitors_time_zone(browser: Browser, fake_site: str) -> None:
    context = browser.new_context(timezone_id="Europe/Lisbon")
    page = context.new_page()
    TerminalPage(page, f"{fake_site}/index.html").wait_for_prompt()
    calls = page.evaluate("tabux.sandbox.files.read('/calls').then(JSON.parse)")
    [created] = [call for call in calls if call[0] == "ptyCreate"]
    assert created[1]["envs"] == {"TZ": "Europe/Lisbon", "TABUX_WELCOME": "1"}
    context.close()
