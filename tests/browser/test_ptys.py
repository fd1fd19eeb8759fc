"""Terminals that programs make, as script(1) uses them: against this machine's, and within the page's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from .pages import SandboxPage

COMMANDS = (
    'script -qec "tty | tr 0-9 N; stty size; echo hello; exit 3" log </dev/null; echo $?; cat -v log',
    'script -qec "stty -a" log </dev/null | tr -d "\\r" | grep -v speed',
    'printf "one\\ntwo\\n" | script -qec "cat; echo end" log; cat -v log',
    'printf "abc\\004" | script -qec "stty -echo; cat" /dev/null | cat -v',
    "script -qec \"sh -c 'kill -TERM \\$\\$'\" /dev/null </dev/null; echo $?",
    'script -qe -T times -c "echo a; echo b" log </dev/null >/dev/null;'
    " scriptreplay -d 100 -T times log | cat -v",
    'script -qa -c "echo once" log </dev/null; script -qa -c "echo more" log </dev/null; grep -c once log',
)


@pytest.mark.skipif(not shutil.which("script"), reason="there is no script to compare with")
@pytest.mark.parametrize("command", COMMANDS)
def test_script_as_natively(sandbox: SandboxPage, command: str, tmp_path: Path) -> None:
    # script(1) starts $SHELL, and only bash runs a last command in its own place.
    environment = os.environ | {"SHELL": "/bin/bash"}
    native = subprocess.run(
        ["bash", "-c", command], capture_output=True, cwd=tmp_path, env=environment, check=False
    )
    ours = sandbox.run(f"cd $(mktemp -d) && {command}")
    dates = re.compile(r"^Script (started|done).*$", re.M)
    assert dates.sub("", ours["stdout"]) == dates.sub("", native.stdout.decode())
    assert ours["stderr"] == native.stderr.decode() and ours["exitCode"] == native.returncode


def test_a_terminal_within_a_terminal_follows_its_size(sandbox: SandboxPage) -> None:
    seen = sandbox.evaluate(
        """let text = "";
        const until = async (what) => {
            while (!text.includes(what)) await new Promise((next) => setTimeout(next, 5));
        };
        const onData = (data) => { text += new TextDecoder().decode(data); };
        const command = "script -q /dev/null -c 'trap \\"stty size; exit\\" WINCH; echo up; sleep 20 & wait'";
        const pty = await sandbox.pty.create({ cols: 80, rows: 24, command, onData });
        await until("up");
        await pty.resize(100, 30);
        await until("30 100");
        const status = await pty.exited;
        return [status, text.split("\\r\\n")]"""
    )
    assert seen == [0, ["up", "30 100", ""]]
    assert sandbox.output("ls /dev/pts").split() == ["ptmx"], "nothing is left of them"
