"""Signals: who may send them, what becomes of them, and how libc takes them."""

from __future__ import annotations

import json
import random

import pytest
from tabux.abi.signal import (
    SI_USER,
    SIGALRM,
    SIGCHLD,
    SIGCONT,
    SIGHUP,
    SIGINT,
    SIGKILL,
    SIGPIPE,
    SIGSTOP,
    SIGTERM,
    SIGTSTP,
    SIGUSR1,
    SIGUSR2,
    SIGWINCH,
)
from tabux.fs.credentials import Credentials
from tabux.kernel.process import Process

from tests.unit.kernel_support import HANDLER, OTHER_HANDLER, System, linux

SA_SIGINFO, SA_NODEFER, SA_RESETHAND = 4, 0x40000000, 0x80000000
DEFAULT, IGNORE = 0, 1


def bits(*sigs: int) -> int:
    return sum(1 << (sig - 1) for sig in sigs)


def pending(s: System, p: Process) -> int:
    s.call("sigpending", p)
    return int.from_bytes(s.kernel.mailbox[:8], "little")


def test_a_handler_is_taken_once_with_who_sent_it() -> None:
    s = System()
    p, other = s.leader(), s.leader()
    s.catch(p, SIGUSR1, flags=SA_SIGINFO)
    s.call("kill", other, p.pid, SIGUSR1)
    s.call("kill", other, p.pid, SIGUSR1)
    assert s.gate.due[p.pid]
    assert s.call("sigtake", p) == SIGUSR1
    assert s.ints(9) == (SIGUSR1, SA_SIGINFO, HANDLER, SI_USER, other.pid, 1000, 0, 0, 0)
    assert p.leader.mask == bits(SIGUSR1)
    assert s.call("sigtake", p) == 0
    assert not s.gate.due[p.pid]
    s.call("sigreturn", p, 0, 0)
    assert p.leader.mask == 0


def test_the_mask_of_a_handler() -> None:
    s = System()
    p = s.leader()
    s.catch(p, SIGUSR1, flags=SA_NODEFER, mask=bits(SIGUSR2, SIGKILL, SIGSTOP, 64))
    s.block(p, SIGTERM)
    s.call("kill", p, p.pid, SIGUSR1)
    s.call("sigtake", p)
    assert p.leader.mask == bits(SIGUSR2, SIGTERM, 64), (
        "not the signal itself, and what cannot be blocked is not"
    )
    assert s.ints(2, 28) == (bits(SIGTERM), 0), "what sigreturn is to restore"


def test_sa_resethand_keeps_flags_and_mask() -> None:
    s = System()
    p = s.leader()
    s.catch(p, SIGUSR1, flags=SA_RESETHAND | SA_SIGINFO, mask=bits(SIGUSR2))
    s.call("kill", p, p.pid, SIGUSR1)
    assert s.handle(p) == [SIGUSR1]
    assert s.call("sigaction", p, SIGUSR1, 0, 0, 0, 0, 0) == 0
    assert s.ints(2) == (DEFAULT, SA_SIGINFO - (1 << 31))
    s.call("kill", p, p.pid, SIGUSR1)
    assert s.gate.ended[p.pid] == SIGUSR1


def test_blocked_signals_wait_even_if_ignored() -> None:
    s = System()
    p = s.leader()
    s.block(p, SIGUSR1, SIGCHLD)
    s.catch(p, SIGUSR1, IGNORE)
    s.call("kill", p, p.pid, SIGUSR1)
    s.call("kill", p, p.pid, SIGCHLD)
    assert pending(s, p) == bits(SIGUSR1, SIGCHLD)
    s.catch(p, SIGUSR1, IGNORE)
    assert pending(s, p) == bits(SIGCHLD), "setting it to be ignored discards it"
    s.block(p)
    assert pending(s, p) == 0 and p.pid not in s.gate.ended


