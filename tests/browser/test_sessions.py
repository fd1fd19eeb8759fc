"""Sessions: files that survive, by the public module, in the real kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from .pages import SandboxPage

# everything a user could see of a tree, but the times of reading
LISTING = r"find . -printf '%p %y %m %U %G %s %T@ %n %l\n' | sort"


@pytest.fixture
def context(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[BrowserContext]:
    """A browser that has never been here."""
    context = browser.new_context(**browser_context_args)
    yield context
    context.close()


@pytest.fixture
def visit(context: BrowserContext, site: str) -> Callable[..., SandboxPage]:
    """Opens the site in a new tab and starts a sandbox."""

    def visit(session: str | None = "s", **options: object) -> SandboxPage:
        page = SandboxPage(context.new_page(), site)
        page.create({**options, **({} if session is None else {"session": session})})
        return page

    return visit


def state(sandbox: SandboxPage) -> list[Any]:
    found = sandbox.evaluate("return [sandbox.session.state, sandbox.session.reason]")
    assert isinstance(found, list)
    return found


def test_files_come_back(visit: Callable[..., SandboxPage]) -> None:
    first = visit()
    first.output(
        "mkdir -p a/b/c; seq 100000 > a/n; ln a/n a/b/hard; ln -s ../n a/b/soft; mkfifo a/fifo;"
        "chmod 4711 a/n; touch -d '2001-02-03 04:05:06.789' a/b/c; printf x > $'a/odd \\xff\\n\"name';"
        "truncate -s 3M a/hole; echo y | dd of=a/hole bs=1 seek=2M conv=notrunc status=none;"
        "rm -r a/b/c; mkdir a/b/c; : > a/empty"
    )
    listing = first.output(f"{LISTING}; cat a/n a/hole | md5sum; du -k a/hole")
    first.evaluate("await sandbox.files.sync()")
    assert state(first) == ["saved", ""]
    first.page.close()  # without a word
    again = visit()
    assert again.output(f"{LISTING}; cat a/n a/hole | md5sum; du -k a/hole") == listing
    assert again.output("echo more >> a/n; tail -2 a/b/hard; sync; ls a/fifo") == "100000\nmore\na/fifo\n"
    again.page.close()
    assert visit().output("tail -1 a/n") == "more\n"


def test_the_background_saves_too(visit: Callable[..., SandboxPage]) -> None:
    first = visit()
    first.evaluate(
        """await sandbox.commands.run("echo kept > f");
        while (!(sandbox.session.usage.files === 1 && sandbox.session.state === "saved"))
            await new Promise((r) => sandbox.session.addEventListener("change", r, { once: true }))"""
    )
    first.page.close()
    assert visit().output("cat f") == "kept\n"


def test_shipped_files_changed_moved_and_removed(visit: Callable[..., SandboxPage]) -> None:
    first = visit()
    first.evaluate(
        """await sandbox.files.write("/etc/hostname", "mine\\n");
        await sandbox.files.remove("/etc/vim");
        await sandbox.files.rename("/usr/share/misc", "/home/user/misc");
        await sandbox.files.sync();"""
    )
    script = "cat /etc/hostname; ls -d /etc/vim /usr/share/misc; ls misc; file -m misc/magic.mgc -b .bashrc"
    seen = first.run(script)
    first.page.close()
    again = visit()
    assert again.run(script)["stdout"] == seen["stdout"]
    assert seen["stdout"].startswith("mine\nmagic")


def test_what_sync_promises_programs(visit: Callable[..., SandboxPage]) -> None:
    first = visit()
    first.output("echo one > f; sync f; sqlite3 db 'create table t(x); insert into t values (7)'; sync")
    first.page.close()
    assert visit().output("cat f; sqlite3 db 'select x from t; pragma integrity_check'") == "one\n7\nok\n"


def test_volatile_sandboxes_keep_nothing(visit: Callable[..., SandboxPage]) -> None:
    first = visit(None)
    assert first.evaluate("return [sandbox.session.name, sandbox.session.state]") == [None, "volatile"]
    first.output("echo gone > f; sync")
    first.evaluate("await sandbox.files.sync()")
    first.page.close()
    assert visit(None).run("cat f")["exitCode"] == 1


def test_one_writer(visit: Callable[..., SandboxPage], context: BrowserContext, site: str) -> None:
    first = visit()
    first.output("echo first > f; sync")
    second = SandboxPage(context.new_page(), site)
    name, message = second.fails("await tabux.Sandbox.create({ session: 's' })")
    assert name == "SessionInUseError", message
    reader = visit(access="read")
    assert reader.output("cat f; echo changed > f; cat f") == "first\nchanged\n"
    assert state(reader)[0] == "read-only"
    first.evaluate("window.told = new Promise((r) => sandbox.session.addEventListener('change', () => "
                   "sandbox.session.state === 'read-only' && r(sandbox.session.reason)))")
    first.output("echo unsaved > g")
    second.create({"session": "s", "access": "take-over"})
    assert "another tab" in first.evaluate("return await told")
    assert second.output("cat f g; echo second > f; sync; cat f") == "first\nunsaved\nsecond\n"
    # the first goes on, and keeps nothing
    assert first.output("echo lost > f; cat f") == "lost\n"
    assert first.fails("await sandbox.files.sync()")[0] == "StorageError"
    first.page.close()
    second.page.close()
    assert visit().output("cat f") == "second\n"


def test_close_saves(visit: Callable[..., SandboxPage]) -> None:
    first = visit()
    first.output("echo closed > f")
    first.evaluate("await sandbox.close()")
    assert first.fails("await sandbox.commands.run('true')")[0] == "SandboxKilledError"
    assert visit().output("cat f") == "closed\n"


def test_sessions_of_a_site(visit: Callable[..., SandboxPage]) -> None:
    one = visit("one")
    one.output("echo 1 > f; sync")
    two = visit("two")
    two.output("echo 2 > f; echo 3 > g; sync")
    sessions = two.evaluate("return await tabux.Sandbox.sessions.list()")
    assert {(s["name"], s["files"], s["inUse"]) for s in sessions} == {("one", 1, True), ("two", 2, True)}
    assert two.fails("await tabux.Sandbox.sessions.delete('one')")[0] == "SessionInUseError"
    one.evaluate("await sandbox.close()")
    two.evaluate("await tabux.Sandbox.sessions.rename('one', 'three')")
    assert visit("three").output("cat f") == "1\n"
    two.evaluate("await tabux.Sandbox.sessions.delete('three', { force: true })")
    names = "return (await tabux.Sandbox.sessions.list()).map((s) => s.name)"
    assert two.evaluate(names) == ["two"]
    assert two.fails("await tabux.Sandbox.sessions.info('three')")[0] == "SessionNotFoundError"


@pytest.mark.parametrize("session", ["s", None])
def test_snapshots(visit: Callable[..., SandboxPage], session: str | None) -> None:
    sandbox = visit(session)
    sandbox.output("mkdir d; seq 50000 > d/n; echo a > f; ln f g; chmod 600 /home/user/f")
    before = sandbox.output(f"{LISTING}; cat d/n f | md5sum")
    first = sandbox.evaluate("return await sandbox.snapshot({ name: 'first' })")
    sandbox.output("rm -r d; echo b > f; mkdir e; mv g e/h; rm .bashrc; sed -i s/root/toor/ e/h")
    after = sandbox.output(f"{LISTING}; cat f e/h | md5sum")
    second = sandbox.evaluate("return await sandbox.snapshot()")
    names = sandbox.evaluate("return (await sandbox.snapshots.list()).map((s) => s.name)")
    assert names == ["first", ""]
    # what runs is ended
    running = "window.running = sandbox.commands.run('sleep 1000'); await sandbox.restore(arg);"
    assert sandbox.evaluate(running + "return (await running).exitCode", first) == 137
    assert sandbox.output(f"{LISTING}; cat d/n f | md5sum") == before
    sandbox.evaluate("await sandbox.restore(arg)", second)
    assert sandbox.output(f"{LISTING}; cat f e/h | md5sum") == after
    assert sandbox.fails("await sandbox.restore('nothing')")[0] == "SessionNotFoundError"
    sandbox.evaluate("await sandbox.snapshots.delete(arg)", second)
    assert sandbox.fails("await sandbox.restore(arg)", second)[0] == "SessionNotFoundError"
    sandbox.evaluate("await sandbox.restore(arg)", first)
    assert sandbox.output(f"{LISTING}; cat d/n f | md5sum") == before
    if session:
        sandbox.evaluate("await sandbox.files.sync()")
        sandbox.page.close()
        sandbox = visit(session)
        assert sandbox.output(f"{LISTING}; cat d/n f | md5sum") == before
        assert sandbox.evaluate("return (await sandbox.snapshots.list()).length") == 1


@pytest.mark.parametrize("session", ["s", None])
def test_forks(visit: Callable[..., SandboxPage], session: str | None) -> None:
    sandbox = visit(session)
    sandbox.output("seq 50000 > n; echo a > f")
    fork = """const id = await sandbox.snapshot();
        await sandbox.commands.run("echo b > f");
        const fork = await tabux.Sandbox.fork(id);
        const run = async (s, command) => (await s.commands.run(command)).stdout;
        const theirs = await run(fork, "cat f; md5sum < n; echo c > f; echo d > g; cat f g");
        const ours = await run(sandbox, "cat f; ls");
        await fork.kill();
        return [theirs, ours, id];"""
    md5 = sandbox.output("md5sum < n")
    theirs, ours, snapshot = sandbox.evaluate(fork)
    assert (theirs, ours) == (f"a\n{md5}c\nd\n", "b\nf\nn\n")
    if session:
        sandbox.evaluate("await sandbox.close()")
        named = """const fork = await tabux.Sandbox.fork(arg, { session: "copy" });
            return (await fork.commands.run("cat f")).stdout + fork.session.name;"""
        assert sandbox.evaluate(named, snapshot) == "a\ncopy"
    else:
        error, _ = sandbox.fails("await tabux.Sandbox.fork(arg, { session: 'x' })", snapshot)
        assert error == "InvalidArgumentError"
    assert sandbox.fails("await tabux.Sandbox.fork('nothing')")[0] == "SessionNotFoundError"


def test_a_login_shell_goes_on_where_the_last_one_was(visit: Callable[..., SandboxPage]) -> None:
    script = """
        let seen = "";
        const decoder = new TextDecoder();
        const onData = (data) => { seen += decoder.decode(data); };
        const pty = await sandbox.pty.create({ cols: 200, rows: 24, onData });
        const prompts = async (count) => {
            while (seen.split("\\u001b[?2004h").length <= count) await new Promise((r) => setTimeout(r, 10));
        };
        await prompts(1);
        for (const [i, line] of arg.entries()) {
            await pty.write(line + "\\n");
            await prompts(i + 2);
        }
        await sandbox.files.sync();
        return seen;"""
    first = visit()
    lines = ["export A='x y' B=$'1\\n2'; unset LANG", "mkdir -p d/e; cd d/e; PATH=$PATH:/home/user/bin"]
    first.evaluate(script, lines)
    first.page.close()
    look = 'echo "[$PWD|$A|${B@Q}|${LANG-none}|${PATH##*:}]"; history | grep -c unset'
    seen = visit().evaluate(script, [look])
    assert "[/home/user/d/e|x y|$'1\\n2'|none|/home/user/bin]" in seen
    assert "\n2" in seen


def test_refused_storage_is_told(context: BrowserContext, site: str) -> None:
    page = context.new_page()
    # a worker without a database: as in a private window of some browsers, or a frame of another site
    refuse = 'IDBFactory.prototype.open = () => { throw new DOMException("denied", "SecurityError"); };'
    page.route(
        "**/kernel-worker.js",
        lambda route: route.fulfill(
            body=f"{refuse}\n" + route.fetch().text(), content_type="text/javascript"
        ),
    )
    sandbox = SandboxPage(page, site)
    sandbox.create({"session": "s"})
    told, reason = state(sandbox)
    assert told == "volatile"
    assert "stores nothing here" in reason
    assert sandbox.output("echo works > f; sync; cat f") == "works\n"
