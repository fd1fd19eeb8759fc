"""A plain static server for ``dist/``: right MIME types, no special headers, as any host would do it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from .console import BuildError

MIME_TYPES = {
    ".css": "text/css",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".whl": "application/zip",
    ".zip": "application/zip",
}


class Handler(SimpleHTTPRequestHandler):
    """Serves files; says nothing about successes."""

    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, **MIME_TYPES}  # noqa: RUF012
    protocol_version = "HTTP/1.1"

    def end_headers(self) -> None:
        """Let the browser keep files but ask whether they changed."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Only failures are worth a line."""
        if str(code) >= "400":
            super().log_request(code, size)


def serve(directory: Path, host: str, port: int, started: Callable[[], None] = lambda: None) -> None:
    """Serve until interrupted.

    Args:
        started: is called once the address has been printed.

    Raises:
        BuildError: the port is taken.
    """
    handler = functools.partial(Handler, directory=str(directory))
    try:
        server = ThreadingHTTPServer((host, port), handler)
    except OSError as e:
        raise BuildError(f"serve: port {port}: {e.strerror}; try --port N") from e
    print(f"tabux is at http://{host}:{server.server_port}/  (Ctrl-C ends)", flush=True)
    started()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        server.server_close()
