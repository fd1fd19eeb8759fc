"""Contents of files in the gate, without a kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from .pages import CONFIG

MODEL = Path(__file__).with_name("content_model.js").read_text()
TALES = Path(__file__).with_name("content_stories.js").read_text()


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



#: the functions of content_stories.js, and what they answer (-5 is EIO, -27 EFBIG, -28 ENOSPC)
STORIES: dict[str, list[Any]] = {
    "loading": [[-5, -5, -5, 0], ["Error: out of order"], [1, 2, 3], 0],
    "room": [12288, 139264, -28, -28, 1, 1, 12288],
    "all_or_nothing": [[-28, -28, -27, -28, -28, -28], 1, 4096, False, 16384, 0, 4096],
    "full": [4096, -28, 0],
    "terabytes": [
        *(1, -27, 2**44 - 8192, 0, 2**44 - 4096, 2**44 - 4097),
        *(5_000_000_000_000 // 4096 * 4096, 16, 2, 0, -27, -1, 8),
    ],
    "frozen": [[1, 2, 3], [1, 8, 3], None, True, [1, 2, 3], [5, 2, 3]],
}


@pytest.mark.parametrize("story", STORIES)
def test_stories(shared_page: Page, modules: str, story: str) -> None:
    shared_page.goto(modules + CONFIG["BLANK_PAGE"])
    found = shared_page.evaluate(
        """async ([source, base, story]) => {
            const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
            const stories = await import(url);
            return await stories[story](await stories.loader(base));
        }""",
        [TALES, modules, story],
    )
    assert found == STORIES[story]
