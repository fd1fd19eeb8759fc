"""The public module against a fake kernel: arguments, results, order, errors. See fake_worker.js."""

from __future__ import annotations

import json

import pytest

from .pages import SandboxPage


def calls(fake: SandboxPage) -> list[list[object]]:
    """What the fake kernel was asked."""
    found = json.loads(fake.evaluate("return await sandbox.files.read('/calls')"))
    assert isinstance(found, list)
    return found


#: how many bytes are kept of a stream if nobody says otherwise
KEPT = 16 << 20


def command(**what: object) -> str:
    return json.dumps(what)


# -- starting ----------------------------------------------------------------------------------------------


def test_create_hands_over_its_options(fake: SandboxPage) -> None:
    fake.create({"envs": {"A": "1"}, "limits": {}, "files": {"/a": "é"}})
    session = {"name": None, "access": "write", "witness": None}
    options = {"envs": {"A": "1"}, "files": {"/a": [0xC3, 0xA9]}, "limits": {}, "session": session}
    assert calls(fake) == [["boot", options]]


def test_create_tells_progress(fake: SandboxPage) -> None:
    progress = fake.evaluate(
        """const { promise, resolve } = Promise.withResolvers();
        await tabux.Sandbox.create({ onProgress: resolve });
        return promise"""
    )
    assert progress == {"phase": "Loading the kernel", "loaded": 3_000_000, "total": 9_000_000}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "tabux.Sandbox.create({ env: {} })",
            'Sandbox.create: unknown option "env"; the options are: '
            "envs, limits, files, onProgress, onDownload, onUpload, session, access, policy",
        ),
        (
            "tabux.Sandbox.create({ session: ' a' })",
            "Sandbox.create: session must be a string of 1 to 100 characters, "
            "without control characters or spaces at its ends",
        ),
        (
            "tabux.Sandbox.create({ session: 'a', access: 'append' })",
            'Sandbox.create: access must be "write", "read" or "take-over"',
        ),
        ("tabux.Sandbox.create({ network: [] })", "Sandbox.create: network: options must be an object"),
        ("tabux.Sandbox.create([])", "Sandbox.create: options must be an object"),
        ("tabux.Sandbox.create({ envs: { 'A=B': '' } })", 'Sandbox.create: envs: "A=B" cannot be the name'),
        ("tabux.Sandbox.create({ envs: { A: 1 } })", "Sandbox.create: envs.A must be a string"),
        (
            "tabux.Sandbox.create({ limits: { x: 1 } })",
            'Sandbox.create: limits: unknown limit "x"; there are: bytes, inodes',
        ),
        ("tabux.Sandbox.create({ limits: 5 })", "Sandbox.create: limits must be an object of numbers"),
        ("tabux.Sandbox.create({ files: { '/a': 1 } })", 'Sandbox.create: files["/a"] must be a string, an'),
        ("tabux.Sandbox.create({ onProgress: 1 })", "Sandbox.create: onProgress must be a function"),
        ("sandbox.commands.run(1)", "commands.run: command must be a string"),
        ("sandbox.commands.run('a\\0')", "commands.run: command must not contain a NUL character"),
        (
            "sandbox.commands.run('a', { timeout: 1 })",
            'commands.run: unknown option "timeout"; the options are: '
            "cwd, envs, stdin, timeoutMs, graceMs, maxOutputBytes, onStdout, onStderr, "
            "onStdoutBytes, onStderrBytes, signal, background, detach",
        ),
        ("sandbox.commands.run('a', { cwd: '' })", "commands.run: cwd must not be empty"),
        (
            "sandbox.commands.run('a', { stdin: 1 })",
            "commands.run: stdin must be a string, an ArrayBuffer or",
        ),
        ("sandbox.commands.run('a', { timeoutMs: 0 })", "commands.run: timeoutMs must be a number greater"),
        ("sandbox.commands.run('a', { graceMs: -1 })", "commands.run: graceMs must be a number, 0 or"),
        ("sandbox.commands.run('a', { maxOutputBytes: 0 })", "commands.run: maxOutputBytes must be a whole"),
        ("sandbox.commands.run('a', { stdin: true })", "commands.run: stdin: true needs background: true"),
        (
            "sandbox.commands.run('a', { background: true, detach: true })",
            "commands.run: background and detach exclude each other",
        ),
        ("sandbox.commands.kill(0)", "commands.kill: pid must be a process id"),
        ("sandbox.commands.kill(5, 'SIGNO')", 'commands.kill: signal must be a signal, as "SIGTERM" or 15'),
        ("sandbox.commands.connect('5')", "commands.connect: pid must be a process id"),
        ("sandbox.commands.run('a', { signal: {} })", "commands.run: signal must be an AbortSignal"),
        ("sandbox.files.read('')", "files.read: path must not be empty"),
        ("sandbox.files.read('a', { format: 'x' })", 'files.read: format must be "text", "bytes", '),
        ("sandbox.files.read('a', { as: 'x' })", 'files.read: unknown option "as"; the options are: format'),
        ("sandbox.files.write('a')", "files.write: data must be a string, an ArrayBuffer or a typed array"),
        ("sandbox.files.rename('a', null)", "files.rename: to must be a string"),
        ("sandbox.pty.create({})", "pty.create: onData is required"),
        ("sandbox.pty.create({ onData() {}, cols: 0 })", "pty.create: cols must be a whole number from 1"),
        ("sandbox.pty.create({ onData() {}, size: 0 })", 'pty.create: unknown option "size"'),
    ],
)
def test_wrong_arguments_are_refused(fake: SandboxPage, code: str, message: str) -> None:
    fake.create()
    name, said = fake.fails(f"return await {code}")
    assert (name, said[: len(message)]) == ("InvalidArgumentError", message)
    assert calls(fake)[1:] == []


