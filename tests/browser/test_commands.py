"""Commands with handles, signals and time limits, and output without end, on the real kernel."""

from __future__ import annotations

import pytest

from .pages import SandboxPage

# -- handles -----------------------------------------------------------------------------------------------


def test_a_command_in_the_background(sandbox: SandboxPage) -> None:
    seen = sandbox.evaluate(
        """const heard = [];
        const h = await sandbox.commands.run("echo $$; echo oops >&2; cat; exit 3", {
            background: true, stdin: true, onStdout: (text) => heard.push(text),
        });
        const [listed] = (await sandbox.commands.list()).filter(({ pid }) => pid === h.pid);
        const early = h.exitCode;
        await h.sendStdin("one ");
        await h.sendStdin("two");
        await h.closeStdin();
        const { exitCode, stdout, stderr, timedOut, signal } = await h.wait();
        const left = (await sandbox.commands.list()).some(({ pid }) => pid === h.pid);
        return { pid: h.pid, listed, early: early ?? null, exitCode, stdout, stderr, timedOut, signal, left,
            heard: heard.join(""), so_far: h.stdout, late: await h.kill() }"""
    )
    pid, listed = seen["pid"], seen["listed"]
    assert seen["stdout"] == seen["heard"] == seen["so_far"] == f"{pid}\none two"
    assert (seen["stderr"], seen["exitCode"], seen["signal"]) == ("oops\n", 3, None)
    assert (seen["timedOut"], seen["early"], seen["left"], seen["late"]) == (False, None, False, False)
    assert (listed["command"], listed["cwd"]) == ("echo $$; echo oops >&2; cat; exit 3", "/home/user")
    assert (listed["background"], listed["running"], listed["processes"] >= 1) == (True, True, True)


def test_what_a_handle_has_heard_so_far(sandbox: SandboxPage) -> None:
    text = sandbox.evaluate(
        """const { promise, resolve } = Promise.withResolvers();
        const h = await sandbox.commands.run("echo ready; sleep 1000",
            { background: true, onStdout: resolve });
        await promise;
        const text = h.stdout;
        await h.kill();
        return [text, (await h.wait()).signal]"""
    )
    assert text == ["ready\n", "SIGKILL"]


def test_standard_input_is_slowed_down_by_its_reader(sandbox: SandboxPage) -> None:
    """A pipe holds 64 KiB: what is more waits for a reader."""
    seen = sandbox.evaluate(
        """await sandbox.commands.run("mkfifo /tmp/stdin-go");
        const h = await sandbox.commands.run("read -r go < /tmp/stdin-go; wc -c",
            { background: true, stdin: true });
        let taken = false;
        const sending = h.sendStdin(new Uint8Array(1_000_000)).then(() => (taken = true));
        await sandbox.commands.run("true");
        const early = taken;
        await sandbox.commands.run("echo > /tmp/stdin-go");
        await sending;
        await h.closeStdin();
        return [early, (await h.wait()).stdout]"""
    )
    assert seen == [False, "1000000\n"]


def test_standard_input_that_nobody_reads_any_more(sandbox: SandboxPage) -> None:
    code = """const closed = Promise.withResolvers();
        const h = await sandbox.commands.run("exec <&-; echo; exec sleep 1000",
            { background: true, stdin: true, onStdout: closed.resolve });
        await closed.promise;
        try { await h.sendStdin("x") } finally { await h.kill() }"""
    name, message = sandbox.fails(code)
    assert name == "NotFoundError" and "nobody reads it any more" in message


def test_standard_input_that_is_not_open(sandbox: SandboxPage) -> None:
    code = """const h = await sandbox.commands.run("sleep 1000", { background: true });
        try { await h.sendStdin("x") } finally { await h.kill() }"""
    name, message = sandbox.fails(code)
    assert name == "InvalidArgumentError" and "stdin: true" in message


def test_handles_come_and_go(sandbox: SandboxPage) -> None:
    seen = sandbox.evaluate(
        """const first = await sandbox.commands.run("cat", { background: true, stdin: true });
        await first.disconnect();
        const heard = Promise.withResolvers();
        const second = await sandbox.commands.connect(first.pid, { onStdout: heard.resolve });
        await second.sendStdin("hello");
        await heard.promise;
        await second.closeStdin();
        return [first.stdout, (await second.wait()).stdout, second.exitCode]"""
    )
    assert seen == ["", "hello", 0]
    name, _ = sandbox.fails("await sandbox.commands.connect(99999)")
    assert name == "NotFoundError"


