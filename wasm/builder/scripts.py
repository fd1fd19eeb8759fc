"""The site's own scripts: the modules of ``web/`` as one file for each that a page or a worker loads.

A hundred small modules are right to read and slow to load. Bundled by esbuild (npm); names stay as they
are written, because errors and stack traces are read by people.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from . import paths, process

#: what is loaded by its address, and what of the rest each leaves to be loaded beside it
ENTRIES: dict[str, tuple[str, ...]] = {
    "tabux.js": (),
    "kernel-worker.js": ("net/network.js",),
    "net/network.js": (),
    "net/box.js": (),
    "page/main.js": ("tabux.js", "page/search.js"),
    "page/search.js": (),
    "page/watchdog.js": (),
    "adapters/e2b.js": ("tabux.js",),
    "adapters/ai-sdk.js": (),
    "adapters/deep-agents.js": (),
    "adapters/anthropic.js": (),
    "adapters/openai.js": (),
    "adapters/chat.js": (),
    "adapters/mcp.js": (),
    "adapters/webmcp.js": (),
    "embed.js": ("tabux.js", "embed/screen.js"),
    "embed/screen.js": (),
    "embed/frame.js": ("embed.js",),
}
OPTIONS = (
    "--bundle", "--format=esm", "--minify-whitespace", "--minify-syntax", "--log-level=warning",
    "--external:node:*", "--external:ws",  # Pyodide asks for them outside of browsers
)


def bundled(others: dict[str, bytes]) -> dict[str, bytes]:
    """The scripts of the site by their names in ``dist/``.

    ``others`` are modules that are not in ``web/`` (libraries, what the build writes), by the names under
    which those of ``web/`` import them: they become part of what uses them.

    Raises:
        BuildError: a module has an error, or names one that does not exist.
    """
    with tempfile.TemporaryDirectory(prefix="tabux-scripts-") as directory:
        stage = Path(directory)
        for path in paths.WEB.rglob("*.js"):
            name = path.relative_to(paths.WEB)
            if name.parts[0] != "node_modules":
                (stage / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, stage / name)
        (stage / "node_modules").symlink_to(paths.NODE_MODULES)
        for other, data in others.items():
            (stage / other).parent.mkdir(parents=True, exist_ok=True)
            (stage / other).write_bytes(data)
        return {entry: _bundle(stage, entry, beside) for entry, beside in ENTRIES.items()}


def _bundle(stage: Path, entry: str, beside: tuple[str, ...]) -> bytes:
    # in its own place, so that the addresses of what it leaves out stay right
    made = (stage / entry).with_suffix(".bundle")
    esbuild = paths.NODE_MODULES / ".bin" / "esbuild"
    log = paths.CACHE / "logs" / f"scripts-{os.getpid()}.log"
    log.unlink(missing_ok=True)
    outside = [f"--external:./{name}" for name in beside]
    process.run(
        [esbuild, entry, *OPTIONS, *outside, f"--outfile={made}"],
        what=f"scripts: {entry}", log=log, cwd=stage,
    )
    log.unlink(missing_ok=True)
    return made.read_bytes()
