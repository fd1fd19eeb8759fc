"""/usr/bin/rg: when the script asks ripgrep to search standard input."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from wasm.builder import paths

SCRIPT = paths.ROOTFS / "files/usr/bin/rg"


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script with a program that prints its arguments."""
    place = tmp_path_factory.mktemp("rg")
    program = place / "program"
    program.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    program.chmod(0o755)
    line = "program=/usr/lib/ripgrep/rg\n"
    text = SCRIPT.read_text()
    assert text.count(line) == 1
    (place / "rg").write_text(text.replace(line, f"program={program}\n"))
    return place / "rg"


SEARCHED = (
    "x", "-i x", "-e x", "-ex", "-ie x", "--regexp=x", "--regexp x", "-A 2 x", "-A2 x", "-inC 3 x", "-t py x",
    "-g '*.c' x", "--max-count 1 x", "--max-count=1 x", "-- -x", "-e x --", "-f patterns", "-r new x",
    "--sort path x",
)
NOT_SEARCHED = (
    "x .", "x -", "-e x dir", "-A 2 x dir", "-t py x dir", "-- -x dir", "-e x -- dir", "--files",
    "--type-list", "-V", "--help", "-f -", "-f-", "--file=-", "--file -", "-i", "-f patterns dir", "x -g '*.c' dir",
)


@pytest.mark.parametrize("arguments", SEARCHED)
def test_without_a_path_a_pipe_is_searched(script: Path, arguments: str) -> None:
    assert called(script, arguments) == [*shlex.split(arguments), "-"]


@pytest.mark.parametrize("arguments", NOT_SEARCHED)
def test_else_it_is_not(script: Path, arguments: str) -> None:
    assert called(script, arguments) == shlex.split(arguments)


def test_a_device_is_not_searched(script: Path) -> None:
    command = ["/bin/sh", script, "x"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    assert done.stdout == "x\n"


def called(script: Path, arguments: str) -> list[str]:
    """What the program is called with when standard input is a pipe."""
    command = ["/bin/sh", str(script), *shlex.split(arguments)]
    return subprocess.run(command, input="", capture_output=True, text=True, check=True).stdout.split()
