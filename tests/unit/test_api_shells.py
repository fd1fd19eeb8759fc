"""Persistent shells: whose output is whose, and what an interrupt reaches."""

from __future__ import annotations

import json

from tabux.abi.signal import SIGINT, SIGKILL
from tabux.api import commands, shells
from tabux.kernel.process import Process

from tests.unit.fs_support import failure
from tests.unit.kernel_support import System


def shell_of(s: System) -> Process:
    commands.run(s.kernel, "/tmp", 0)
    return s.kernel.processes[s.ints(1)[0]]


def test_what_a_process_writes_is_output_of_the_command_that_started_it() -> None:
    s = System()
    k, shell = s.kernel, shell_of(s)
    assert shells.begin(k, shell.pid) == 1
    job = s.fork(shell)
    assert shells.concerns(k, shell.pid, 1, job.pid) == 1
    assert shells.begin(k, shell.pid) == 2
    child = s.fork(job)
    own = s.fork(shell)
    assert [shells.concerns(k, shell.pid, 2, p.pid) for p in (job, child, own)] == [0, 0, 1]
    assert shells.concerns(k, shell.pid, 2, s.leader().pid) == 0
    assert shells.concerns(k, shell.pid, 2, 999) == 0
    s.call("exit", shell, 0)
    assert shells.concerns(k, shell.pid, 2, own.pid) == 1


def test_a_filter_of_the_shell_belongs_to_every_command() -> None:
    s = System()
    k, shell = s.kernel, shell_of(s)
    shells.begin(k, shell.pid)
    reader, writer = s.pipe(shell)
    tee = s.fork(shell)
    s.call("close", shell, reader)
    s.call("close", tee, writer)
    below = s.fork(tee)
    s.call("close", below, reader)
    shells.begin(k, shell.pid)
    assert [shells.concerns(k, shell.pid, 2, p.pid) for p in (tee, below)] == [1, 1]
    s.call("close", shell, writer)
    assert [shells.concerns(k, shell.pid, 2, p.pid) for p in (tee, below)] == [0, 0]


def test_an_interrupt_leaves_the_shell_and_earlier_jobs() -> None:
    s = System()
    k, shell = s.kernel, shell_of(s)
    s.catch(shell, SIGINT)
    shells.begin(k, shell.pid)
    job = s.fork(shell)
    s.execute(job)
    shells.begin(k, shell.pid)
    child = s.fork(shell)
    s.execute(child)
    s.call("kill", shell, child.pid, 19)
    shells.interrupt(k, shell.pid, 0)
    assert s.gate.ended == {child.pid: SIGINT} and s.handle(shell) == [SIGINT]
    deaf = s.fork(shell)
    s.catch(deaf, SIGINT)
    shells.interrupt(k, shell.pid, 1)
    assert s.gate.ended == {child.pid: SIGINT, deaf.pid: SIGKILL}
    assert s.handle(shell) == [SIGINT]


def test_an_interrupt_reaches_what_was_between_fork_and_execve() -> None:
    s = System()
    k, shell = s.kernel, shell_of(s)
    shells.begin(k, shell.pid)
    s.catch(shell, SIGINT)
    child, other = s.fork(shell), s.fork(shell)
    undecided = shells.interrupt(k, shell.pid, 0)
    assert json.loads(undecided) == [child.pid, other.pid]
    s.handle(child)
    s.handle(other)
    s.execute(child)
    shells.interrupt_again(k, undecided)
    assert s.gate.ended == {child.pid: SIGINT}


def test_where_a_shell_is() -> None:
    s = System()
    k, shell = s.kernel, shell_of(s)
    assert shells.cwd(k, shell.pid) == "/tmp"
    s.call("mkdirat", shell, -100, "/tmp/gone", 0o755)
    assert s.call("chdir", shell, "/tmp/gone") == 0
    assert s.call("unlinkat", shell, -100, "/tmp/gone", 0x200) == 0
    assert failure(shells.cwd, k, shell.pid) == "ENOENT"
    s.call("exit", shell, 0)
    assert failure(shells.cwd, k, shell.pid) == "ESRCH" == failure(shells.begin, k, shell.pid)
