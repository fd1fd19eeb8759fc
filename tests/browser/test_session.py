"""Typed sessions: bash on the page's terminal, as at a Linux console."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from .pages import TerminalPage


@pytest.fixture
def shell(terminal: TerminalPage) -> TerminalPage:
    """A prompt that is known, on an empty screen."""
    terminal.type("PS1='> ' PS2='+ '; clear\n")
    terminal.page.wait_for_function(
        "() => { const b = tabux.terminal.buffer.active;"
        " return b.getLine(b.baseY).translateToString(true) === '> ' || "
        " b.getLine(b.baseY).translateToString(true) === '>'; }"
    )
    return terminal


def lines(terminal: TerminalPage) -> list[str]:
    """The lines on the terminal, without empty ones at the end."""
    return terminal.screen().rstrip("\n").split("\n")


def start(terminal: TerminalPage, program: str) -> None:
    """Starts a program that stays, and waits until the terminal is its own.

    What is typed before that may still reach readline, here as on Linux.
    """
    terminal.type(f"echo r''eady; {program}\n")
    terminal.wait_for_line("ready")


def finish(terminal: TerminalPage) -> list[str]:
    """The lines when all that was typed has been done."""
    terminal.type("echo d''one\n")
    terminal.wait_for("\ndone\n> ")
    return lines(terminal)


# -- line editing ------------------------------------------------------------------------------------------


def test_the_prompt_names_user_and_directory(terminal: TerminalPage) -> None:
    assert "user@" in terminal.screen()
    terminal.type("cd /usr/bin\n")
    terminal.wait_for("/usr/bin$ ")


def test_editing_within_the_line(shell: TerminalPage) -> None:
    shell.type("echo helo")
    shell.press("ArrowLeft")
    shell.type("l")
    shell.press("Home")
    shell.type("x=1; ")
    shell.press("End")
    shell.type(" wurld")
    shell.press("ArrowLeft", "ArrowLeft", "ArrowLeft", "Backspace")
    shell.type("o\n")
    shell.wait_for("> x=1; echo hello world\nhello world\n> ")


def test_emacs_keys(shell: TerminalPage) -> None:
    shell.type("one two three")
    shell.press("Control+w", "Control+a")
    shell.type("echo ")
    shell.press("Control+e", "Control+y")
    shell.type("\n")
    shell.wait_for_line("one two three")
    shell.type("garbage")
    shell.press("Control+u")
    shell.type("echo a b")
    shell.press("Alt+b", "Control+k")
    shell.type("c\n")
    shell.wait_for_line("a c")


def test_a_line_longer_than_the_screen(shell: TerminalPage) -> None:
    text = "x" * 150
    shell.type(f"echo {text}")
    shell.wait_for(f"> echo {text}")
    shell.press("Control+a", "Delete", "Delete", "Delete", "Delete")
    shell.type("printf '%s\\n'\n")
    shell.wait_for_line(text)


def test_history(shell: TerminalPage) -> None:
    shell.type("echo first\n")
    shell.wait_for_line("first")
    shell.type("echo second\n")
    shell.wait_for_line("second")
    shell.press("ArrowUp", "ArrowUp", "Enter")
    shell.wait_for_line("first", 2)
    shell.press("ArrowUp", "ArrowUp", "ArrowDown", "Enter")
    shell.wait_for_line("first", 3)
    shell.press("Control+r")
    shell.type("sec")
    shell.wait_for("(reverse-i-search)`sec': echo second")
    shell.press("Enter")
    shell.wait_for_line("second", 2)
    shell.type("!!\n")
    shell.wait_for_line("second", 3)


def test_tab_completes_commands_and_files(shell: TerminalPage) -> None:
    shell.type("printen\t HOME\n")
    shell.wait_for("> printenv  HOME\n/home/user")
    shell.type("mkdir completed; echo content > completed/only; clear\n")
    shell.type("cat comp\ton\t| cut -c-4\n")
    shell.wait_for("> cat completed/only | cut -c-4\ncont\n")
    shell.type("cd /usr/loc\tbi\t\n")
    shell.wait_for("> cd /usr/local/bin/\n")


def test_tab_twice_lists_what_fits(shell: TerminalPage) -> None:
    shell.type("mkdir t && cd t && touch alpha alps beta\n")
    shell.type("ls al\t\t\t")
    shell.wait_for("alpha  alps")
    shell.wait_for("> ls alp", 2)
    shell.type("h\t\n")
    shell.wait_for_line("alpha")


def test_continued_lines(shell: TerminalPage) -> None:
    # (what is typed ahead of a prompt may be echoed before it)
    shell.type("for i in 1 2\n")
    shell.wait_for("> for i in 1 2\n+ ")
    shell.type("do echo n$i\n")
    shell.wait_for("+ do echo n$i\n+ ")
    shell.type("done\n")
    shell.wait_for("+ done\nn1\nn2\n> ")
    shell.type("cat <<end\n")
    shell.wait_for("> cat <<end\n+ ")
    shell.type("here\n")
    shell.wait_for("+ here\n+ ")
    shell.type("end\n")
    shell.wait_for("+ end\nhere\n> ")


def test_pasting_several_lines_runs_nothing_until_enter(shell: TerminalPage) -> None:
    shell.page.evaluate("tabux.terminal.paste('echo one\\necho two')")
    shell.wait_for("echo two")
    assert "one" not in lines(shell)
    shell.press("Enter")
    shell.wait_for_line("one")
    shell.wait_for_line("two")


# -- signals and jobs --------------------------------------------------------------------------------------


def test_interrupt_at_the_prompt_drops_the_line(shell: TerminalPage) -> None:
    shell.type("echo never")
    shell.wait_for("> echo never")
    shell.press("Control+c")
    shell.wait_for("> echo never^C\n> ")
    shell.type("echo $?\n")
    shell.wait_for_line("130")
    assert "never" not in lines(shell)


def test_interrupt_ends_a_program(shell: TerminalPage) -> None:
    start(shell, "sleep 1000")
    shell.press("Control+c")
    shell.wait_for("^C\n> ")
    shell.type("echo $?\n")
    shell.wait_for_line("130")


def test_interrupt_ends_a_busy_loop(shell: TerminalPage) -> None:
    start(shell, "while :; do :; done")
    shell.press("Control+c")
    shell.wait_for("^C\n> ")


def test_interrupt_ends_a_flood_of_output(shell: TerminalPage) -> None:
    shell.type("yes\n")
    shell.wait_for_line("y", 100)
    shell.press("Control+c")
    shell.wait_for("^C\n> ")
    shell.type("echo $?\n")
    shell.wait_for_line("130")


def test_interrupt_reaches_a_whole_pipeline(shell: TerminalPage) -> None:
    shell.type("f() { echo $BASHPID > $1; exec cat; }; clear\n")
    start(shell, "sleep 1000 | f a | f b")
    shell.press("Control+c")
    shell.wait_for("^C\n> ")
    shell.type("for f in a b; do kill -0 $(<$f) 2>&1 | grep -o 'No such'; done\n")
    shell.wait_for("\nNo such\nNo such\n> ")


def test_interrupt_runs_a_trap(shell: TerminalPage) -> None:
    start(shell, "bash -c 'trap \"echo tr''apped\" INT; sleep 1000; echo go''ing on'")
    shell.press("Control+c")
    shell.wait_for("^Ctrapped\ngoing on\n> ")


def test_quit(shell: TerminalPage) -> None:
    start(shell, "sleep 1000")
    shell.press("Control+\\")
    shell.wait_for("^\\Quit")
    shell.type("echo $?\n")
    shell.wait_for_line("131")


def test_stop_and_continue_a_job(shell: TerminalPage) -> None:
    start(shell, "sleep 1000")
    shell.press("Control+z")
    shell.wait_for("[1]+  Stopped                 sleep 1000")
    shell.type("jobs\n")
    shell.wait_for("[1]+  Stopped                 sleep 1000", 2)
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


def test_a_job_that_ends_is_told_at_the_next_prompt(shell: TerminalPage) -> None:
    shell.type("true & wait\n")
    shell.wait_for("[1]+  Done                    true")


def test_a_job_in_the_background_may_not_read(shell: TerminalPage) -> None:
    shell.type("cat & sleep 0.2\n\n")
    shell.wait_for("[1]+  Stopped                 cat")
    shell.type("fg\n")
    shell.wait_for("> fg\ncat\n")
    shell.type("to cat\n")
    shell.wait_for_line("to cat", 2)
    shell.press("Control+d")
    shell.wait_for("to cat\nto cat\n> ")
    assert finish(shell)[-2:] == ["done", "> "]


def test_a_stopped_editor_gets_its_terminal_settings_back(shell: TerminalPage) -> None:
    shell.type("stty -echo; stty -a | grep -o -- -echo' '; stty echo\n")
    shell.wait_for_line("-echo")
    shell.type("stty -a | grep -ow -- icanon\n")
    shell.wait_for_line("icanon")


# -- the terminal ------------------------------------------------------------------------------------------


def test_end_of_file(shell: TerminalPage) -> None:
    start(shell, "cat")
    shell.type("line\n")
    shell.wait_for_line("line", 2)
    shell.press("Control+d")
    shell.wait_for("line\nline\n> ")
    assert finish(shell)[-2:] == ["done", "> "]


def test_end_of_file_in_the_middle_of_a_line_hands_it_over(shell: TerminalPage) -> None:
    start(shell, "cat")
    shell.type("ab")
    shell.press("Control+d")
    shell.wait_for("abab")
    shell.press("Control+d")
    assert finish(shell)[-2:] == ["done", "> "]


def test_end_of_file_at_the_prompt_leaves_the_shell(shell: TerminalPage) -> None:
    page = shell.page
    shell.press("Control+d")
    expect(page.get_by_role("alert")).to_contain_text("The shell has exited with status 0.")
    page.get_by_role("button", name="Restart shell").click()
    shell.wait_for_prompt()
    shell.type("echo b''ack\n")
    shell.wait_for_line("back")


def test_exit_status_of_the_shell_is_shown(shell: TerminalPage) -> None:
    shell.type("echo kept > ~/kept; exit 7\n")
    expect(shell.page.get_by_role("alert")).to_contain_text("The shell has exited with status 7.")
    shell.press("Enter")
    shell.wait_for_prompt()
    shell.type("cat kept\n")
    shell.wait_for_line("kept")


def test_the_line_discipline_edits_where_readline_does_not(shell: TerminalPage) -> None:
    start(shell, "cat")
    shell.type("wrong")
    shell.press("Control+u")
    shell.type("one tow")
    shell.press("Control+w")
    shell.type("two漢ü")
    shell.press("Backspace", "Backspace", "Enter")
    shell.wait_for_line("one two", 2)
    shell.press("Control+d")
    shell.type("clear\n")
    start(shell, "cat | od -An -c")
    shell.type("a")
    shell.press("Control+v", "Control+c")
    shell.type("\n")
    shell.wait_for("a^C\n")
    shell.press("Control+d")
    shell.wait_for("a 003  \\n")


def test_output_is_stopped_and_started(shell: TerminalPage) -> None:
    shell.type("(until [ -e go ]; do sleep 0.05; done; echo l''ate) &\n")
    start(shell, "cat")
    shell.press("Control+s")
    shell.page.evaluate("tabux.sandbox.commands.run('touch /home/user/go; sleep 0.3')")
    assert "late" not in lines(shell)
    shell.press("Control+q")
    shell.wait_for_line("late")


def test_utf8_typed_and_shown(shell: TerminalPage) -> None:
    shell.type("echo grüße 漢字 🙂x")
    shell.press("Backspace")
    shell.press("Backspace")
    shell.press("Backspace")
    shell.press("Backspace")
    shell.type("文\n")
    shell.wait_for("> echo grüße 漢文\ngrüße 漢文\n> ")
    shell.type("x=äöü; echo ${#x} ${x:1:1}\n")
    shell.wait_for_line("3 ö")


def test_a_password_is_not_shown(shell: TerminalPage) -> None:
    shell.type("read -rsp 'pass''word: ' secret\n")
    shell.wait_for("\npassword: ")
    shell.type("hidden\n")
    shell.type("echo; echo ${#secret} typed\n")
    shell.wait_for_line("6 typed")
    assert "hidden" not in shell.screen()


def test_single_keys_in_raw_mode(shell: TerminalPage) -> None:
    shell.type("read -rsn1 -p 'k''ey? ' key; echo got $key\n")
    shell.wait_for("key? ")
    shell.press("q")
    shell.wait_for("key? got q\n")
    start(shell, "stty raw -echo; echo r''aw; head -c 4 | od -An -tx1; stty sane")
    shell.wait_for_line("raw")
    shell.press("Control+c", "ArrowUp")
    shell.wait_for("03 1b 5b 41")
    assert finish(shell)[-2:] == ["done", "> "]


def test_a_read_with_a_time_limit(shell: TerminalPage) -> None:
    shell.type("read -t 0.2 x; echo status $?\n")
    shell.wait_for_line("status 142")
    shell.type("stty -icanon min 0 time 2; cat; stty sane; echo o''ver\n")
    shell.wait_for_line("over")


def test_the_window_size_reaches_the_programs(shell: TerminalPage, page: Page) -> None:
    def size() -> list[int]:
        found = page.evaluate("[tabux.terminal.rows, tabux.terminal.cols]")
        assert isinstance(found, list)
        return found

    rows, cols = size()
    shell.type("stty size; echo $LINES $COLUMNS\n")
    shell.wait_for_line(f"{rows} {cols}", 2)
    shell.type("trap 'stty size; echo in the trap' WINCH; echo s''et\n")
    shell.wait_for_line("set")
    page.set_viewport_size({"width": 700, "height": 420})
    page.wait_for_function(
        "([rows, cols]) => tabux.terminal.rows < rows && tabux.terminal.cols < cols", arg=[rows, cols]
    )
    rows, cols = size()
    shell.type("\n")
    shell.wait_for(f"{rows} {cols}\nin the trap")
    shell.type("true; echo columns $COLUMNS\n")
    shell.wait_for_line(f"columns {cols}")


def test_stty_knows_the_terminal_as_linux_does(shell: TerminalPage) -> None:
    start(shell, "cat > /dev/null; stty -a")
    shell.press("Control+d")
    shell.wait_for("extproc")
    text = shell.screen()
    assert "speed 38400 baud;" in text
    assert "intr = ^C; quit = ^\\; erase = ^?; kill = ^U; eof = ^D; eol = <undef>;" in text.replace("\n", " ")
    assert "icrnl ixon" in text
    assert "iutf8" in text
    assert "isig icanon iexten echo echoe echok" in text


def test_dev_tty_is_the_terminal(shell: TerminalPage) -> None:
    shell.type("echo to the screen > /dev/tty; tty; (echo a; echo b) | { read x < /dev/tty; echo got $x; }\n")
    shell.wait_for_line("to the screen")
    shell.wait_for("/dev/pts/")
    shell.type("typed\n")
    shell.wait_for_line("got typed")


def test_colours_are_on_at_a_terminal_only(shell: TerminalPage) -> None:
    shell.type("ls -d --color=auto / | od -An -c | head -1\n")
    shell.wait_for("/  \\n")
    shell.type("mkdir -p coloured; ls --color=auto -d coloured\n")
    shell.wait_for_line("coloured")
    bold_blue = shell.page.evaluate(
        """() => {
            const buffer = tabux.terminal.buffer.active;
            for (let i = 0; i < buffer.length; i++) {
                const line = buffer.getLine(i);
                if (line.translateToString(true) !== "coloured") continue;
                const cell = line.getCell(0);
                return [cell.isBold() > 0, cell.getFgColor()];
            }
        }"""
    )
    assert bold_blue == [True, 4]


def test_a_new_size_does_not_end_the_start_of_a_program(shell: TerminalPage) -> None:
    page = shell.page
    held: list[Route] = []
    page.context.route("**/userland/sed-*.wasm.gz", lambda route: held.append(route))
    shell.type("sed --version\n")
    page.wait_for_function("() => tabux.pty.busy")
    page.set_viewport_size({"width": 700, "height": 400})
    page.wait_for_function("() => tabux.terminal.rows < 25")
    page.evaluate("tabux.sandbox.commands.run('true')")  # the new size has been heard of
    while not held:
        page.wait_for_event("request")
    held[0].continue_()
    shell.wait_for("sed (GNU sed)")
