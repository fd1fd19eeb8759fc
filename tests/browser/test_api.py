"""The public module on the real kernel. What is expected is what Debian's bash and GNU tools do."""

from __future__ import annotations

import hashlib
import re

import pytest

from .pages import SandboxPage

# -- commands ----------------------------------------------------------------------------------------------


def test_who_and_where_a_command_is(sandbox: SandboxPage) -> None:
    assert sandbox.output("id -un; id -u; id -gn; pwd; umask; echo $0; echo $#").split() == [
        "user", "1000", "user", "/home/user", "0022", "bash", "0",
    ]  # fmt: skip


def test_the_environment_of_a_command(sandbox: SandboxPage) -> None:
    names = "HOME PATH LANG TZ USER"
    assert sandbox.output(f"for v in {names}; do printenv $v; done").splitlines() == [
        "/home/user", "/usr/local/bin:/usr/bin:/bin", "C.UTF-8", "UTC", "user",
    ]  # fmt: skip


def test_what_is_too_large_and_what_is_no_text(sandbox: SandboxPage) -> None:
    """A command of any size runs; an environment that no program could hand on is a typed error."""
    seen = sandbox.evaluate(
        r"""const { commands } = sandbox;
        const large = await commands.run(
            "echo $BASH_VERSINFO #" + "y".repeat(3_000_000) + "\n/usr/bin/echo more");
        const odd = await commands.run("printenv ODD", { envs: { ODD: "a\ud800b" } });
        const refused = [];
        const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => ["V" + i, "x".repeat(50)]));
        for (const envs of [{ A: "x".repeat(200_000) }, many]) {
            const run = commands.run("echo hi", { envs });
            await run.catch(({ name, hint }) => refused.push([name, hint !== ""]));
        }
        return [large.stdout, large.exitCode, odd.stdout, refused, (await commands.run("echo on")).stdout]"""
    )
    assert seen == ["5\nmore\n", 0, "a\ufffdb\n", [["LimitExceededError", True]] * 2, "on\n"]


def test_standard_streams_are_apart(sandbox: SandboxPage) -> None:
    result = sandbox.run("echo out; echo err >&2; echo more; exit 3")
    assert (result["stdout"], result["stderr"], result["exitCode"]) == ("out\nmore\n", "err\n", 3)


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("true", 0),
        ("false", 1),
        ("exit 300", 44),
        ("nosuchcommand", 127),
        ("/etc/passwd", 126),
        ("kill -9 $$", 137),
        ("kill -TERM $$", 143),
        ("sleep 100 & kill $!; wait $!", 143),
        ("if", 2),
        ("yes | head -n 1 >/dev/null; echo ${PIPESTATUS[0]} >&2; exit ${PIPESTATUS[0]}", 0),
        ("set -o pipefail; yes | head -n 1", 141),
    ],
)
def test_exit_status(sandbox: SandboxPage, command: str, status: int) -> None:
    assert sandbox.run(command)["exitCode"] == status


def test_a_command_that_does_not_exist(sandbox: SandboxPage) -> None:
    result = sandbox.run("nosuchcommand")
    assert result["stderr"] == "bash: line 1: nosuchcommand: command not found\n"


def test_standard_input_is_empty_unless_given(sandbox: SandboxPage) -> None:
    assert sandbox.output("cat; echo end") == "end\n"
    assert sandbox.output("cat; echo end", stdin="") == "end\n"
    assert sandbox.output("tr a-z A-Z", stdin="grüße\n") == "GRüßE\n"
    assert sandbox.output("read -r a; read -r b; echo $b $a", stdin="1\n2\n") == "2 1\n"


def test_standard_input_may_be_left_unread(sandbox: SandboxPage) -> None:
    assert sandbox.output("head -c 3", stdin="x" * 1_000_000) == "xxx"
    assert sandbox.output("echo ok", stdin="x" * 1_000_000) == "ok\n"


def test_binary_data_passes_unharmed(sandbox: SandboxPage) -> None:
    result = sandbox.evaluate(
        """const all = Uint8Array.from({ length: 256 }, (_, i) => i);
        const r = await sandbox.commands.run("cat; printf '\\\\377\\\\0' >&2", { stdin: all });
        return [r.stdoutBytes, r.stderrBytes, r.stderr]"""
    )
    assert result == [list(range(256)), [255, 0], "\N{REPLACEMENT CHARACTER}\0"]


