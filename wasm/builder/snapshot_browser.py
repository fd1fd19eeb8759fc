"""Run by snapshot.py with the .venv's Python, which has Playwright: takes a snapshot in headless Chromium.

    snapshot_browser.py CHROMIUM DIRECTORY SNAPSHOT NOTES

DIRECTORY has the ingredients and snapshot_page.js; SNAPSHOT and NOTES are written.
"""

from __future__ import annotations

import base64
import functools
import json
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import sync_playwright

BROWSER_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic",
]  # fmt: skip
TIMEOUT_MS = 300_000


class Handler(SimpleHTTPRequestHandler):
    """Serves the ingredients, and an empty page for everything else."""

    extensions_map = {  # noqa: RUF012
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def main(chromium: str, directory: str, snapshot: str, notes: str) -> None:
    """Take the snapshot."""
    (Path(directory) / "index.html").write_text("<!doctype html>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=directory))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_ARGUMENTS)
        page = browser.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.on("console", lambda message: print(message.text, flush=True))
        page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
        result = page.evaluate("async () => (await import('/snapshot_page.js')).takeSnapshot()")
        browser.close()
    Path(snapshot).write_bytes(base64.b64decode(result["data"]))
    Path(notes).write_text(json.dumps({"memory": result["memory"]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
