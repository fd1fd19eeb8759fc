"""A page on which the store of sessions runs without a kernel: see store_driver.js."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from .pages import CONFIG


class StorePage:
    """A page on which code sees what the driver exports, and `kept`: it stays from one piece to the next."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.load(site)

    def load(self, site: str) -> None:
        """Begin with a new document."""
        self.page.goto(site + CONFIG["BLANK_PAGE"])
        self.page.evaluate(
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
            """([code, arg, limit]) => {
                const names = Object.keys(driver);
                const body = new AsyncFunction(...names, "kept", "arg", code);
                return Promise.race([
                    body(...names.map((name) => driver[name]), kept, arg),
                    new Promise((_, reject) => {
                        setTimeout(() => reject(new Error("no answer in time")), limit);
                    }),
                ]);
            }""",
            [code, arg, CONFIG["STEP_TIMEOUT"]],
        )


def prepared(store: StorePage, meddling: str = "") -> None:
    """Makes a session with files 1 to 200, then meddles with it."""
    store.run(
        """
        const m = await Machine.open({ name: "a" });
        for (let i = 1; i <= 200; i++) m.write(i, `file ${i}`);
        await m.save();
        await m.store.close();
        """
    )
    if meddling:
        store.run(meddling)
