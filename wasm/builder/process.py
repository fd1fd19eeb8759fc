"""Running commands: output to a log, and an error that says what failed, how, and what would help."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .console import BuildError

TAIL_LINES = 30

# What a missing command is called in Debian and its relatives.
APT_PACKAGES = {
    "apt-get": "apt",
    "autoconf": "autoconf",
    "cc": "gcc libc6-dev",
    "gcc": "gcc libc6-dev",
    "make": "make",
    "node": "nodejs",
    "npm": "npm",
    "patch": "patch",
    "tclsh": "tcl",
    "xz": "xz-utils",
}


def run(
    argv: Sequence[str | Path],
    *,
    what: str,
    log: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run a command with its output appended to ``log``.

    Args:
        what: the step, for the error message (``bash: configure``).
        env: variables on top of this process's own.

    Raises:
        BuildError: the command is missing or failed; the message has the end of the log.
    """
    command = [str(a) for a in argv]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        out.write(f"$ {shlex.join(command)}\n".encode())
        out.flush()
        try:
            status = subprocess.run(
                command,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode
        except FileNotFoundError:
            raise BuildError(missing(what, command[0])) from None
    if status:
        raise BuildError(_failure(what, command, status, log))


def missing(what: str, command: str) -> str:
    """The message for a command that is not installed."""
    package = APT_PACKAGES.get(Path(command).name)
    advice = f": apt-get install {package}" if package else ""
    return f"{what}: the command `{command}` is not there{advice}"


def _failure(what: str, command: list[str], status: int, log: Path) -> str:
    text = log.read_text(errors="replace") if log.exists() else "(the log is gone)"
    lines = text.splitlines()[-TAIL_LINES:]
    tail = "\n".join("    " + line for line in lines)
    message = f"{what} failed with status {status}\n  command: {shlex.join(command)}\n{tail}\n  log: {log}"
    for name in re.findall(r"(\w[\w.+-]*): (?:command )?not found", tail):
        if name in APT_PACKAGES:
            message += f"\n  missing: apt-get install {APT_PACKAGES[name]}"
    return message
