"""A sandbox that has programs of tests/guest, and whose kernel must not complain while they run."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from playwright.sync_api import ConsoleMessage

from .pages import SandboxPage


@contextmanager
def guest_machine(
    sandbox: SandboxPage, programs: Mapping[str, Callable[[], bytes]]
) -> Iterator[SandboxPage]:
    """The sandbox with these programs in /usr/local/bin, built where they are not there yet.

    Raises:
        AssertionError: at the end, when there has been an error on the console.
    """
    for name, build in programs.items():
        path = f"/usr/local/bin/{name}"
        if sandbox.evaluate("return await sandbox.files.exists(arg)", path):
            continue
        sandbox.evaluate(
            "await sandbox.files.write(arg[0], Uint8Array.from(atob(arg[1]), (c) => c.charCodeAt(0)))",
            [path, base64.b64encode(build()).decode()],
        )
        sandbox.output(f"chmod 755 {path}")
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    sandbox.page.on("console", listen)
    yield sandbox
    sandbox.page.remove_listener("console", listen)
    assert not complaints
