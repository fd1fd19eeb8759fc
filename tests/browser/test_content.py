"""Contents of files in the gate, without a kernel."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from .pages import CONFIG

MODEL = Path(__file__).with_name("content_model.js").read_text()


@pytest.mark.parametrize("seed", range(4))
def test_contents_are_what_was_written(shared_page: Page, modules: str, seed: int) -> None:
    shared_page.goto(modules + CONFIG["BLANK_PAGE"])
    wrong = shared_page.evaluate(
        """async ([source, base, seed]) => {
            const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
            const { run } = await import(url);
            for (let i = 0; i < 8; i++) {
                const wrong = await run(base, 1000 * seed + i, 40);
                if (wrong) return wrong;
            }
            return "";
        }""",
        [MODEL, modules, seed],
    )
    assert wrong == ""
