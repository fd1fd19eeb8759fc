"""Fixtures of the tests of the store."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from .pages import CONFIG
from .stores import StorePage

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def store_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the store's modules and the driver."""
    root = tmp_path_factory.mktemp("store-site")
    for name in ("store", "gate"):
        shutil.copytree(ROOT / "web" / name, root / name)
    shutil.copy(ROOT / "tests/browser/store_driver.js", root)
    with CONFIG["serve"](root) as url:
        yield url


@pytest.fixture
def store(page: Page, store_site: str) -> StorePage:
    return StorePage(page, store_site)


@pytest.fixture
def another(store: StorePage, store_site: str) -> Callable[[], StorePage]:
    """Opens another page of the same site in the same browser profile."""

    def make() -> StorePage:
        page = store.page.context.new_page()
        page.set_default_timeout(CONFIG["STEP_TIMEOUT"])
        return StorePage(page, store_site)

    return make


@pytest.fixture
def quota(store: StorePage, store_site: str) -> Iterator[Callable[[int | None], None]]:
    """Sets how much the browser grants the site; None: as usual. (Less than before it notices after 30 s.)"""
    client = store.page.context.new_cdp_session(store.page)

    def grant(size: int | None) -> None:
        limit = {} if size is None else {"quotaSize": size}
        client.send("Storage.overrideQuotaForOrigin", {"origin": store_site, **limit})

    yield grant
    grant(None)
