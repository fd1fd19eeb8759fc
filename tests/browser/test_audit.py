"""Policy, events, the log of them, metrics, and what errors say to do next."""

from __future__ import annotations

import pytest

from .pages import SandboxPage


def test_events_as_they_happen(sandbox: SandboxPage) -> None:
    seen = sandbox.evaluate(
        """const seen = [];
        const { promise, resolve } = Promise.withResolvers();
        const off = ["exec", "exit", "write", "limit"].map((type) => sandbox.on(type, (event) => {
            seen.push(event);
            if (event.type === "exit" && event.exitCode === 77) resolve();
        }));
        await sandbox.commands.run("/bin/echo 'a b' > /tmp/audited; kill -9 $$");
        await sandbox.commands.run("sleep 1000", { timeoutMs: 2000 });
        await sandbox.commands.run("sleep 0.2; exit 77");
        await promise;
        for (const stop of off) stop();
        return seen"""
    )
    started = [event["argv"] for event in seen if event["type"] == "exec"]
    assert ["/bin/echo", "a b"] in started and ["sleep", "1000"] in started
    ends = [(event["exitCode"], event["signal"]) for event in seen if event["type"] == "exit"]
    assert (0, None) in ends and (137, "SIGKILL") in ends and (143, "SIGTERM") in ends
    written = {(event["change"], event["path"]) for event in seen if event["type"] == "write"}
    assert {("create", "/tmp/audited"), ("write", "/tmp/audited")} <= written
    assert [(event["limit"], event["ms"]) for event in seen if event["type"] == "limit"] == [("time", 2000)]
    assert all(event["timeMs"] > 1_700_000_000_000 for event in seen)


def test_the_log_is_bounded_and_can_be_read_back(sandbox: SandboxPage) -> None:
    log = sandbox.evaluate(
        """await sandbox.commands.run("for i in {1..700}; do /bin/true; done; /bin/true last");
        await sandbox.commands.run("seq 1000", { maxOutputBytes: 10 });
        return [await sandbox.log(), await sandbox.log({ types: ["exec"], most: 2 }),
            await sandbox.log({ types: ["limit"], most: 1 })]"""
    )
    assert len(log[0]) == 1000 and {event["type"] for event in log[0]} == {"exec", "exit", "limit"}
    assert [event["argv"][-1] for event in log[1]] == ["seq 1000", "1000"]
    assert log[2][0]["limit"] == "output"


def test_metrics(fresh: SandboxPage) -> None:
    fresh.create()  # in one that others have used, something of theirs may just be ending
    seen = fresh.evaluate(
        """const ready = Promise.withResolvers();
        const before = await sandbox.metrics();
        const h = await sandbox.commands.run("head -c 1000000 /dev/zero > /tmp/m; echo; exec sleep 1000",
            { background: true, onStdout: ready.resolve });
        await ready.promise;
        const during = await sandbox.metrics();
        await h.kill();
        return [before, during]"""
    )
    before, during = seen
    assert during["processes"] == before["processes"] + 1
    assert during["memoryBytes"] > before["memoryBytes"] and during["executed"] >= before["executed"] + 2
    assert 1_000_000 <= during["files"]["bytes"] - before["files"]["bytes"] < 1_100_000
    # (the file, and those that have the command's output)
    assert 1 <= during["files"]["inodes"] - before["files"]["inodes"] <= 4
    assert during["uptimeMs"] > 0 and during["cpuMs"] > 0


def test_a_denylist(fresh: SandboxPage) -> None:
    fresh.create({"policy": {"commands": {"deny": ["seq", "git"]}}})
    result = fresh.run("ls / > /dev/null && seq 3")
    assert (result["exitCode"], result["stdout"]) == (126, "")
    assert "policy" in fresh.evaluate("return (await sandbox.commands.run('seq 3')).hint")
    log = fresh.evaluate("return await sandbox.log({ types: ['limit'], most: 1 })")
    assert (log[0]["limit"], log[0]["path"].rsplit("/", 1)[-1] in ("seq", "coreutils")) == ("policy", True)


def test_an_allowlist(fresh: SandboxPage) -> None:
    fresh.create({"policy": {"commands": {"allow": ["cat", "ls"]}}})
    assert fresh.output("echo x | cat; ls -d /tmp; bash -c 'echo y'") == "x\n/tmp\ny\n"
    for command in ("rm x", "cp /bin/cat /tmp/cat", "ln -s /usr/bin/rm /tmp/ls", "exec find /", "xargs true"):
        assert fresh.run(command)["exitCode"] == 126, command


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"commands": {"allow": "ls"}}, "Sandbox.create: policy: commands: allow must be a list of names"),
        ({"commands": {"only": []}}, 'Sandbox.create: policy: commands: unknown option "only"'),
        ({"network": {}}, 'Sandbox.create: policy: unknown option "network"'),
    ],
)
def test_policies_that_are_none(fake: SandboxPage, policy: object, message: str) -> None:
    name, said = fake.fails("await tabux.Sandbox.create({ policy: arg })", policy)
    assert (name, said[: len(message)]) == ("InvalidArgumentError", message)


def test_every_error_says_what_to_do_next(fake: SandboxPage) -> None:
    hints = fake.evaluate(
        """return Object.entries(tabux).filter(([name]) => name.endsWith("Error"))
            .map(([name, type]) => [name, new type("").hint])"""
    )
    assert all(len(hint) > 20 for _, hint in hints)
    assert len({hint for _, hint in hints}) == len(hints)
