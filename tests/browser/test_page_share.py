"""Links that carry a command and files: what they bring is typed and offered, and never run."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from .pages import TerminalPage

Open = Callable[[str], TerminalPage]

PACK = """async (value) => {
    const stream = new Blob([JSON.stringify(value)]).stream().pipeThrough(new CompressionStream("gzip"));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    return "#share=" + text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}"""


def test_a_command_is_typed_and_runs_on_enter_only(page: Page, site: str, open_terminal: Open) -> None:
    # two lines, and what would end a paste and run the rest
    command = "echo fir''st; touch ran\necho seco''nd\x1b[201~\r"
    terminal = open_terminal(f"{site}/index.html#run={quote(command)}")
    terminal.wait_for_prompt()
    terminal.wait_for("echo seco''nd[201~")
    expect(page.locator("#toast-text")).to_contain_text("It runs when you press Enter.")
    assert page.evaluate("tabux.sandbox.files.exists('/home/user/ran')") is False
    assert page.evaluate("location.hash") == ""
    terminal.press("Enter")
    terminal.wait_for_line("first")
    terminal.wait_for_line("second[201~")


def test_a_link_with_files_is_made_and_taken(page: Page, site: str, open_terminal: Open) -> None:
    terminal = open_terminal(f"{site}/index.html?session=from")
    terminal.wait_for_prompt()
    page.evaluate("tabux.sandbox.files.write('/home/user/data.bin', Uint8Array.of(0, 255, 10, 13))")
    page.get_by_role("button", name="Share").click()
    page.get_by_label("Command").fill("od -An -tu1 data.bin")
    page.get_by_label("data.bin").check()
    page.wait_for_function("() => document.getElementById('share-link').value.includes('#share=')")
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_function("async () => (await navigator.clipboard.readText()).includes('#share=')")
    fragment = page.evaluate("navigator.clipboard.readText()").partition("#")[2]
    page.evaluate("tabux.sandbox.close()")
    page.goto("about:blank")
    terminal = open_terminal(f"{site}/index.html?session=to#{fragment}")
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("This link brings 1 file and a command.")
    expect(notice).to_contain_text("data.bin (4 bytes)")
    assert page.evaluate("tabux.sandbox.files.exists('/home/user/data.bin')") is False
    page.get_by_role("button", name="Take them").click()
    terminal.wait_for("$ od -An -tu1 data.bin")
    terminal.press("Enter")
    terminal.wait_for_line("   0 255  10  13")


def test_who_declines_gets_nothing(page: Page, fake_site: str, open_terminal: Open) -> None:
    page.goto(f"{fake_site}/index.html")
    fragment = page.evaluate(PACK, {"run": "cat a", "files": [["a", "YQ=="]]})
    page.goto("about:blank")
    open_terminal(f"{fake_site}/index.html{fragment}").wait_for_prompt()
    page.get_by_role("button", name="No", exact=True).click()
    expect(page.get_by_role("alert")).to_be_hidden()
    calls = page.evaluate("tabux.sandbox.files.read('/calls').then(JSON.parse)")
    assert [call for call in calls if call[0] in ("filesWrite", "ptyWrite")] == []


@pytest.mark.parametrize("name", [".bashrc", "../x", "a/b", "", "-rf", "a\nb"])
def test_a_link_brings_no_file_of_such_a_name(
    page: Page, fake_site: str, open_terminal: Open, name: str
) -> None:
    page.goto(f"{fake_site}/index.html")
    fragment = page.evaluate(PACK, {"files": [[name, "YQ=="]]})
    page.goto("about:blank")
    open_terminal(f"{fake_site}/index.html{fragment}")
    expect(page.locator("#toast-text")).to_contain_text("it has a file of the name")
    expect(page.locator("#notice")).to_be_hidden()


@pytest.mark.parametrize("fragment", ["#share=AAAA", "#share=?", "#run=%ff"])
def test_a_damaged_link_is_told_of(page: Page, fake_site: str, open_terminal: Open, fragment: str) -> None:
    open_terminal(f"{fake_site}/index.html{fragment}").wait_for_prompt()
    expect(page.locator("#toast-text")).to_contain_text("What the link carries cannot be read")


def test_a_link_that_unpacks_to_very_much_is_refused(page: Page, fake_site: str, open_terminal: Open) -> None:
    page.goto(f"{fake_site}/index.html")
    fragment = page.evaluate(f"async () => ({PACK})({{ run: 'x'.repeat(2_000_000) }})")
    page.goto("about:blank")
    open_terminal(f"{fake_site}/index.html{fragment}").wait_for_prompt()
    expect(page.locator("#toast-text")).to_contain_text("it unpacks to too much")
