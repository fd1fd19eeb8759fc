"""python3: how long a start takes, what the first downloads, and CPU benchmarks beside native and Pyodide.

    .venv/bin/python bench/python.py [--runs N] [--native PYTHON] [--directory DIST] [--only start|cpu]

Native is an interpreter of the same version without profile-guided optimisation: the one that
`build.py python` has made for itself (with -O1), unless another is named; for a fair ratio name one of -O3.
All three run the benchmarks in turn, in one run on one machine; the table has the best of each, after the
engine has compiled the interpreter well.
"""

from __future__ import annotations

import argparse
import json
import math
import runpy
import statistics
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
CONFIG = runpy.run_path(str(ROOT / "playwright.config.py"))
WORK = Path(__file__).with_name("python_work.py")
START = "python3 -c 'print(1)'"
#: starts before the engine has compiled the interpreter well
WARM = 30


def first_use(page: Page, site: str) -> dict[str, float]:
    """Milliseconds and downloaded bytes of the first start in a fresh page."""
    sizes: list[int] = []
    page.on("response", lambda r: sizes.append(int(r.headers.get("content-length", 0))))
    page.goto(site + CONFIG["BLANK_PAGE"])
    page.evaluate(
        """async (url) => {
            window.sandbox = await (await import(url)).Sandbox.create();
            await sandbox.commands.run("true");
        }""",
        f"{site}/tabux.js",
    )
    sizes.clear()
    took = run(page, START)
    return {"ms": took, "bytes": sum(sizes), "files": len(sizes)}


def run(page: Page, script: str) -> float:
    """Milliseconds for `commands.run(script)`, the round trip included."""
    return page.evaluate(
        """async (script) => {
            const started = performance.now();
            const { exitCode, stderr } = await sandbox.commands.run(script, { timeoutMs: 600000 });
            if (exitCode) throw new Error(`exit ${exitCode}: ${stderr}`);
            return performance.now() - started;
        }""",
        script,
    )


def together(page: Page, count: int) -> float:
    """Milliseconds until so many starts at once are complete."""
    return page.evaluate(
        """async ([script, count]) => {
            const started = performance.now();
            const runs = Array.from({ length: count }, () => sandbox.commands.run(script));
            if ((await Promise.all(runs)).some((r) => r.exitCode)) throw new Error("failed");
            return performance.now() - started;
        }""",
        [START, count],
    )


def starts(page: Page, runs: int) -> None:
    """The table of starts."""
    for _ in range(WARM):
        run(page, START)
    scripts = {
        "/usr/bin/true": "/usr/bin/true",
        "python3 -c 'print(1)'": START,
        "python3 -I -S -c pass": "python3 -I -S -c pass",
        "import json, re": "python3 -c 'import json, re'",
        "import subprocess": "python3 -c 'import subprocess'",
    }
    print(f"\n{'start':28} {'median':>8} {'least':>8}  ms")
    for name, script in scripts.items():
        run(page, script)
        times = [run(page, script) for _ in range(runs)]
        print(f"{name:28} {statistics.median(times):8.1f} {min(times):8.1f}")
    print(f"{'20 at once':28} {together(page, 20):8.1f}")


def benchmarks_here(page: Page) -> dict[str, float]:
    """Seconds of each benchmark, in the product."""
    done = page.evaluate(
        """async (source) => {
            await sandbox.files.write("/tmp/work.py", source);
            return await sandbox.commands.run("python3 /tmp/work.py", { timeoutMs: 600000 });
        }""",
        WORK.read_text(),
    )
    result: dict[str, float] = json.loads(done["stdout"])
    return result


def benchmarks_pyodide(page: Page, site: str) -> dict[str, float]:
    """Seconds of each benchmark, by Pyodide in the same page."""
    text = page.evaluate(
        """async ([url, source]) => {
            window.pyodide ??= await (await import(url)).loadPyodide();
            let text = "";
            pyodide.setStdout({ batched: (line) => { text += line } });
            pyodide.runPython(source, { globals: pyodide.toPy({ __name__: "__main__" }) });
            return text;
        }""",
        [f"{site}/pyodide/pyodide.mjs", WORK.read_text()],
    )
    result: dict[str, float] = json.loads(text)
    return result


def benchmarks_native(python: str) -> dict[str, float]:
    """Seconds of each benchmark, natively."""
    out = subprocess.run([python, WORK], check=True, capture_output=True, text=True).stdout
    result: dict[str, float] = json.loads(out)
    return result


def own_native() -> str:
    """The interpreter that the build has made for itself."""
    from wasm.builder import userland

    (built,) = userland.build(["python3.14-native"])
    return str(built.place / "exports/python3.14")


def cpu(page: Page, site: str, python: str, runs: int) -> None:
    """The table of benchmarks."""
    best: dict[str, dict[str, float]] = {"native": {}, "here": {}, "pyodide": {}}
    for _ in range(runs):
        for name, measure in (
            ("native", lambda: benchmarks_native(python)),
            ("here", lambda: benchmarks_here(page)),
            ("pyodide", lambda: benchmarks_pyodide(page, site)),
        ):
            for work, seconds in measure().items():
                best[name][work] = min(seconds, best[name].get(work, math.inf))
    print(f"\n{'benchmark':12} {'native s':>9} {'here':>7} {'Pyodide':>8}  times native")
    for work, seconds in best["native"].items():
        print(
            f"{work:12} {seconds:9.3f} {best['here'][work] / seconds:7.2f}"
            f" {best['pyodide'][work] / seconds:8.2f}"
        )
    means = {
        name: statistics.geometric_mean(best[name][w] / best["native"][w] for w in best["native"])
        for name in best
    }
    print(f"{'geomean':12} {'':9} {means['here']:7.2f} {means['pyodide']:8.2f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=25, help="starts of each kind (default 25)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of benchmarks (default 3)")
    parser.add_argument("--native", help="an interpreter to compare with")
    parser.add_argument("--directory", type=Path, default=ROOT / "dist")
    parser.add_argument("--only", choices=("start", "cpu"))
    options = parser.parse_args()
    with CONFIG["serve"](options.directory) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CONFIG["LAUNCH"])
        page = browser.new_page()
        page.set_default_timeout(0)
        started = time.perf_counter()
        first = first_use(page, site)
        print(
            f"first use in a fresh page: {first['ms']:.0f} ms,"
            f" {first['bytes'] / 1e6:.2f} MB in {first['files']:.0f} files"
        )
        if options.only != "cpu":
            starts(page, options.runs)
        if options.only != "start":
            cpu(page, site, options.native or own_native(), options.rounds)
        print(f"\n{time.perf_counter() - started:.0f} s in all")
        browser.close()


if __name__ == "__main__":
    main()
