"""What there are of sessions, and what can be done with one as a whole."""

from __future__ import annotations

from collections.abc import Callable

from .stores import StorePage, prepared


def test_list_rename_and_delete(store: StorePage) -> None:
    found = store.run(
        """
        for (const name of ["a", "b with spaces"]) {
            const m = await Machine.open({ name });
            m.write(1, name);
            m.write(2, new Uint8Array(300000).fill(2));
            m.cut();
            m.store.snapshot("s");
            await m.store.close();
        }
        const elsewhere = await Store.open({ baseUrl: location.origin + "/other/", name: "c" });
        const list = async () => (await sessions.list()).map((info) =>
            [info.name, info.files, info.bytes, info.snapshots, info.inUse, info.problem]);
        const before = await list();
        const taken = await failure(sessions.rename("a", "b with spaces"));
        await sessions.rename("a", "new");
        const moved = await Machine.open({ name: "new" });
        const text = await moved.read(1);
        await moved.restore(moved.store.snapshots()[0].id);
        await moved.store.close();
        await sessions.delete("b with spaces");
        return { before, taken, text, after: await list(), gone: [await failure(sessions.delete("a")),
            await failure(sessions.info("a")), await failure(sessions.rename("a", "x")),
            await failure(Machine.open({ name: "a", access: "read" }))],
            all: (await indexedDB.databases()).length };
        """
    )
    row = [2, 300001, 1, False, ""]
    assert found["before"] == [["b with spaces", 2, 300013, 1, False, ""], ["a", *row]]
    assert found["taken"][0] == "FileExistsError" and found["text"] == "a"
    assert found["after"] == [["new", *row]]
    assert {name for name, _ in found["gone"]} == {"SessionNotFoundError"}
    assert found["all"] == 2, "one of this site and one of another"


def test_a_copy_that_was_interrupted_counts_for_nothing(store: StorePage) -> None:
    prepared(store)
    found = store.run(
        """
        const { meta, blobs } = await records("a");
        const format = { ...meta.get("format"), copying: "a" };
        const target = await Machine.open({ name: "b" });
        await target.store.close();
        await meddle("b", "meta", [["format", format], ["head", undefined]]);
        await meddle("b", "blobs", [...blobs]);
        const names = (await sessions.list()).map(({ name }) => name);
        const begun = await Machine.open({ name: "b" });
        begun.write(1, "mine");
        await begun.save();
        await begun.store.close();
        const again = await Machine.open({ name: "b" });
        return [names, begun.store.opened.created, await again.all()];
        """
    )
    assert found == [["a"], True, {"1": "mine"}]


def test_deleting_a_session_that_is_open(store: StorePage, another: Callable[[], StorePage]) -> None:
    store.run("kept.m = await Machine.open({ name: 'a' }); kept.m.write(1, 'one'); await kept.m.save()")
    second = another()
    second.run("await sessions.delete('a', { force: true })")
    told, error, names = store.run(
        """
        const told = await kept.m.told("read-only");
        kept.m.write(1, "two");
        return [told, await failure(kept.m.save()), (await sessions.list()).length];
        """
    )
    assert "deleted in another tab" in told["reason"] and error[0] == "StorageError" and names == 0


def test_prune(store: StorePage) -> None:
    found = store.run(
        """
        const day = 86400000;
        const made = [["old", 10, 90], ["large", 500000, 3], ["small", 10, 2], ["new", 100000, 1]];
        for (const [name, size, days] of made) {
            const m = await Machine.open({ name });
            m.write(1, new Uint8Array(size));
            await m.save();
            await m.store.close();
            const head = (await records(name)).meta.get("head");
            await meddle(name, "meta", [["head", { ...head, lastUsedMs: Date.now() - days * day }]]);
        }
        const open = await Machine.open({ name: "open" });
        return [await sessions.prune({ maxAgeMs: 30 * day }), await sessions.prune({ maxBytes: 200000 }),
            (await sessions.list()).map(({ name }) => name)];
        """
    )
    assert found == [["old"], ["large"], ["open", "new", "small"]]


def test_fork(store: StorePage) -> None:
    found = store.run(
        """
        const m = await Machine.open({ name: "a" });
        m.write(1, "one");
        m.write(2, new Uint8Array(300000).fill(2));
        m.cut();
        const id = m.store.snapshot("s");
        await m.save();
        m.write(1, "two");
        await m.save();
        await sessions.fork(id, "b");
        const fork = await Machine.open({ name: "b" });
        fork.write(3, "three");
        await fork.save();
        const same = (await fork.bytes(2)).every((b) => b === 2);
        return [await fork.read(1), same, Object.keys(await fork.all()),
            Object.keys(await m.all()), (await failure(sessions.fork("none", "c")))[0],
            (await failure(sessions.fork(id, "b")))[0]];
        """
    )
    assert found == ["one", True, ["1", "2", "3"], ["1", "2"], "SessionNotFoundError", "SessionInUseError"]