def test_the_kernel_refusing_to_start_is_a_typed_error(fake: SandboxPage) -> None:
    error = {"name": "InvalidArgumentError", "message": "there is no limit on bananas"}
    code = "return await tabux.Sandbox.create({ envs: { FAIL: JSON.stringify(arg) } })"
    assert fake.fails(code, error) == (error["name"], error["message"])


def test_a_worker_that_cannot_be_loaded_is_a_boot_error(fake: SandboxPage) -> None:
    fake.page.route("**/kernel-worker.js", lambda route: route.fulfill(status=404))
    name, message = fake.fails("return await tabux.Sandbox.create()")
    fake.page.unroute_all()
    assert name == "BootError"
    assert "kernel-worker.js could not be loaded" in message


def test_a_page_that_may_not_start_workers_gets_a_boot_error(fake: SandboxPage) -> None:
    code = """const original = Worker;
        window.Worker = class { constructor() { throw new DOMException("no", "SecurityError"); } };
        try { await tabux.Sandbox.create(); } finally { window.Worker = original; }"""
    name, message = fake.fails(code)
    assert name == "BootError"
    assert message.startswith("This page may not start a worker from http")


def test_a_sandbox_is_not_made_by_new(fake: SandboxPage) -> None:
    name, message = fake.fails("new tabux.Sandbox()")
    assert name == "InvalidArgumentError"
    assert "await Sandbox.create()" in message


def test_names_of_errors_are_not_those_of_their_classes(fake: SandboxPage) -> None:
    """A minifier gives classes other names."""
    names = fake.evaluate(
        """return Object.entries(tabux).filter(([name]) => name.endsWith("Error")).map(([name, type]) => {
            Object.defineProperty(type, "name", { value: "o" });
            return [name, new type("").name, new type("") instanceof tabux.TabuxError];
        })"""
    )
    assert len(names) >= 12
    assert [(name, True) for name, _, _ in names] == [(said, true) for _, said, true in names]


def test_the_module_exports_what_is_public(fake: SandboxPage) -> None:
    exported = fake.evaluate("return Object.keys(tabux)")
    assert {name for name in exported if not name.endswith("Error")} == {"Sandbox", "isSupported"}


