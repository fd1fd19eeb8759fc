"""fork, execve, exit and wait."""

from __future__ import annotations

import pytest
from tabux.abi.signal import SIGCHLD, SIGCONT, SIGHUP, SIGKILL, SIGSTOP, SIGTERM, SIGUSR1
from tabux.kernel.kernel import MAX_PROCESSES

from tests.unit.kernel_support import HANDLER, OTHER_HANDLER, System, linux

O_CLOEXEC = 0o2000000
WNOHANG, WUNTRACED, WEXITED, WCONTINUED, WNOWAIT = 1, 2, 4, 8, 0x01000000
SA_NOCLDSTOP, SA_NOCLDWAIT = 1, 2
RLIMIT_NPROC = 6


def test_a_child_has_what_fork_says() -> None:
    s = System()
    p = s.leader()
    s.call("umask", p, 0o77)
    s.call("chdir", p, "/usr")
    s.catch(p, SIGUSR1)
    s.block(p, SIGTERM)
    s.call("kill", p, p.pid, SIGTERM)
    reader, _ = s.pipe(p, O_CLOEXEC)
    s.call("setitimer", p, 0, 0, 1_000_000)
    child = s.fork(p)
    assert (child.pgid, child.sid, child.umask, child.cwd) == (p.pgid, p.sid, 0o77, p.cwd)
    assert s.call("getppid", child) == p.pid
    assert child.files[reader] is p.files[reader] and child.cloexec == p.cloexec
    assert child.leader.mask == p.leader.mask and child.actions[SIGUSR1].handler == HANDLER
    # what is not inherited
    assert child.pending == 0 and child.alarm is None


def test_what_a_child_changes_is_its_own() -> None:
    s = System()
    p = s.leader()
    fd, _ = s.pipe(p)
    child = s.fork(p)
    s.call("close", child, fd)
    s.catch(child, SIGUSR1, OTHER_HANDLER)
    s.call("umask", child, 0)
    assert fd in p.files and SIGUSR1 not in p.actions and p.umask == 0o22


def test_the_limit_of_processes() -> None:
    s = System()
    p = s.leader()
    while (made := s.call("fork", p)) != "EAGAIN":
        assert isinstance(made, int)
    assert len(s.kernel.processes) == MAX_PROCESSES + 1  # init does not count
    s.call("exit", s.kernel.last_pid, 0)
    assert s.call("fork", p) == "EAGAIN", "a zombie counts"
    s.wait(p)
    assert s.call("fork", p) != "EAGAIN"


def test_rlimit_nproc_counts_the_processes_of_the_user() -> None:
    s = System()
    p, root = s.leader(), s.root()
    assert s.call("prlimit64", p, 0, RLIMIT_NPROC, 1, 2, 2) == 0
    assert isinstance(s.call("fork", p), int)
    assert s.call("fork", p) == "EAGAIN"
    assert s.call("prlimit64", root, 0, RLIMIT_NPROC, 1, 1, 1) == 0
    assert isinstance(s.call("fork", root), int), "root has no such limit"


_STATUSES = """
import json, os, resource, signal
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
found = {}
for sig in range(1, 65):
    if sig in (32, 33):
        continue  # libc's own
    pid = os.fork()
    if not pid:
        if sig not in (9, 19):
            signal.signal(sig, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.setpgid(0, 0)
        os.kill(os.getpid(), sig)
        os._exit(7)
    found[sig] = os.waitpid(pid, os.WUNTRACED)[1]
    if os.WIFSTOPPED(found[sig]):
        os.kill(pid, 9)
        os.waitpid(pid, 0)
print(json.dumps(found))
"""


def test_every_signal_ends_stops_or_leaves_a_process_as_on_linux() -> None:
    s = System()
    p = s.leader()
    ours = {}
    for sig in range(1, 65):
        if sig in (32, 33):
            continue
        child = s.fork(p)
        s.call("setpgid", child, 0, 0)
        s.call("kill", child, child.pid, sig)
        if child.pid not in s.gate.ended and not s.gate.stopped.get(child.pid):
            s.call("exit", child, 7)
        status = s.wait(p, child.pid, WUNTRACED)
        assert isinstance(status, tuple)
        ours[str(sig)] = status[1]
        s.call("kill", p, child.pid, SIGKILL)
        s.wait(p, child.pid, WNOHANG)
    assert ours == linux(_STATUSES)


@pytest.mark.parametrize("code, status", [(0, 0), (1, 0x100), (255, 0xFF00), (256, 0), (-1, 0xFF00)])
def test_exit_statuses(code: int, status: int) -> None:
    s = System()
    p = s.leader()
    child = s.fork(p)
    s.call("exit", child, code)
    assert s.wait(p) == (child.pid, status)


