"""Threads in the kernel: whose signals are whose, and what is left of a process when threads end."""

from __future__ import annotations

import pytest
from kernel_support import System
from tabux.abi.signal import SIG_DFL, SIG_IGN, SIGCHLD, SIGCONT, SIGINT, SIGPIPE, SIGSTOP, SIGTERM, SIGUSR1
from tabux.kernel.kernel import MAX_THREADS
from tabux.kernel.process import STOPPED, ZOMBIE, Process, Thread


def bits(*sigs: int) -> int:
    return sum(1 << (sig - 1) for sig in sigs)


def clone(s: System, of: Process | Thread) -> Thread:
    """One more thread, by a thread or the first of a process."""
    tid = s.call("clone", number(of))
    assert isinstance(tid, int), tid
    return s.kernel.threads[tid]


def number(of: Process | Thread) -> int:
    return of.tid if isinstance(of, Thread) else of.pid


def block(s: System, t: Process | Thread, *sigs: int) -> None:
    mask = bits(*sigs)
    assert s.call("sigprocmask", number(t), 2, mask & 0xFFFFFFFF, mask >> 32) == 0


@pytest.fixture
def s() -> System:
    return System()


def test_numbers_come_from_the_same_count_as_those_of_processes(s: System) -> None:
    p = s.leader()
    t = clone(s, p)
    child = s.fork(p)
    assert p.pid < t.tid < child.pid and list(p.threads) == [p.pid, t.tid]
    assert t.tid not in s.kernel.processes and s.call("getppid", t.tid) == s.call("getppid", p)


def test_a_thread_has_the_mask_and_the_name_of_its_maker(s: System) -> None:
    p = s.leader()
    block(s, p, SIGUSR1)
    s.call("set_name", p, "a-name-that-is-too-long")
    t = clone(s, p)
    assert t.mask == bits(SIGUSR1) and t.comm == "a-name-that-is-" and t.pending == 0
    s.call("set_name", t.tid, "worker")
    assert s.call("get_name", t.tid) == 0 and bytes(s.kernel.mailbox[:16]) == b"worker".ljust(16, b"\0")
    assert p.comm == "a-name-that-is-"


def test_there_is_an_end_to_threads(s: System) -> None:
    p = s.leader()
    made = [clone(s, p) for _ in range(MAX_THREADS)]
    assert s.call("clone", p) == "EAGAIN"
    s.call("exit_thread", made[0].tid, 0)
    assert clone(s, p).process is p
    assert isinstance(s.call("fork", p), int), "RLIMIT_NPROC counts processes"


def test_the_first_thread_that_does_not_block_a_signal_takes_it(s: System) -> None:
    p = s.leader()
    t, u = clone(s, p), clone(s, p)
    s.catch(p, SIGUSR1)
    block(s, p, SIGUSR1)
    block(s, t, SIGUSR1)
    s.call("kill", p, p.pid, SIGUSR1)
    assert s.gate.due == {u.tid: True}
    assert s.call("sigtake", u.tid) == SIGUSR1 and s.call("sigtake", u.tid) == 0
    assert not p.pending and s.gate.due == {u.tid: False}


def test_a_signal_that_all_block_waits_for_the_first_who_does_not(s: System) -> None:
    p = s.leader()
    t = clone(s, p)
    s.catch(p, SIGUSR1)
    block(s, p, SIGUSR1)
    block(s, t, SIGUSR1)
    s.woken()
    s.call("kill", p, p.pid, SIGUSR1)
    assert p.pending == bits(SIGUSR1) and not s.gate.due and s.woken() == [p.pid], "one may be in sigwait"
    block(s, t)
    assert s.gate.due == {t.tid: True}