def test_much_data_passes_unharmed(sandbox: SandboxPage) -> None:
    data = bytes(i * i % 251 for i in range(1_000_000))
    digest = sandbox.evaluate(
        """const data = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * i) % 251);
        return (await sandbox.commands.run("tee >(cat >/dev/null) | cat | md5sum", { stdin: data })).stdout"""
    )
    assert digest == hashlib.md5(data).hexdigest() + "  -\n"


def test_long_output_is_whole(sandbox: SandboxPage) -> None:
    assert sandbox.output("seq 200000") == "".join(f"{n}\n" for n in range(1, 200_001))


def test_cwd_and_envs_are_of_one_run_only(sandbox: SandboxPage) -> None:
    assert sandbox.output("pwd; echo $A-$B", cwd="/tmp", envs={"A": "ü ü", "B": "2"}) == "/tmp\nü ü-2\n"
    assert sandbox.output("cd /; export A=3; pwd; echo $A") == "/\n3\n"
    assert sandbox.output("pwd; echo $A-$B") == "/home/user\n-\n"


def test_a_cwd_that_does_not_exist(sandbox: SandboxPage) -> None:
    assert sandbox.fails("return await sandbox.commands.run('pwd', { cwd: '/nosuch' })")[0] == "NotFoundError"


def test_a_timeout_kills_and_gives_124(sandbox: SandboxPage) -> None:
    result = sandbox.run("echo started; echo $$ > /tmp/timed; sleep 1000", timeoutMs=500)
    assert (result["stdout"], result["exitCode"]) == ("started\n", 124)
    assert 450 <= result["durationMs"] < 5000
    assert sandbox.run("kill -0 $(cat /tmp/timed)")["exitCode"] == 1


def test_a_timeout_that_is_not_reached(sandbox: SandboxPage) -> None:
    assert sandbox.run("exit 5", timeoutMs=60_000)["exitCode"] == 5


def test_a_timeout_ends_a_busy_loop(sandbox: SandboxPage) -> None:
    assert sandbox.run("while :; do :; done", timeoutMs=500)["exitCode"] == 124
    assert sandbox.output("echo alive") == "alive\n"


def test_abort_kills_the_processes(sandbox: SandboxPage) -> None:
    code = """const controller = new AbortController();
        window.pids = "";
        await sandbox.commands.run("sleep 1000 & echo $$ $!; wait", {
            signal: controller.signal,
            onStdout(text) { pids += text; if (pids.endsWith("\\n")) controller.abort(); },
        })"""
    assert sandbox.fails(code)[0] == "AbortError"
    shell, sleep = sandbox.evaluate("return window.pids").split()
    assert sandbox.run(f"kill -0 {shell}")["exitCode"] == 1
    assert sandbox.run(f"kill -0 {sleep}")["exitCode"] == 1


def test_output_comes_while_the_command_runs(sandbox: SandboxPage) -> None:
    told = sandbox.evaluate(
        """const told = [];
        const onStdout = (text) => {
            told.push(text);
            if (told.join("") === "one\\n") sandbox.files.write("/tmp/go-on", "");
        };
        const command = "echo one; until [ -e /tmp/go-on ]; do sleep 0.01; done; echo two; rm /tmp/go-on";
        await sandbox.commands.run(command, { onStdout });
        return told"""
    )
    assert "".join(told) == "one\ntwo\n"


def test_commands_run_at_the_same_time(sandbox: SandboxPage) -> None:
    outputs = sandbox.evaluate(
        """const meet = (mine, other) =>
            sandbox.commands.run(`touch ${mine}; until [ -e ${other} ]; do sleep 0.01; done; echo ${mine}`);
        const a = "/tmp/meet-a", b = "/tmp/meet-b";
        const results = await Promise.all([meet(a, b), meet(b, a)]);
        return results.map((result) => result.stdout)"""
    )
    assert outputs == ["/tmp/meet-a\n", "/tmp/meet-b\n"]


def test_a_pipeline_streams(sandbox: SandboxPage) -> None:
    assert sandbox.output("(while :; do echo x; done) | head -3") == "x\nx\nx\n"
    assert sandbox.output("seq 1 100000 | sort -rn | head -1") == "100000\n"


def test_many_commands_one_after_the_other(sandbox: SandboxPage) -> None:
    assert sandbox.output("for i in $(seq 300); do /bin/true; done; echo $i") == "300\n"


# -- files -------------------------------------------------------------------------------------------------


