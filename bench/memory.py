"""Memory of the page's renderer process: at the prompt, and whether 2,000 commands leave anything behind.

    .venv/bin/python bench/memory.py [--commands N] [--pythons N] [--directory DIST]

Linux only: resident sizes are read from /proc. After the commands, 50 processes run at once, and then every
kind of work must still succeed. With --pythons, N processes of python3 come last, one after another and then
20 at once.
"""

from __future__ import annotations

import argparse
import runpy
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
CONFIG = runpy.run_path(str(ROOT / "playwright.config.py"))

AFTERWARDS = """
seq 1000 | sort -rn | head -1 && x=$(echo sub) && echo $x && (exit 3)
echo $? && cat <(echo process) && echo done
"""
EXPECTED = "1000\nsub\n3\nprocess\ndone\n"


def resident(browser: Browser) -> float:
    """Megabytes of all renderer processes, garbage included."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    total = 0
    for process in processes:
        if process["type"] != "renderer":
            continue
        status = Path(f"/proc/{process['id']}/status").read_text()
        total += next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
    return total / 1024


def run(page: Page, script: str) -> str:
    """The output of a command that must succeed."""
    return page.evaluate(
        """async script => {
            const { stdout, stderr, exitCode } = await sandbox.commands.run(script);
            if (exitCode) throw new Error(`exit ${exitCode}: ${stderr}`);
            return stdout;
        }""",
        script,
    )


def pythons(browser: Browser, page: Page, count: int) -> None:
    """Processes of python3, one after another and at once; the first ten are for warmth."""
    one = "python3 -c 'import json; print(len(json.dumps(list(range(100000)))))' > /dev/null"
    run(page, f"for i in {{1..10}}; do {one}; done; for i in {{1..20}}; do {one} & done; wait")
    first = resident(browser)
    print(f"{'after 30 of python3':40} {first:7.0f} MB")
    run(page, f"for i in $(seq {count}); do {one}; done")
    print(f"{f'after {count} more':40} {resident(browser):7.0f} MB")
    run(page, f"for i in {{1..20}}; do {one} & done; wait")
    last = resident(browser)
    print(f"{'after 20 at once':40} {last:7.0f} MB  {last / first:.2f} times that after the first")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--commands", type=int, default=2000)
    parser.add_argument("--pythons", type=int, default=0)
    parser.add_argument("--directory", type=Path, default=ROOT / "dist")
    options = parser.parse_args()
    with CONFIG["serve"](options.directory) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CONFIG["LAUNCH"])
        page = browser.new_page()
        page.set_default_timeout(0)
        page.goto(site + CONFIG["BLANK_PAGE"])
        print(f"{'empty page':40} {resident(browser):7.0f} MB")
        page.evaluate(
            """async site => {
                const { Sandbox } = await import(site + "/tabux.js");
                window.sandbox = await Sandbox.create();
                await window.sandbox.commands.run("true");
            }""",
            site,
        )
        print(f"{'after the first command':40} {resident(browser):7.0f} MB")
        run(page, "for i in {1..100}; do /bin/true; done")
        first = resident(browser)
        print(f"{'after 100 programs':40} {first:7.0f} MB")
        run(page, f"for i in $(seq {options.commands}); do /bin/true; done")
        print(f"{f'after {options.commands} more':40} {resident(browser):7.0f} MB")
        run(page, "for i in {1..50}; do sleep 1 & done; wait")
        last = resident(browser)
        print(f"{'after 50 at once':40} {last:7.0f} MB  {last / first:.2f} times that after 100")
        output = run(page, AFTERWARDS)
        print("everything still works" if output == EXPECTED else f"BROKEN: {output!r}")
        if options.pythons:
            pythons(browser, page, options.pythons)
        browser.close()


if __name__ == "__main__":
    main()
