"""What a newcomer meets: the message of the day, the tour, commands that are not there, Tab."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.conftest import DIST

from .pages import SandboxPage, TerminalPage

TABLE = Path(__file__).parents[2] / "wasm/rootfs/data/usr/share/tabux/commands"
#: of packages that a site may be built without
OPTIONAL = {"python3", "python3.14", "pip", "pip3", "python"}

Open = Callable[[str], TerminalPage]


@pytest.fixture
def terminal(page: Page, site: str, open_terminal: Open) -> TerminalPage:
    terminal = open_terminal(f"{site}/index.html")
    terminal.wait_for_prompt()
    return terminal


def interactive(sandbox: SandboxPage, command: str) -> tuple[int, str]:
    """Status and standard error of a command, with what interactive shells read first."""
    result = sandbox.run(f"PS1=x; . /etc/bash.bashrc; {command}")
    return result["exitCode"], result["stderr"]


def test_the_page_greets_and_other_shells_do_not(terminal: TerminalPage) -> None:
    assert terminal.screen().startswith("This is tabux, a Unix in a browser tab")
    terminal.type("clear; touch ~/.hushlogin; TABUX_WELCOME=1 bash -l\n")
    terminal.wait_until_gone("This is tabux")
    terminal.type("echo ${TABUX_WELCOME-unset}\n")
    terminal.wait_for_line("unset")
    assert "This is tabux" not in terminal.screen()


def test_a_command_that_is_not_here_is_explained(sandbox: SandboxPage) -> None:
    status, text = interactive(sandbox, "ssh host")
    assert status == 127
    assert text == (
        "ssh: command not found\n"
        "A page in a browser opens no connections of this kind, only HTTP.\n"
        "Instead: upload and download pass files to and from your computer\n"
    )


@pytest.mark.parametrize(
    ("typed", "meant"), [("gti", "git"), ("sl", "ls"), ("grpe", "grep"), ("maek", "make")]
)
def test_a_slip_is_seen(sandbox: SandboxPage, typed: str, meant: str) -> None:
    status, text = interactive(sandbox, typed)
    first, similar = text.splitlines()
    assert (status, first) == (127, f"{typed}: command not found")
    assert meant in similar.removeprefix("Similar: ").split()


def test_nothing_is_made_up_of_other_names(sandbox: SandboxPage) -> None:
    assert interactive(sandbox, "qqxyzzy") == (127, "qqxyzzy: command not found\n")
    assert interactive(sandbox, "'[*'") == (127, "[*: command not found\n")
    result = sandbox.run("qqxyzzy")  # scripts see what they see elsewhere
    assert (result["exitCode"], result["stderr"]) == (127, "bash: line 1: qqxyzzy: command not found\n")


def test_the_table_names_only_what_is_not_here() -> None:
    files = json.loads((DIST / "userland.json").read_text())["files"]
    here = {entry["path"].rpartition("/")[2] for entry in files if "/bin/" in entry["path"]}
    rows = [line.split("|") for line in TABLE.read_text().splitlines() if not line.startswith("#")]
    assert {len(row) for row in rows} == {3}
    names = [name for row in rows for name in row[0].split()]
    assert len(names) == len(set(names))
    assert not (set(names) - OPTIONAL) & here


def test_the_tour_runs_what_is_typed_and_leaves_nothing(terminal: TerminalPage) -> None:
    terminal.type("tour\n")
    terminal.wait_for("1 of 9")
    terminal.wait_for("tour$ printf")
    terminal.press("Enter")
    terminal.wait_for_line("plums")
    terminal.wait_for_line("tour$ ")
    terminal.type("wc -l < fruit; pwd > ~/place\n")
    terminal.wait_for_line("3")
    terminal.wait_for_line("tour$ ")
    terminal.press("Enter")
    terminal.wait_for("2 of 9")
    terminal.wait_for("tour$ fold")
    terminal.press("Control+u")
    terminal.type("q\n")
    terminal.wait_for("That was the tour")
    terminal.type("ls -d $(<~/place)\n")
    terminal.wait_for("No such file or directory")


def test_the_tour_says_how_it_is_used(sandbox: SandboxPage) -> None:
    assert sandbox.output("tour --help").startswith("Usage: tour [STEP]\n")
    assert sandbox.run("tour nowhere")["exitCode"] == 2
    result = sandbox.run("tour")
    assert result["exitCode"] == 1
    assert "must be a terminal" in result["stderr"]


@pytest.mark.parametrize(
    ("before", "typed", "completed"),
    [
        ("clear", "tar --extr", "tar --extract "),
        ("clear", "git checkou", "git checkout "),
        ("clear", "man gre", "man grep"),
        ("clear", "kill -SEG", "kill -SEGV "),
        ("cd /tmp; printf 'one:\\nother:\\n' > Makefile; clear", "make oth", "make other "),
    ],
)
def test_tab_completes(terminal: TerminalPage, before: str, typed: str, completed: str) -> None:
    terminal.type(f"{before}\n")
    terminal.wait_until_gone("This is tabux")
    terminal.wait_for("$ ")
    terminal.type(typed)
    terminal.press("Tab")
    terminal.wait_for(f"$ {completed}")


def test_ctrl_backspace_deletes_a_word(terminal: TerminalPage) -> None:
    terminal.type("echo one two")
    terminal.press("Control+Backspace")
    terminal.type("three\n")
    terminal.wait_for_line("one three")


def test_man_takes_the_whole_width_and_names_the_page(terminal: TerminalPage) -> None:
    terminal.type("man ls\n")
    terminal.wait_for("Manual page ls line 1/")
    first = terminal.page.evaluate("tabux.terminal.buffer.active.getLine(0).translateToString(true)")
    cols = terminal.page.evaluate("tabux.terminal.cols")
    assert len(first) == cols - 2
    terminal.type("q")