def test_who_mistypes_an_option_is_told_those_there_are(fake: SandboxPage) -> None:
    _, message = fake.fails("return await tabux.Sandbox.create({ nework: true })")
    assert "files" in message and "network" in message


def test_a_browser_without_jspi_is_refused(fake: SandboxPage) -> None:
    name, message = fake.fails("delete WebAssembly.Suspending; return await tabux.Sandbox.create()")
    assert name == "UnsupportedBrowserError"
    assert "Chrome 137, Edge 137, Firefox 153 or Safari 27" in message


# -- commands ----------------------------------------------------------------------------------------------


def test_run_hands_over_its_options(fake: SandboxPage) -> None:
    fake.create()
    fake.run(command(), cwd="/tmp", envs={"A": "b"}, stdin="é", timeoutMs=5)
    fake.run(command(), cwd=None, stdin=None)
    assert calls(fake)[1:] == [
        [
            "run", 1, "{}",
            {"cwd": "/tmp", "envs": {"A": "b"}, "stdin": [195, 169], "timeoutMs": 5, "maxOutputBytes": KEPT},
            None,
        ],
        ["run", 2, "{}", {"stdin": None, "maxOutputBytes": KEPT}, None],
    ]  # fmt: skip


def test_stdin_may_be_part_of_an_array_and_stays_the_callers(fake: SandboxPage) -> None:
    fake.create()
    left = fake.evaluate(
        """const whole = Uint8Array.of(1, 2, 3, 4);
        await sandbox.commands.run("{}", { stdin: whole.subarray(1, 3) });
        return whole"""
    )
    assert left == [1, 2, 3, 4]
    assert calls(fake)[1][3] == {"stdin": [2, 3], "maxOutputBytes": KEPT}


def test_a_result_is_text_and_bytes(fake: SandboxPage) -> None:
    fake.create()
    result = fake.evaluate(
        """const r = await sandbox.commands.run(arg);
        return { ...r, out: r.stdoutBytes, err: r.stderrBytes }""",
        command(chunks=[[1, "é"], [2, "no\n"], [1, "!"]], exitCode=3),
    )
    assert result == {
        "stdout": "é!", "stderr": "no\n", "exitCode": 3, "durationMs": 1.5,
        "timedOut": False, "signal": None, "truncated": False,
        "outputFiles": {"stdout": None, "stderr": None},
        "out": [0xC3, 0xA9, 0x21], "err": [0x6E, 0x6F, 0x0A],
    }  # fmt: skip


COLLECT = """const out = [], err = [];
    const onStdout = (text) => out.push(text), onStderr = (text) => err.push(text);
    const result = await sandbox.commands.run(arg, { onStdout, onStderr });
    return { out, err, stdout: result.stdout };"""


def test_output_is_told_as_it_comes(fake: SandboxPage) -> None:
    fake.create()
    result = fake.evaluate(COLLECT, command(chunks=[[1, "a"], [2, "b"], [1, "c"]]))
    assert result == {"out": ["a", "c"], "err": ["b"], "stdout": "ac"}


def test_output_is_never_cut_within_a_character(fake: SandboxPage) -> None:
    fake.create()
    result = fake.evaluate(COLLECT, command(chunks=[[1, [0x61, 0xE2, 0x82]], [1, [0xAC, 0xE2]]]))
    assert result["out"] == ["a", "€", "\N{REPLACEMENT CHARACTER}"]


def test_a_failing_callback_does_not_fail_the_command(fake: SandboxPage) -> None:
    fake.create()
    errors: list[str] = []
    fake.page.on("pageerror", lambda error: errors.append(error.message))
    code = "return (await sandbox.commands.run(arg, { onStdout() { throw new Error('mine') } })).stdout"
    assert fake.evaluate(code, command(chunks=[[1, "a"]])) == "a"
    assert errors == ["mine"]


# -- errors ------------------------------------------------------------------------------------------------