def test_sigwait_takes_what_is_pending_for_the_thread_first(s: System) -> None:
    p = s.leader()
    t = clone(s, p)
    block(s, p, SIGUSR1)
    block(s, t, SIGUSR1)
    s.call("tgkill", p, p.pid, t.tid, SIGUSR1)
    s.call("kill", p, p.pid, SIGUSR1)
    assert (t.pending, p.pending) == (bits(SIGUSR1), bits(SIGUSR1))
    assert s.call("sigtake_from", t.tid, bits(SIGUSR1), 0) == SIGUSR1 and (t.pending, p.pending) == (
        0,
        bits(SIGUSR1),
    )
    assert s.call("sigtake_from", t.tid, bits(SIGUSR1), 0) == SIGUSR1
    assert s.call("sigtake_from", t.tid, bits(SIGUSR1), 0) == 0


def test_a_signal_to_a_thread_is_only_its_own(s: System) -> None:
    p = s.leader()
    t = clone(s, p)
    s.catch(p, SIGUSR1)
    block(s, t, SIGUSR1)
    s.call("tgkill", p, p.pid, t.tid, SIGUSR1)
    assert not s.gate.due and s.call("sigpending", p) == 0 and s.ints(1) == (0,)
    s.call("sigpending", t.tid)
    assert s.ints(1) == (bits(SIGUSR1),)
    block(s, t)
    assert s.gate.due == {t.tid: True}


@pytest.mark.parametrize(
    ("tgid", "tid", "sig", "answer"),
    [(0, 0, 999, "EINVAL"), (0, 0, 0, 0), (1000, 0, 0, "ESRCH"), (-1, 0, 0, 0), (-1, 1000, 0, "ESRCH")],
)
def test_tgkill(s: System, tgid: int, tid: int, sig: int, answer: int | str) -> None:
    p = s.leader()
    t = clone(s, p)
    assert s.call("tgkill", p, tgid or p.pid, tid or t.tid, sig) == answer


def test_default_actions_are_for_the_whole_process(s: System) -> None:
    p = s.leader()
    t = clone(s, p)
    s.call("tgkill", p, p.pid, t.tid, SIGSTOP)
    assert p.state == STOPPED
    s.call("kill", p, p.pid, SIGCONT)
    assert p.state != STOPPED
    s.call("tgkill", p, p.pid, t.tid, SIGTERM)
    assert p.state == ZOMBIE and s.gate.ended == {p.pid: SIGTERM} and t.tid not in s.kernel.threads


def test_what_becomes_ignored_is_pending_for_no_thread(s: System) -> None:
    p = s.leader()
    t = clone(s, p)
    s.catch(p, SIGUSR1)
    block(s, t, SIGUSR1)
    s.call("tgkill", p, p.pid, t.tid, SIGUSR1)
    s.catch(p, SIGUSR1, SIG_IGN)
    assert t.pending == 0
    s.catch(p, SIGUSR1, SIG_DFL)


def test_a_broken_pipe_is_the_writers(s: System) -> None:
    p = s.leader()
    t = clone(s, p)
    s.catch(p, SIGPIPE)
    s.call("sigself", t.tid, SIGPIPE)
    assert s.gate.due == {t.tid: True}


def test_another_thread_takes_over_the_signals_of_one_that_ends_or_blocks_them(s: System) -> None:
    p = s.leader()
    t, u = clone(s, p), clone(s, p)
    s.catch(p, SIGUSR1)
    s.catch(p, SIGINT)
    block(s, p, SIGUSR1, SIGINT)
    s.call("kill", p, p.pid, SIGUSR1)
    s.call("kill", p, p.pid, SIGINT)
    assert s.gate.due == {t.tid: True}
    s.call("exit_thread", t.tid, 0)
    assert s.gate.due[u.tid] and s.handle_in(u.tid) == [SIGINT, SIGUSR1]
    s.call("kill", p, p.pid, SIGUSR1)
    v = clone(s, u)
    block(s, u, SIGUSR1)
    assert s.gate.due[v.tid] and not s.gate.due[u.tid]


