"""npm packages on a test's page: what those that an adapter is for really do with it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from playwright.sync_api import Page

WEB = Path(__file__).parents[2] / "web"


def load(page: Page, name: str, source: str, *options: str) -> None:
    """Bundle a module that imports npm packages, and make what it exports `window[name]`.

    The packages are the versions that web/package-lock.json names; `options` are esbuild's.
    """
    script = subprocess.run(
        [
            WEB / "node_modules/.bin/esbuild", "--bundle", "--format=esm", "--platform=browser",
            "--log-level=error", "--conditions=browser", *options,
        ],
        input=source, cwd=WEB, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    page.evaluate(
        """async ([name, script]) => {
            const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
            window[name] = await import(url);
        }""",
        [name, script],
    )
