"""The profile on disk: what pages store is there in the next browser process, and in the other tab."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.pages import CONFIG

from .driver import Firefox, FirefoxPage

STORE = """(value) => new Promise((resolve, reject) => {
    const opening = indexedDB.open("kept", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("values");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
        const transaction = opening.result.transaction("values", "readwrite", { durability: "strict" });
        const before = transaction.objectStore("values").get("value");
        if (value) transaction.objectStore("values").put(value, "value");
        transaction.onabort = () => reject(transaction.error);
        transaction.oncomplete = () => resolve(before.result ?? null);
    };
})"""


def store(tab: FirefoxPage, site: str, value: str | None = None) -> str | None:
    """Put a value into the site's database; what was there."""
    tab.goto(site + CONFIG["BLANK_PAGE"])
    before: str | None = tab.evaluate(STORE, value)
    return before


@pytest.mark.parametrize("end", [Firefox.restart, Firefox.crash])
def test_what_is_stored_is_there_in_the_next_process(
    own_firefox: Firefox, site: str, end: Callable[[Firefox], None]
) -> None:
    assert store(own_firefox.open(), site, "written") is None
    end(own_firefox)
    assert store(own_firefox.open(), site) == "written"


def test_two_tabs_share_what_is_stored(own_firefox: Firefox, site: str) -> None:
    one, other = own_firefox.open(), own_firefox.open()
    store(one, site, "by one")
    assert store(other, site) == "by one"