def test_what_is_written_is_read(sandbox: SandboxPage) -> None:
    sandbox.evaluate("await sandbox.files.write('/home/user/written', 'grüße\\n')")
    assert sandbox.output("cat written") == "grüße\n"
    assert sandbox.evaluate("return await sandbox.files.read('/home/user/written')") == "grüße\n"
    sandbox.evaluate("await sandbox.files.write('/home/user/written', Uint8Array.of(0, 255))")
    assert sandbox.output("od -An -tx1 written") == " 00 ff\n"
    code = "return await sandbox.files.read('/home/user/written', { format: 'bytes' })"
    assert sandbox.evaluate(code) == [0, 255]


def test_what_commands_write_is_read(sandbox: SandboxPage) -> None:
    sandbox.output("seq 3 > /tmp/numbers; echo 4 >> /tmp/numbers")
    assert sandbox.evaluate("return await sandbox.files.read('/tmp/numbers')") == "1\n2\n3\n4\n"


def test_what_is_written_belongs_to_the_user(sandbox: SandboxPage) -> None:
    sandbox.evaluate("await sandbox.files.write('/srv/new/dir/file', 'x')")
    assert sandbox.output("stat -c '%n %U %G %a %F' /srv/new /srv/new/dir /srv/new/dir/file") == (
        "/srv/new user user 755 directory\n"
        "/srv/new/dir user user 755 directory\n"
        "/srv/new/dir/file user user 644 regular file\n"
    )
    assert sandbox.output("cd /srv/new/dir && echo y >> file && cat file") == "xy\n"


def test_names_are_utf8(sandbox: SandboxPage) -> None:
    sandbox.evaluate("await sandbox.files.write('/tmp/names/größe 漢', '')")
    assert sandbox.output("ls /tmp/names") == "größe 漢\n"
    sandbox.output("touch /tmp/names/été")
    names = sandbox.evaluate("return (await sandbox.files.list('/tmp/names')).map((entry) => entry.name)")
    assert sorted(names) == ["größe 漢", "été"]


def test_list_and_info(sandbox: SandboxPage) -> None:
    sandbox.output(
        """mkdir -p /tmp/l/sub; printf 12345 > /tmp/l/file; chmod 640 /tmp/l/file; ln -s file /tmp/l/link
        touch -d '2020-01-02 03:04:05.678' /tmp/l/file"""
    )
    listed = sandbox.evaluate("return await sandbox.files.list('/tmp/l')")
    by_name = {entry["name"]: {**entry, "modifiedMs": round(entry["modifiedMs"])} for entry in listed}
    assert set(by_name) == {"sub", "file", "link"}
    assert by_name["file"] == {
        "name": "file", "path": "/tmp/l/file", "type": "file", "size": 5, "mode": 0o640,
        "uid": 1000, "gid": 1000, "modifiedMs": 1577934245678,
    }  # fmt: skip
    assert by_name["sub"]["type"] == "dir"
    assert by_name["link"]["type"] == "symlink"
    assert sandbox.evaluate("return await sandbox.files.info('/tmp/l/file')") in listed
    assert sandbox.evaluate("return (await sandbox.files.info('/tmp/l/link')).type") == "symlink"


def test_exists(sandbox: SandboxPage) -> None:
    sandbox.output("ln -sfn /nowhere /tmp/dangling")
    paths = ["/", "/etc/passwd", "/nosuch", "/etc/passwd/x", "/tmp"]
    code = "return await Promise.all(arg.map((path) => sandbox.files.exists(path)))"
    assert sandbox.evaluate(code, paths) == [True, True, False, False, True]


def test_make_rename_remove(sandbox: SandboxPage) -> None:
    sandbox.evaluate(
        """const { files } = sandbox;
        await files.makeDir("/tmp/m/a/b");
        await files.makeDir("/tmp/m/a/b");
        await files.write("/tmp/m/a/b/f", "1");
        await files.rename("/tmp/m/a", "/tmp/m/c")"""
    )
    assert sandbox.output("cd /tmp/m; find . | sort") == ".\n./c\n./c/b\n./c/b/f\n"
    sandbox.evaluate("await sandbox.files.remove('/tmp/m/c')")
    assert sandbox.output("ls -A /tmp/m") == ""


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("files.read('/nosuch')", "NotFoundError"),
        ("files.list('/nosuch')", "NotFoundError"),
        ("files.info('/nosuch/x')", "NotFoundError"),
        ("files.remove('/nosuch')", "NotFoundError"),
        ("files.rename('/nosuch', '/tmp/x')", "NotFoundError"),
        ("files.read('/tmp')", "IsADirectoryError"),
        ("files.write('/tmp', '')", "IsADirectoryError"),
        ("files.list('/etc/passwd')", "NotADirectoryError"),
        ("files.read('/etc/passwd/x')", "NotADirectoryError"),
        ("files.makeDir('/etc/passwd')", "FileExistsError"),
        ("files.makeDir('/etc/passwd/x')", "NotADirectoryError"),
        ("files.write('/etc/passwd/x', '')", "NotADirectoryError"),
        ("files.rename('/etc/passwd', '/etc/passwd/x')", "NotADirectoryError"),
        ("files.read('/dev/zero')", "InvalidArgumentError"),
        ("files.remove('/')", "PermissionDeniedError"),
        ("files.rename('/etc', '/usr')", "DirectoryNotEmptyError"),
    ],
)
def test_errors_of_files(sandbox: SandboxPage, code: str, error: str) -> None:
    name, message = sandbox.fails(f"return await sandbox.{code}")
    assert name == error
    assert code.split("'")[1] in message  # names the path


