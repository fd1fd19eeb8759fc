"""What can go wrong while something is saved: each is provoked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Route

from .stores import StorePage


def test_killed_between_contents_and_head(store: StorePage, another: Callable[[], StorePage]) -> None:
    store.run(
        """
        let commits = 0;
        kept.hanging = new Promise((resolve) => { kept.hang = resolve; });
        const never = new Promise(() => {});
        const backendFactory = meddling((commit, proceed) => {
            if (!kept.armed || ++commits <= 3) return proceed(commit);
            kept.hang();
            return never;
        });
        const m = await Machine.open({ name: "a", backendFactory });
        m.write(1, "old");
        await m.save();
        kept.armed = true;
        m.write(1, "new");
        m.write(2, new Uint8Array(16 << 20).fill(7));
        m.cut();
        m.store.save({ strict: true });
        await kept.hanging;
        """
    )
    second = another()
    orphans = second.run("return (await records('a')).blobs.size")
    store.page.close()
    all_files, left, size = second.run(
        """
        const m = await Machine.open({ name: "a" });
        const all = await m.all();
        await m.save();
        await m.store.collect();
        m.write(3, new Uint8Array(1 << 20).fill(9));
        await m.save();
        return [all, (await records("a")).blobs.size, (await m.bytes(3)).filter((b) => b === 9).length];
        """
    )
    assert orphans == 1 + 3 * 32
    assert (all_files, left, size) == ({"1": "old"}, 1 + 8, 1 << 20)


def test_an_aborted_transaction_is_made_again(store: StorePage) -> None:
    states, found = store.run(
        """
        const { backendFactory, fail } = failing();
        const m = await Machine.open({ name: "a", backendFactory, retryMs: [1, 1] });
        await m.save();
        fail(2);
        m.states.length = 0;
        m.write(1, "text");
        m.write(2, new Uint8Array(6 << 20).fill(3));
        await m.save();
        await m.store.close();
        const again = await Machine.open({ name: "a" });
        const same = (await again.bytes(2)).every((b) => b === 3);
        return [m.states.map(({ state }) => state), [await again.read(1), same]];
        """
    )
    assert "unsaved" not in states and states[-1] == "saved"
    assert found == ["text", True]


def test_what_cannot_be_saved_is_told_and_saved_later(store: StorePage) -> None:
    failed, state, reason, later, found = store.run(
        """
        const { backendFactory, fail } = failing();
        const m = await Machine.open({ name: "a", backendFactory, retryMs: [1] });
        m.write(1, "old");
        await m.save();
        fail(2);
        m.write(1, "lost");
        const failed = await failure(m.save());
        const { state, reason } = m.store;
        m.write(1, "new!");
        await m.save();
        await m.store.close();
        const again = await Machine.open({ name: "a" });
        return [failed, state, reason, m.store.told.reason, await again.read(1)];
        """
    )
    assert failed[0] == "StorageError" and "AbortError" in reason
    assert (state, later, found) == ("unsaved", "", "new!")


def test_quota(store: StorePage, quota: Callable[[int | None], None]) -> None:
    quota(6 << 20)
    store.run(
        """
        const m = kept.m = await Machine.open({ name: "a" });
        m.write(1, "A".repeat(1 << 20));
        await m.save();
        """
    )
    failed, state, full, reading, stored, bytes_left = store.run(
        """
        const { m } = kept;
        m.write(1, "B", 5);
        m.write(2, noise(20 << 20));
        const failed = await failure(m.save());
        const { state } = m.store;
        const { full } = m.files;
        const reader = await Machine.open({ name: "a", access: "read" });
        const { blobs } = await records("a");
        let bytes = 0;
        for (const blob of blobs.values()) bytes += blob.length;
        const begins = async (machine) => (await machine.read(1)).slice(0, 8);
        return [failed[0], state, full, await begins(m), await begins(reader), bytes];
        """
    )
    assert (failed, state, full, reading, stored) == ("NoSpaceError", "unsaved", True, "AAAAABAA", "AAAAAAAA")
    assert bytes_left == 1 << 20, "what had been written ahead is not in the way"
    # room comes by what is deleted in the sandbox, ...
    state, full, found = store.run(
        """
        const { m } = kept;
        m.remove(2);
        await m.save({ strict: false });
        const reader = await Machine.open({ name: "a", access: "read" });
        return [m.store.state, m.files.full, (await reader.read(1)).slice(0, 8)];
        """
    )
    assert (state, full, found) == ("saved", False, "AAAAABAA")
    # ... or by the user
    store.run("kept.m.write(3, noise(20 << 20)); await failure(kept.m.save())")
    quota(None)
    state, found = store.run(
        """
        const { m } = kept;
        await m.save();
        await m.store.close();
        const again = await Machine.open({ name: "a" });
        return [m.states.at(-1).state, String(await again.bytes(3)) === String(noise(20 << 20))];
        """
    )
    assert (state, found) == ("saved", True)


def test_dead_bytes_make_room(store: StorePage, quota: Callable[[int | None], None]) -> None:
    quota(13 << 20)
    state = store.run(
        """
        const m = kept.m = await Machine.open({ name: "a" });
        for (let round = 0; round < 8; round++) {
            m.write(1, noise(5 << 20, round + 2));
            await m.save();
        }
        return m.store.state;
        """
    )
    assert state == "saved"


def wiped(store: StorePage, wipe: Callable[[], None]) -> Any:
    """What is there, and told, after the browser has deleted everything while a session was open."""
    store.run(
        """
        const first = await Machine.open({ name: "a" });
        first.write(1, "read before");
        first.write(2, "B".repeat(200000));
        first.write(3, "C".repeat(200000));
        await first.save();
        first.store.snapshot("mine");
        await first.save();
        await first.store.close();
        const m = kept.m = await Machine.open({ name: "a" });
        await m.read(1);
        await m.read(2);
        m.write(4, "not saved yet");
        """
    )
    wipe()
    return store.run(
        """
        const { m } = kept;
        await m.save();
        const { lost, reason, state } = m.store.told;
        await m.store.close();
        const again = await Machine.open({ name: "a" });
        const [one, two, four] = [await again.read(1), await again.read(2), await again.read(4)];
        const three = (await failure(again.read(3)))[1];
        const snapshots = again.store.snapshots();
        return { lost, reason, state, one, two: two === "B".repeat(200000), three, four, snapshots };
        """
    )


def check_wiped(found: Any) -> None:
    assert found.pop("reason") == (
        "The browser has deleted what was saved; what was in memory has been saved again. "
        "Lost are the contents of 1 files that had not been read yet and the snapshots mine."
    )
    assert found == {
        "lost": True, "state": "saved", "one": "read before", "two": True, "three": "demand: -5",
        "four": "not saved yet", "snapshots": [],
    }  # fmt: skip


def test_wiped_by_the_browser_while_open(store: StorePage, store_site: str) -> None:
    client = store.page.context.new_cdp_session(store.page)
    arg = {"origin": store_site, "storageTypes": "indexeddb"}
    check_wiped(wiped(store, lambda: client.send("Storage.clearDataForOrigin", arg) and None))


def test_deleted_by_another_page_while_open(store: StorePage, another: Callable[[], StorePage]) -> None:
    delete = """await new Promise((resolve) => {
        indexedDB.deleteDatabase(database("a")).onsuccess = resolve;
    })"""
    check_wiped(wiped(store, lambda: another().run(delete)))


def test_emptied_while_open(store: StorePage, another: Callable[[], StorePage]) -> None:
    empty = """for (const [table, entries] of Object.entries(await records("a")))
        await meddle("a", table, [...entries.keys()].map((key) => [key, undefined]));"""
    check_wiped(wiped(store, lambda: another().run(empty)))


def test_a_wipe_is_noticed_without_a_save(store: StorePage, another: Callable[[], StorePage]) -> None:
    store.run(
        """
        const m = kept.m = await Machine.open({ name: "a" });
        m.write(1, "one");
        await m.save();
        m.states.length = 0;
        """
    )
    another().run(
        "await new Promise((done) => { indexedDB.deleteDatabase(database('a')).onsuccess = done; })"
    )
    states, generation = store.run(
        """
        const { m } = kept;
        while (!(m.store.state === "saved" && m.store.lost)) await m.change();
        return [m.states.map(({ state }) => state), (await records("a")).meta.get("head").generation];
        """
    )
    assert states[0] == "unsaved" and states[-1] == "saved" and generation > 1


def test_the_witness_tells_a_loss_from_a_first_visit(store: StorePage) -> None:
    found = store.run(
        """
        const first = await Machine.open({ name: "a" });
        first.write(1, "one");
        await first.save();
        const { generation } = first.store.told;
        await first.store.close();
        const second = await Machine.open({ name: "a", witness: { generation } });
        await second.store.close();
        const rolledBack = await Machine.open({ name: "a", witness: { generation: generation + 100 } });
        await rolledBack.store.close();
        await sessions.delete("a");
        const wiped = await Machine.open({ name: "a", witness: { generation } });
        await wiped.told("saved");
        return [first, second, rolledBack, wiped].map((m) => [m.store.opened.lost, m.states.at(-1).reason]);
        """
    )
    assert [lost for lost, _ in found] == [False, False, True, True]
    assert [reason for _, reason in found] == [
        "", "", "the browser has lost the last things that were saved here",
        "the browser has deleted the files that were saved here",
    ]  # fmt: skip


def test_storage_refused(store: StorePage, store_site: str) -> None:
    def isolated(route: Route) -> None:
        headers = {"Access-Control-Allow-Origin": "*", "Content-Security-Policy": "sandbox allow-scripts"}
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, **headers})

    store.page.route("**/*", isolated)
    store.load(store_site)
    found = store.run(
        """
        const baseUrl = "https://x.example/";
        const m = await Machine.open({ name: "a", baseUrl, witness: { generation: 3 } });
        m.write(1, "one");
        await m.save();
        m.store.snapshot();
        m.write(1, "two");
        m.cut();
        await m.restore(m.store.snapshots()[0].id);
        return [m.store.told, m.store.saves, m.store.opened.lost, await m.read(1)];
        """
    )
    told, saves, lost, text = found
    assert (told["state"], saves, lost, text) == ("volatile", False, False, "one")
    assert told["reason"].startswith("the browser stores nothing here (SecurityError")
    assert told["reason"].endswith("what was saved at earlier visits cannot be reached")