def test_kill_reaches_what_has_left_its_group_and_session(sandbox: SandboxPage) -> None:
    seen = sandbox.evaluate(
        """const ready = Promise.withResolvers();
        const h = await sandbox.commands.run(
            "set -m; setsid sleep 1000 & sleep 1000 & (trap '' TERM; sleep 1000) & echo; wait",
            { background: true, onStdout: ready.resolve });
        await ready.promise;
        const told = await sandbox.commands.kill(h.pid);
        const { signal } = await h.wait();
        const left = (await sandbox.commands.list()).filter(({ pid }) => pid === h.pid);
        return [told, signal, left]"""
    )
    assert seen == [True, "SIGKILL", []]


def test_kill_of_a_single_process(sandbox: SandboxPage) -> None:
    seen = sandbox.evaluate(
        """const told = Promise.withResolvers();
        const h = await sandbox.commands.run("sleep 1000 & echo $!; wait $!; echo $?",
            { background: true, onStdout: told.resolve });
        const child = Number(await told.promise);
        const killed = await sandbox.commands.kill(child, "TERM");
        return [killed, (await h.wait()).stdout === `${child}\\n143\\n`]"""
    )
    assert seen == [True, True]


def test_the_shell_has_ended_but_not_what_it_has_started(sandbox: SandboxPage) -> None:
    result = sandbox.evaluate(
        """const { stdout, exitCode } = await sandbox.commands.run(
            "(echo $BASHPID > /tmp/server.pid; while :; do echo x; sleep 0.05; done) & echo started",
            { detach: true });
        const left = (await sandbox.commands.list()).filter(({ running }) => !running);
        for (const { pid } of left) await sandbox.commands.kill(pid);
        return { stdout, exitCode, left: left.map(({ command, processes }) => processes > 0) }"""
    )
    assert "started\n" in result["stdout"] and result["exitCode"] == 0
    assert result["left"] == [True]
    assert sandbox.run("kill -0 $(cat /tmp/server.pid)")["exitCode"] == 1


# -- time and signals --------------------------------------------------------------------------------------


def test_a_timeout_is_not_an_exit_status(sandbox: SandboxPage) -> None:
    assert sandbox.run("exit 124", timeoutMs=60_000)["timedOut"] is False
    result = sandbox.run("echo begun; sleep 1000", timeoutMs=200)
    assert (result["exitCode"], result["timedOut"], result["signal"]) == (124, True, "SIGTERM")
    assert result["stdout"] == "begun\n"


def test_a_timeout_asks_first(sandbox: SandboxPage) -> None:
    """SIGTERM lets a command clean up; a handler of bash runs when its child has ended, and it has too."""
    result = sandbox.run("trap 'echo cleaned; exit 5' TERM; sleep 1000", timeoutMs=200)
    assert (result["stdout"], result["exitCode"], result["timedOut"]) == ("cleaned\n", 124, True)


@pytest.mark.parametrize(
    "deaf",
    [
        "trap '' TERM; while :; do :; done",
        "trap '' TERM; setsid sh -c 'trap \"\" TERM; while :; do :; done' & wait",
        "kill -STOP $$",
        "set -m; bash -c 'kill -STOP $$; sleep 1000'; sleep 1000",
    ],
)
def test_a_timeout_ends_what_does_not_listen(sandbox: SandboxPage, deaf: str) -> None:
    result = sandbox.run(deaf, timeoutMs=200, graceMs=200)
    assert (result["exitCode"], result["timedOut"]) == (124, True)
    listed = sandbox.evaluate("return (await sandbox.commands.list()).map(({ command }) => command)")
    assert deaf not in listed


def test_the_signal_that_ended_a_command(sandbox: SandboxPage) -> None:
    assert sandbox.run("kill -SEGV $$")["signal"] == "SIGSEGV"
    assert sandbox.run("exit 139")["signal"] is None


