"""Snapshots in the store."""

from __future__ import annotations

import pytest

from .stores import StorePage


@pytest.mark.parametrize("name", ["a", None])
def test_snapshots(store: StorePage, name: str | None) -> None:
    found = store.run(
        """
        const m = await Machine.open({ name: arg });
        m.write(1, "one");
        m.write(2, "two");
        m.write(3, "L".repeat(400000));
        m.write(100, "far");
        await m.save();
        const first = m.store.snapshot("first");
        m.write(2, "changed");
        m.write(3, "x", 150000);
        m.remove(1);
        m.write(4, "four");
        m.write(200, "farther");
        await m.save();
        const second = m.store.snapshot("second");
        m.write(2, "again");
        await m.save();
        const list = m.store.snapshots().map(({ name, files }) => [name, files]);
        const texts = async () => {
            const all = await m.all();
            return [all[1], all[2], all[3][150000], all[4], all[100], all[200]];
        };
        await m.restore(first);
        const one = await texts();
        await m.restore(second);
        const two = await texts();
        m.store.dropSnapshot(first);
        await m.save();
        return [list, one, two, m.store.snapshots().length, (await failure(m.restore(first)))[0]];
        """,
        name,
    )
    assert found == [
        [["first", 4], ["second", 5]],
        ["one", "two", "L", None, "far", None],
        [None, "changed", "x", "four", "far", "farther"],
        1,
        "SessionNotFoundError",
    ]


def test_snapshots_share_what_is_the_same(store: StorePage) -> None:
    found = store.run(
        """
        const m = await Machine.open({ name: "a" });
        for (let i = 0; i < 5; i++) m.write(i, new Uint8Array(1 << 20).fill(i));
        await m.save();
        const { blobs, pages } = m.store.written;
        const first = m.store.snapshot();
        const second = m.store.snapshot();
        await m.save();
        const more = [m.store.written.blobs - blobs, m.store.written.pages - pages];
        m.write(0, new Uint8Array(1 << 20).fill(9));
        await m.save();
        const size = async () => {
            await m.store.collect();
            return (await records("a")).blobs.size;
        };
        const sizes = [await size()];
        m.store.dropSnapshot(first);
        await m.save();
        sizes.push(await size());
        m.store.dropSnapshot(second);
        await m.save();
        sizes.push(await size());
        return [more, sizes, (await records("a")).pages.size];
        """
    )
    assert found == [[0, 0], [48, 48, 40], 1]


def test_snapshots_outlive_the_page(store: StorePage) -> None:
    found = store.run(
        """
        const first = await Machine.open({ name: "a" });
        first.write(1, "one");
        first.cut();
        const id = first.store.snapshot("kept");
        first.write(1, "two");
        first.write(2, "new");
        first.cut();
        await first.store.close();
        const m = await Machine.open({ name: "a" });
        await m.store.collect();
        const now = await m.all();
        await m.restore(id);
        const then = await m.all();
        await m.store.close();
        const last = await Machine.open({ name: "a" });
        return [now, then, await last.all(), last.store.snapshots().map(({ name }) => name)];
        """
    )
    assert found == [{"1": "two", "2": "new"}, {"1": "one"}, {"1": "one"}, ["kept"]]


def test_a_snapshot_of_what_is_not_saved_yet(store: StorePage) -> None:
    # between the snapshot and its save the file is written again, and the save fails once
    found = store.run(
        """
        const { backendFactory, fail } = failing();
        const m = await Machine.open({ name: "a", backendFactory });
        await m.save();
        m.write(1, "A".repeat(100000));
        m.cut();
        const id = m.store.snapshot();
        fail(1);
        m.write(1, "B".repeat(100000));
        await failure(m.save());
        m.write(1, "C".repeat(100000));
        await m.save();
        await m.store.close();
        const again = await Machine.open({ name: "a" });
        const now = (await again.read(1))[0];
        await again.restore(id);
        return [now, await again.read(1) === "A".repeat(100000)];
        """
    )
    assert found == ["C", True]


def test_a_volatile_snapshot_costs_nothing(store: StorePage) -> None:
    best, shared = store.run(
        """
        const m = await Machine.open({ name: null });
        for (let i = 0; i < 1000; i++) m.write(i, new Uint8Array(105000).fill(i));
        const times = [];
        for (let round = 0; round < 5; round++) {
            for (let i = 0; i < 1000; i++) m.write(i, "x", 7);
            const begin = performance.now();
            m.cut();
            m.store.snapshot();
            times.push(performance.now() - begin);
        }
        const { bytes, saved } = m.files.of(2 ** 20 + 5).chunks.get(0);
        return [Math.min(...times), bytes === saved.bytes];
        """
    )
    assert shared and best < 10
