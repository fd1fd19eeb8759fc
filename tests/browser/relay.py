"""A relay on this machine, and servers of TCP that are reached through it."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from .node_server import node_server


@dataclass
class Relay:
    """Its address, and the connections that it was asked for, as host and port.

    Attributes:
        closed: the ports of connections whose WebSocket has been closed.
        held: of each connection that was held up, how many bytes the browser had taken.
    """

    url: str
    asked: list[tuple[str, int]] = field(default_factory=list)
    held: SimpleQueue[int] = field(default_factory=SimpleQueue)
    closed: SimpleQueue[int] = field(default_factory=SimpleQueue)


@contextmanager
def relay(directory: Path) -> Iterator[Relay]:
    """A relay while the context lasts, whose script is put into the directory."""
    made = Relay("")

    def hear(told: dict[str, Any]) -> None:
        if "taken" in told:
            made.held.put(told["taken"])
        elif "closed" in told:
            made.closed.put(told["closed"])
        else:
            made.asked.append((told["host"], told["port"]))

    with node_server("relay_server.mjs", directory, hear) as port:
        made.url = f"ws://127.0.0.1:{port}/"
        yield made


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