ERRORS = """NotFoundError FileExistsError NotADirectoryError IsADirectoryError DirectoryNotEmptyError
    PermissionDeniedError NoSpaceError LimitExceededError InvalidArgumentError TabuxError"""


@pytest.mark.parametrize("name", ERRORS.split())
def test_errors_of_the_kernel_keep_their_class(fake: SandboxPage, name: str) -> None:
    fake.create()
    outcome = fake.evaluate(
        """try { await sandbox.commands.run(arg.command) } catch (e) {
            const { TabuxError, [arg.name]: Class } = tabux;
            return [e.name, e.message, e instanceof Class, e instanceof TabuxError, e instanceof Error];
        }""",
        {"name": name, "command": command(error={"name": name, "message": "why"})},
    )
    assert outcome == [name, "why", True, True, True]


def test_a_fault_of_the_kernel_is_a_tabux_error_that_says_so(fake: SandboxPage) -> None:
    fake.create()
    fault = command(error={"name": "PythonError", "message": "AttributeError: x"})
    expected = ("TabuxError", "kernel error: PythonError: AttributeError: x")
    assert fake.fails("return await sandbox.commands.run(arg)", fault) == expected


def test_killing_fails_what_is_under_way_and_what_comes_later(fake: SandboxPage) -> None:
    fake.create()
    code = """const { promise, resolve } = Promise.withResolvers();
        const running = sandbox.commands.run(arg, { onStdout: resolve });
        await promise;
        await sandbox.kill();
        return await running"""
    expected = ("SandboxKilledError", "The sandbox has been killed")
    assert fake.fails(code, command(hang=True, chunks=[[1, "started"]])) == expected
    assert fake.fails("return await sandbox.files.list('/')") == expected
    assert fake.evaluate("await sandbox.kill(); return 'twice'") == "twice"


def test_a_failing_worker_fails_what_is_under_way(fake: SandboxPage) -> None:
    fake.create()
    name, message = fake.fails("return await sandbox.commands.run(arg)", command(crash="out of luck"))
    assert name == "SandboxKilledError"
    assert "out of luck" in message


# -- abort -------------------------------------------------------------------------------------------------


ABORT = """const controller = new AbortController();
    await sandbox.commands.run(arg, { signal: controller.signal, onStdout: () => controller.abort() })"""


def test_abort_kills_the_command_and_rejects(fake: SandboxPage) -> None:
    fake.create()
    name, _ = fake.fails(ABORT, command(hang=True, chunks=[[1, "started"]]))
    assert name == "AbortError"
    assert calls(fake)[2:] == [["cancel", 1]]


def test_abort_keeps_what_there_was(fake: SandboxPage) -> None:
    fake.create()
    code = f"try {{ {ABORT} }} catch (error) {{ return error.result }}"
    result = fake.evaluate(code, command(hang=True, chunks=[[1, "started"]]))
    assert (result["stdout"], result["exitCode"]) == ("started", 137)


def test_one_signal_of_two_commands_gives_each_its_own(fake: SandboxPage) -> None:
    fake.create()
    code = """const controller = new AbortController(), { signal } = controller;
        const outcomes = Promise.allSettled(arg.map((one) => sandbox.commands.run(one, { signal })));
        setTimeout(() => controller.abort());
        return (await outcomes).map(({ reason }) => [reason.name, reason.result.stdout])"""
    both = [command(hang=True, chunks=[[1, text]]) for text in ("a", "b")]
    assert fake.evaluate(code, both) == [["AbortError", "a"], ["AbortError", "b"]]


def test_a_handle(fake: SandboxPage) -> None:
    fake.create()
    seen = fake.evaluate(
        """const h = await sandbox.commands.run(arg, { background: true, stdin: true });
        const before = [h.pid, h.stdout, h.stderr, h.exitCode];
        await h.sendStdin("é");
        await h.closeStdin();
        const listed = (await sandbox.commands.list()).map(({ pid }) => pid);
        const killed = await h.kill("TERM");
        const { exitCode, signal, stdout } = await h.wait();
        return [before, listed, killed, exitCode, signal, stdout, h.exitCode, await h.kill()]""",
        command(chunks=[[1, "out"], [2, "err"]]),
    )
    assert seen == [[100, "out", "err", None], [100], True, 143, "SIGTERM", "out", 143, False]
    assert [call[0] for call in calls(fake)[2:]] == [
        "commandWrite", "commandCloseStdin", "commandSignal", "commandSignal",
    ]  # fmt: skip


