"""Memories of ended programs are used again (`web/gate/memory-pool.js`)."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from .pages import CONFIG


def pool(page: Page, modules: str, code: str) -> Any:
    """What a function's body gives that has `pool` and `use(asked, grown)`, which takes and returns one."""
    page.goto(modules + CONFIG["BLANK_PAGE"])
    return page.evaluate(
        """async ([modules, code]) => {
            const { MemoryPool, PAGE } = await import(modules + "/gate/memory-pool.js");
            const pool = new MemoryPool();
            const pages = (memory) => memory.buffer.byteLength / PAGE;
            const use = (asked, grown) => {
                const memory = pool.take(asked, true);
                const found = pages(memory);
                new Uint8Array(memory.buffer).fill(1);
                if (found < grown) memory.grow(grown - found);
                pool.give(memory);
                return found;
            };
            return new Function("pool", "pages", "use", code)(pool, pages, use);
        }""",
        [modules, code],
    )


def test_a_memory_that_fits_is_cleaned_and_used_again(shared_page: Page, modules: str) -> None:
    seen = pool(
        shared_page,
        modules,
        """use(32, 32);
        const memory = pool.take(32, true);
        return [pool.live, pages(memory), new Uint8Array(memory.buffer).every((byte) => byte === 0)];""",
    )
    assert seen == [1, 32, True]


def test_programs_that_grow_leave_a_bounded_number_behind(shared_page: Page, modules: str) -> None:
    seen = pool(
        shared_page,
        modules,
        """let asked = 0;
        for (let i = 0; i < 100; i++) {
            use(30, 30);
            use(70, 200);
        }
        for (const memory of pool.free) asked += pages(memory);
        return [pool.live, asked];""",
    )
    assert seen[0] < 10 and seen[1] <= 100 * 16 + 200, "little more than 96 MiB lies idle"


def test_small_programs_do_not_get_the_memories_of_large_ones(shared_page: Page, modules: str) -> None:
    assert pool(shared_page, modules, "for (let i = 0; i < 50; i++) use(70, 200); return use(32, 32);") == 32


def test_a_very_large_memory_is_given_up(shared_page: Page, modules: str) -> None:
    assert pool(shared_page, modules, "use(32, 600); return [pool.live, pool.free.length];") == [0, 0]
