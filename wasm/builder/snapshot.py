"""The snapshot: the memory of a Pyodide that has imported the kernel, so that a page need not do that.

It is made in headless Chromium (snapshot_browser.py), because an interpreter that was started without
WebAssembly JavaScript Promise Integration would never suspend, and kept in the cache.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import cache, environment, paths, process
from .console import BuildError, megabytes, say

#: the files of dist/ that go into it
INGREDIENTS = (
    "pyodide/pyodide.mjs", "pyodide/pyodide.asm.mjs", "pyodide/pyodide.asm.wasm", "pyodide/python_stdlib.zip",
    "tabux-kernel.zip",
)
#: and the modules of web/
MODULES = ("worker/pyodide.js", "worker/snapshot.js")
BUILDER = Path(__file__).parent
BROWSER_SCRIPT = BUILDER / "snapshot_browser.py"
#: served beside the ingredients
OWN_FILES = (BUILDER / "snapshot_page.js", BUILDER / "snapshot_prepare.py")


@dataclass(frozen=True)
class Snapshot:
    """A snapshot file (web/worker/snapshot.js) and the size of the memory it is of, bytes."""

    data: bytes
    memory: int


def make(ingredients: dict[str, bytes]) -> Snapshot | None:
    """The snapshot for these files by their names on the site; None where Chromium is missing or cannot."""
    try:
        return _made(ingredients, environment.chromium())
    except BuildError as e:
        say("snapshot", f"NONE: tabux works without it, and takes seconds longer to start. The reason: {e}")
        return None


def _made(ingredients: dict[str, bytes], browser: str) -> Snapshot:
    own = {file.name: file.read_bytes() for file in OWN_FILES}
    key = cache.digest(_version(browser), BROWSER_SCRIPT.read_bytes(), *_flat(ingredients), *_flat(own))

    def take(place: Path) -> None:
        say("snapshot", "taking it in Chromium")
        site = place / "site"
        for name, data in {**ingredients, **own}.items():
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).write_bytes(data)
        log = paths.CACHE / "logs" / "snapshot.log"
        log.unlink(missing_ok=True)
        process.run(
            [paths.VENV_PYTHON, BROWSER_SCRIPT, browser, site, place / "snapshot.bin", place / "notes.json"],
            what="snapshot", log=log,
        )
        shutil.rmtree(site)

    place, new = cache.obtain("snapshot", "kernel", key, take)
    data = (place / "snapshot.bin").read_bytes()
    memory = int(json.loads((place / "notes.json").read_text())["memory"])
    if new:
        say("snapshot", f"{megabytes(len(data))} of a memory of {megabytes(memory)}")
    return Snapshot(data, memory)


def _version(browser: str) -> str:
    place = paths.CACHE / "logs" / "chromium-version.log"
    place.unlink(missing_ok=True)
    process.run([browser, "--version"], what="snapshot: chromium --version", log=place)
    return place.read_text()


def _flat(files: dict[str, bytes]) -> list[str | bytes]:
    return [part for name in sorted(files) for part in (name, files[name])]
