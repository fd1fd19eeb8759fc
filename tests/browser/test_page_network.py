"""The page asks the visitor before a program reaches a host outside."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .pages import TerminalPage

STATUS = """async () => {
    const command = "curl -s -o /dev/null -w '%{http_code}' http://a.test/; echo ' '$?";
    return (await window.tabux.sandbox.commands.run(command)).stdout;
}"""


def test_the_visitor_is_asked_and_allows(page: Page, site: str) -> None:
    terminal = TerminalPage(page, f"{site}/index.html")
    terminal.wait_for_prompt()
    terminal.type("curl -s http://b.test/; curl -s http://a.test/ || echo refused $?\n")
    terminal.wait_for_line("refused 6")
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("A program asks for a.test.")
    page.get_by_role("button", name="Allow a.test").click()
    expect(notice).to_be_hidden()
    expect(page.locator("#toast-text")).to_have_text("a.test can be asked now: try again.")
    # there is no such host, but the browser has looked for it
    assert page.evaluate(STATUS) == "502 0\n"


def test_who_says_no_is_not_asked_again(page: Page, site: str) -> None:
    terminal = TerminalPage(page, f"{site}/index.html")
    terminal.wait_for_prompt()
    notice = page.get_by_role("alert")
    terminal.type("curl -s http://a.test/\n")
    expect(notice).to_contain_text("A program asks for a.test.")
    page.get_by_role("button", name="Not now").click()
    expect(notice).to_be_hidden()
    terminal.type("curl -s http://a.test/; curl -s http://b.test/\n")
    expect(notice).to_contain_text("A program asks for b.test.")
    page.get_by_role("button", name="Not now").click()
    expect(notice).to_be_hidden()
    assert page.evaluate(STATUS) == "000 6\n"