def test_a_process_ends_with_its_last_thread_as_the_first_has_ended(s: System) -> None:
    parent = s.leader()
    p = s.fork(parent)
    t = clone(s, p)
    s.call("exit_thread", p.pid, 3)
    assert p.state != ZOMBIE and p.leader.exited and list(p.threads) == [t.tid]
    assert s.text(parent, f"/proc/{p.pid}/stat").split()[2] == "Z"
    assert s.call("tgkill", p, p.pid, p.pid, SIGUSR1) == 0 and p.state != ZOMBIE, "nobody is there to take it"
    s.call("exit_thread", t.tid, 5)
    assert s.wait(parent) == (p.pid, 3 << 8) and p.pid not in s.kernel.threads


def test_execve_leaves_one_thread_with_the_number_of_the_process(s: System) -> None:
    p = s.leader()
    t, u = clone(s, p), clone(s, p)
    block(s, t, SIGUSR1)
    s.call("tgkill", p, p.pid, t.tid, SIGUSR1)
    assert isinstance(s.call("exec_lookup", t.tid, "/usr/bin/true", 0), int)
    assert s.call("exec_commit", t.tid) == 0
    assert list(p.threads) == [p.pid] and p.comm == "true" and {t.tid, u.tid}.isdisjoint(s.kernel.threads)
    assert p.leader.mask == bits(SIGUSR1) == p.leader.pending and not p.leader.exited
    assert s.call("sigpending", t.tid) == "ESRCH"


def test_a_child_has_only_the_thread_that_forked(s: System) -> None:
    p = s.leader()
    t = clone(s, p)
    block(s, t, SIGTERM)
    s.call("set_name", t.tid, "worker")
    pid = s.call("fork", t.tid)
    assert isinstance(pid, int)
    child = s.kernel.processes[pid]
    assert child.parent is p and list(child.threads) == [pid] and child.leader.mask == bits(SIGTERM)
    assert child.comm == "worker"


def test_a_blocked_sigchld_is_there_for_the_thread_that_waits_for_it(s: System) -> None:
    p = s.leader()
    t = clone(s, p)
    block(s, t, SIGCHLD)
    block(s, p, SIGCHLD)
    s.call("exit", s.fork(p), 0)
    assert s.call("sigtake_from", t.tid, bits(SIGCHLD), 0) == SIGCHLD


def test_proc_tells_of_threads(s: System) -> None:
    p = s.leader()
    t = clone(s, p)
    s.call("set_name", t.tid, "worker")
    block(s, t, SIGUSR1)
    s.call("tgkill", p, p.pid, t.tid, SIGUSR1)
    s.gate.asleep.add(t.tid)
    s.gate.cpu[t.tid] = 50.0
    place = f"/proc/{p.pid}/task/{t.tid}"
    stat = s.text(p, f"{place}/stat").split()
    assert stat[:3] == [str(t.tid), "(worker)", "S"] and stat[13] == "5" and stat[19] == "2"
    assert s.text(p, f"/proc/{p.pid}/stat").split()[:3] == [str(p.pid), f"({p.comm})", "R"]
    status = dict(line.split(":\t", 1) for line in s.text(p, f"{place}/status").splitlines())
    assert (status["Tgid"], status["Pid"], status["Threads"]) == (str(p.pid), str(t.tid), "2")
    assert (
        int(status["SigPnd"], 16) == int(status["SigBlk"], 16) == bits(SIGUSR1) != int(status["ShdPnd"], 16)
    )
    assert s.text(p, f"{place}/comm") == "worker\n"
    directory = s.open(p, f"/proc/{p.pid}/task")
    length = s.call("getdents64", p, directory, 4096)
    assert isinstance(length, int)
    assert str(t.tid).encode() in bytes(s.kernel.mailbox[:length])
    assert s.call("openat", p, -100, f"/proc/{p.pid}/task/1/stat", 0, 0) == "ENOENT"
