"""Sockets: the same calls here and on Linux, and what a sandbox is to bear."""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .guest_programs import SOURCES, build
from .pages import SandboxPage
from .socket_sequences import sequence

SEQUENCES = range(600)


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of sequences, for this machine."""
    if not shutil.which("gcc"):
        pytest.skip("there is no gcc to ask what Linux does")
    program = tmp_path_factory.mktemp("native") / "sockets"
    subprocess.run(["gcc", "-o", program, SOURCES / "sockets.c"], check=True)
    return program


@pytest.fixture
def guest(sandbox: SandboxPage) -> Iterator[str]:
    """The same in the sandbox."""
    sandbox.evaluate(
        "await sandbox.files.write(arg[0], Uint8Array.from(atob(arg[1]), (c) => c.charCodeAt(0)))",
        ["/tmp/sockets", base64.b64encode(build("sockets")).decode()],
    )
    yield "chmod 755 /tmp/sockets; cd $(mktemp -d); /tmp/sockets"


def both(
    sandbox: SandboxPage, native: Path, guest: str, script: str, cwd: Path
) -> tuple[list[str], list[str]]:
    """What the calls come to: here, and on Linux."""
    told = subprocess.run(
        [native], input=script, capture_output=True, text=True, cwd=cwd, timeout=60, check=True
    )
    return sandbox.output(guest, stdin=script, timeoutMs=60_000).splitlines(), told.stdout.splitlines()


def test_as_linux(sandbox: SandboxPage, native: Path, guest: str, tmp_path: Path) -> None:
    histories = [sequence(number) for number in SEQUENCES]
    script = "\n".join(line for history in histories for line in history) + "\n"
    found, wanted = both(sandbox, native, guest, script, tmp_path)
    assert len(found) == len(wanted) == script.count("\n")
    different = []
    at = 0
    for number, history in zip(SEQUENCES, histories, strict=True):
        rows = slice(at, at + len(history))
        if found[rows] != wanted[rows]:
            lines = zip(history, found[rows], wanted[rows], strict=True)
            different.append((number, next(row for row in lines if row[1] != row[2])))
        at += len(history)
    assert not different