def test_unblocking_runs_handlers_and_default_actions() -> None:
    s = System()
    p = s.leader()
    s.block(p, SIGUSR1, SIGTERM)
    s.catch(p, SIGUSR1)
    s.call("kill", p, p.pid, SIGUSR1)
    s.call("kill", p, p.pid, SIGTERM)
    assert not s.gate.due.get(p.pid)
    s.block(p, SIGTERM)
    assert s.handle(p) == [SIGUSR1]
    s.block(p)
    assert s.gate.ended[p.pid] == SIGTERM


@pytest.mark.parametrize("sig", [0, 65, -1])
def test_actions_of_no_signal(sig: int) -> None:
    s = System()
    p = s.leader()
    assert s.call("sigaction", p, sig, 0, 0, 0, 0, 0) == "EINVAL"
    assert s.call("kill", p, p.pid, sig) == (0 if sig == 0 else "EINVAL")


@pytest.mark.parametrize("sig", [SIGKILL, SIGSTOP])
def test_what_cannot_be_caught_or_blocked(sig: int) -> None:
    s = System()
    p = s.leader()
    assert s.call("sigaction", p, sig, 1, HANDLER, 0, 0, 0) == "EINVAL"
    assert s.call("sigaction", p, sig, 0, 0, 0, 0, 0) == 0
    s.block(p, sig)
    assert p.leader.mask == 0
    assert s.call("sigprocmask", p, 3, 0, 0) == "EINVAL"


def test_kill_selects() -> None:
    s = System()
    p = s.leader()
    mate, other = s.fork(p), s.fork(p)
    s.call("setpgid", other, 0, 0)
    for each in (p, mate, other):
        s.catch(each, SIGUSR1)

    def hear() -> list[bool]:
        return [s.handle(each) == [SIGUSR1] for each in (p, mate, other)]

    assert s.call("kill", p, 0, SIGUSR1) == 0
    assert hear() == [True, True, False]
    assert s.call("kill", p, -other.pid, SIGUSR1) == 0
    assert hear() == [False, False, True]
    assert s.call("kill", p, -1, SIGUSR1) == 0
    assert hear() == [False, True, True], "everybody but the caller and init"
    assert s.call("kill", p, 99999, SIGUSR1) == "ESRCH"
    assert s.call("kill", p, -99999, SIGUSR1) == "ESRCH"
    assert s.call("kill", p, 1, SIGKILL) == "EPERM"
    assert s.call("kill", s.root(), 1, SIGKILL) == 0 and 1 not in s.gate.ended


def test_who_may_kill_whom() -> None:
    s = System()
    mine, root = s.leader(), s.root()
    stranger = s.leader()
    stranger.cred = Credentials(1001, 1001)
    assert s.call("kill", mine, stranger.pid, 0) == "EPERM"
    assert s.call("kill", root, stranger.pid, 0) == 0
    privileged = s.fork(mine)
    s.execute(privileged, "/usr/bin/su")
    assert s.call("kill", mine, privileged.pid, SIGTERM) == 0, "the real id is one's own"
    child = s.fork(stranger)
    child.cred = Credentials(1002, 1002)
    assert s.call("kill", child, stranger.pid, SIGCONT) == 0, "the same session"
    assert s.call("kill", child, stranger.pid, SIGTERM) == "EPERM"
    assert s.call("kill", stranger, -1, SIGUSR1) == 0


def test_a_zombie_is_signalled_in_vain() -> None:
    s = System()
    p = s.leader()
    child = s.fork(p)
    s.call("exit", child, 3)
    assert s.call("kill", p, child.pid, SIGKILL) == 0
    assert s.wait(p) == (child.pid, 0x300)


def test_a_stopped_process_dies_of_a_signal_when_it_is_continued() -> None:
    s = System()
    p = s.leader()
    child = s.fork(p)
    s.call("kill", p, child.pid, SIGSTOP)
    s.call("kill", p, child.pid, SIGTERM)
    assert child.pid not in s.gate.ended
    s.call("kill", p, child.pid, SIGCONT)
    assert s.gate.ended[child.pid] == SIGTERM


def test_sigkill_ends_a_stopped_process_at_once() -> None:
    s = System()
    p = s.leader()
    child = s.fork(p)
    s.call("kill", p, child.pid, SIGSTOP)
    s.call("kill", p, child.pid, SIGKILL)
    assert s.wait(p, options=8) == (child.pid, SIGKILL)


