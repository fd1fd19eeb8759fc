"""The persistent shell: what it keeps, how commands end, and commands that would like to wedge it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.cases import ENVIRONMENT, Case, expected
from tests.conformance.test_packages import CASES, name, skip_unless_built

from .pages import SandboxPage

#: a command that does not come back by itself is interrupted after so long, and killed after as long again
PATIENCE = {"timeoutMs": 1000, "graceMs": 600}


class Shell:
    """`sandbox.shell.create`, driven from here."""

    def __init__(self, sandbox: SandboxPage, **options: object) -> None:
        self.sandbox = sandbox
        sandbox.evaluate("window.shell = await sandbox.shell.create(arg)", options)

    def run(self, command: str, **options: object) -> dict[str, Any]:
        """The whole result of a command."""
        result = self.sandbox.evaluate("return await window.shell.run(arg[0], arg[1])", [command, options])
        assert isinstance(result, dict)
        return result

    def output(self, command: str) -> str:
        """Standard output of a command that must succeed without a word on standard error."""
        result = self.run(command)
        assert (result["exitCode"], result["stderr"]) == (0, ""), result
        return str(result["stdout"])


@pytest.fixture
def shell(sandbox: SandboxPage) -> Iterator[Shell]:
    yield Shell(sandbox)
    sandbox.evaluate("await window.shell.close()")


# -- what is kept ------------------------------------------------------------------------------------------


def test_it_keeps_all_that_a_shell_has(shell: Shell) -> None:
    first = shell.run(
        "cd /usr/share; x='a b'; export Y=2; f() { echo \"f $1\"; }; shopt -s nullglob; set -u; set -- p q"
    )
    assert (first["cwd"], first["exitCode"]) == ("/usr/share", 0)
    assert not first["ended"] and not first["restarted"]
    told = shell.output('pwd; echo "$x"; printenv Y; f 1; shopt nullglob | tr "\\t" " "; echo "$*"; echo $-')
    assert told.split("\n") == ["/usr/share", "a b", "2", "f 1", "nullglob        on", "p q", "huB", ""]
    assert shell.output("echo $BASHPID") == shell.output("echo $$")


def test_jobs_stay(shell: Shell) -> None:
    assert shell.output("mkfifo /tmp/job; cat /tmp/job > /tmp/job.out & echo started") == "started\n"
    assert shell.output("jobs -r | wc -l").strip() == "1"
    assert (
        shell.output("echo hello > /tmp/job; wait %1; cat /tmp/job.out; rm /tmp/job /tmp/job.out")
        == "hello\n"
    )


def test_statuses(shell: Shell) -> None:
    result = shell.run("true | false | (exit 3) | true")
    assert (result["exitCode"], result["pipeStatus"]) == (0, [0, 1, 3, 0])
    assert shell.run("false")["exitCode"] == 1
    assert shell.run("echo $?; exit_status() { return 7; }; exit_status")["stdout"] == "1\n"
    assert shell.output("echo $? ${PIPESTATUS[@]}") == "7 7\n"
    assert shell.run("kill -TERM $BASHPID; echo") and shell.run("")["exitCode"] == 0


def test_where_and_with_what_it_begins(sandbox: SandboxPage) -> None:
    shell = Shell(sandbox, cwd="/tmp", envs={"A": "ü"})
    assert shell.output("pwd; echo $A") == "/tmp\nü\n"
    again = shell.run("cd /; A=; exit")
    assert (again["cwd"], again["ended"]) == ("/tmp", True)
    assert shell.run("pwd; echo $A")["stdout"] == "/tmp\nü\n"
    sandbox.evaluate("await window.shell.close()")
    assert sandbox.fails("await window.shell.run('true')")[0] == "NotFoundError"
    assert sandbox.fails("await sandbox.shell.create({ cwd: '/nosuch' })")[0] == "NotFoundError"


def test_standard_input_is_of_one_command(shell: Shell) -> None:
    assert shell.run("read -r a; echo $a; read -r b; echo $b", stdin="1\n2\n3\n")["stdout"] == "1\n2\n"
    assert shell.run("cat; read -r c || echo none")["stdout"] == "none\n"
    assert shell.run("wc -c", stdin="x" * 200_000)["stdout"] == "200000\n"


def test_commands_wait_for_each_other(shell: Shell) -> None:
    order = shell.sandbox.evaluate(
        """const all = ["sleep 0.2; echo a", "echo b", "exit 5", "echo c"].map((c) => window.shell.run(c));
        return (await Promise.all(all)).map((r) => [r.stdout, r.exitCode, r.ended, r.restarted])"""
    )
    assert order == [["a\n", 0, False, False], ["b\n", 0, False, False], ["", 5, True, False],
                     ["c\n", 0, False, True]]  # fmt: skip


def test_output_comes_as_it_is_printed_and_is_bounded(shell: Shell) -> None:
    seen = shell.sandbox.evaluate(
        """let told = "";
        const onStdout = (text) => void (told += text);
        const r = await window.shell.run("seq 10000; echo e >&2", { onStdout, maxOutputBytes: 1000 });
        const whole = await sandbox.files.read(r.outputFiles.stdout);
        return [told === whole, whole.length, r.truncated, r.stdout.length < 1200, r.stderr]"""
    )
    assert seen == [True, 48894, True, True, "e\n"]


def test_bytes_pass_unharmed(shell: Shell) -> None:
    all_bytes = shell.sandbox.evaluate(
        """const r = await window.shell.run("head -c 300000 /dev/zero; printf '\\\\377\\\\001'");
        return [r.stdoutBytes.length, [...r.stdoutBytes.slice(-3)]]"""
    )
    assert all_bytes == [300_002, [0, 255, 1]]


def test_a_command_may_be_of_any_size(shell: Shell) -> None:
    text = "line of a document\n" * 50_000
    digest = shell.run(f"md5sum <<'END'\n{text}END\necho after")["stdout"]
    assert digest == shell.sandbox.run("md5sum", stdin=text)["stdout"] + "after\n"


# -- output of jobs and of commands ------------------------------------------------------------------------


def test_a_job_does_not_talk_into_later_commands(shell: Shell) -> None:
    job = 'while read -r word; do echo "job $word"; /bin/echo too; done < /tmp/talk'
    shell.run(f"mkfifo /tmp/talk; {job} & exec 9> /tmp/talk")
    result = shell.run("echo one >&9; sleep 0.1; echo mine")
    assert (result["stdout"], result["background"]) == ("mine\n", "job one\ntoo\n")
    told = shell.run("echo two >&9")["background"]
    assert "job two" in told + shell.run("sleep 0.1; rm /tmp/talk; exec 9>&-")["background"]


def test_what_a_command_leaves_running_is_told_with_the_next(shell: Shell) -> None:
    assert shell.output("(sleep 0.2; echo late) & echo now") == "now\n"
    result = shell.run("wait")
    assert (result["stdout"], result["background"]) == ("", "late\n")


def test_process_substitutions_belong_to_their_command(shell: Shell) -> None:
    for n in range(5):
        assert sorted(shell.output(f"echo {n} | tee >(tr 0-9 a-j) >(tr 0-9 A-J)").split()) == [
            str(n), "ABCDE"[n], "abcde"[n],
        ]  # fmt: skip
    assert shell.output("echo x > >(cat; echo end)") == "x\nend\n"
    assert shell.output("diff <(echo 1) <(echo 1) && echo same") == "same\n"


def test_a_filter_that_stays(shell: Shell) -> None:
    shell.run("exec 8>&1 > >(tee /tmp/filter.log)")
    result = shell.run("echo through")
    assert (result["stdout"], result["redirected"]) == ("through\n", ["stdout"])
    assert shell.run("exec >&8 8>&-")["redirected"] == []
    assert shell.output("cat /tmp/filter.log") == "through\n"


def test_a_shell_that_has_sent_its_output_away_says_so(shell: Shell) -> None:
    assert shell.run("exec > /tmp/away 2>&-; echo gone")["redirected"] == ["stdout", "stderr"]
    result = shell.run("echo gone too")
    assert (result["stdout"], result["redirected"]) == ("", ["stdout", "stderr"])
    assert shell.sandbox.output("cat /tmp/away") == "gone\ngone too\n"


# -- how commands end --------------------------------------------------------------------------------------


def test_a_timeout_interrupts_and_the_shell_stays(shell: Shell) -> None:
    shell.run("kept=yes")
    for command in (
        "echo begun; sleep 1000; echo no",
        "echo begun; while :; do :; done",
        "echo begun; while :; do sleep 0.01; done",
        "echo begun; (sleep 1000; echo no) | cat; echo no",
    ):
        result = shell.run(command, timeoutMs=300)
        told = result["stdout"], result["exitCode"], result["timedOut"], result["ended"]
        assert told == ("begun\n", 124, True, False), command
        assert shell.output("echo $kept") == "yes\n"


def test_interrupt_and_abort(shell: Shell) -> None:
    seen = shell.sandbox.evaluate(
        """const onStdout = () => window.shell.interrupt();
        const first = await window.shell.run("kept=1; echo x; sleep 1000", { onStdout });
        const controller = new AbortController();
        let second;
        try {
            await window.shell.run("echo y; sleep 1000",
                { signal: controller.signal, onStdout: () => controller.abort() });
        } catch (error) { second = [error.name, error.result.stdout, error.result.exitCode]; }
        await window.shell.interrupt();
        const third = await window.shell.run("echo $kept");
        return [first.exitCode, first.timedOut, second, third.stdout]"""
    )
    assert seen == [130, False, ["AbortError", "y\n", 130], "1\n"]


def test_restart(shell: Shell) -> None:
    seen = shell.sandbox.evaluate(
        """await window.shell.run("x=1; sleep 1000 &");
        const running = window.shell.run("sleep 1000");
        await window.shell.restart();
        const { ended, signal } = await running;
        const { stdout, restarted } = await window.shell.run("echo $x.; jobs");
        return [ended, signal, stdout, restarted]"""
    )
    assert seen == [True, "SIGKILL", ".\n", True]


def test_errors_end_what_they_end(shell: Shell) -> None:
    ended = shell.run("trap 'echo bye' EXIT; set -e; false; echo no")
    assert (ended["stdout"], ended["exitCode"], ended["ended"]) == ("bye\n", 1, True)
    fresh = shell.run("echo $-; ${x?no such thing}; echo no")
    assert (fresh["restarted"], fresh["stdout"], fresh["exitCode"], fresh["ended"]) == (
        True,
        "hB\n",
        127,
        True,
    )
    assert shell.run("x=1; readonly x; x=2; echo no")["stderr"] == "bash: line 1: x: readonly variable\n"
    assert shell.output("echo $x") == "1\n"


HOSTILE = [
    "echo 'unclosed",
    'echo "unclosed',
    "echo $(unclosed",
    "echo `unclosed",
    "if true; then",
    "case x in",
    "f() {",
    "cat <<EOF\nno end",
    "cat <<EOF\ntext\nEOF\necho after the terminator; cat <<'X'\n$y\nX",
    "cat <<EOF\nEOF x\nEOF",
    "((",
    "[[ -z '>' --",
    ")",
    "}",
    "echo a\\",
    "echo a \\\n",
    "# only a remark",
    "",
    "\n\n",
    "exec 0<&-",
    "exec 1>&- 2>&-",
    'for fd in {0..255}; do eval "exec $fd<&-"; done',
    "exec 255<&- 10<&-",
    "exec < /dev/null > /dev/null 2> /dev/null",
    "exec cat",
    "exec bash",
    "exec bash --session",
    "exec /nosuch",
    "bash --session",
    "kill -9 $$",
    "kill -9 0",
    "kill -STOP $$",
    "set -m; sleep 1000 & kill -STOP %1; fg",
    "set -m; bash -c 'kill -STOP $$'; jobs",
    "suspend -f",
    "trap '' INT TERM HUP; sleep 1000",
    "trap '' INT; while :; do sleep 0.01; done",
    "trap 'echo trapped' INT; while :; do :; done",
    "trap 'while :; do :; done' EXIT; exit",
    "trap 'echo debug' DEBUG; echo x",
    "trap 'echo err' ERR; false",
    "trap 'exit 9' CHLD; /bin/true; sleep 0.05",
    "set -x; PS4='$(exit 3)'; echo x",
    "PROMPT_COMMAND='exit'; PS1='$(exit)'; PS0='x'; echo x",
    "eval() { :; }; builtin() { :; }; command() { :; }; echo() { :; }; exec() { :; }; read() { :; }; true",
    "enable -n echo eval exec read; echo x",
    "alias echo='cat' true='sleep 1000' '{'='('; shopt -s expand_aliases\necho x",
    "unset PATH HOME IFS PWD BASH_VERSION; hash -r",
    "set -n",
    "set -v; echo x",
    "set -o posix; :; export nosuch-name=1",
    "set -r; cd /",
    "ulimit -n 3; ls",
    "return 5",
    "break 5; continue 5",
    "exit 300",
    "f() { f; }; f",
    "x=$(yes | head -c 3000000); echo ${#x}",
    "head -c 100000 /dev/urandom",
    "printf '\\0\\033]0;\\007\\377\\376'",
    "read x; read -u 0 y; cat - <&0; echo end",
    "coproc cat; echo hi >&${COPROC[1]}",
    "yes & yes > /dev/null & sleep 0.05",
    "mkdir /tmp/hole; cd /tmp/hole; rmdir /tmp/hole; pwd",
    ":(){ :|:& };:",
    "cat > /dev/full; echo x > /dev/full",
    "sleep 1000 | sleep 1000 & wait",
    "(trap '' INT TERM; setsid sleep 1000) & disown; exit 3",
]


def test_nothing_wedges_it(shell: Shell) -> None:
    """After each of these the shell executes the next command, and its output is that command's alone."""
    assert len(HOSTILE) >= 50
    for n, command in enumerate(HOSTILE):
        result = shell.run(command, **PATIENCE)
        assert result["timedOut"] or result["exitCode"] != 124, command
        # a shell that is as it should be, whether or not the command has ended the one before
        check = shell.sandbox.evaluate(
            """let fresh = false;
            for (;;) {
                const check = `builtin printf '%s\\\\n' check-${arg} || /usr/bin/printf 'check-${arg}\\\\n'`;
                const r = await window.shell.run(check, { timeoutMs: 2000, graceMs: 600 });
                if (fresh || (!r.redirected.length && r.stdout.includes(`check-${arg}`))) return r.stdout;
                await window.shell.restart();
                fresh = true;
            }""",
            n,
        )
        assert check.splitlines()[-1:] == [f"check-{n}"] or "debug" in check, (command, check)
        shell.sandbox.evaluate("await window.shell.restart()")
    assert shell.output("echo still here") == "still here\n"