def test_the_user_has_not_the_owners_rights(sandbox: SandboxPage) -> None:
    result = sandbox.run("echo x > /etc/mine")
    assert (result["exitCode"], result["stderr"]) == (1, "bash: line 1: /etc/mine: Permission denied\n")


# -- terminals ---------------------------------------------------------------------------------------------

PTY = """const decoder = new TextDecoder();
    let text = "", seen = Promise.withResolvers();
    const onData = (data) => { text += decoder.decode(data, { stream: true }); seen.resolve(); };
    const shows = async (wanted) => {
        while (!text.includes(wanted)) { await seen.promise; seen = Promise.withResolvers(); }
    };
    """


def test_a_terminal_has_its_size_and_name(sandbox: SandboxPage) -> None:
    text = sandbox.evaluate(
        PTY
        + """const options = { cols: 91, rows: 17, cwd: "/tmp", envs: { A: "é" } };
        const pty = await sandbox.pty.create({ ...options, onData });
        await pty.write("PS1=; stty size; tty; pwd; echo $A $TERM; echo $-; echo over $((1 + 1))\\r");
        await shows("over 2");
        await pty.write("exit 9\\r");
        return [text, await pty.exited]"""
    )
    shown, status = text
    # readline turns bracketed paste on and off
    lines = re.sub(r"\x1b\[\?2004[hl]|\r", "", shown).split("\n")
    assert "17 91" in lines
    assert "/tmp" in lines
    assert "é xterm-256color" in lines
    assert any(line.startswith("/dev/pts/") for line in lines)
    assert any("i" in line and "m" in line and "H" in line for line in lines if line.isalpha())
    assert status == 9


def test_a_terminal_runs_a_command(sandbox: SandboxPage) -> None:
    code = PTY + (
        "const pty = await sandbox.pty.create({ onData, command: 'test -t 0 && echo tty; exit 4' });"
        "const status = await pty.exited; return [text, status]"
    )
    assert sandbox.evaluate(code) == ["tty\r\n", 4]


@pytest.mark.parametrize("end", ["pty.write('\\x03')", "pty.kill()"])
def test_a_terminal_ends_for_a_page_that_takes_nothing(sandbox: SandboxPage, end: str) -> None:
    code = """const onData = () => new Promise(() => {});
    const pty = await sandbox.pty.create({ command: "yes", onData });
    await sandbox.commands.run("until pgrep -x yes; do sleep 0.05; done");
    await %s;
    return await pty.exited > 128"""
    assert sandbox.evaluate(code % end) is True



@pytest.mark.parametrize("command", ["exit 7", "/bin/false", "kill -9 $$", "sleep 0.05; exit 7"])
def test_the_end_of_a_short_command_is_told(sandbox: SandboxPage, command: str) -> None:
    code = "const pty = await sandbox.pty.create({ command: arg, onData() {} }); return await pty.exited"
    status = {"/bin/false": 1, "kill -9 $$": 137}.get(command, 7)
    assert [sandbox.evaluate(code, command) for _ in range(3)] == [status] * 3


def test_nothing_is_typed_to_a_terminal_that_has_ended(sandbox: SandboxPage) -> None:
    code = (
        "const pty = await sandbox.pty.create({ command: 'true', onData() {} }); await pty.exited;"
        "await pty.resize(90, 30); await pty.kill(); await pty.write('x')"
    )
    assert sandbox.fails(code) == ("NotFoundError", "pty.write: it has ended")