def test_a_handle_of_a_sandbox_that_is_killed(fake: SandboxPage) -> None:
    fake.create()
    code = """const handle = await sandbox.commands.run("{}", { background: true });
        const waiting = handle.wait();
        await sandbox.kill();
        return await waiting"""
    assert fake.fails(code)[0] == "SandboxKilledError"


def test_abort_gives_the_reason_of_the_signal(fake: SandboxPage) -> None:
    fake.create()
    code = ABORT.replace(".abort()", ".abort(new RangeError('enough'))")
    assert fake.fails(code, command(hang=True, chunks=[[1, "started"]])) == ("RangeError", "enough")


def test_an_aborted_signal_starts_nothing(fake: SandboxPage) -> None:
    fake.create()
    name, _ = fake.fails("await sandbox.commands.run('{}', { signal: AbortSignal.abort() })")
    assert name == "AbortError"
    assert calls(fake)[1:] == []


def test_abort_of_a_background_command_kills_it(fake: SandboxPage) -> None:
    fake.create()
    code = """const controller = new AbortController();
        const { signal } = controller;
        const handle = await sandbox.commands.run(arg, { background: true, signal });
        controller.abort();
        try { await handle.wait(); } catch (error) { return [error.name, error.result.stdout]; }"""
    assert fake.evaluate(code, command(chunks=[[1, "a"]])) == ["AbortError", "a"]


def test_abort_after_the_end_does_nothing(fake: SandboxPage) -> None:
    fake.create()
    code = """const controller = new AbortController();
        const result = await sandbox.commands.run("{}", { signal: controller.signal });
        controller.abort();
        return result.exitCode"""
    assert fake.evaluate(code) == 0
    assert [call[0] for call in calls(fake)] == ["boot", "run"]


# -- files -------------------------------------------------------------------------------------------------


def test_files_are_text_or_bytes(fake: SandboxPage) -> None:
    fake.create()
    assert fake.evaluate("return await sandbox.files.read('/bytes')") == "\0\N{REPLACEMENT CHARACTER}é"
    assert fake.evaluate("return await sandbox.files.read('/bytes', { format: 'text' })")[-1] == "é"
    assert fake.evaluate("return await sandbox.files.read('/bytes', { format: 'bytes' })") == [
        0,
        255,
        195,
        169,
    ]


def test_a_byte_order_mark_is_kept(fake: SandboxPage) -> None:
    fake.create()
    assert fake.evaluate("return await sandbox.files.read('/bom')") == "\ufeffa"


@pytest.mark.parametrize(
    ("data", "written"),
    [
        ("'é'", [0xC3, 0xA9]),
        ("''", []),
        ("Uint8Array.of(0, 255)", [0, 255]),
        ("Uint8Array.of(9, 8, 7).subarray(1, 2)", [8]),
        ("Uint8Array.of(1, 2).buffer", [1, 2]),
        ("Uint16Array.of(258)", [2, 1]),
        ("new DataView(Uint8Array.of(1, 2, 3).buffer, 1)", [2, 3]),
    ],
)
def test_write_takes_text_and_bytes(fake: SandboxPage, data: str, written: list[int]) -> None:
    fake.create()
    assert fake.evaluate(f"return await sandbox.files.write('/a', {data})") is None
    assert calls(fake)[1:] == [["filesWrite", "/a", written]]