def test_stops_and_continuations_cancel_each_other() -> None:
    s = System()
    p = s.leader()
    child = s.fork(p)
    s.call("setpgid", child, 0, 0)
    s.block(child, SIGTSTP, SIGCONT)
    s.catch(child, SIGCONT)
    s.call("kill", p, child.pid, SIGTSTP)
    s.call("kill", p, child.pid, SIGCONT)
    assert pending(s, child) == bits(SIGCONT)
    s.call("kill", p, child.pid, SIGTSTP)
    assert pending(s, child) == bits(SIGTSTP)
    s.block(child)
    assert s.gate.stopped[child.pid]
    s.call("kill", p, child.pid, SIGCONT)
    assert not s.gate.stopped[child.pid] and s.handle(child) == [SIGCONT]


def test_sigcont_continues_even_where_it_is_ignored_or_blocked() -> None:
    s = System()
    p = s.leader()
    for prepare in (lambda c: s.catch(c, SIGCONT, IGNORE), lambda c: s.block(c, SIGCONT)):
        child = s.fork(p)
        prepare(child)
        s.call("kill", p, child.pid, SIGSTOP)
        s.call("kill", p, child.pid, SIGCONT)
        assert not s.gate.stopped[child.pid]


def test_sigsuspend_puts_the_old_mask_back_after_the_handler() -> None:
    s = System()
    p = s.leader()
    s.catch(p, SIGUSR1)
    s.block(p, SIGUSR1)
    s.call("kill", p, p.pid, SIGUSR1)
    assert s.call("mask_swap", p, bits(SIGTERM), 0) == 0
    assert s.gate.due[p.pid]
    assert s.handle(p) == [SIGUSR1]
    assert p.leader.mask == bits(SIGUSR1)
    assert s.call("mask_restore", p) == 0, "no effect: the handler took the mask along"
    assert p.leader.mask == bits(SIGUSR1)


def test_a_wait_that_ends_without_a_handler_puts_the_mask_back() -> None:
    s = System()
    p = s.leader()
    s.catch(p, SIGUSR1)
    s.block(p, SIGUSR1)
    s.call("mask_swap", p, 0, 0)
    s.call("kill", p, p.pid, SIGUSR1)
    s.call("mask_restore", p)
    assert p.leader.mask == bits(SIGUSR1) and not s.gate.due[p.pid]
    assert pending(s, p) == bits(SIGUSR1)


def test_sigtimedwait_takes_what_is_pending_and_is_woken() -> None:
    s = System()
    p = s.leader()
    s.block(p, SIGUSR1, SIGUSR2)
    assert s.call("sigtake_from", p, bits(SIGUSR1), 0) == 0
    s.woken()
    s.call("kill", p, p.pid, SIGUSR1)
    assert s.woken() == [p.pid]
    s.call("kill", p, p.pid, SIGUSR2)
    assert s.call("sigtake_from", p, bits(SIGUSR1), 0) == SIGUSR1
    assert s.ints(5) == (SIGUSR1, 0, SI_USER, p.pid, 1000)
    assert pending(s, p) == bits(SIGUSR2)


def test_a_pending_signal_set_to_its_default_acts() -> None:
    s = System()
    p = s.leader()
    s.catch(p, SIGUSR1)
    s.call("kill", p, p.pid, SIGUSR1)
    s.catch(p, SIGUSR1, DEFAULT)
    assert s.gate.ended[p.pid] == SIGUSR1


def test_handlers_of_the_lowest_signal_first() -> None:
    s = System()
    p = s.leader()
    for sig in (SIGTERM, SIGHUP, SIGINT):
        s.catch(p, sig, OTHER_HANDLER)
        s.call("kill", p, p.pid, sig)
    assert s.handle(p) == [SIGHUP, SIGINT, SIGTERM]


