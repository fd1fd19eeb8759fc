"""One writer for a session, and readers."""

from __future__ import annotations

from collections.abc import Callable

from .stores import StorePage


def test_a_second_writer_is_told(store: StorePage, another: Callable[[], StorePage]) -> None:
    store.run("kept.m = await Machine.open({ name: 'a' }); kept.m.write(1, 'one'); await kept.m.save()")
    second = another()
    assert second.run("return failure(Machine.open({ name: 'a' }))")[0] == "SessionInUseError"
    assert second.run("return failure(sessions.delete('a'))")[0] == "SessionInUseError"
    assert second.run("return failure(sessions.rename('a', 'b'))")[0] == "SessionInUseError"
    assert second.run("return (await sessions.info('a')).inUse") is True
    found = second.run(
        """
        const m = kept.m = await Machine.open({ name: "a", access: "read" });
        m.write(1, "mine");
        m.cut();
        return [m.store.state, m.store.saves, await m.read(1)];
        """
    )
    assert found == ["read-only", False, "mine"]
    assert store.run("await kept.m.store.close(); return (await sessions.info('a')).inUse") is False
    assert store.run("return failure(sessions.delete('a'))")[0] == "SessionInUseError", "it is still read"
    second.run("await kept.m.store.close(); await sessions.delete('a')")


def test_taking_over(store: StorePage, another: Callable[[], StorePage]) -> None:
    store.run(
        """
        const m = kept.m = await Machine.open({ name: "a" });
        m.write(1, "one");
        await m.save();
        m.write(1, "not saved");
        """
    )
    second = another()
    assert (
        second.run("kept.m = await Machine.open({ name: 'a', access: 'take-over' }); return kept.m.read(1)")
        == "not saved"
    )
    state, error, found = store.run(
        """
        const { m } = kept;
        await m.told("read-only");
        m.write(1, "too late");
        return [m.states.at(-1), await failure(m.save()), await m.read(1)];
        """
    )
    assert state["state"] == "read-only" and "taken over" in state["reason"]
    assert (error[0], found) == ("StorageError", "too late")
    # and back again
    assert store.run("return (await Machine.open({ name: 'a', access: 'take-over' })).read(1)") == "not saved"


def test_taking_over_from_a_frozen_tab(store: StorePage, another: Callable[[], StorePage]) -> None:
    # one that neither answers nor hears that its lock was stolen
    store.run(
        """
        window.BroadcastChannel = class { postMessage() {} close() {} };
        const { request } = LockManager.prototype;
        navigator.locks.request = (name, options, callback) => {
            request.call(navigator.locks, name, options, callback).catch(() => {});
            return new Promise(() => {});
        };
        const m = kept.m = await Machine.open({ name: "a" });
        m.write(1, "one");
        await m.save();
        """
    )
    second = another()
    second.run(
        """
        const takeOver = { answerMs: 20 };
        const m = kept.m = await Machine.open({ name: "a", access: "take-over", takeOver });
        await m.told("saved");
        """
    )
    error, state = store.run(
        """
        kept.m.write(1, "late");
        kept.m.write(2, new Uint8Array(20 << 20));
        return [await failure(kept.m.save()), kept.m.store.state];
        """
    )
    assert (error[0], state) == ("StorageError", "read-only")
    second.run("kept.m.write(3, 'three'); await kept.m.save()")
    assert second.run("return kept.m.all()") == {"1": "one", "3": "three"}
    assert second.run("return (await Machine.open({ name: 'a', access: 'read' })).all()") == {
        "1": "one",
        "3": "three",
    }


def test_two_writers_without_locks(store: StorePage, another: Callable[[], StorePage]) -> None:
    # a page without a secure context has no locks: what one has read, the other must not have replaced
    unlocked = "Object.defineProperty(navigator, 'locks', { value: undefined })"
    race = """
        const m = await Machine.open({ name: "a" });
        const saved = [];
        for (let round = 0; round < 100 && m.store.state !== "read-only"; round++) {
            for (let i = 0; i < 70; i++) m.write(i, `${arg} ${round}`);
            m.write(100, new Uint8Array(200000).fill(arg.charCodeAt(0) + round));
            try {
                await m.save({ strict: false });
                saved.push(round);
            } catch (error) {
                if (error.name !== "StorageError") throw error;
            }
        }
        kept.ended = { saved: saved.at(-1), state: m.store.state };
    """
    second = another()
    for page in (store, second):
        page.run(unlocked)
    for page, name in ((store, "A"), (second, "B")):
        page.run(
            f"(async () => {{ {race} }})().catch((error) => {{ kept.ended = {{ error: String(error) }}; }})",
            name,
        )
    ended = []
    for page in (store, second):
        page.page.wait_for_function("kept.ended")
        ended.append(page.run("return kept.ended"))
    winner = [("A", "B")[i] for i in range(2) if ended[i]["state"] != "read-only"]
    assert len(winner) <= 1, ended
    texts, large = store.run(
        """
        const m = await Machine.open({ name: "a", access: "read" });
        const large = await m.bytes(100);
        m.store.ledger.rows.delete(2 ** 20 + 100);
        return [[...new Set(Object.values(await m.all()))], [...new Set(large)]];
        """
    )
    assert len(texts) == len(large) == 1, texts
    name, round_ = texts[0].split()
    assert large[0] == (ord(name) + int(round_)) % 256
    if winner:
        assert texts[0] == f"{winner[0]} {ended['AB'.index(winner[0])]['saved']}"


def test_nothing_is_deleted_under_a_reader(store: StorePage, another: Callable[[], StorePage]) -> None:
    store.run(
        """
        const m = kept.m = await Machine.open({ name: "a" });
        for (let i = 0; i < 10; i++) m.write(i, "old ".repeat(50000));
        await m.save();
        """
    )
    reader = another()
    reader.run("kept.m = await Machine.open({ name: 'a', access: 'read' })")
    change = """
        const { m } = kept;
        for (let i = 0; i < 10; i++) m.write(i, "new ".repeat(50000));
        await m.save();
        return [await m.store.collect(), (await records("a")).blobs.size];
    """
    assert store.run(change) == [0, 40]
    assert reader.run("return [...new Set(Object.values(await kept.m.all()))]") == ["old " * 50000]
    reader.run("await kept.m.store.close()")
    freed, blobs = store.run("return [await kept.m.store.collect(), (await records('a')).blobs.size]")
    assert freed > 0 and blobs == 20


def test_who_lost_the_session_goes_on_reading(store: StorePage, another: Callable[[], StorePage]) -> None:
    store.run(
        """
        const first = await Machine.open({ name: "a" });
        first.write(1, "old ".repeat(50000));
        await first.save();
        await first.store.close();
        kept.m = await Machine.open({ name: "a" });
        """
    )
    second = another()
    second.run(
        """
        const m = await Machine.open({ name: "a", access: "take-over" });
        m.write(1, "new ".repeat(50000));
        await m.save();
        await m.store.collect();
        """
    )
    assert store.run("return kept.m.read(1)") == "old " * 50000
