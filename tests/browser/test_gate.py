"""The gate under C programs: what libc promises holds, and what no libc would do does no harm."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from .guest_machine import guest_machine
from .guest_programs import build
from .pages import SandboxPage

THEMES = ("signals", "restarts", "children", "pipes", "polls", "spawns", "files", "locks", "output")


@pytest.fixture
def machine(sandbox: SandboxPage) -> Iterator[SandboxPage]:
    """A sandbox with the guest programs; a test must leave the kernel without a complaint."""
    programs = {name: partial(build, name) for name in ("unix", "hostile", "mappings")}
    with guest_machine(sandbox, programs) as machine:
        yield machine


def passes(machine: SandboxPage, command: str) -> None:
    """Runs a guest program in an empty directory; every check of it must hold."""
    result = machine.run(f"cd $(mktemp -d) && {command}", timeoutMs=20_000)
    assert (result["exitCode"], result["stderr"]) == (0, ""), result["stdout"]
    assert result["stdout"].endswith("0 failed\n") and not result["stdout"].startswith("0 checks")


@pytest.mark.parametrize("theme", THEMES)
def test_libc_and_kernel(machine: SandboxPage, theme: str) -> None:
    passes(machine, f"unix {theme}")


def test_mapped_files_and_copies(machine: SandboxPage) -> None:
    passes(machine, "mappings")


@pytest.mark.parametrize("part", ["errors", "vfork", "wait"])
def test_what_libc_would_never_do(machine: SandboxPage, part: str) -> None:
    passes(machine, f"hostile {part}")


@pytest.mark.parametrize("seed", range(3))
def test_any_call_with_any_arguments(machine: SandboxPage, seed: int) -> None:
    passes(machine, f"hostile random {seed}")
    assert machine.output("echo alive; seq 3 | wc -l") == "alive\n3\n"


def test_nobody_is_left(machine: SandboxPage) -> None:
    machine.run("sleep 100 & (setsid sleep 100 &) ; sleep 100", timeoutMs=200)
    left = machine.output("for p in /proc/[0-9]*; do read -r name < $p/comm; echo $name; done").split()
    assert left == ["init", "bash"]


def test_many_short_processes_leave_no_memory_taken(machine: SandboxPage) -> None:
    # a renderer has about 125 memories: more than that in all, some killed while they sleep
    script = "for i in {1..60}; do sleep 9 & kill -9 $!; (exit 3); wait $!; done; echo $?"
    assert machine.run(script, timeoutMs=20_000)["stdout"] == "137\n"
    assert machine.output("for i in {1..40}; do sleep 0.05 & done; wait; echo done") == "done\n"


def test_cpu_time(machine: SandboxPage) -> None:
    text = machine.run("TIMEFORMAT='%U %R'; time (for ((i = 0; i < 200000; i++)); do :; done)")["stderr"]
    user, real = map(float, text.split())
    assert 0.3 * real < user <= real + 0.05
    text = machine.run("TIMEFORMAT='%U %R'; time sleep 0.3")["stderr"]
    user, real = map(float, text.split())
    assert user < 0.2 and real >= 0.3


def test_a_terminals_number_can_be_used_again_at_once(machine: SandboxPage) -> None:
    output = machine.evaluate(
        """const first = await sandbox.pty.create({ onData() {} });
        await first.kill();
        let text = "";
        const second = await sandbox.pty.create({ onData(data) { text += new TextDecoder().decode(data); } });
        await first.exited;
        await second.write("echo $((6 * 7)); exit 3\\n");
        const status = await second.exited;
        return [text.includes("42"), status];"""
    )
    assert output == [True, 3]
