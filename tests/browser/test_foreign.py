"""Programs that were not made for tabux: WASI commands run on the same kernel, by the full preview1."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import pytest

from .pages import SandboxPage

GUEST = Path(__file__).parents[1] / "guest"


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """tests/guest/foreign.c as a wasm32-wasi command, by zig's own wasi-libc."""
    out = tmp_path_factory.mktemp("foreign") / "foreign.wasm"
    command = [sys.executable, "-m", "ziglang", "cc", "--target=wasm32-wasi", "-O1", "-o", str(out)]
    subprocess.run([*command, str(GUEST / "foreign.c")], check=True)
    return out.read_bytes()


def upload(sandbox: SandboxPage, program: bytes) -> None:
    """Puts the program at ~/bin/foreign."""
    sandbox.evaluate(
        "const bytes = Uint8Array.from(atob(arg), (character) => character.charCodeAt(0));"
        "await sandbox.files.write('bin/foreign', bytes);",
        base64.b64encode(program).decode(),
    )


def test_a_wasi_command_finds_files_input_and_environment(sandbox: SandboxPage, foreign: bytes) -> None:
    upload(sandbox, foreign)
    result = sandbox.run(
        "chmod +x ~/bin/foreign; mkdir -p ~/work; cd ~/work;"
        "(sleep 0.1; echo from a pipe) | GREETING=hi ~/bin/foreign 'an argument'; echo status $?; ls -A"
    )
    assert (result["stdout"], result["stderr"]) == ("ok an argument hi\nstatus 7\n", "")


def test_a_foreign_program_can_be_killed_while_it_waits(sandbox: SandboxPage, foreign: bytes) -> None:
    upload(sandbox, foreign)
    result = sandbox.run(
        "chmod +x ~/bin/foreign; mkdir -p ~/work; cd ~/work; sleep 9 | timeout 0.5 ~/bin/foreign; echo $?"
    )
    assert result["stdout"] == "124\n"


def test_ripgrep_searches_relative_and_absolute_paths(sandbox: SandboxPage) -> None:
    result = sandbox.run(
        "exec < /dev/null; mkdir -p d/sub; echo a needle > d/one; echo needle too > d/sub/two; cd d;"
        "rg needle | sort; rg -c needle /home/user/d | sort; rg -l too sub; rg absent; echo $?"
    )
    assert result["stdout"] == (
        "one:a needle\nsub/two:needle too\n"
        "/home/user/d/one:1\n/home/user/d/sub/two:1\n"
        "sub/two\n"
        "1\n"
    )
