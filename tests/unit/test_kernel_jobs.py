"""Process groups, sessions, and orphaned groups."""

from __future__ import annotations

from tabux.abi.signal import SIGCONT, SIGHUP, SIGSTOP, SIGTSTP, SIGTTOU
from tabux.kernel.process import Process

from tests.unit.kernel_support import System, linux

_SETPGID = """
import errno, json, os, signal
found = {}
children = []
def attempt(name, pid, pgid):
    try:
        os.setpgid(pid, pgid)
        found[name] = 0
    except OSError as error:
        found[name] = errno.errorcode[error.errno]
def child(prepare=lambda: None, then=signal.pause):
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        prepare()
        os.write(writer, b"x")
        then()
        os._exit(0)
    os.read(reader, 1)
    children.append(pid)
    return pid
def execute():
    os.execv("/bin/sleep", ["sleep", "100"])
attempt("leader of a session", 0, 0)
one, two = child(), child()
attempt("a child", one, one)
attempt("a child into a group", two, one)
attempt("a child back into mine", two, os.getpgrp())
attempt("a group that is not there", two, 999999)
attempt("a negative group", two, -1)
attempt("no process", 999999, 0)
attempt("not a child", 1, 0)
attempt("a child in another session", child(os.setsid), 0)
reader, writer = os.pipe()  # close-on-exec: its end tells that exec has happened
executed = child(lambda: os.close(reader), execute)
os.close(writer)
os.read(reader, 1)
attempt("a child after exec", executed, 0)
zombie = child(then=lambda: None)
os.waitid(os.P_PID, zombie, os.WEXITED | os.WNOWAIT)
attempt("a zombie", zombie, zombie)
attempt("into the group of a zombie", two, zombie)
children.remove(zombie)
os.waitpid(zombie, 0)
attempt("a group whose leader has gone", one, zombie)
for pid in children:
    os.kill(pid, signal.SIGKILL)
print(json.dumps(found))
"""


def test_setpgid_as_on_linux() -> None:
    s = System()
    p = s.leader()
    found = {}

    def attempt(name: str, pid: int, pgid: int) -> None:
        found[name] = s.call("setpgid", p, pid, pgid)

    attempt("leader of a session", 0, 0)
    one, two = s.fork(p), s.fork(p)
    attempt("a child", one.pid, one.pid)
    attempt("a child into a group", two.pid, one.pid)
    attempt("a child back into mine", two.pid, p.pgid)
    attempt("a group that is not there", two.pid, 999999)
    attempt("a negative group", two.pid, -1)
    attempt("no process", 999999, 0)
    attempt("not a child", 1, 0)
    away = s.fork(p)
    s.call("setsid", away)
    attempt("a child in another session", away.pid, 0)
    executed = s.fork(p)
    s.execute(executed)
    attempt("a child after exec", executed.pid, 0)
    zombie = s.fork(p)
    s.call("exit", zombie, 0)
    attempt("a zombie", zombie.pid, zombie.pid)
    attempt("into the group of a zombie", two.pid, zombie.pid)
    s.wait(p, zombie.pid)
    attempt("a group whose leader has gone", one.pid, zombie.pid)
    assert found == linux(_SETPGID)


def test_setsid() -> None:
    s = System()
    p = s.terminal()
    assert s.call("setsid", p) == "EPERM"
    child, mate = s.fork(p), s.fork(p)
    s.call("setpgid", child, 0, 0)
    assert s.call("setsid", child) == "EPERM", "leader of a group"
    assert s.call("setsid", mate) == mate.pid
    assert (mate.sid, mate.pgid, mate.terminal) == (mate.pid, mate.pid, None)
    assert s.call("getsid", p, mate.pid) == mate.pid and s.call("getpgid", p, mate.pid) == mate.pid
    assert s.call("getsid", p, 0) == p.sid
    assert s.call("getpgid", p, 99999) == "ESRCH"


def job(s: System, shell: Process) -> Process:
    """A child in a group of its own, as an interactive shell makes it."""
    child = s.fork(shell)
    s.call("setpgid", shell, child.pid, child.pid)
    return child


def test_the_terminals_stop_signals_do_not_stop_an_orphaned_group() -> None:
    s = System()
    p = s.leader()
    for sig in (SIGTSTP, SIGTTOU):
        s.call("kill", p, p.pid, sig)
        assert not s.gate.stopped.get(p.pid)
    s.call("kill", p, p.pid, SIGSTOP)
    assert s.gate.stopped[p.pid]
    child = job(s, s.leader())
    s.call("kill", child, child.pid, SIGTSTP)
    assert s.gate.stopped[child.pid], "its parent is in another group of the session"


def test_a_group_that_is_orphaned_while_stopped_is_hung_up_and_continued() -> None:
    s = System()
    shell = s.leader()
    middle = job(s, shell)
    grandchild = s.fork(middle)
    s.call("setpgid", grandchild, 0, 0)
    mate = s.fork(grandchild)
    for each in (grandchild, mate):
        s.catch(each, SIGHUP)
        s.catch(each, SIGCONT)
    s.call("kill", shell, mate.pid, SIGSTOP)
    s.call("exit", middle, 0)
    assert s.handle(grandchild) == [SIGHUP, SIGCONT]
    assert s.handle(mate) == [SIGHUP, SIGCONT]
    assert not s.gate.stopped[mate.pid]


def test_a_running_group_is_left_alone_when_it_is_orphaned() -> None:
    s = System()
    shell = s.leader()
    middle = job(s, shell)
    grandchild = s.fork(middle)
    s.call("setpgid", grandchild, 0, 0)
    s.call("exit", middle, 0)
    assert grandchild.pid not in s.gate.ended


def test_a_group_is_not_orphaned_while_one_member_has_a_parent_outside() -> None:
    s = System()
    shell = s.leader()
    first = job(s, shell)
    second = s.fork(shell)
    s.call("setpgid", shell, second.pid, first.pid)
    grandchild = s.fork(first)
    s.call("kill", shell, grandchild.pid, SIGSTOP)
    s.call("exit", first, 0)
    assert s.gate.stopped[grandchild.pid] and grandchild.pid not in s.gate.ended