def test_abort_has_the_output_until_then(sandbox: SandboxPage) -> None:
    seen = sandbox.evaluate(
        """const controller = new AbortController();
        try {
            await sandbox.commands.run("echo partial; echo err >&2; sleep 1000", {
                signal: controller.signal, onStderr: () => controller.abort(),
            });
        } catch (error) {
            return [error.name, error.result.stdout, error.result.stderr, error.result.exitCode];
        }"""
    )
    assert seen == ["AbortError", "partial\n", "err\n", 137]


# -- much output -------------------------------------------------------------------------------------------


def test_head_and_tail_are_kept_and_the_rest_is_in_a_file(sandbox: SandboxPage) -> None:
    result = sandbox.run("seq 100000; seq 9 >&2", maxOutputBytes=2000)
    whole = "".join(f"{n}\n" for n in range(1, 100_001))
    head, tail = whole[:1000], whole[-1000:]
    file = result["outputFiles"]["stdout"]
    left = len(whole) - 2000
    note = f"[tabux: {left} bytes are left out here; the first {len(whole)} bytes of all are in {file}]"
    assert result["stdout"] == f"{head}\n{note}\n{tail}"
    assert (result["truncated"], result["outputFiles"]["stderr"]) == (True, None)
    assert result["stderr"] == "".join(f"{n}\n" for n in range(1, 10))
    assert sandbox.output(f"cat {file}") == whole
    assert sandbox.output(f"stat -c %U {file}; rm {file}") == "user\n"


def test_output_up_to_the_limit_is_whole(sandbox: SandboxPage) -> None:
    result = sandbox.run("printf %1000s x", maxOutputBytes=1000)
    assert (len(result["stdout"]), result["truncated"]) == (1000, False)
    result = sandbox.run("printf %1001s x", maxOutputBytes=1000)
    assert result["truncated"] and " 1 bytes are left out" in result["stdout"]


def test_characters_are_not_cut_where_output_is(sandbox: SandboxPage) -> None:
    result = sandbox.run("for i in {1..100}; do printf '€'; done", maxOutputBytes=101)
    head, _, tail = result["stdout"].split("\n")
    assert (head, tail) == ("€" * 17, "€" * 16)


def test_callbacks_get_all_of_it(sandbox: SandboxPage) -> None:
    count = sandbox.evaluate(
        """let count = 0;
        const onStdout = (text) => void (count += text.length);
        const { truncated } = await sandbox.commands.run("head -c 3000000 /dev/zero",
            { onStdout, maxOutputBytes: 1000 });
        return [count, truncated]"""
    )
    assert count == [3_000_000, True]


def test_a_slow_callback_slows_the_command_down(sandbox: SandboxPage) -> None:
    """What has been written but not taken stays small, whatever the command would like."""
    seen = sandbox.evaluate(
        """const gate = Promise.withResolvers(), first = Promise.withResolvers();
        const onStdout = async () => { first.resolve(); await gate.promise; };
        const running = sandbox.commands.run(
            "for i in {1..100}; do head -c 100000 /dev/zero; echo $i > /tmp/slow; done", { onStdout });
        await first.promise;
        await sandbox.commands.run("sleep 0.3");
        const written = Number(await sandbox.files.read("/tmp/slow").catch(() => 0));
        gate.resolve();
        return [written, (await running).stdoutBytes.length]"""
    )
    assert seen[0] <= 8 and seen[1] == 10_000_000


def test_a_background_command_has_its_output_in_files(sandbox: SandboxPage) -> None:
    seen = sandbox.evaluate(
        """const h = await sandbox.commands.run("seq 1000; echo no >&2",
            { background: true, maxOutputBytes: 100 });
        const { stdout, truncated, outputFiles } = await h.wait();
        return [stdout, truncated, await sandbox.files.read(outputFiles.stdout),
            await sandbox.files.read(outputFiles.stderr)]"""
    )
    assert seen[1:] == [True, "".join(f"{n}\n" for n in range(1, 1001)), "no\n"]
    assert seen[0].startswith("1\n2\n") and seen[0].endswith("1000\n") and "left out" in seen[0]