def test_killing_a_terminal_hangs_up(sandbox: SandboxPage) -> None:
    status = sandbox.evaluate(
        PTY
        + """const command = "echo $$ > /tmp/hung; echo up; sleep 1000";
        const pty = await sandbox.pty.create({ onData, command });
        await shows("up");
        await pty.kill();
        return await pty.exited"""
    )
    assert status in (129, 137)
    assert sandbox.run("kill -0 $(cat /tmp/hung)")["exitCode"] == 1


def test_terminals_are_separate(sandbox: SandboxPage) -> None:
    names = sandbox.evaluate(
        """const open = async () => {
            let text = "";
            const onData = (data) => { text += new TextDecoder().decode(data); };
            const pty = await sandbox.pty.create({ onData, command: "tty; read" });
            return { pty, text: () => text };
        };
        const both = [await open(), await open()];
        for (const one of both) await one.pty.write("\\r");
        for (const one of both) await one.pty.exited;
        return both.map((one) => one.text().split("\\r")[0])"""
    )
    assert len(set(names)) == 2, names


def test_a_program_waits_for_a_slow_screen(sandbox: SandboxPage) -> None:
    """With nothing acknowledged, output stops at the limit and goes on when it has been taken."""
    totals = sandbox.evaluate(
        """let total = 0, enough = Promise.withResolvers(), go = Promise.withResolvers(), limit = 100_000;
        const onData = (data) => {
            total += data.length;
            if (total >= limit) enough.resolve();
            return go.promise;
        };
        const pty = await sandbox.pty.create({ onData, command: "head -c 3000000 /dev/zero | tr '\\\\0' x" });
        await enough.promise;
        await sandbox.commands.run("sleep 0.2"); // time in which much more would come if it could
        const stopped = total;
        go.resolve();
        await pty.exited;
        return [stopped, total]"""
    )
    stopped, total = totals
    assert 100_000 <= stopped <= 400_000
    # All that was printed has come when `exited` is fulfilled.
    assert total == 3_000_000


# -- the sandbox -------------------------------------------------------------------------------------------


def test_a_sandbox_starts_with_envs_and_files(fresh: SandboxPage) -> None:
    fresh.create({"envs": {"A": "everywhere"}, "files": {"/home/user/dir/a": "é", "/opt/b": "2"}})
    assert fresh.output("echo $A; cat dir/a /opt/b; stat -c %U dir /opt/b") == "everywhere\né2user\nuser\n"
    assert fresh.output("echo $A", envs={"A": "here"}) == "here\n"


def test_progress_is_in_bytes_and_reaches_the_end(fresh: SandboxPage) -> None:
    progress = fresh.evaluate(
        """const seen = [];
        const one = await tabux.Sandbox.create({ onProgress: (progress) => seen.push(progress) });
        await one.kill();
        return seen"""
    )
    assert len(progress) >= 2
    assert all(isinstance(step["phase"], str) and step["phase"] for step in progress)
    loaded = [step["loaded"] for step in progress]
    assert loaded == sorted(loaded)
    assert progress[-1]["loaded"] == progress[-1]["total"] > 1_000_000


def test_an_unknown_limit_is_refused(fresh: SandboxPage) -> None:
    name, message = fresh.fails("await tabux.Sandbox.create({ limits: { bananas: 1 } })")
    assert name == "InvalidArgumentError"
    assert "bananas" in message


def test_sandboxes_are_separate_and_kill_ends_one(fresh: SandboxPage) -> None:
    fresh.create()
    fresh.evaluate("window.other = await tabux.Sandbox.create()")
    fresh.output("echo mine > /tmp/f")
    assert fresh.evaluate("return await other.files.exists('/tmp/f')") is False
    code = """const { promise, resolve } = Promise.withResolvers();
        const running = other.commands.run("echo up; sleep 1000", { onStdout: resolve });
        await promise;
        await other.kill();
        await running"""
    assert fresh.fails(code)[0] == "SandboxKilledError"
    assert fresh.fails("await other.files.list('/')")[0] == "SandboxKilledError"
    assert fresh.output("cat /tmp/f") == "mine\n"


def test_sandboxes_can_be_made_and_killed_again_and_again(fresh: SandboxPage) -> None:
    outputs = fresh.evaluate(
        """const outputs = [];
        for (let i = 0; i < 5; i++) {
            const one = await tabux.Sandbox.create();
            outputs.push((await one.commands.run(`echo ${i}`)).stdout);
            await one.kill();
        }
        return outputs"""
    )
    assert outputs == ["0\n", "1\n", "2\n", "3\n", "4\n"]
