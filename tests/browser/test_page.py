"""The page on a fake kernel: what it shows while loading, running, ended and failing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from .pages import TerminalPage

Open = Callable[[str], TerminalPage]


@pytest.fixture
def console(page: Page) -> list[str]:
    """Warnings and errors that the page causes, violations of its content security policy among them."""
    messages: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("warning", "error"):
            messages.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: messages.append(str(error)))
    return messages


def test_a_prompt_appears_and_takes_typing(
    page: Page, fake_site: str, open_terminal: Open, console: list[str]
) -> None:
    terminal = open_terminal(f"{fake_site}/index.html")
    terminal.wait_for_prompt()
    terminal.type("echo ü\n")
    terminal.wait_for("fake$ echo ü\nfake$ ")
    expect(page.locator("#state")).to_have_text("ready")
    expect(page.locator("#loading")).to_be_hidden()
    expect(page.locator("#notice")).to_be_hidden()
    assert console == []


def test_the_frame_is_painted_before_any_script(page: Page, fake_site: str) -> None:
    page.route(re.compile(r"\.m?js$"), lambda route: None)  # scripts never come
    page.goto(f"{fake_site}/index.html", wait_until="commit")
    expect(page.get_by_role("heading", name="tabux")).to_be_visible()
    expect(page.get_by_text("Loading …")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_be_visible()
    box = page.locator("#frame").bounding_box()
    assert box is not None
    assert box["height"] > 500


def test_progress_is_told_in_bytes(page: Page, fake_site: str) -> None:
    page.route("**/page/shell.js", lambda route: None)  # main.js never runs …
    page.goto(f"{fake_site}/index.html", wait_until="commit")
    page.evaluate(
        """async () => {
            const { showProgress } = await import("./page/progress.js");
            showProgress({ phase: "Loading the kernel", loaded: 3_000_000, total: 9_000_000 });
        }"""
    )  # … so nothing else writes here
    expect(page.locator("#phase")).to_have_text("Loading the kernel …")
    expect(page.locator("#bytes")).to_have_text("3.0 of 9.0 MB")
    assert page.locator("#progress").evaluate("(bar) => bar.position") == pytest.approx(1 / 3)


def test_the_end_of_the_shell_is_told_and_another_offered(
    page: Page, fake_site: str, open_terminal: Open
) -> None:
    terminal = open_terminal(f"{fake_site}/index.html")
    terminal.wait_for_prompt()
    terminal.type("old")
    terminal.wait_for("old")
    terminal.press("Control+d")
    expect(page.get_by_role("alert")).to_contain_text("The shell has exited with status 3.")
    expect(page.get_by_role("button", name="Restart shell")).to_be_focused()
    terminal.press("Enter")
    terminal.wait_for_prompt()
    expect(page.locator("#notice")).to_be_hidden()
    terminal.type("new")
    terminal.wait_for("fake$ new")
    assert "old" not in terminal.screen()


def test_a_kernel_that_does_not_boot_is_told_with_a_way_out(page: Page, fake_site: str) -> None:
    page.route("**/kernel-worker.js", lambda route: route.fulfill(status=404))
    page.goto(f"{fake_site}/index.html")
    expect(page.get_by_role("alert")).to_contain_text("kernel-worker.js could not be loaded")
    expect(page.locator("#loading")).to_be_hidden()
    page.unroute_all()
    page.get_by_role("button", name="Reload").click()
    expect(page.locator("#state")).to_have_text("ready")


def test_a_kernel_that_fails_later_is_told(page: Page, fake_site: str, open_terminal: Open) -> None:
    terminal = open_terminal(f"{fake_site}/index.html")
    terminal.wait_for_prompt()
    terminal.type("!")
    expect(page.get_by_role("alert")).to_contain_text("the fake kernel crashed")
    expect(page.get_by_role("button", name="Reload")).to_be_focused()


@pytest.mark.parametrize("missing", ["Suspending", "promising"])
def test_a_browser_without_jspi_is_told_which_have_it(page: Page, fake_site: str, missing: str) -> None:
    page.add_init_script(f"delete WebAssembly.{missing}")
    page.goto(f"{fake_site}/index.html")
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("This browser cannot run tabux.")
    expect(notice).to_contain_text("Chrome 137, Edge 137, Firefox 153 or Safari 27")
    expect(page.locator("#loading")).to_be_hidden()
    assert page.evaluate("window.tabux.sandbox") is None


def test_the_terminal_follows_the_window(page: Page, fake_site: str, open_terminal: Open) -> None:
    open_terminal(f"{fake_site}/index.html").wait_for_prompt()
    before = page.evaluate("[tabux.terminal.cols, tabux.terminal.rows]")
    page.set_viewport_size({"width": 600, "height": 400})
    page.wait_for_function("([c, r]) => tabux.terminal.cols < c && tabux.terminal.rows < r", arg=before)
    size = page.evaluate("[tabux.terminal.cols, tabux.terminal.rows]")
    told = page.evaluate("tabux.sandbox.files.read('/calls').then(JSON.parse)")
    assert [call for call in told if call[0] == "ptyResize"][-1][2:] == size
    # All of the terminal is to be seen.
    screen = page.locator(".xterm-screen").bounding_box()
    frame = page.locator("#frame").bounding_box()
    assert screen is not None and frame is not None
    assert screen["x"] + screen["width"] <= frame["x"] + frame["width"] <= 600
    assert screen["y"] + screen["height"] <= frame["y"] + frame["height"] <= 400


def test_copy_and_paste_by_key(page: Page, fake_site: str, open_terminal: Open) -> None:
    terminal = open_terminal(f"{fake_site}/index.html")
    terminal.wait_for_prompt()
    page.evaluate("navigator.clipboard.writeText('pasted ü')")
    terminal.press("Control+Shift+V")
    terminal.wait_for("fake$ pasted ü")
    page.evaluate("tabux.terminal.select(6, 0, 8)")
    terminal.press("Control+Shift+C")
    page.wait_for_function("async () => (await navigator.clipboard.readText()) === 'pasted ü'")
    # Neither key has reached the program as a control character.
    told = page.evaluate("tabux.sandbox.files.read('/calls').then(JSON.parse)")
    assert [call[2] for call in told if call[0] == "ptyWrite"] == [list("pasted ü".encode())]


def test_programs_put_text_on_the_clipboard_but_read_nothing(
    page: Page, fake_site: str, open_terminal: Open
) -> None:
    terminal = open_terminal(f"{fake_site}/index.html")
    terminal.wait_for_prompt()
    page.evaluate("tabux.terminal.input('\\x1b]52;c;aGVsbG8=\\x07')")  # the fake kernel sends it back
    page.wait_for_function("async () => (await navigator.clipboard.readText()) === 'hello'")
    page.evaluate("tabux.terminal.input('\\x1b]52;c;?\\x07')")
    page.evaluate("tabux.terminal.input('.')")
    terminal.wait_for(".")
    told = page.evaluate("tabux.sandbox.files.read('/calls').then(JSON.parse)")
    written = [bytes(call[2]) for call in told if call[0] == "ptyWrite"]
    assert not any(b"aGVsbG8=" in data for data in written[1:])


def test_programs_put_text_on_the_clipboard_over_plain_http(
    page: Page, fake_site: str, open_terminal: Open, console: list[str]
) -> None:
    clipboard = "navigator.clipboard"
    page.add_init_script(f"window.kept = {clipboard}; Object.defineProperty(navigator, 'clipboard', {{}})")
    terminal = open_terminal(f"{fake_site}/index.html")
    terminal.wait_for_prompt()
    assert page.evaluate(f"{clipboard} === undefined")  # browsers have it on https and localhost only
    terminal.type("x")  # they let a page copy soon after a key
    page.evaluate("tabux.terminal.input('\\x1b]52;c;aGVsbG8=\\x07')")  # the fake kernel sends it back
    page.wait_for_function("async () => (await kept.readText()) === 'hello'")
    page.evaluate("tabux.terminal.select(0, 0, 4)")
    terminal.press("Control+Shift+C")
    page.wait_for_function("async () => (await kept.readText()) === 'fake'")
    assert console == []


def test_a_binary_on_the_terminal_does_not_fill_the_console(
    page: Page, fake_site: str, open_terminal: Open
) -> None:
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    terminal = open_terminal(f"{fake_site}/index.html")
    terminal.wait_for_prompt()
    # nothing can follow the start of a control sequence but its parameters and its end
    page.evaluate("new Promise((done) => tabux.terminal.write('\\x1b[\\u00ff\\x1b[3\\u0142', done))")
    assert told == []


def test_a_program_names_the_window(page: Page, fake_site: str, open_terminal: Open) -> None:
    open_terminal(f"{fake_site}/index.html").wait_for_prompt()
    page.evaluate("tabux.terminal.input('\\x1b]0;made by make\\x07')")
    expect(page).to_have_title("made by make · tabux")


def test_screen_reader_mode_is_reached_by_keyboard(page: Page, fake_site: str, open_terminal: Open) -> None:
    open_terminal(f"{fake_site}/index.html").wait_for_prompt()
    button = page.get_by_role("button", name="Screen reader mode")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".xterm-accessibility")).to_be_attached()


def test_reduced_motion_is_honoured(page: Page, fake_site: str, open_terminal: Open) -> None:
    page.emulate_media(reduced_motion="reduce")
    open_terminal(f"{fake_site}/index.html").wait_for_prompt()
    assert page.evaluate("tabux.terminal.options.cursorBlink") is False
    page.emulate_media(reduced_motion="no-preference")
    page.wait_for_function("() => tabux.terminal.options.cursorBlink")
