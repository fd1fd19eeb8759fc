"""CPython's own tests, in the product and by a native 3.14 of the same source, file by file.

    .venv/bin/python -m tests.conformance.cpython [--only test_json …] [--results FILE] [--table]

Needs `python build.py python`. The tests come from the source archive in the build's cache. What is known
already in the file of results is not run again, so that it can be done in parts; --table prints what
docs/python.md has.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Page, sync_playwright

from wasm.builder import paths, recipe, sources, userland

ROOT = Path(__file__).resolve().parents[2]
CONFIG = runpy.run_path(str(ROOT / "playwright.config.py"))
RUNNER = Path(__file__).with_name("cpython_file.py")
NATIVE_TIMEOUT_S = 120
GUEST_TIMEOUT_S = 300
#: where `test` lies natively too: isolated interpreters, which many tests start, must find it
PLACE = "/usr/lib/python3.14"
Results = dict[str, dict[str, Any]]


class Native:
    """The interpreter that built the library, with the library as files."""

    def __init__(self, source: Path, place: Path) -> None:
        (built,) = userland.build(["python3.14-native"])
        self.python = built.place / "exports/python3.14"
        home = place / "home"
        (home / "lib/python3.14/lib-dynload").mkdir(parents=True)
        for entry in (source / "Lib").iterdir():
            (home / "lib/python3.14" / entry.name).symlink_to(entry)
        # what its makefile would have noted; the tests ask for little of it
        noted = {"EXT_SUFFIX": ".so", "Py_DEBUG": 0, "PYTHONFRAMEWORK": "", "SIZEOF_TIME_T": 8}
        (home / "lib/python3.14/_sysconfigdata_tests.py").write_text(f"build_time_vars = {noted}\n")
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(place),
            "LANG": "C.UTF-8",
            "PYTHONHOME": str(home),
            "PYTHONDONTWRITEBYTECODE": "1",
            "_PYTHON_SYSCONFIGDATA_NAME": "_sysconfigdata_tests",
        }

    def run(self, name: str) -> dict[str, Any]:
        """One file."""
        with tempfile.TemporaryDirectory() as work:
            try:
                done = subprocess.run(
                    [self.python, RUNNER, name],
                    cwd=work,
                    env=self.environment,
                    capture_output=True,
                    stdin=subprocess.DEVNULL,
                    timeout=NATIVE_TIMEOUT_S,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                return {"outcome": "timeout"}
        return answer(
            done.stdout.decode(errors="replace"),
            done.stderr.decode(errors="replace"),
            done.returncode,
        )


class Guest:
    """A page with a sandbox that has the tests in it; a new one after a death."""

    def __init__(self, page: Page, site: str, archive: Path) -> None:
        self.page, self.site, self.archive = page, site, archive
        self.start()

    def start(self) -> None:
        """A fresh sandbox."""
        self.page.goto(self.site + CONFIG["BLANK_PAGE"])
        self.page.evaluate(
            """async ([url, place, runner]) => {
                const { Sandbox } = await import(url);
                window.sandbox = await Sandbox.create();
                const tests = await (await fetch("/cpython-tests.tar.gz")).arrayBuffer();
                await sandbox.files.extract(new Uint8Array(tests));
                await sandbox.files.rename("test", `${place}/test`);
                await sandbox.files.write("/home/user/run.py", runner);
            }""",
            [f"{self.site}/tabux.js", PLACE, RUNNER.read_text()],
        )

    def run(self, name: str) -> dict[str, Any]:
        """One file."""
        script = f"cd $(mktemp -d) && PYTHONDONTWRITEBYTECODE=1 python3 ~/run.py {name}"
        try:
            done = self.page.evaluate(
                """([script, timeoutMs]) => Promise.race([
                    sandbox.commands.run(script, { timeoutMs }),
                    new Promise((resolve) => setTimeout(() => resolve(null), timeoutMs + 30000)),
                ])""",
                [script, GUEST_TIMEOUT_S * 1000],
            )
        except Error as error:
            done = None
            print(f"  the page: {str(error)[:200]}", file=sys.stderr)
        if done is None:
            self.start()
            return {"outcome": "the sandbox stopped"}
        if done.get("timedOut"):
            return {"outcome": "timeout", "last": last_test(done["stderr"])}
        return answer(done["stdout"], done["stderr"], done["exitCode"])


def answer(stdout: str, stderr: str, status: int) -> dict[str, Any]:
    """What the runner printed, or how it ended."""
    found = re.findall(r"(?m)^RESULT (.*)$", stdout)
    if found:
        result: dict[str, Any] = json.loads(found[-1])
        return result
    return {
        "outcome": f"died with status {status}",
        "last": last_test(stderr),
        "stderr": stderr[-400:],
    }


def last_test(stderr: str) -> str:
    """The test that ran last."""
    names = re.findall(r"(?m)^test (\S+)$", stderr)
    return str(names[-1]) if names else ""


def same(native: dict[str, Any], guest: dict[str, Any]) -> bool:
    """The same outcome, by the same tests."""
    if native["outcome"] not in ("passed", "failed", "skipped"):
        return False
    return native["outcome"] == guest["outcome"] and set(native.get("bad", {})) == set(
        guest.get("bad", {})
    )


def difference(native: dict[str, Any], guest: dict[str, Any]) -> str:
    """Why two results are not the same, in a line."""
    more = sorted(set(guest.get("bad", {})) - set(native.get("bad", {})))
    if more:
        told = f"{len(more)} of {guest['ran']}: `{more[0].rsplit('.', 1)[-1]}`: {guest['bad'][more[0]]}"
    else:
        more_told = guest.get("reason") or guest.get("last", "")
        told = f"native {native['outcome']}, here {guest['outcome']} {more_told}"
    return told.replace("|", "\\|").replace("\n", " ")[:200]


def table(results: Results) -> str:
    """Markdown: how many are the same, and a line for each that is not."""
    equal = [name for name, r in results.items() if same(r["native"], r["guest"])]
    lines = [
        f"{len(equal)} of {len(results)} files have the same result.",
        "",
        "| file | difference |",
        "| --- | --- |",
    ]
    for name, r in sorted(results.items()):
        if name not in equal:
            lines.append(f"| {name} | {difference(r['native'], r['guest'])} |")
    return "\n".join(lines)


def archive_of(tests: Path, place: Path) -> Path:
    """The tests as an archive for the guest."""
    path = place / "cpython-tests.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=6) as archive:
        archive.add(tests, "test", filter=lambda i: None if "__pycache__" in i.name else i)
    return path


def main() -> int:
    """Run what is not known yet; 0 if all is the same."""
    as_it_is = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_it_is)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--results", type=Path, default=paths.CACHE / "cpython-tests.json")
    parser.add_argument("--again", action="store_true", help="also what is known")
    parser.add_argument(
        "--table", action="store_true", help="print the table of what is known, and run nothing"
    )
    options = parser.parse_args()
    results: Results = json.loads(options.results.read_text()) if options.results.exists() else {}
    if options.table:
        print(table(results))
        return 0
    place = Path(tempfile.mkdtemp(prefix="cpython-"))
    try:
        source = recipe.load(paths.PACKAGES / "python3.14.toml").source
        assert isinstance(source, recipe.Source)
        tree = sources.unpack(source, place)
        names = options.only or sorted(
            p.stem
            for p in (tree / "Lib/test").iterdir()
            if p.name.startswith("test_") and (p.suffix == ".py" or (p / "__init__.py").exists())
        )
        wanted = [n for n in names if options.again or options.only or n not in results]
        native = Native(tree, place)
        with CONFIG["serve"](paths.DIST) as site, sync_playwright() as playwright:
            browser = playwright.chromium.launch(**CONFIG["LAUNCH"])
            page = browser.new_page()
            page.set_default_timeout(0)
            archive = archive_of(tree / "Lib/test", place)
            page.route("**/cpython-tests.tar.gz", lambda route: route.fulfill(path=archive))
            guest = Guest(page, site, archive)
            for name in wanted:
                results[name] = {"native": native.run(name), "guest": guest.run(name)}
                options.results.write_text(json.dumps(results, indent=1))
                equal = same(**results[name])
                print(f"{name}: {'same' if equal else difference(**results[name])}", flush=True)
            browser.close()
        return int(not all(same(**results[n]) for n in names))
    finally:
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