def test_file_functions_reach_the_kernel(fake: SandboxPage) -> None:
    fake.create()
    outcome = fake.evaluate(
        """const { files } = sandbox;
        return [await files.list("/l"), await files.exists("/e"), await files.info("/i"),
            await files.makeDir("/m"), await files.rename("/a", "/b"), await files.remove("/r")]"""
    )
    assert outcome == [[], False, {"name": "x", "path": "/i", "type": "file"}, None, None, None]
    assert calls(fake)[1:] == [
        ["filesList", "/l"], ["filesExists", "/e"], ["filesInfo", "/i"],
        ["filesMakeDir", "/m"], ["filesRename", "/a", "/b"], ["filesRemove", "/r"],
    ]  # fmt: skip


# -- terminals ---------------------------------------------------------------------------------------------

PTY = """const decoder = new TextDecoder();
    let text = "", seen = Promise.withResolvers();
    const onData = (data) => { text += decoder.decode(data); seen.resolve(); };
    const shows = async (wanted) => {
        while (!text.includes(wanted)) { await seen.promise; seen = Promise.withResolvers(); }
    };
    """


def test_a_terminal_is_typed_into_and_shown(fake: SandboxPage) -> None:
    fake.create()
    shown = fake.evaluate(
        PTY
        + """const pty = await sandbox.pty.create({ cols: 90, rows: 20, cwd: "/", envs: { A: "1" }, onData });
        await pty.write("é");
        await pty.write(Uint8Array.of(97));
        await pty.resize(91, 21);
        await shows("éa");
        return text"""
    )
    assert shown == "fake$ éa"
    acks = [call for call in calls(fake) if call[0] == "ptyAck"]
    others = [call for call in calls(fake)[1:] if call[0] != "ptyAck"]
    assert others == [
        ["ptyCreate", {"cols": 90, "rows": 20, "cwd": "/", "envs": {"A": "1"}}],
        ["ptyWrite", 1, [0xC3, 0xA9]],
        ["ptyWrite", 1, [97]],
        ["ptyResize", 1, 91, 21],
    ]
    # The six bytes that came before the terminal's number was known are acknowledged too.
    assert acks == [["ptyAck", 1, 6], ["ptyAck", 1, 2], ["ptyAck", 1, 1]]


def test_output_is_acknowledged_when_it_has_been_taken(fake: SandboxPage) -> None:
    fake.create()
    fake.evaluate(
        """const taken = Promise.withResolvers();
        const pty = await sandbox.pty.create({ onData: () => taken.promise });
        await pty.write("abc");
        window.taken = taken"""
    )
    assert [call for call in calls(fake) if call[0] == "ptyAck"] == []
    fake.evaluate("window.taken.resolve(); await window.taken.promise")
    # The second piece may be on its way yet: what counts is that all nine bytes are acknowledged in the end.
    total = fake.evaluate(
        """for (;;) {
            const calls = JSON.parse(await sandbox.files.read("/calls"));
            const total = calls.filter(([name]) => name === "ptyAck").reduce((sum, call) => sum + call[2], 0);
            if (total >= 9) return total;
        }"""
    )
    assert total == 9


def test_the_end_of_a_terminal(fake: SandboxPage) -> None:
    fake.create()
    code = (
        PTY
        + "const pty = await sandbox.pty.create({ onData }); await pty.write(arg); return await pty.exited"
    )
    assert fake.evaluate(code, "\x04") == 3
    code = PTY + "const pty = await sandbox.pty.create({ onData }); await pty.kill(); return await pty.exited"
    assert fake.evaluate(code) == 129


def test_killing_the_sandbox_ends_its_terminals(fake: SandboxPage) -> None:
    fake.create()
    errors: list[str] = []
    fake.page.on("pageerror", lambda error: errors.append(str(error)))
    code = PTY + "const pty = await sandbox.pty.create({ onData }); await sandbox.kill(); await pty.exited"
    assert fake.fails(code)[0] == "SandboxKilledError"
    # Nobody has to look at `exited`.
    fake.evaluate(
        "const s = await tabux.Sandbox.create(); await s.pty.create({ onData() {} }); await s.kill()"
    )
    assert errors == []