# -- recorded cases, one after the other in one shell ------------------------------------------------------

#: what changes the shell for all that come later is for a shell of its own
LEAVES_TRACES = (
    "trap",
    "set -",
    "exit",
    "IFS",
    "shopt",
    "exec",
    "umask",
    "readonly",
    "ulimit",
    "$$",
    "alias",
    "export",
    "PAGER",
    "hash",
)
KEPT = [case for case in CASES if not any(trace in case.script for trace in LEAVES_TRACES)]


def test_recorded_scripts_one_after_the_other(shell: Shell) -> None:
    for case in random.Random(9).sample(KEPT, 60):
        run_recorded(shell, case)


def run_recorded(shell: Shell, case: Case) -> None:
    skip_unless_built(case.package)
    place = f"/home/user/shell-{name(case).replace('/', '-')}"
    exports = "; ".join(f"export {variable}={value}" for variable, value in ENVIRONMENT.items())
    assert shell.output(f"mkdir {place}; cd {place}; export HOME={place}; {exports}") == ""
    recorded = expected(case.package)[case.key]
    result = shell.run(case.script, timeoutMs=15_000)
    told = result["stdout"], result["exitCode"], result["ended"]
    assert told == (recorded["stdout"], recorded["status"], False), (case, result["stderr"])
    shell.run(f"cd /home/user; chmod -R u+rwx {place}; rm -rf {place}")
