"""Downloads through the gateway: how fast, and what they cost the renderer, in a Chromium page.

    .venv/bin/python bench/gateway.py [--megabytes N] [--directory DIST]

A server of this machine sends so many megabytes to curl, which drops them at once, and to one that is slowed
down. The growth is the most that a process took while it ran, over what it took after a first download: of
the page's, with the sandbox, and of that of the frame which makes the requests.
"""

from __future__ import annotations

import argparse
import importlib
import runpy
import sys
import threading
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
CONFIG = runpy.run_path(str(ROOT / "playwright.config.py"))
sys.path.insert(0, str(ROOT))
upstreams = importlib.import_module("tests.browser.upstream").upstreams


def renderers(browser: Browser) -> list[int]:
    """The process ids of the renderers."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return [process["id"] for process in processes if process["type"] == "renderer"]


def resident(pid: int) -> float:
    """What a process has in memory, MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) / 1024


class Watch:
    """The most that some processes take while it is entered."""

    def __init__(self, ids: list[int]) -> None:
        self._ids = ids
        self._over = threading.Event()
        self.most = dict.fromkeys(ids, 0.0)

    def __enter__(self) -> Watch:
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.02):
            for pid in self._ids:
                self.most[pid] = max(self.most[pid], resident(pid))


def main() -> None:
    """Measures, and prints what it has found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--directory", type=Path, default=ROOT / "dist")
    options = parser.parse_args()
    address = f"http://a.test/large?size={options.megabytes}000000"
    work = {
        "at once": f"curl -s -o /dev/null '{address}'",
        "slowly": f"curl -s '{address}' | (sleep 2; cat) > /dev/null",
    }
    with CONFIG["serve"](options.directory) as site, upstreams(1) as (host,), sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CONFIG["LAUNCH"])
        page = browser.new_page()
        page.goto(site + CONFIG["BLANK_PAGE"])
        page.evaluate(
            """async ([url, upstream]) => {
                const network = { allow: [{ host: "a.test", upstream }] };
                window.sandbox = await (await import(url)).Sandbox.create({ network });
            }""",
            [f"{site}/tabux.js", host.origin],
        )
        run = "async (script) => (await sandbox.commands.run(script, { timeoutMs: 120000 })).exitCode"
        page.evaluate(
            run, "curl -s -o /dev/null 'http://a.test/large?size=10000000'; sleep 1; cat < /dev/null"
        )
        ids = renderers(browser)
        for name, script in work.items():
            before = {pid: resident(pid) for pid in ids}
            begun = time.perf_counter()
            with Watch(ids) as watch:
                assert page.evaluate(run, script) == 0
            took = time.perf_counter() - begun
            page_id = max(ids, key=lambda pid: before[pid])
            others = max(watch.most[pid] - before[pid] for pid in ids if pid != page_id)
            print(
                f"{options.megabytes} MB {name}: {took:.2f} s; the page's process grows by"
                f" {watch.most[page_id] - before[page_id]:.1f} MB, another by up to {others:.1f} MB"
            )


if __name__ == "__main__":
    main()
