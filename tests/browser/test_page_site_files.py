"""What the page tells of programs that are loaded when they are first used."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route, expect

from .pages import TerminalPage

Open = Callable[[str], TerminalPage]


def test_a_program_that_comes_slowly_is_told_of(page: Page, site: str, open_terminal: Open) -> None:
    terminal = open_terminal(f"{site}/index.html")
    terminal.wait_for_prompt()
    # it says how it goes, and the last of it is held back
    page.evaluate(
        """() => {
            const tell = (detail) => tabux.sandbox.dispatchEvent(new CustomEvent("loading", { detail }));
            const url = "http://x/userland/vim-0123abcd.wasm.gz";
            const going = { url, total: 1_100_000, done: false, error: "" };
            tell({ ...going, loaded: 0 });
            tell({ ...going, loaded: 400_000 });
            window.end = () => tell({ ...going, loaded: 1_100_000, done: true });
        }"""
    )
    expect(page.locator("#state")).to_have_text("loading vim, 400 kB of 1.1 MB")
    page.evaluate("end()")
    expect(page.locator("#state")).to_have_text("ready")


def test_the_events_are_those_of_the_download(page: Page, site: str, open_terminal: Open) -> None:
    terminal = open_terminal(f"{site}/index.html")
    terminal.wait_for_prompt()
    page.evaluate(
        """() => {
            window.told = [];
            tabux.sandbox.addEventListener("loading", ({ detail }) => told.push(detail));
        }"""
    )
    terminal.type("figlet hi\n")
    page.wait_for_function("() => told.some(({ url, done }) => done && url.includes('/figlet-'))")
    told: list[dict[str, Any]] = page.evaluate("told.filter(({ url }) => url.includes('/figlet-'))")
    assert told[0]["loaded"] == 0
    assert told[0]["total"] > 1000
    assert [event["error"] for event in told if event["done"]] == [""]


def test_a_program_that_does_not_come_is_named(page: Page, site: str, open_terminal: Open) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=503)

    page.context.route(re.compile("/userland/figlet-"), refuse)
    terminal = open_terminal(f"{site}/index.html")
    terminal.wait_for_prompt()
    terminal.type("figlet hi\n")
    terminal.wait_for("Input/output error")
    expect(page.locator("#toast-text")).to_contain_text("figlet could not be loaded: the server answered 503")


def test_a_shell_that_does_not_come_is_named(page: Page, site: str) -> None:
    page.context.route(re.compile("/userland/bash-"), lambda route: route.fulfill(status=503))
    page.goto(f"{site}/index.html")
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text(re.compile(r"cannot start /usr/bin/bash: .*/userland/bash-.*answered 503"))
