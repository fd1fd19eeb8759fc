"""Threads of a program: what pthreads promise, fairness, and every way in which such a program ends."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from .guest_machine import guest_machine
from .guest_programs import build
from .pages import SandboxPage

THEMES = (
    "life", "mutexes", "conditions", "semaphores", "variables", "signals", "cancelling", "turns", "children",
    "names", "words",
)  # fmt: skip
#: the arguments that leave the program waiting in the background, all its threads begun
WAITS = "waits > /tmp/waits & until [ -s /tmp/waits ]; do sleep 0.01; done; rm /tmp/waits;"


@pytest.fixture
def machine(sandbox: SandboxPage) -> Iterator[SandboxPage]:
    """A sandbox with the guest program, as `forking` too where it can fork; the kernel must not complain."""
    programs = {"threads": partial(build, "threads", fork="none"), "forking": partial(build, "threads")}
    with guest_machine(sandbox, programs) as machine:
        yield machine


def passes(machine: SandboxPage, command: str) -> None:
    """Runs the guest program; every check of it must hold."""
    result = machine.run(command, timeoutMs=30_000)
    assert (result["exitCode"], result["stderr"]) == (0, ""), result["stdout"]
    assert result["stdout"].endswith(" 0 failed\n") and not result["stdout"].startswith("0 checks")


@pytest.mark.parametrize("theme", THEMES)
def test_threads(machine: SandboxPage, theme: str) -> None:
    passes(machine, f"threads {theme}")


@pytest.mark.parametrize("theme", ["forks", "life", "variables"])
def test_threads_of_a_program_that_forks(machine: SandboxPage, theme: str) -> None:
    passes(machine, f"forking {theme}")


@pytest.mark.parametrize(
    ("how", "status", "output"),
    [
        ("exit", 7, ""),
        ("exec", 6, "1\n"),
        ("trap", 132, ""),
        ("main", 8, ""),
        ("leave", 0, "last\n"),
        (f"{WAITS} kill $!; wait $!", 143, ""),
        (f"{WAITS} kill -9 $!; wait $!", 137, ""),
    ],
)
def test_every_end_is_the_end_of_all_threads(
    machine: SandboxPage, how: str, status: int, output: str
) -> None:
    result = machine.run(f"threads {how}", timeoutMs=10_000)
    assert (result["exitCode"], result["stdout"]) == (status, output)
    left = machine.output("for p in /proc/[0-9]*; do read -r name < $p/comm; echo $name; done").split()
    assert left == ["init", "bash"]


def test_a_stop_stops_all_threads(machine: SandboxPage) -> None:
    script = (
        f"threads {WAITS} kill -STOP $!; cat /proc/$!/task/*/stat | cut -d ' ' -f 3 | uniq;"
        "kill -CONT $!; kill $!; wait $! 2> /dev/null; echo $?"
    )
    assert machine.output(script) == "T\n143\n"


def test_many_programs_with_threads_leave_no_memory_taken(machine: SandboxPage) -> None:
    # a renderer has about 125 memories: more than that in all, ended in different ways
    script = (
        "for i in {1..50}; do threads waits > /dev/null & threads exit; kill -9 $!; threads main; done;"
        "wait; for i in {1..40}; do sleep 0.05 & done; wait; echo done"
    )
    assert machine.run(f"{{ {script}; }} 2> /dev/null", timeoutMs=30_000)["stdout"] == "done\n"


@pytest.mark.parametrize(
    "script",
    [
        "xz -T2 --block-size=100000 < in | xz -dc | cmp - in",
        "xz -T1 --block-size=100000 < in > a.xz; xz -dc -T4 a.xz | cmp - in",
        "zstd -q -T4 -B100000 -c in | zstd -q -dc | cmp - in",
        "zstd -q -T1 -c in | zstd -q -dc | cmp - in",
        "sort --parallel=4 -S 20M in > a; sort --parallel=1 in | cmp - a && sort -n --parallel=3 a|cmp - in",
    ],
)
def test_tools_with_several_threads_give_right_results(machine: SandboxPage, script: str) -> None:
    assert machine.output(f"cd $(mktemp -d) && seq 200000 > in && {script} && echo right") == "right\n"
