"""The parts of libc that are ours and are not system calls, under C programs in the sandbox."""

from __future__ import annotations

import base64
import itertools
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from .guest_programs import SOURCES, build
from .pages import SandboxPage


def upload(sandbox: SandboxPage, name: str) -> None:
    """Put the program of tests/guest at /tmp/NAME."""
    sandbox.evaluate(
        "await sandbox.files.write(arg[0], Uint8Array.from(atob(arg[1]), (c) => c.charCodeAt(0)))",
        [f"/tmp/{name}", base64.b64encode(build(name)).decode()],
    )


@pytest.mark.parametrize("name", ["malloc", "blocks"])
def test_memory(sandbox: SandboxPage, name: str) -> None:
    upload(sandbox, name)
    result = sandbox.run(f"chmod 755 /tmp/{name} && /tmp/{name}", timeoutMs=30_000)
    assert (result["exitCode"], result["stderr"]) == (0, ""), result["stdout"]
    assert result["stdout"].startswith("ok")


ARGUMENTS = (
    "", "x", "-a", "-ab", "-f", "-f x", "-fx", "x -a y -b", "-a x -f y z -b w", "-- -a", "x -- -a",
    "-a -- x -b", "-", "- -a", "-z", "-az x", "-c", "-cx", "-c x", "--all", "x --all y", "--al", "--fil x",
    "--file x", "--file=x y", "--file", "--filter=", "--color", "--color=x", "--color x", "--all=x", "--ver",
    "--verb -a", "--nothing", "--same", "--sam", "-all", "-file x", "-fi", "-verb", "-V -a", "-Wall",
    "-W file=x", "-W", "x y -a z -b --all w -- -f", "-a -a x -a", "-:",
)
SHORTS = ("abf:c::V", "+abf:c::V", "-abf:c::V", ":abf:c::V", "abf:c::VW;")


@pytest.mark.skipif(not shutil.which("gcc"), reason="there is no gcc to ask what the GNU C library does")
def test_options_are_taken_as_by_the_gnu_c_library(sandbox: SandboxPage, tmp_path: Path) -> None:
    upload(sandbox, "options")
    native = tmp_path / "options"
    subprocess.run(["gcc", "-o", native, SOURCES / "options.c"], check=True)
    lines = [
        f"echo {shlex.quote(call)}; {before}{{}} {call}"
        for before in ("", "POSIXLY_CORRECT=1 ")
        for mode, shorts, arguments in itertools.product("slo", SHORTS, ARGUMENTS)
        for call in [f"{mode} {shlex.quote(shorts)} {arguments}"]
    ]
    script = "\n".join(lines)
    told = script.replace("{}", str(native))
    wanted = subprocess.run(["bash"], input=told, capture_output=True, text=True, check=True).stdout
    found = sandbox.output("chmod 755 /tmp/options; bash", stdin=script.replace("{}", "/tmp/options"))
    assert found.splitlines() == wanted.splitlines()
