"""The page in Firefox: a prompt, typing, signals by key and job control."""

from __future__ import annotations

import pytest

from tests.browser.pages import TerminalPage


@pytest.fixture
def shell(terminal: TerminalPage) -> TerminalPage:
    """A prompt that is known."""
    terminal.type("PS1='> '; clear\n")
    terminal.wait_for("> ")
    return terminal


def start(shell: TerminalPage, program: str) -> None:
    """Starts a program that stays, and waits until the terminal is its own."""
    shell.type(f"echo r''eady; {program}\n")
    shell.wait_for_line("ready")


def test_the_page_reaches_a_prompt(terminal: TerminalPage) -> None:
    assert "user@" in terminal.screen()
    assert terminal.page.evaluate("document.getElementById('state').textContent") == "ready"
    assert terminal.page.evaluate("document.getElementById('notice').hidden")


def test_typing_and_editing(shell: TerminalPage) -> None:
    shell.type("echo helo wörld")
    shell.press("Control+a", "Control+e", *["ArrowLeft"] * 7)
    shell.type("l\n")
    shell.wait_for_line("hello wörld")
    shell.press("ArrowUp", "Enter")
    shell.wait_for_line("hello wörld", 2)
    shell.type("ls /etc/hostn\t\n")
    shell.wait_for_line("/etc/hostname")


@pytest.mark.parametrize(
    "program", ["sleep 1000", "while :; do :; done", "awk 'BEGIN { while (1); }'", "cat"]
)
def test_interrupt(shell: TerminalPage, program: str) -> None:
    start(shell, program)
    shell.press("Control+c")
    shell.wait_for("^C\n> ")
    shell.type("echo $?\n")
    shell.wait_for_line("130")


def test_interrupt_ends_a_flood_of_output(shell: TerminalPage) -> None:
    shell.type("yes\n")
    shell.wait_for_line("y", 100)
    shell.press("Control+c")
    shell.wait_for("^C\n> ")


def test_job_control(shell: TerminalPage) -> None:
    start(shell, "sleep 1000")
    shell.press("Control+z")
    shell.wait_for("[1]+  Stopped                 sleep 1000")
    shell.type("bg\n")
    shell.wait_for("[1]+ sleep 1000 &")
    shell.type("jobs\n")
    shell.wait_for("[1]+  Running                 sleep 1000 &")
    shell.type("fg\n")
    shell.wait_for("> fg\nsleep 1000\n")
    shell.press("Control+c")
    shell.wait_for("^C\n> ")
    shell.type("jobs; echo no jobs\n")
    shell.wait_for("> jobs; echo no jobs\nno jobs\n")


def test_a_program_that_takes_the_whole_screen(shell: TerminalPage) -> None:
    shell.type("seq 1000 | less\n")
    shell.wait_for_line("1")
    shell.type("G")
    shell.wait_for_line("1000")
    shell.type("q")
    shell.type("vim note\n")
    shell.wait_for("~")
    shell.type("iwritten in vim")
    shell.press("Escape")
    shell.type(":wq\n")
    shell.wait_for("> ")
    shell.type("cat note\n")
    shell.wait_for_line("written in vim")


def test_the_end_of_the_shell_is_told(shell: TerminalPage) -> None:
    shell.type("exit 7\n")
    shell.page.wait_for_function(
        "text => document.getElementById('notice').textContent.includes(text)",
        arg="The shell has exited with status 7.",
    )


def test_a_page_that_is_loaded_again(terminal: TerminalPage) -> None:
    terminal.type("echo first\n")
    terminal.wait_for_line("first")
    # (the page asks before it goes while something is not saved)
    terminal.page.evaluate("async () => { await window.tabux.sandbox.files.sync(); }")
    terminal.page.reload()
    terminal.wait_for_prompt()
    terminal.type("echo second\n")
    terminal.wait_for_line("second")
