"""Code that is written for E2B's SDK, on the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from .pages import SandboxPage


class E2bPage(SandboxPage):
    """A page where `sandbox` is E2B's, and `tabux` its module."""


@pytest.fixture(scope="module")
def module_page(browser: Browser, browser_context_args: dict[str, Any], site: str) -> Iterator[E2bPage]:
    page = browser.new_page(**browser_context_args)
    opened = E2bPage(page, site)
    page.evaluate("async (url) => { window.module = await import(url); }", f"{site}/adapters/e2b.js")
    opened.create()
    yield opened
    page.close()


@pytest.fixture
def e2b(module_page: E2bPage) -> E2bPage:
    module_page.evaluate("await sandbox.files.remove('w').catch(() => {}); await sandbox.files.makeDir('w')")
    return module_page


def test_results(e2b: E2bPage) -> None:
    code = "return await sandbox.commands.run('echo out; echo err >&2', { envs: { A: 'b' }, user: 'user' })"
    assert e2b.evaluate(code) == {"exitCode": 0, "stdout": "out\n", "stderr": "err\n"}


def test_another_status_is_an_error(e2b: E2bPage) -> None:
    told = e2b.evaluate(
        """const command = "echo out; echo err >&2; exit 3";
        const handle = await sandbox.commands.run(command, { background: true });
        const errors = await Promise.all([sandbox.commands.run(command), handle.wait()].map(
            (running) => running.catch((error) => error),
        ));
        return errors.map((error) => {
            const { name, exitCode, stdout, stderr } = error;
            const known = error instanceof tabux.CommandExitError && error instanceof tabux.SandboxError;
            return { name, exitCode, stdout, stderr, known };
        })"""
    )
    error = {"name": "CommandExitError", "exitCode": 3, "stdout": "out\n", "stderr": "err\n", "known": True}
    assert told == [error, error]


def test_a_signal(e2b: E2bPage) -> None:
    told = e2b.evaluate(
        """const handle = await sandbox.commands.run("sleep 60", { background: true });
        const killed = await handle.kill();
        const error = await handle.wait().catch((error) => error);
        const again = await sandbox.commands.kill(handle.pid);
        return [killed, error.exitCode, error.error, handle.exitCode, again]"""
    )
    assert told == [True, 137, "signal: SIGKILL", 137, False]


def test_time_limits(e2b: E2bPage) -> None:
    name, message = e2b.fails("await sandbox.commands.run('sleep 60', { timeoutMs: 100 })")
    assert name == "TimeoutError" and "timeoutMs" in message
    start = "sandbox.commands.run('sleep 9', { timeoutMs: 9, background: true })"
    name, _ = e2b.fails(f"await (await {start}).wait()")
    assert name == "TimeoutError"
    assert e2b.evaluate("return (await sandbox.commands.run('echo x', { timeoutMs: 0 })).stdout") == "x\n"


def test_standard_input(e2b: E2bPage) -> None:
    assert e2b.evaluate("return (await sandbox.commands.run('cat | wc -c')).stdout.trim()") == "0"
    told = e2b.evaluate(
        """const handle = await sandbox.commands.run("read -r a; read -r b; cat; echo $a-$b", {
            background: true, stdin: true,
        });
        await handle.sendStdin("one\\n");
        await sandbox.commands.sendStdin(handle.pid, new TextEncoder().encode("two\\nrest\\n"));
        const listed = (await sandbox.commands.list()).find(({ pid }) => pid === handle.pid);
        await sandbox.commands.closeStdin(handle.pid);
        return [listed.cmd, listed.args[0], (await handle.wait()).stdout, handle.stdout]"""
    )
    assert told == ["/bin/bash", "-c", "rest\none-two\n", "rest\none-two\n"]


def test_connecting_to_a_command(e2b: E2bPage) -> None:
    told = e2b.evaluate(
        """const command = "read -r a; echo got $a";
        const handle = await sandbox.commands.run(command, { background: true, stdin: true });
        const heard = [];
        const other = await sandbox.commands.connect(handle.pid, { onStdout: (text) => heard.push(text) });
        await handle.disconnect();
        await sandbox.commands.sendStdin(handle.pid, "it\\n");
        return [(await other.wait()).stdout, heard.join("")]"""
    )
    assert told == ["got it\n", "got it\n"]