def test_wait_selects_children() -> None:
    s = System()
    p = s.leader()
    one, two, three = (s.fork(p) for _ in range(3))
    s.call("setpgid", two, 0, 0)
    assert s.wait(p) == "BLOCKED"
    assert s.wait(p, options=WNOHANG) == 0
    for child in (one, two, three):
        s.call("exit", child, 0)
    assert s.wait(p, -two.pid) == (two.pid, 0)
    assert s.wait(p, -two.pid) == "ECHILD"
    assert s.wait(p, three.pid) == (three.pid, 0)
    assert s.wait(p, 0) == (one.pid, 0)
    assert s.wait(p) == "ECHILD"
    assert s.wait(p, options=0x1000) == "EINVAL"
    assert s.wait(p, p.pid) == "ECHILD"


def test_the_end_of_a_child_wakes_its_parent() -> None:
    s = System()
    p = s.leader()
    child = s.fork(p)
    s.woken()
    s.call("exit", child, 0)
    assert p.pid in s.woken()


def test_orphans_are_inits_and_leave_no_zombie() -> None:
    s = System()
    p = s.leader()
    child = s.fork(p)
    living, zombie = s.fork(child), s.fork(child)
    s.call("exit", zombie, 0)
    s.call("exit", child, 0)
    assert zombie.pid not in s.kernel.processes
    assert s.call("getppid", living) == 1
    s.call("exit", living, 0)
    assert living.pid not in s.kernel.processes
    assert s.wait(p) == (child.pid, 0)


@pytest.mark.parametrize("handler, flags", [(1, 0), (0, SA_NOCLDWAIT), (HANDLER, SA_NOCLDWAIT)])
def test_children_of_who_ignores_sigchld_leave_no_zombie(handler: int, flags: int) -> None:
    s = System()
    p = s.leader()
    s.catch(p, SIGCHLD, handler, flags)
    child = s.fork(p)
    assert s.wait(p) == "BLOCKED"
    s.call("exit", child, 3)
    assert s.wait(p) == "ECHILD"
    assert s.handle(p) == ([SIGCHLD] if handler == HANDLER else [])


def test_sigchld_can_be_waited_for_without_a_handler() -> None:
    s = System()
    p = s.leader()
    s.block(p, SIGCHLD)
    child = s.fork(p)
    s.call("exit", child, 5)
    assert s.call("sigtake_from", p, 1 << (SIGCHLD - 1), 0) == SIGCHLD
    assert s.ints(6) == (SIGCHLD, 0, 1, child.pid, 1000, 5)


def test_stops_and_continuations_are_told_once() -> None:
    s = System()
    p = s.leader()
    child = s.fork(p)
    s.call("kill", p, child.pid, SIGSTOP)
    assert s.gate.stopped[child.pid]
    assert s.wait(p, options=WNOHANG) == 0
    assert s.wait(p, options=WUNTRACED) == (child.pid, SIGSTOP << 8 | 0x7F)
    assert s.wait(p, options=WUNTRACED) == "BLOCKED"
    s.call("kill", p, child.pid, SIGCONT)
    assert not s.gate.stopped[child.pid]
    assert s.wait(p, options=WUNTRACED) == "BLOCKED"
    assert s.wait(p, options=WCONTINUED) == (child.pid, 0xFFFF)
    assert s.wait(p, options=WCONTINUED) == "BLOCKED"


def test_sa_nocldstop() -> None:
    s = System()
    p = s.leader()
    s.catch(p, SIGCHLD, flags=SA_NOCLDSTOP)
    child = s.fork(p)
    s.call("kill", p, child.pid, SIGSTOP)
    assert s.handle(p) == []
    s.catch(p, SIGCHLD)
    s.call("kill", p, child.pid, SIGCONT)
    assert s.handle(p) == [SIGCHLD]


def test_waitid() -> None:
    s = System()
    p = s.leader()
    child = s.fork(p)
    assert s.call("waitid", p, 0, 0, WEXITED | WNOHANG) == 0
    assert s.ints(6) == (0,) * 6
    s.call("exit", child, 9)
    for options in (WEXITED | WNOWAIT, WEXITED):
        assert s.call("waitid", p, 1, child.pid, options) == 0
        assert s.ints(6) == (SIGCHLD, 0, 1, child.pid, 1000, 9)
    assert s.call("waitid", p, 1, child.pid, WEXITED) == "ECHILD"
    wrong = ((9, 0, WEXITED), (0, 0, 0), (1, 0, WEXITED), (1, -3, WEXITED), (0, 0, 0x20))
    for kind, number, options in wrong:
        assert s.call("waitid", p, kind, number, options) == "EINVAL"


def test_exec_closes_and_resets() -> None:
    s = System()
    p = s.leader()
    kept, closed = s.pipe(p), s.pipe(p, O_CLOEXEC)
    s.catch(p, SIGUSR1)
    s.catch(p, SIGHUP, 1)
    s.block(p, SIGTERM)
    s.call("kill", p, p.pid, SIGTERM)
    assert s.execute(p, "/bin/true") == list(closed)
    assert list(p.files) == list(kept) and not p.cloexec
    assert SIGUSR1 not in p.actions and p.actions[SIGHUP].handler == 1
    assert p.leader.mask and p.pending, "the mask and what is pending stay"
    assert p.comm == "true" and p.exe_path == "/usr/bin/true"


