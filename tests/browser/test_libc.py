"""The parts of libc that are ours and are not system calls, under C programs in the sandbox."""

from __future__ import annotations

import base64

import pytest

from .guest_programs import build
from .pages import SandboxPage


@pytest.mark.parametrize("name", ["malloc", "blocks"])
def test_memory(sandbox: SandboxPage, name: str) -> None:
    sandbox.evaluate(
        "await sandbox.files.write(arg[0], Uint8Array.from(atob(arg[1]), (c) => c.charCodeAt(0)))",
        [f"/tmp/{name}", base64.b64encode(build(name)).decode()],
    )
    result = sandbox.run(f"chmod 755 /tmp/{name} && /tmp/{name}", timeoutMs=30_000)
    assert (result["exitCode"], result["stderr"]) == (0, ""), result["stdout"]
    assert result["stdout"].startswith("ok")
