"""The store of a session, without a kernel: see store_driver.js."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from .pages import CONFIG

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def store_site(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The URL of the store's modules and the driver."""
    root = tmp_path_factory.mktemp("store-site")
    for name in ("store", "gate"):
        shutil.copytree(ROOT / "web" / name, root / name)
    shutil.copy(ROOT / "tests/browser/store_driver.js", root)
    with CONFIG["serve"](root) as url:
        yield url


class StorePage:
    """A page on which code sees Machine, records, meddle, and what it keeps in `kept`."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        page.goto(site + CONFIG["BLANK_PAGE"])
        page.evaluate(
            """async (site) => {
                window.driver = await import(site + "/store_driver.js");
                window.kept = {};
                window.AsyncFunction = (async () => {}).constructor;
            }""",
            site,
        )

    def run(self, code: str, arg: object = None) -> Any:
        """The value that the body of an async function returns."""
        return self.page.evaluate(
            """([code, arg]) => {
                const names = Object.keys(driver);
                return new AsyncFunction(...names, "kept", "arg", code)(...names.map((n) => driver[n]), kept, arg);
            }""",
            [code, arg],
        )


@pytest.fixture
def store(page: Page, store_site: str) -> StorePage:
    return StorePage(page, store_site)


def test_round_trip(store: StorePage) -> None:
    found = store.run(
        """
        const m = await Machine.open({ name: "a" });
        m.write(1, "one");
        m.write(2, new Uint8Array(300000).fill(65));
        m.write(3, "end", 1000000);
        m.write(4, "");
        await m.save();
        await m.store.close();
        const again = await Machine.open({ name: "a" });
        const bytes = await again.bytes(3);
        return [await again.read(1), (await again.read(2)) === "A".repeat(300000), bytes.length,
            bytes.slice(-3).join(), bytes.every((b, i) => i >= 1000000 || b === 0), await again.read(4),
            again.store.opened.created, again.store.told.usage.files, again.store.told.usage.bytes];
        """
    )
    assert found == ["one", True, 1000003, "101,110,100", True, "", False, 4, 3 + 300000 + 1000003 - 7 * 131072]
