"""A relay on this machine, and servers of TCP that are reached through it."""

from __future__ import annotations

import json
import os
import shutil
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

SCRIPT = Path(__file__).with_name("relay_server.mjs")
NODE_MODULES = Path(__file__).parents[2] / "web/node_modules"


@dataclass
class Relay:
    """Its address, and the connections that it was asked for, as host and port.

    Attributes:
        held: of each connection that was held up, how many bytes the browser had taken.
    """

    url: str
    asked: list[tuple[str, int]] = field(default_factory=list)
    held: SimpleQueue[int] = field(default_factory=SimpleQueue)


@contextmanager
def relay(directory: Path) -> Iterator[Relay]:
    """A relay while the context lasts; its script is put into the directory, beside the packages of npm."""
    script = directory / SCRIPT.name
    shutil.copy(SCRIPT, script)
    (directory / "node_modules").symlink_to(NODE_MODULES)
    process = subprocess.Popen(
        ["node", str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )
    assert process.stdin is not None and process.stdout is not None
    lines = process.stdout
    made = Relay(f"ws://127.0.0.1:{int(lines.readline())}/")

    def listen() -> None:
        for line in lines:
            told: dict[str, Any] = json.loads(line)
            if "taken" in told:
                made.held.put(told["taken"])
            else:
                made.asked.append((told["host"], told["port"]))

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield made
    finally:
        process.stdin.close()
        process.wait(10)
        listener.join(10)
        lines.close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who hangs up is no error."""


@contextmanager
def tcp_server(serve: Callable[[Any], None]) -> Iterator[int]:
    """The port of a server that calls `serve` with each connection, a socket, in a thread of its own."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            serve(self.request)

    with _Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