def test_output_without_end_ends_with_the_time(sandbox: SandboxPage) -> None:
    result = sandbox.evaluate(
        """const { timedOut, exitCode, truncated, stdoutBytes, stdout } =
            await sandbox.commands.run("yes", { timeoutMs: 500 });
        return { timedOut, exitCode, truncated, length: stdoutBytes.length, end: stdout.slice(-4) }"""
    )
    assert (result["timedOut"], result["exitCode"], result["truncated"]) == (True, 124, True)
    assert 16 << 20 <= result["length"] < (16 << 20) + 200
    assert result["end"].strip("\n") in ("y\ny", "y")


def test_files_of_output_do_not_pile_up(sandbox: SandboxPage) -> None:
    code = """for (let i = 0; i < 6; i++)
            await sandbox.commands.run("head -c 17000000 /dev/zero", { maxOutputBytes: 1000 });"""
    sandbox.evaluate(code)
    used = int(sandbox.output("du -sm /run/tabux/output | cut -f1"))
    assert 16 <= used <= 64


def test_output_as_bytes(sandbox: SandboxPage) -> None:
    """Each callback gets its own copy, of what is no text too; text callbacks get the same as text."""
    code = """const chunks = [];
    let text = "";
    const onStdout = (piece) => (text += piece);
    const options = { onStdoutBytes: (chunk) => chunks.push(chunk), onStdout };
    await sandbox.commands.run("printf '\\\\377\\\\303'; printf '\\\\244'; seq 100000", options);
    const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer());
    const end = new TextDecoder().decode(bytes.slice(-7));
    const start = [...bytes.slice(0, 3)];
    return [start, bytes.length, end, text.startsWith("\\ufffdä1\\n2"), text.endsWith(end)]"""
    assert sandbox.evaluate(code) == [[255, 195, 164], 588898, "100000\n", True, True]


# -- limits of processes -----------------------------------------------------------------------------------


def test_rlimit_cpu(sandbox: SandboxPage) -> None:
    """SIGXCPU at the soft limit, SIGKILL at the hard one, in programs that compute and that make calls."""
    statuses = sandbox.evaluate(
        """const { stdout } = await sandbox.commands.run(`
            (ulimit -St 1; while :; do :; done) 2>/dev/null; echo $?
            (ulimit -t 1; trap "echo never" XCPU; while :; do :; done) 2>/dev/null; echo $?
            (ulimit -St 1; ulimit -Ht 100; trap "echo over; exit 7" XCPU
             while :; do :; done); echo $?
            (ulimit -t 1; yes > /dev/null) 2>/dev/null; echo $?
            (ulimit -t 100; echo within)`);
        return stdout"""
    )
    assert statuses.split() == ["152", "137", "over", "7", "137", "within"]


# -- many at once ------------------------------------------------------------------------------------------


def test_two_hundred_commands_at_once(sandbox: SandboxPage) -> None:
    """They take turns: each has the processes that it needs."""
    code = """const script = (i) => `echo ${i}; cat /etc/hostname | wc -l; exit ${i % 100}`;
    const run = (i) => sandbox.commands.run(script(i));
    const results = await Promise.all(Array.from({ length: 200 }, (_, i) => run(i)));
    return results.filter(({ stdout, stderr, exitCode }, i) =>
        stdout !== `${i}\\n1\\n` || stderr || exitCode !== i % 100)"""
    assert sandbox.evaluate(code) == []


def test_commands_that_stay_hold_up_no_other(sandbox: SandboxPage) -> None:
    code = """const start = () => sandbox.commands.run("sleep 1000", { background: true });
    const handles = await Promise.all(Array.from({ length: 60 }, start));
    const { stdout } = await sandbox.commands.run("echo here");
    const ends = await Promise.all(handles.map(async (handle) => {
        await handle.kill("KILL");
        return (await handle.wait()).signal;
    }));
    return [stdout, [...new Set(ends)]]"""
    assert sandbox.evaluate(code) == ["here\n", ["SIGKILL"]]


def test_commands_that_are_aborted_before_their_turn(sandbox: SandboxPage) -> None:
    code = """const aborting = new AbortController();
    const run = () => sandbox.commands.run("sleep 1000", { signal: aborting.signal });
    const all = Promise.allSettled(Array.from({ length: 100 }, run));
    aborting.abort();
    const names = new Set((await all).map(({ reason }) => reason?.name));
    return [...names]"""
    assert sandbox.evaluate(code) == ["AbortError"]
    assert sandbox.output("pgrep -c sleep || :") == "0\n"
