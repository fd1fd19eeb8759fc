"""Commands that are functions of the page: processes like any other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .pages import SandboxPage, TerminalPage

#: Functions that many tests use, by the names they are registered under.
COMMANDS = """
await sandbox.commands.register("upcase", async ({ stdin, stdout }) => {
    const decoder = new TextDecoder();
    for await (const chunk of stdin) {
        await stdout.write(decoder.decode(chunk, { stream: true }).toUpperCase());
    }
});
await sandbox.commands.register("pass", async ({ stdin, stdout }) => {
    for await (const chunk of stdin) await stdout.write(chunk);
});
await sandbox.commands.register("tell", async ({ argv, env, cwd, stdout }) => {
    await stdout.write(JSON.stringify({ argv, cwd, X: env.X ?? null, HOME: env.HOME }) + "\\n");
});
await sandbox.commands.register("fail", ({ argv }) => {
    if (argv[1] === "string") throw "just a string";
    if (argv[1] === "null") throw null;
    if (argv[1] === "status") throw Object.assign(new Error("not like that"), { status: 64 });
    if (argv[1] === "odd") return "yes";
    if (argv[1] === "number") return Number(argv[2]);
    throw new RangeError("something is wrong");
});
await sandbox.commands.register("forever", async ({ stdout, signal }) => {
    await stdout.write("started\\n");
    await new Promise((_, reject) => signal.addEventListener("abort", () => {
        window.aborted = (window.aborted ?? 0) + 1;
        reject(signal.reason);
    }));
});
await sandbox.commands.register("flood", async ({ stdout, signal }) => {
    const chunk = new Uint8Array(65536).fill(120);
    window.flooded = 0;
    try {
        while (!signal.aborted) {
            await stdout.write(chunk);
            window.flooded += chunk.length;
        }
    } finally {
        window.floodEnded = true;
    }
});
"""


@pytest.fixture
def host(sandbox: SandboxPage) -> Iterator[SandboxPage]:
    """A sandbox with the functions above."""
    sandbox.evaluate("window.aborted = 0;" + COMMANDS)
    yield sandbox
    assert sandbox.output("ps -eo comm= | grep -cxE 'upcase|pass|tell|fail|forever|flood' || :") == "0\n"


# -- what a function is given, and what becomes of what it returns ---------------------------------


def test_arguments_environment_and_directory(host: SandboxPage) -> None:
    told = '{"argv":["tell","a b","","é"],"cwd":"/tmp","X":"1","HOME":"/home/user"}\n'
    assert host.output("cd /tmp; X=1 tell 'a b' '' é") == told
    assert '"cwd":""' in host.output("mkdir /tmp/gone; cd /tmp/gone; rmdir /tmp/gone; tell")
    assert host.output("exec -a other tell | cut -c 1-18") == '{"argv":["other"],\n'


@pytest.mark.parametrize(
    ("argument", "message", "status"),
    [
        ("", "something is wrong", 1),
        ("string", "just a string", 1),
        ("null", "null", 1),
        ("status", "not like that", 1),
        ("odd", "what it returned is no exit status", 1),
    ],
)
def test_errors_become_a_message_and_a_status(
    host: SandboxPage, argument: str, message: str, status: int
) -> None:
    result = host.run(f"fail {argument}")
    assert (result["stderr"], result["exitCode"]) == (f"fail: {message}\n", status)


def test_the_status(host: SandboxPage) -> None:
    assert host.run("fail number 7")["exitCode"] == 7
    assert host.run("fail number 256")["exitCode"] == 0
    assert host.output("tell > /dev/null && echo yes; fail 2> /dev/null || echo no") == "yes\nno\n"
    # standard error may be closed: the status tells all the same
    assert host.run("fail 2>&-")["exitCode"] == 1
    assert host.run("tell >&-")["stderr"].endswith("tell: Bad file descriptor\n")


def test_writes_that_nobody_waits_for_come_before_the_end(host: SandboxPage) -> None:
    host.evaluate(
        """await sandbox.commands.register("hasty", ({ stdout, stderr }) => {
            for (let i = 0; i < 100; i++) void stdout.write(`${i}\\n`);
            void stderr.write("done\\n");
        });"""
    )
    result = host.run("hasty")
    assert result["stdout"] == "".join(f"{i}\n" for i in range(100))
    assert (result["stderr"], result["exitCode"]) == ("done\n", 0)


# -- how it is found and started -------------------------------------------------------------------


def test_it_is_a_file_in_the_path(host: SandboxPage) -> None:
    assert host.output("command -v upcase; stat -c '%A %U' /usr/local/bin/upcase") == (
        "/usr/local/bin/upcase\n-rwxr-xr-x root\n"
    )
    assert host.output("cp /usr/local/bin/upcase /tmp/copy; echo x | /tmp/copy; rm /tmp/copy") == "X\n"
    host.output("printf '\\0tabux-host\\nno such function\\n' > /tmp/bad; chmod +x /tmp/bad")
    result = host.run("/tmp/bad; echo $?")
    assert result["stdout"] == "127\n"


@pytest.mark.parametrize(
    "command",
    [
        "env tell",
        "env -i /usr/local/bin/tell",
        "nice tell",
        "sh -c 'tell; :'",
        "sh -c 'exec tell'",
        "echo | xargs tell",
        "find /tmp -maxdepth 0 -exec tell ';'",
        "timeout 10 tell",
        "awk 'BEGIN { system(\"tell\") }'",
        "cd /tmp && printf 'all:\\n\\t@tell\\n' | make -f -",
        "git -c alias.t='!tell' t",
        "vim -es -u NONE -c '!tell' -c q | cat",
        "echo 'tell' > /tmp/s; bash /tmp/s",
        "printf '#!/usr/bin/env tell\\n' > /tmp/script; chmod +x /tmp/script; /tmp/script",
        "printf '#!/usr/local/bin/tell\\n' > /tmp/script; chmod +x /tmp/script; /tmp/script",
        "(tell)",
        "eval tell",
        "echo $(tell)",
        "tell & wait",
    ],
)
def test_every_way_to_start_it(host: SandboxPage, command: str) -> None:
    assert '{"argv":["' in host.output(command)


def test_the_script_it_interprets(host: SandboxPage) -> None:
    script = "printf '#!/usr/local/bin/tell -x\\n' > /tmp/script; chmod +x /tmp/script; /tmp/script a"
    assert '"argv":["/usr/local/bin/tell","-x","/tmp/script","a"]' in host.output(script)


def test_a_function_of_the_same_name_replaces_the_first(host: SandboxPage) -> None:
    host.evaluate("await sandbox.commands.register('tell', ({ stdout }) => stdout.write('new\\n'))")
    assert host.output("tell") == "new\n"
    assert host.evaluate("return await sandbox.commands.unregister('tell')") is True
    assert host.evaluate("return await sandbox.commands.unregister('tell')") is False
    assert host.run("hash -r; tell")["exitCode"] == 127
    assert host.output("ls /usr/local/bin | grep -c tell || :") == "0\n"


def test_what_the_page_cannot_register(host: SandboxPage) -> None:
    for name in ("''", "'a/b'", "'a b'", "'.'", "'é'", "1"):
        error, message = host.fails(f"await sandbox.commands.register({name}, () => 0)")
        assert error == "InvalidArgumentError" and message.startswith("commands.register: name must be")
    assert host.fails("await sandbox.commands.register('x', 1)")[0] == "InvalidArgumentError"
    host.evaluate("await sandbox.files.write('/usr/local/bin/mine', 'the visitor\\'s')")
    assert host.fails("await sandbox.commands.register('mine', () => 0)")[0] == "FileExistsError"
    assert host.evaluate("return await sandbox.files.read('/usr/local/bin/mine')") == "the visitor's"
    host.evaluate("await sandbox.files.remove('/usr/local/bin/mine')")


def test_it_is_not_kept_with_a_session(fresh: SandboxPage) -> None:
    fresh.create({"session": "commands"})
    fresh.evaluate(
        """await sandbox.commands.register("early", ({ stdout }) => stdout.write("early\\n"));
        await sandbox.files.write("/usr/local/bin/mine", "");
        await sandbox.commands.register("late", () => 3);
        await sandbox.close();"""
    )
    fresh.create({"session": "commands"})
    assert fresh.output("ls /usr/local/bin; type -p tabux") == "mine\n/usr/bin/tabux\n"
    fresh.evaluate("await sandbox.commands.register('late', () => 4)")
    assert fresh.run("late")["exitCode"] == 4
    assert fresh.evaluate("return sandbox.session.usage.files") == 1


# -- streams ---------------------------------------------------------------------------------------


def test_pipelines_and_files(host: SandboxPage) -> None:
    assert host.output("printf 'a\\nb\\n' | upcase | tr -d '\\n' | upcase; echo") == "AB\n"
    assert host.output("echo text > /tmp/in; upcase < /tmp/in > /tmp/out; cat /tmp/out") == "TEXT\n"
    assert host.output("(tell; echo) 2>&1 >> /tmp/out; wc -l < /tmp/out") == "3\n"
    assert host.output("read -r line < <(echo x | upcase); echo $line; upcase <<< here") == "X\nHERE\n"
    # it takes from a shared file only what it reads
    assert host.output("seq 3 > /tmp/in; { head -n 1 > /dev/null; upcase; } < /tmp/in") == "2\n3\n"
    assert host.run("pass", stdin="given\n")["stdout"] == "given\n"


def test_binary_data_arrives_as_it_was(host: SandboxPage) -> None:
    assert host.output(
        "head -c 3000000 /dev/urandom > /tmp/in; pass < /tmp/in | pass | cmp - /tmp/in && echo same"
    ) == "same\n"


def test_a_hundred_megabytes_wait_for_the_reader(host: SandboxPage) -> None:
    assert host.output("head -c 100M /dev/zero | pass | wc -c") == f"{100 << 20}\n"
    # nobody reads: what the function has written is bounded by the pipe
    flooded = host.evaluate(
        """window.flooded = 0;
        await sandbox.commands.run("rm -f /tmp/go; mkfifo /tmp/go");
        const running = sandbox.commands.run("flood | (read < /tmp/go; head -c 1 | wc -c)");
        while (!window.flooded) await sandbox.commands.run("true");
        for (let i = 0; i < 20; i++) await sandbox.commands.run("true");
        const before = window.flooded;
        await sandbox.commands.run("echo > /tmp/go; rm /tmp/go");
        const { stdout, exitCode } = await running;
        return { before, after: window.flooded, stdout, exitCode };"""
    )
    assert flooded["before"] == 65536 and flooded["after"] <= 3 * 65536
    assert (flooded["stdout"], flooded["exitCode"]) == ("1\n", 0)


def test_sigpipe_ends_it(host: SandboxPage) -> None:
    host.evaluate("window.floodEnded = false")
    assert host.output("flood | head -c 3; echo \" ${PIPESTATUS[@]}\"") == "xxx 141 0\n"
    host.page.wait_for_function("window.floodEnded")
    result = host.run("trap '' PIPE; flood | head -c 1 > /dev/null; echo ${PIPESTATUS[0]}")
    assert (result["stdout"], result["stderr"]) == ("1\n", "flood: Broken pipe\n")


def test_reading_and_writing_do_not_wait_for_each_other(host: SandboxPage) -> None:
    host.evaluate(
        """await sandbox.commands.register("talk", async ({ stdin, stdout }) => {
            const reading = stdin.read();
            await stdout.write("question\\n");
            await stdout.write(await reading);
        });"""
    )
    script = "coproc talk; read -r q <&${COPROC[0]}; echo answer >&${COPROC[1]}; echo $q; cat <&${COPROC[0]}"
    assert host.output(script) == "question\nanswer\n"


def test_files_relative_to_its_directory(host: SandboxPage) -> None:
    host.evaluate(
        """await sandbox.commands.register("copy", async ({ argv, files }) => {
            await files.write(argv[2], await files.read(argv[1], { format: "bytes" }));
        });"""
    )
    script = "mkdir -p /tmp/d; cd /tmp/d; echo x > a; copy a b; copy b /tmp/c; cat b /tmp/c"
    assert host.output(script) == "x\nx\n"
    assert host.run("cd /tmp; copy none b")["stderr"] == "copy: /tmp/none: no such file or directory\n"


# -- signals, jobs, ends ---------------------------------------------------------------------------


@pytest.mark.parametrize(("signal", "status"), [("TERM", 143), ("INT", 130), ("KILL", 137), ("HUP", 129)])
def test_signals_end_it(host: SandboxPage, signal: str, status: int) -> None:
    script = f"forever > /tmp/out & until [ -s /tmp/out ]; do :; done; kill -{signal} $!; wait $!"
    if signal == "INT":
        script = "set -m; " + script  # what runs in the background without job control ignores it
    assert host.run(": > /tmp/out; " + script)["exitCode"] == status
    host.page.wait_for_function("window.aborted === 1")


#: A `pass` in the background that has copied a line and waits for more from the FIFO that descriptor 3 fills.
WAITING = (
    "rm -f /tmp/f; mkfifo /tmp/f; : > /tmp/out; pass < /tmp/f > /tmp/out & exec 3> /tmp/f; echo a >&3;"
    "until [ -s /tmp/out ]; do :; done; "
)


def test_it_ends_while_it_waits_in_a_call(host: SandboxPage) -> None:
    assert host.run(WAITING + "kill $!; wait $!")["exitCode"] == 143
    assert host.run(WAITING + "timeout 0.1 pass < /tmp/f")["exitCode"] == 124


def test_ignored_signals(host: SandboxPage) -> None:
    assert host.output(f"trap '' TERM; {WAITING} kill $!; exec 3>&-; wait $!; echo $?") == "0\n"


def test_timeout_and_cancelling_by_the_api(host: SandboxPage) -> None:
    result = host.run("forever", timeoutMs=300)
    assert (result["exitCode"], result["stdout"]) == (124, "started\n")
    host.page.wait_for_function("window.aborted === 1")
    name, _ = host.fails("await sandbox.commands.run('forever', { signal: AbortSignal.timeout(300) })")
    assert name == "TimeoutError"
    host.page.wait_for_function("window.aborted === 2")


def test_stopping_and_going_on(host: SandboxPage) -> None:
    script = WAITING + (
        "kill -STOP $!; echo b >&3; ps -o stat= -p $! | cut -c 1; cat /tmp/out;"
        "kill -CONT $!; exec 3>&-; wait $!; echo $?; cat /tmp/out"
    )
    assert host.output(script) == "T\na\n0\na\nb\n"


def test_ps_shows_it(host: SandboxPage) -> None:
    assert host.output("forever a b > /dev/null & ps -o comm=,args=,stat= -p $! | tr -s ' '; kill $!") == (
        "forever forever a b S\n"
    )


def test_what_it_leaves_behind_when_it_has_ended(host: SandboxPage) -> None:
    host.evaluate(
        """await sandbox.commands.register("late", ({ stdout }) => {
            window.late = new Promise((resolve) => setTimeout(resolve, 200))
                .then(() => stdout.write("too late"))
                .then(() => "written", (error) => error.name);
        });"""
    )
    assert host.output("late") == ""
    assert host.evaluate("return await window.late") == "AbortError"


def test_two_hundred_leave_nothing_behind(host: SandboxPage) -> None:
    count = "ls -d /proc/[0-9]* | wc -l; ls /proc/self/fd | wc -l"
    before = host.output(count)
    host.output("for i in {1..100}; do echo $i | pass > /dev/null; tell > /dev/null; done")
    host.output("for i in {1..50}; do forever > /dev/null & kill $!; done 2> /dev/null; wait")
    assert host.output(count) == before


def test_on_a_terminal(terminal: TerminalPage) -> None:
    terminal.page.evaluate(
        """() => tabux.sandbox.commands.register("ask", async ({ stdin, stdout }) => {
            await stdout.write("your name? ");
            const name = new TextDecoder().decode(await stdin.read()).trim();
            await stdout.write(`hello, ${name}\\n`);
        })"""
    )
    terminal.type("ask\n")
    terminal.wait_for("your name? ")
    terminal.type("Ada\n")
    terminal.wait_for_line("hello, Ada")
    terminal.type("ask\n")
    terminal.wait_for("your name? ", count=2)
    terminal.press("Control+c")
    terminal.type("echo status $?\n")
    terminal.wait_for_line("status 130")
    terminal.type("ask\n")
    terminal.wait_for("your name? ", count=3)
    terminal.press("Control+z")
    terminal.wait_for("Stopped")
    terminal.type("fg\n")
    terminal.wait_for_line("ask")
    terminal.type("Bob\n")
    terminal.wait_for_line("hello, Bob")
    # one in the background that wants to read is stopped
    terminal.type("ask & until jobs -s | grep -q ask; do :; done; echo waiting\n")
    terminal.wait_for("waiting", count=2)
    terminal.type("kill -9 %1; wait; echo gone\n")
    terminal.wait_for_line("gone")
