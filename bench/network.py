"""The loopback against pipes, and what connections leave behind, in a Chromium page.

    .venv/bin/python bench/network.py [--runs N] [--megabytes N] [--directory DIST]

Each line is timed `--runs` times; the table has the best of each, and the ratio of netcat to pipes. (It moves
8 KiB at a time.)
"""

from __future__ import annotations

import argparse
import runpy
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
CONFIG = runpy.run_path(str(ROOT / "playwright.config.py"))

#: each prints microseconds
CLOCK = "s=$EPOCHREALTIME; {}; e=$EPOCHREALTIME; echo $((${{e/.}} - ${{s/.}}))"
READY = "until netstat -tln | grep -q :8002; do :; done"
WORK = {
    "netcat on loopback": f"nc -l -p 8002 >/dev/null & {READY}; "
    + CLOCK.format("nc -q 0 localhost 8002 <big; wait"),
    "two pipes": CLOCK.format("cat big | cat | cat >/dev/null"),
    "two pipes, 8 KiB at a time": CLOCK.format("dd if=big bs=8k | dd bs=8k | dd bs=8k of=/dev/null")
    + " 2>/dev/null",
    "1,000 connections": "while nc -l -p 8002 </dev/null; do :; done & p=$!; "
    + READY
    + "; "
    + CLOCK.format(
        "for i in {1..1000}; do until exec 3<>/dev/tcp/localhost/8002; do :; done; exec 3>&-; done 2>errors"
    )
    + "; kill $p",
}


def run(page: Page, script: str) -> str:
    """Standard output of a command."""
    code = (
        "async (script) => (await sandbox.commands.run(`cd /tmp; ${script}`, { timeoutMs: 120000 })).stdout"
    )
    return str(page.evaluate(code, script))


def main() -> None:
    """Measures, and prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--directory", type=Path, default=ROOT / "dist")
    options = parser.parse_args()
    with CONFIG["serve"](options.directory) as site, sync_playwright() as playwright:
        page = playwright.chromium.launch(**CONFIG["LAUNCH"]).new_page()
        page.goto(site + CONFIG["BLANK_PAGE"])
        page.evaluate(
            "async (url) => { window.sandbox = await (await import(url)).Sandbox.create(); }",
            f"{site}/tabux.js",
        )
        run(page, f"head -c {options.megabytes}000000 /dev/zero >big")
        best = {
            name: min(int(run(page, script)) for _ in range(options.runs)) for name, script in WORK.items()
        }
        left = run(page, "tail -qn +2 /proc/net/tcp | wc -l")
    for name, time_us in best.items():
        print(f"{name:28} {time_us / 1000:9.1f} ms")
    for pipes in ("two pipes", "two pipes, 8 KiB at a time"):
        print(f"netcat has {best[pipes] / best['netcat on loopback']:.2f} of the speed of {pipes}")
    print(f"sockets left: {left.strip()}")


if __name__ == "__main__":
    main()
