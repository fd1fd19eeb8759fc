"""The shell against native bash: loops, forks, pipelines and tools, in one run on one machine.

    .venv/bin/python bench/shell.py [--runs N] [--only WORD] [--directory DIST]

Each line is timed natively and in a Chromium page in turn, `--runs` times; the table has the best of each,
and their ratio, which is what means something on a noisy machine. Native is this machine's /bin/bash and its
tools. The time of starting the shell itself is part of both.
"""

from __future__ import annotations

import argparse
import runpy
import subprocess
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
CONFIG = runpy.run_path(str(ROOT / "playwright.config.py"))

#: name, script, how many operations it does
WORK = [
    ("fork+exec /bin/true", "for i in {1..300}; do /bin/true; done", 300),
    ("( : )", "for i in {1..300}; do ( : ); done", 300),
    ("x=$(echo a)", "for i in {1..300}; do x=$(echo a); done", 300),
    ("echo a | cat", "for i in {1..100}; do echo a | cat >/dev/null; done", 100),
    ("(( i++ )) x 100,000", "i=0; while ((i<100000)); do ((i++)); done", 1),
    ("for ((;;)) x 100,000", "for ((i=0; i<100000; i++)); do :; done", 1),
    ("[ ] and $(( )) x 50,000", "i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done", 1),
    ("string appends x 20,000", "s=; for ((i=0; i<20000; i++)); do s+=x; done", 1),
    ("functions x 20,000", "f() { local a=$1; }; for ((i=0; i<20000; i++)); do f $i; done", 1),
    ("read lines x 20,000", "seq 20000 | while read -r x; do :; done", 1),
    ("sort -rn of 1,000,000", "seq 1000000 | sort -rn | tail -1", 1),
    ("grep on 10 MB", "grep -c 99 /tmp/bench.txt", 1),
    ("grep -E on 10 MB", "grep -cE '(12|34)+5$' /tmp/bench.txt", 1),
    ("sed on 10 MB", "sed 's/9/x/g' /tmp/bench.txt | tail -1", 1),
    ("gawk sum of 10 MB", "gawk '{ s += $1 } END { print s }' /tmp/bench.txt", 1),
    ("sort of 10 MB", "sort /tmp/bench.txt | tail -1", 1),
    ("wc on 10 MB", "wc /tmp/bench.txt", 1),
    ("uniq on 10 MB", "uniq /tmp/bench.txt | tail -1", 1),
    ("sha256sum of 50 MB", "head -c 50000000 /dev/zero | sha256sum", 1),
    ("gzip | gzip -d of 10 MB", "gzip < /tmp/bench.txt | gzip -d | tail -1", 1),
    ("find, 2,000 files", "find /tmp/bench.d -name '*7*' | wc -l", 1),
    ("grep -r, 2,000 files", "grep -r needle /tmp/bench.d | wc -l", 1),
    ("git status, 1,000 files", "cd /tmp/bench.git && git status --short | wc -l", 1),
    ("git log --stat", "cd /tmp/bench.git && git log --stat | wc -l", 1),
]
#: made once on both sides
PREPARE = """
rm -rf /tmp/bench.txt /tmp/bench.d /tmp/bench.git
seq 1 1400000 > /tmp/bench.txt
mkdir -p /tmp/bench.d/{0..19}
for d in {0..19}; do for f in {0..99}; do echo "line $f needle" > /tmp/bench.d/$d/$f.txt; done; done
git init -q /tmp/bench.git
cp -r /tmp/bench.d/? /tmp/bench.git
cd /tmp/bench.git
git add .
git -c user.name=x -c user.email=x@example.org commit -qm first
"""
CLEAN = "rm -rf /tmp/bench.txt /tmp/bench.d /tmp/bench.git"


def native(script: str) -> float:
    """Milliseconds for `bash -c script` on this machine."""
    started = time.perf_counter()
    # a pipe, as in the page: with /dev/null for output grep stops at the first match
    subprocess.run(["/bin/bash", "-c", script], check=True, stdout=subprocess.PIPE)
    return (time.perf_counter() - started) * 1000


def guest(page: Page, script: str) -> float:
    """Milliseconds for `commands.run(script)` in the page, the round trip included."""
    return page.evaluate(
        """async script => {
            const started = performance.now();
            const { exitCode, stderr } = await sandbox.commands.run(script);
            if (exitCode) throw new Error(`exit ${exitCode}: ${stderr}`);
            return performance.now() - started;
        }""",
        script,
    )


def open_sandbox(page: Page, site: str) -> None:
    """A sandbox as `window.sandbox`."""
    page.goto(site + CONFIG["BLANK_PAGE"])
    page.evaluate(
        """async site => {
            const { Sandbox } = await import(site + "/tabux.js");
            window.sandbox = await Sandbox.create();
        }""",
        site,
    )


def report(name: str, operations: int, ours: float, theirs: float) -> None:
    print(f"{name:26} {ours / operations:10.2f} {theirs / operations:10.2f} {ours / theirs:7.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="", metavar="WORD", help="only lines whose name contains it")
    parser.add_argument("--directory", type=Path, default=ROOT / "dist")
    options = parser.parse_args()
    work = [item for item in WORK if options.only in item[0]]
    with CONFIG["serve"](options.directory) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CONFIG["LAUNCH"])
        page = browser.new_page()
        page.set_default_timeout(0)
        open_sandbox(page, site)
        native(PREPARE)
        guest(page, PREPARE)
        print(f"{'':26} {'tabux ms':>10} {'native ms':>10} {'ratio':>7}")
        for name, script, operations in work:
            times = [(guest(page, script), native(script)) for _ in range(options.runs)]
            report(name, operations, min(t[0] for t in times), min(t[1] for t in times))
        if options.only in "commands.run('true')":
            print(f"{'commands.run(`true`)':26} {min(guest(page, 'true') for _ in range(50)):10.2f}")
        native(CLEAN)
        browser.close()


if __name__ == "__main__":
    main()