def test_exec_of_a_handled_pending_signal() -> None:
    """The handler goes with the program; when the signal is unblocked the default action is taken."""
    s = System()
    p = s.leader()
    s.catch(p, SIGUSR1)
    s.block(p, SIGUSR1)
    s.call("kill", p, p.pid, SIGUSR1)
    s.execute(p)
    assert p.pid not in s.gate.ended
    s.block(p)
    assert s.gate.ended[p.pid] == SIGUSR1


def test_what_cannot_be_executed() -> None:
    s = System()
    p = s.leader()
    s.open(p, "/tmp/plain", 0o101)
    assert s.call("exec_lookup", p, "/tmp/plain", 0) == "EACCES"
    assert s.call("exec_lookup", p, "/tmp", 0) == "EACCES"
    assert s.call("exec_lookup", p, "/tmp/none", 0) == "ENOENT"
    assert s.call("exec_lookup", p, "/usr/bin/true/x", 0) == "ENOTDIR"


def test_a_script_keeps_its_own_name() -> None:
    s = System()
    p = s.leader()
    s.open(p, "/tmp/script-with-a-long-name", 0o101, 0o755)
    s.call("exec_lookup", p, "/tmp/script-with-a-long-name", 0)
    s.call("exec_lookup", p, "/bin/bash", 1)
    s.call("exec_commit", p)
    assert p.comm == "script-with-a-l" and p.exe_path == "/usr/bin/bash"


def test_set_user_and_group_id() -> None:
    s = System()
    p = s.leader()
    s.execute(p, "/usr/bin/su")
    assert (p.cred.uid, p.cred.euid, p.cred.suid, p.cred.egid) == (1000, 0, 0, 1000)
    assert s.call("setresuid", p, -1, 1000, -1) == 0
    s.execute(p)
    assert (p.cred.uid, p.cred.euid, p.cred.suid) == (1000, 1000, 1000), "the saved id is the effective one"
    assert s.call("setresuid", p, -1, 0, -1) == "EPERM"
    s.execute(p, "/usr/bin/wall")
    assert (p.cred.euid, p.cred.gid, p.cred.egid, p.cred.sgid) == (1000, 1000, 0, 0)
    plain = s.leader()
    s.execute(plain, "/usr/bin/locked")
    assert plain.cred.egid == 1000, "without group execution the bit has no such meaning"


def test_nothing_is_left_of_the_dead() -> None:
    s = System()
    before = (len(s.kernel.files), len(s.kernel.processes), s.kernel.vfs.root.opens)
    p = s.terminal()
    s.pipe(p)
    s.open(p, "/tmp/file", 0o102)
    s.call("setitimer", p, 0, 1000, 1000)
    child = s.fork(p)
    s.execute(child)
    s.call("exit", child, 0)
    s.wait(p)
    s.call("exit", p, 0)
    after = (len(s.kernel.files), len(s.kernel.processes), s.kernel.vfs.root.opens)
    assert after == before
    assert not s.gate.timers and not s.kernel.timers
    assert all(ends == (0, 0) for ends in s.gate.pipes.values())


def test_a_fork_that_the_gate_cannot_carry_out() -> None:
    s = System()
    p = s.leader()
    reader, writer = s.pipe(p)
    s.catch(p, SIGCHLD)
    child = s.fork(p)
    assert s.call("fork_abort", child) == 0
    assert s.wait(p) == "ECHILD" and s.handle(p) == []
    s.call("close", p, writer)
    assert list(s.gate.pipes.values()) == [(1, 0)]
    assert reader in p.files


def test_a_child_killed_between_vfork_and_exec_leaves_no_zombie_when_given_up() -> None:
    s = System()
    p = s.leader()
    child = s.fork(p)
    s.call("kill", p, child.pid, SIGKILL)
    s.call("fork_abort", child, 127)
    assert s.wait(p) == "ECHILD"


def test_the_dead_make_no_calls() -> None:
    s = System()
    p = s.leader()
    child = s.fork(p)
    s.call("exit", child, 0)
    s.wait(p)
    assert s.call("getppid", child) == "ESRCH"


def test_cpu_time_goes_to_the_parent_with_wait() -> None:
    s = System()
    p = s.leader()
    child = s.fork(p)
    grandchild = s.fork(child)
    s.gate.cpu = {child.pid: 1500.0, grandchild.pid: 250.0}
    s.call("exit", grandchild, 0)
    s.wait(child)
    s.call("exit", child, 0)
    assert s.call("getrusage", p, -1, 70.0) == 0
    assert s.ints(2) == (0, 0)
    s.wait(p)
    assert s.ints(2, 16) == (1, 750_000), "wait4's rusage"
    s.call("getrusage", p, -1, 70.0)
    assert s.ints(2) == (1, 750_000)
    s.call("getrusage", p, 0, 70.0)
    assert s.ints(2) == (0, 70_000)
    s.call("times", p, 70.0)
    assert s.ints(4) == (7, 0, 175, 0)
    assert s.call("getrusage", p, 5, 0.0) == "EINVAL"
