"""What the store keeps of files, and what it writes for it."""

from __future__ import annotations

from .stores import StorePage


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
    assert found == [
        "one",
        True,
        1000003,
        "101,110,100",
        True,
        "",
        False,
        4,
        3 + 300000 + 1000003 - 7 * 131072,
    ]


def test_only_what_has_changed_is_written(store: StorePage) -> None:
    written = store.run(
        """
        const m = await Machine.open({ name: "a" });
        m.write(1, new Uint8Array(10 * 131072).fill(1));
        for (let i = 2; i < 500; i++) m.write(i, `file ${i}`);
        await m.save();
        const before = { ...m.store.written };
        m.write(1, "x", 5 * 131072 + 7);
        await m.save();
        const after = m.store.written;
        return Object.fromEntries(Object.entries(after).map(([name, n]) => [name, n - before[name]]));
        """
    )
    assert written == {"blobs": 1, "pages": 1, "bytes": 131072, "transactions": 1}


def test_small_files_share_a_record(store: StorePage) -> None:
    blobs, same = store.run(
        """
        const m = await Machine.open({ name: "a" });
        for (let i = 0; i < 1000; i++) m.write(i, `${i} `.repeat(300));
        await m.save();
        const { blobs } = await records("a");
        const all = await m.all();
        await m.store.close();
        const again = await Machine.open({ name: "a" });
        return [blobs.size, JSON.stringify(await again.all()) === JSON.stringify(all)];
        """
    )
    assert blobs == 2 and same


def test_a_cut_is_one_moment(store: StorePage) -> None:
    found = store.run(
        """
        const m = await Machine.open({ name: "a" });
        m.write(1, "one");
        m.write(2, "A".repeat(200000));
        m.cut();
        m.write(1, "two");
        m.write(2, "B", 150000);
        m.write(3, "new");
        await m.store.save({ strict: true });
        const reader = await Machine.open({ name: "a", access: "read" });
        const [one, large] = [await reader.read(1), await reader.read(2)];
        const names = Object.keys(await reader.all());
        await m.save();
        await m.store.close();
        const again = await Machine.open({ name: "a" });
        return [one, large === "A".repeat(200000), names, await again.read(1), (await again.read(2))[150000]];
        """
    )
    assert found == ["one", True, ["1", "2"], "two", "B"]


def test_durability(store: StorePage) -> None:
    used = store.run(
        """
        const m = await Machine.open({ name: "a" });
        await m.save();
        const used = [];
        const { transaction } = IDBDatabase.prototype;
        IDBDatabase.prototype.transaction = function (tables, mode, options) {
            if (mode === "readwrite") used.push(options.durability);
            return transaction.call(this, tables, mode, options);
        };
        const trace = async (strict, change) => {
            if (change) m.write(1, change);
            await m.save({ strict });
            return used.splice(0);
        };
        return [await trace(false, "a"), await trace(true, ""), await trace(true, ""), await trace(true, "b"),
            await trace(false, ""), await trace(true, new Uint8Array(5 << 20))];
        """
    )
    assert used == [["relaxed"], ["strict"], [], ["strict"], [], ["strict", "strict"]]


def test_saves_that_wait_are_made_as_one(store: StorePage) -> None:
    transactions, text = store.run(
        """
        const m = await Machine.open({ name: "a" });
        await m.save();
        const before = m.store.written.transactions;
        const saves = [];
        for (let i = 0; i < 50; i++) {
            m.write(1, String(i));
            saves.push(m.save());
        }
        await Promise.all(saves);
        await m.store.close();
        return [m.store.written.transactions - before, await (await Machine.open({ name: "a" })).read(1)];
        """
    )
    assert text == "49" and transactions <= 2


def test_holes_and_files_that_become_shorter(store: StorePage) -> None:
    found = store.run(
        """
        const m = await Machine.open({ name: "a" });
        const of = (machine, n) => machine.files.of(2 ** 20 + n);
        m.write(1, "end", 2 ** 41);
        m.write(2, "A".repeat(300000));
        m.write(3, "A".repeat(300000));
        await m.save();
        await m.store.close();
        const second = await Machine.open({ name: "a" });
        of(second, 2).truncate(140000);
        of(second, 3).truncate(0);
        second.write(3, "");
        await second.save();
        await second.store.close();
        const third = await Machine.open({ name: "a" });
        of(third, 2).truncate(150000);
        const end = new Uint8Array(9);
        await new Promise((resolve) => of(third, 1).demand(2 ** 41, 2 ** 41 + 3, resolve));
        const far = of(third, 1);
        return [far.size === 2 ** 41 + 3, far.read(2 ** 41 - 6, end), [...end], far.allocated,
            (await third.read(2)) === "A".repeat(140000) + "\\0".repeat(10000), await third.read(3)];
        """
    )
    assert found == [True, 9, [0, 0, 0, 0, 0, 0, 101, 110, 100], 4096, True, ""]


def test_files_that_go_and_names_that_come_again(store: StorePage) -> None:
    found = store.run(
        """
        const m = await Machine.open({ name: "a" });
        for (let i = 0; i < 200; i++) m.write(i, `file ${i}`);
        await m.save();
        for (let i = 0; i < 199; i++) m.remove(i);
        await m.save();
        const { meta, pages } = await records("a");
        m.write(5, "five");
        await m.save();
        await m.store.close();
        const again = await Machine.open({ name: "a" });
        return [await again.all(), meta.get("head").root.pages.length, again.store.opened.next - 2 ** 20];
        """
    )
    assert found == [{"5": "five", "199": "file 199"}, 1, 200]


def test_what_little_is_left_of_a_pack_moves(store: StorePage) -> None:
    found = store.run(
        """
        const m = await Machine.open({ name: "a" });
        for (let i = 0; i < 200; i++) m.write(i, `file ${i} `.repeat(500));
        await m.save();
        await m.store.close();
        const again = await Machine.open({ name: "a" });
        for (let i = 0; i < 190; i++) again.remove(i);
        await again.read(195);
        await again.save();
        const sizes = async () => [...(await records("a")).blobs.values()].map(({ length }) => length);
        const before = await sizes();
        await again.store.collect();
        const pending = again.store.pending;
        await again.save();
        await again.store.collect();
        const after = await sizes();
        await again.store.collect();
        await again.read(196);
        again.write(196, "x", 0);
        await again.save();
        await again.store.close();
        const last = await Machine.open({ name: "a" });
        const all = await last.all();
        return [before, pending, after, again.store.pending, Object.keys(all).length, all[190],
            all[196].slice(0, 5)];
        """
    )
    size = sum(len(f"file {i} ") * 500 for i in range(190, 200))
    whole = sum(len(f"file {i} ") * 500 for i in range(200))
    assert found == [[whole], True, [size], False, 10, "file 190 " * 500, "xile "]


def test_a_removed_file_that_is_still_open_can_be_read(store: StorePage) -> None:
    found = store.run(
        """
        const first = await Machine.open({ name: "a" });
        first.write(1, "A".repeat(200000));
        await first.save();
        await first.store.close();
        const m = await Machine.open({ name: "a" });
        const record = 2 ** 20 + 1;
        m.gone.push(record);
        await m.save();
        await m.store.collect();
        const text = await m.read(1);
        m.files.discard(record);
        await m.store.collect();
        return [text === "A".repeat(200000), (await records("a")).blobs.size];
        """
    )
    assert found == [True, 0]
