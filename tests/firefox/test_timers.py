"""Timers in Firefox while programs are busy: not every way of giving way lets them have a turn."""

from __future__ import annotations

import pytest

from tests.browser.pages import SandboxPage, TerminalPage


@pytest.mark.parametrize(
    "command",
    [
        "yes > /dev/null",
        "yes | cat > /dev/null",
        "while :; do :; done",
        "awk 'BEGIN { while (1); }'",
        "for ((;;)); do /bin/true; done",
        "for i in 1 2 3; do while :; do :; done & done; wait",
        "cat /dev/zero > /dev/null",
        "sleep 50",
    ],
)
def test_a_timeout_ends_it(sandbox: SandboxPage, command: str) -> None:
    assert sandbox.run(command, timeoutMs=500)["exitCode"] == 124
    assert sandbox.output("echo alive") == "alive\n"


@pytest.mark.parametrize(
    "busy", ["yes > /dev/null", "awk 'BEGIN { while (1); }'", "while :; do :; done"]
)
def test_sleep_ends_beside_a_busy_job(sandbox: SandboxPage, busy: str) -> None:
    script = f"{busy} & sleep 0.3; echo awake; kill %1; wait %1; echo $?"
    assert sandbox.run(script)["stdout"] == "awake\n143\n"


def test_programs_that_measure_time(sandbox: SandboxPage) -> None:
    assert sandbox.run("timeout 0.3 awk 'BEGIN { while (1); }'")["exitCode"] == 124
    assert sandbox.run("timeout -s KILL 0.3 yes > /dev/null")["exitCode"] == 137
    script = "yes > /dev/null & read -t 0.2 x < <(sleep 9); [ $? -gt 128 ] && echo late; kill %1 $!"
    assert sandbox.output(script) == "late\n"


def test_commands_and_messages_get_through(sandbox: SandboxPage) -> None:
    outcome = sandbox.evaluate(
        """const controller = new AbortController();
        const busy = sandbox.commands.run("yes > /dev/null", { signal: controller.signal });
        const beside = await sandbox.commands.run("echo beside; sleep 0.1; seq 3 | tail -1");
        controller.abort();
        return [beside.stdout, await busy.catch((error) => error.name)]"""
    )
    assert outcome == ["beside\n3\n", "AbortError"]


def test_the_page_repaints_beside_a_busy_job(terminal: TerminalPage) -> None:
    terminal.type("yes > /dev/null &\n")
    terminal.type("for i in 1 2 3; do sleep 0.1; echo tick $i; done; kill %1\n")
    terminal.wait_for_line("tick 3")