def test_sigself() -> None:
    s = System()
    p = s.leader()
    s.catch(p, SIGPIPE, IGNORE)
    s.call("sigself", p, SIGPIPE)
    assert p.pid not in s.gate.ended
    s.catch(p, SIGPIPE, DEFAULT)
    s.call("sigself", p, SIGPIPE)
    assert s.gate.ended[p.pid] == SIGPIPE


def test_the_interval_timer() -> None:
    s = System()
    p = s.leader()
    s.catch(p, SIGALRM)
    assert s.call("setitimer", p, 0, 500_000, 2_000_000) == 0
    assert s.ints(4) == (0, 0, 0, 0)
    s.pass_time(1500)
    s.call("getitimer", p, 0)
    assert s.ints(4) == (0, 500_000, 0, 500_000)
    s.pass_time(500)
    assert s.handle(p) == [SIGALRM]
    s.pass_time(1100)
    assert s.handle(p) == [SIGALRM], "two periods, one signal"
    s.call("setitimer", p, 0, 0, 0)
    assert s.ints(4)[1] == 500_000
    s.pass_time(5000)
    assert s.handle(p) == [] and not s.gate.timers
    assert s.call("setitimer", p, 0, 0, -1) == "EINVAL"
    assert s.call("getitimer", p, 3) == "EINVAL"


def test_an_alarm_outlives_exec_and_not_exit() -> None:
    s = System()
    p = s.leader()
    child = s.fork(p)
    s.call("setitimer", child, 0, 0, 1_000_000)
    s.execute(child)
    s.pass_time(1000)
    assert s.gate.ended[child.pid] == SIGALRM
    child = s.fork(p)
    s.call("setitimer", child, 0, 0, 1_000_000)
    s.call("exit", child, 0)
    assert not s.gate.timers


# A long random story on one process, told to Linux and to us: dispositions, masks, signals to itself.

_STORY = """
import json, os, signal, sys
log = []
def handler(sig, frame):
    log.append(sig)
results = []
for name, sig in json.loads(sys.argv[1]):
    if name == "ignore":
        signal.signal(sig, signal.SIG_IGN)
    elif name == "default":
        signal.signal(sig, signal.SIG_DFL)
    elif name == "catch":
        signal.signal(sig, handler)
    elif name == "block":
        signal.pthread_sigmask(signal.SIG_BLOCK, [sig])
    elif name == "unblock":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [sig])
    elif name == "kill":
        os.kill(os.getpid(), sig)
    elif name == "take" and sig in signal.sigpending():
        signal.sigwait([sig])
    results.append([sorted(log), sorted(int(s) for s in signal.sigpending())])
    log.clear()
print(json.dumps(results))
"""
_HARMLESS = (SIGCHLD, SIGCONT, SIGWINCH)
_SIGNALS = (*_HARMLESS, SIGUSR1, SIGUSR2, SIGHUP)


def _story(seed: int) -> list[tuple[str, int]]:
    chance = random.Random(seed)
    steps = [("catch", sig) for sig in _SIGNALS]
    names = ("ignore", "default", "catch", "block", "unblock", "kill", "kill", "kill", "take")
    for _ in range(150):
        name = chance.choice(names)
        sig = chance.choice(_HARMLESS if name == "default" else _SIGNALS)
        if name == "take":
            steps.append(("block", sig))  # sigwait needs it blocked
        steps.append((name, sig))
    return steps


@pytest.mark.parametrize("seed", range(6))
def test_a_random_story_ends_as_on_linux(seed: int) -> None:
    steps = _story(seed)
    s = System()
    p = s.leader()
    ours = []
    for name, sig in steps:
        if name in ("ignore", "default", "catch"):
            s.catch(p, sig, {"ignore": IGNORE, "default": DEFAULT, "catch": HANDLER}[name])
        elif name in ("block", "unblock"):
            s.call("sigprocmask", p, 0 if name == "block" else 1, bits(sig), 0)
        elif name == "kill":
            s.call("kill", p, p.pid, sig)
        elif name == "take":
            s.call("sigtake_from", p, bits(sig), 0)
        waiting = pending(s, p)
        ours.append([s.handle(p), [n for n in range(1, 65) if waiting & bits(n)]])
    assert ours == linux(_STORY, json.dumps(steps))
