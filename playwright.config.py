"""The browser and the server that the browser tests use.

pytest-playwright knows no configuration file of its own: `tests/browser/conftest.py` takes these settings
from here, and so may other tools that drive the site (`runpy.run_path("playwright.config.py")`).
"""

from __future__ import annotations

import functools
import http.server
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

#: The Chromium to test with.
EXECUTABLE = os.environ.get("TABUX_CHROMIUM") or os.environ.get("CHROMIUM", "/usr/bin/chromium")

#: No sandbox of its own (the tests may run as root), no GPU, and nothing that talks to the network.
LAUNCH = {
    "executable_path": EXECUTABLE,
    "args": [
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-quic",
    ],
}

CONTEXT = {"viewport": {"width": 1000, "height": 640}, "permissions": ["clipboard-read", "clipboard-write"]}

#: Milliseconds after which a step of a test has failed. Nothing takes that long on a working site.
STEP_TIMEOUT = 20_000
#: Milliseconds for the first load, which compiles everything.
BOOT_TIMEOUT = 60_000

#: Where tests are that use the module without the page.
BLANK_PAGE = "/blank-page-for-tests.html"


class Handler(http.server.SimpleHTTPRequestHandler):
    """A plain static server: files with their types, and none of the special headers (COOP, COEP).

    `headers` are sent with everything: what a host may be told to send (CORS, CSP).
    """

    protocol_version = "HTTP/1.1"
    extensions_map: ClassVar[dict[str, str]] = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def __init__(self, *args: Any, headers: Mapping[str, str], **others: Any) -> None:
        self.extra = headers
        super().__init__(*args, **others)

    def end_headers(self) -> None:
        """End them with those of the test."""
        for name, value in self.extra.items():
            self.send_header(name, value)
        super().end_headers()

    def do_GET(self) -> None:
        """Serve a file, or the blank page."""
        if not self.path.endswith(BLANK_PAGE):
            return super().do_GET()
        body = (
            b'<!doctype html><html lang="en"><meta charset="utf-8"><title>blank</title>'
            b'<link rel="icon" href="data:,">'
        )
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet: the tests' output is enough."""


@contextmanager
def serve(directory: Path, headers: Mapping[str, str] | None = None) -> Iterator[str]:
    """Serve a directory on a free port while the context lasts; gives its URL, without a slash at the end."""
    handler = functools.partial(Handler, directory=str(directory), headers=headers or {})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