def test_files(e2b: E2bPage) -> None:
    told = e2b.evaluate(
        """const { files } = sandbox;
        const written = await files.write("w/a.txt", "text");
        const several = await files.writeFiles([
            { path: "w/b", data: new Blob(["blob"]) }, { path: "w/d/c", data: new Uint8Array([1, 2]).buffer },
        ]);
        await sandbox.commands.run("chmod 640 w/a.txt; ln -s a.txt w/link");
        const { modifiedTime, ...info } = await files.getInfo("w/a.txt");
        return {
            written, names: several.map(({ name }) => name), info, dated: modifiedTime instanceof Date,
            target: (await files.getInfo("w/link")).symlinkTarget,
            listed: (await files.list("w")).map(({ name, type }) => `${name}:${type}`).sort(),
            deep: (await files.list("w", { depth: 2 })).length,
            made: [await files.makeDir("w/new"), await files.makeDir("w/new")],
            renamed: (await files.rename("w/a.txt", "w/z.txt")).name,
            there: [await files.exists("w/a.txt"), await files.exists("w/z.txt")],
            bytes: await files.read("w/d/c", { format: "bytes" }),
            text: await files.read("w/b"),
        }"""
    )
    path = "/home/user/w/a.txt"
    assert told == {
        "written": {"name": "a.txt", "path": path, "type": "file"},
        "names": ["b", "c"],
        "info": {"name": "a.txt", "path": path, "type": "file", "size": 4, "mode": 0o640,
                 "permissions": "rw-r-----", "owner": "user", "group": "user"},
        "dated": True,
        "target": path,
        "listed": ["a.txt:file", "b:file", "d:dir", "link:symlink"],
        "deep": 5,
        "made": [True, False],
        "renamed": "z.txt",
        "there": [False, True],
        "bytes": [1, 2],
        "text": "blob",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("files.read('w/none')", "FileNotFoundError"),
        ("files.getInfo('w/none')", "FileNotFoundError"),
        ("files.remove('w/none')", "FileNotFoundError"),
        ("files.read('w')", "InvalidArgumentError"),
        ("files.watchDir('w/none', () => {})", "FileNotFoundError"),
        ("files.read('w', { user: 'root' })", "InvalidArgumentError"),
        ("commands.sendStdin(999999, 'x')", "NotFoundError"),
        ("commands.run('true', { cwd: 5 })", "InvalidArgumentError"),
        ("pty.sendInput(999999, new Uint8Array(1))", "NotFoundError"),
        ("getHost(80)", "SandboxError"),
        ("pause()", "SandboxError"),
    ],
)
def test_errors(e2b: E2bPage, code: str, name: str) -> None:
    told, _ = e2b.fails(f"await sandbox.{code}")
    assert told == name


def test_watching(e2b: E2bPage) -> None:
    told = e2b.evaluate(
        """const { promise, resolve } = Promise.withResolvers();
        let exits = 0;
        const told = (event) => event.type === "create" && resolve(event);
        const watch = await sandbox.files.watchDir("w", told, {
            includeEntry: true, recursive: true, timeoutMs: 0, onExit: () => exits++,
        });
        await sandbox.commands.run("mkdir w/sub");
        const { name, type, entry } = await promise;
        await watch.stop();
        await watch.stop();
        return [name, type, entry.type, exits]"""
    )
    assert told == ["sub", "create", "dir", 1]


def test_terminals(e2b: E2bPage) -> None:
    told = e2b.evaluate(
        """let screen = "";
        const decoder = new TextDecoder();
        let sees = () => {};
        const seen = (text) => new Promise((resolve) => (sees = () => screen.includes(text) && resolve()));
        const handle = await sandbox.pty.create({
            cols: 40, rows: 10, cwd: "/tmp", onData: (data) => { screen += decoder.decode(data); sees(); },
        });
        await sandbox.pty.resize(handle.pid, { cols: 70, rows: 20 });
        const wide = seen("20 70");
        await sandbox.pty.sendInput(handle.pid, new TextEncoder().encode("stty size; echo $$\\n"));
        await wide;
        const listed = (await sandbox.commands.list()).some(({ pid }) => pid === handle.pid);
        const exit = handle.wait().catch((error) => error.exitCode);
        await handle.sendStdin("exit 5\\n");
        const status = await exit;
        return [listed, status, screen.includes(String(handle.pid)), await sandbox.pty.kill(handle.pid)]"""
    )
    assert told == [True, 5, True, False]


def test_forks_and_the_end(e2b: E2bPage) -> None:
    told = e2b.evaluate(
        """await sandbox.files.write("w/kept", "kept");
        const [other] = await sandbox.fork();
        const same = await tabux.Sandbox.connect(other.sandboxId);
        const { snapshotId, names } = await other.createSnapshot({ name: "here" });
        const told = [await other.files.read("w/kept"), same === other, snapshotId.length > 0, names];
        told.push(await other.kill(), await other.kill(), await other.isRunning(), await sandbox.isRunning());
        return told"""
    )
    assert told == ["kept", True, True, ["here"], True, False, False, True]
    name, _ = e2b.fails("await tabux.Sandbox.connect('nobody')")
    assert name == "SandboxNotFoundError"


def test_a_session_is_paused_and_goes_on(e2b: E2bPage) -> None:
    told = e2b.evaluate(
        """const first = await tabux.Sandbox.create({ native: { session: "e2b-pause" } });
        await first.files.write("kept", "kept");
        const paused = await first.pause();
        const second = await tabux.Sandbox.connect("e2b-pause");
        const told = [paused, first.sandboxId, await second.files.read("kept"), await second.kill()];
        const gone = await tabux.Sandbox.connect("e2b-pause").catch((error) => error.name);
        return [...told, gone]"""
    )
    assert told == [True, "e2b-pause", "kept", True, "SandboxNotFoundError"]
