#!/usr/bin/env python3
"""How long the way to the first prompt is: fresh profiles (cold), then further visits (warm).

    .venv/bin/python bench/boot.py [--runs N] [--warm N] [--max-age SECONDS] [--directory DIST] [--phases]

Prints medians of: the time from navigation to `Sandbox.create()` resolved, the time to the prompt's text on
the terminal, and what the server sent. The server is plain and on this machine; its clients keep files for
`--max-age` seconds (600 as GitHub Pages says; 0 has them ask again for every file).
"""

from __future__ import annotations

import argparse
import functools
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Playwright, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from wasm.builder import environment, serve  # noqa: E402

BROWSER_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic",
]  # fmt: skip
#: after a visit: time for the browser to write its caches
SETTLE_SECONDS = 4

#: put into the page before its own scripts
WATCH = """
window.prompted = new Promise((resolve) => {
  const times = {};
  (function look() {
    const { terminal, sandbox } = window.tabux ?? {};
    if (sandbox) times.sandbox ??= performance.now();
    const line = terminal?.buffer.active.getLine(terminal.buffer.active.cursorY);
    if (!line?.translateToString(true).includes("$")) return setTimeout(look);
    times.prompt = performance.now();
    resolve(times);
  })();
});
"""


@dataclass
class Visit:
    """One visit to the page."""

    sandbox_ms: float
    prompt_ms: float
    sent: int
    info: dict[str, Any] = field(default_factory=dict)


class Counter:
    """A server of one directory that counts what it sends."""

    def __init__(self, directory: Path, max_age: int) -> None:
        self.sent = 0
        counter = self

        class Handler(serve.Handler):
            def setup(self) -> None:
                super().setup()
                write = self.wfile.write

                def counted(data: Any) -> int:
                    counter.sent += len(data)
                    return write(data)

                self.wfile.write = counted  # type: ignore[method-assign]

            def send_header(self, keyword: str, value: str) -> None:
                if keyword == "Cache-Control":
                    value = f"max-age={max_age}" if max_age else "no-cache"
                super().send_header(keyword, value)

        handler = functools.partial(Handler, directory=str(directory))
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True

    @contextmanager
    def running(self) -> Iterator[str]:
        """Serves while the context lasts; gives the page's address."""
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        yield f"http://localhost:{self.server.server_port}/"
        self.server.shutdown()


def visit(context: BrowserContext, url: str, counter: Counter) -> Visit:
    """Opens the page and waits for its prompt."""
    before = counter.sent
    page = context.new_page()
    page.goto(url)
    times = page.evaluate("window.prompted")
    info = page.evaluate("window.tabux.sandbox.bootInfo ?? {}")
    sent = counter.sent - before
    time.sleep(SETTLE_SECONDS)
    page.close()
    return Visit(times["sandbox"], times["prompt"], sent, info)


def measure(playwright: Playwright, arguments: argparse.Namespace) -> tuple[list[Visit], list[Visit]]:
    """The cold visits and the warm ones."""
    cold: list[Visit] = []
    warm: list[Visit] = []
    counter = Counter(arguments.directory, arguments.max_age)
    with counter.running() as url:
        for _ in range(arguments.runs):
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
                context = playwright.chromium.launch_persistent_context(
                    profile, executable_path=environment.chromium(), args=BROWSER_ARGUMENTS
                )
                context.add_init_script(WATCH)
                cold.append(visit(context, url, counter))
                # the first visit after the cold one still fills V8's code caches
                visit(context, url, counter)
                warm += [visit(context, url, counter) for _ in range(arguments.warm)]
                context.close()
    return cold, warm


def report(name: str, visits: list[Visit], phases: bool) -> None:
    """One line of the table, and the worker's own marks."""

    def median(values: Iterator[float]) -> float:
        return statistics.median(values)

    sandbox, prompt = median(v.sandbox_ms for v in visits), median(v.prompt_ms for v in visits)
    best = min(v.prompt_ms for v in visits)
    sent = median(v.sent for v in visits) / 1e6
    print(f"{name:6}{len(visits):4}{sandbox:12.0f}{prompt:11.0f}{best:8.0f}{sent:11.2f}")
    if phases and visits[0].info:
        marks = visits[0].info.get("phases", {})
        print(f"       {visits[0].info.get('from')}:", end="")
        for mark in marks:
            print(f" {mark} {median(v.info['phases'].get(mark, 0) for v in visits):.0f}", end="")
        print()


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=3, help="fresh profiles (default 3)")
    parser.add_argument("--warm", type=int, default=3, help="warm visits in each (default 3)")
    parser.add_argument("--max-age", type=int, default=600, metavar="SECONDS")
    parser.add_argument("--directory", type=Path, default=ROOT / "dist")
    parser.add_argument("--phases", action="store_true", help="also the worker's marks")
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        cold, warm = measure(playwright, arguments)
    print("visit    n  sandbox ms  prompt ms    best    sent MB")
    report("cold", cold, arguments.phases)
    report("warm", warm, arguments.phases)
    return 0


if __name__ == "__main__":
    sys.exit(main())
