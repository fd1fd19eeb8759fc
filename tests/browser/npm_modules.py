"""npm packages on a test's page: what those that an adapter is for really do with it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from playwright.sync_api import Page

WEB = Path(__file__).parents[2] / "web"
NODE = Path(__file__).parent / "node_builtins.cjs"
BUILTINS = (
    "async_hooks", "buffer", "child_process", "crypto", "events", "fs", "fs/promises", "os", "path",
    "process", "stream", "url", "util", "zlib",
)  # fmt: skip
OPTIONS = (
    "--bundle", "--format=esm", "--platform=browser", "--conditions=browser", "--log-level=error",
    '--banner:js=globalThis.process ??= { env: {}, cwd: () => "/" };',
    *(f"--alias:{name}={NODE}" for name in ("just-bash", "fast-glob")),  # bash-tool's, for Node only
    *(f"--alias:{prefix}{name}={NODE}" for name in BUILTINS for prefix in ("", "node:")),
)  # fmt: skip


def load(page: Page, name: str, source: str) -> None:
    """Bundle a module that imports npm packages, and make what it exports `window[name]`.

    The packages are the versions that web/package-lock.json names.
    """
    script = subprocess.run(
        [WEB / "node_modules/.bin/esbuild", *OPTIONS],
        input=source, cwd=WEB, stdout=subprocess.PIPE, text=True, check=True,
    ).stdout  # fmt: skip
    page.evaluate(
        """async ([name, script]) => {
            const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
            window[name] = await import(url);
        }""",
        [name, script],
    )
