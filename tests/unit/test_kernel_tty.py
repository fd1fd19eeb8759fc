"""Terminals as programs meet them: reading, writing, job control, the controlling terminal."""

from __future__ import annotations

import itertools
import json
import struct

import pytest
from tabux.abi.errno import SysError
from tabux.abi.signal import SIGCONT, SIGHUP, SIGINT, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH
from tabux.api import terminals
from tabux.kernel.process import Process
from tabux.kernel.terminals import SCREEN_BACKLOG

from tests.unit.kernel_support import AT_FDCWD, System, linux

O_RDWR, O_NOCTTY, O_NONBLOCK = 2, 0o400, 0o4000
POLLIN, POLLOUT, POLLERR, POLLHUP = 1, 4, 8, 16
TCGETS, TCSETS, TIOCSCTTY, TIOCGPGRP, TIOCSPGRP = 0x5401, 0x5402, 0x540E, 0x540F, 0x5410
TIOCGWINSZ, TIOCSWINSZ, TIOCNOTTY, TIOCGSID, FIONREAD = 0x5413, 0x5414, 0x5422, 0x5429, 0x541B
TOSTOP, ICANON = 0o400, 2


def read(s: System, p: Process, size: int = 100, again: int = 0) -> str | int:
    count = s.call("tty_read", p, p.files[0].id, size, again)
    return bytes(s.kernel.mailbox[:count]).decode() if isinstance(count, int) else count


def ioctl(s: System, p: Process, request: int, *value: int) -> int | str:
    struct.pack_into(f"<{len(value)}i", s.kernel.mailbox, 0, *value)
    return s.call("tty_ioctl", p, p.files[0].id, request, 0)


def set_lflag(s: System, p: Process, on: int = 0, off: int = 0, **control: int) -> None:
    """Changes c_lflag, and the control characters VMIN (6) and VTIME (5)."""
    assert ioctl(s, p, TCGETS) == 0
    (lflag,) = s.ints(1, 12)
    struct.pack_into("<i", s.kernel.mailbox, 12, lflag & ~off | on)
    for name, index in (("vtime", 5), ("vmin", 6)):
        if name in control:
            s.kernel.mailbox[17 + index] = control[name]
    assert s.call("tty_ioctl", p, p.files[0].id, TCSETS, 0) == 0


def background(s: System, shell: Process) -> Process:
    """A child in a group that is not in the foreground."""
    child = s.fork(shell)
    s.call("setpgid", child, 0, 0)
    return child


def test_reading_waits_for_a_line() -> None:
    s = System()
    p = s.terminal()
    assert read(s, p) == "BLOCKED"
    terminals.write(s.kernel, 0, "hel")
    assert read(s, p) == "BLOCKED"
    s.woken()
    terminals.write(s.kernel, 0, "lo\n")
    assert s.woken() == [p.pid]
    assert read(s, p, 3) == "hel" and read(s, p) == "lo\n"
    terminals.write(s.kernel, 0, "\x04")
    assert read(s, p) == ""
    s.call("fcntl", p, 0, 4, O_NONBLOCK)
    assert read(s, p) == "EAGAIN"


def test_the_time_of_a_raw_read_starts_with_the_read() -> None:
    s = System()
    p = s.terminal()
    set_lflag(s, p, off=ICANON, vmin=0, vtime=5)
    assert read(s, p) == "BLOCKED"
    s.pass_time(400)
    # a signal has ended that read; a later one has its own half second
    s.pass_time(300)
    assert read(s, p) == "BLOCKED"
    s.woken()
    s.pass_time(500)
    assert s.woken() == [p.pid]
    assert read(s, p, again=1) == ""


def test_writers_wait_for_a_page_that_is_behind() -> None:
    s = System()
    p = s.terminal()
    fd = p.files[1].id
    while (count := s.call("tty_write", p, fd, "x" * 4096)) != "BLOCKED":
        assert count == 4096
    assert len(s.gate.screens[0]) > SCREEN_BACKLOG
    poll = s.call("tty_poll", p, fd)
    assert poll == 0
    s.woken()
    terminals.took(s.kernel, 0, 10)
    assert s.woken() == []
    terminals.took(s.kernel, 0, 4096)
    assert s.woken() == [p.pid]
    assert s.call("tty_write", p, fd, "more") == 4
    assert s.call("tty_write", p, fd, "") == 0


def test_output_stops_at_ctrl_s() -> None:
    s = System()
    p = s.terminal()
    terminals.write(s.kernel, 0, "\x13")
    assert s.call("tty_write", p, p.files[1].id, "x") == "BLOCKED"
    s.woken()
    terminals.write(s.kernel, 0, "\x11")
    assert s.woken() == [p.pid] and s.call("tty_write", p, p.files[1].id, "x") == 1


def test_poll() -> None:
    s = System()
    p = s.terminal()
    assert s.call("tty_poll", p, p.files[0].id) == POLLOUT
    s.woken()
    terminals.write(s.kernel, 0, "x\n")
    assert s.woken() == [p.pid]
    assert s.call("tty_poll", p, p.files[0].id) == POLLIN | POLLOUT
    ioctl(s, p, FIONREAD)
    assert s.ints(1) == (2,)
    for sig in (SIGHUP, SIGCONT):
        s.catch(p, sig, 1)
    terminals.hang_up(s.kernel, 0)
    assert s.call("tty_poll", p, p.files[0].id) == POLLIN | POLLOUT | POLLHUP | POLLERR


def test_keys_signal_the_foreground_group() -> None:
    s = System()
    shell = s.terminal()
    job, mate = background(s, shell), background(s, shell)
    s.call("setpgid", mate, 0, job.pgid)
    assert ioctl(s, shell, TIOCSPGRP, job.pgid) == 0
    s.catch(job, SIGINT)
    terminals.write(s.kernel, 0, "\x03")
    assert s.handle(job) == [SIGINT]
    assert s.gate.ended == {mate.pid: SIGINT}
    terminals.write(s.kernel, 0, "\x1a")
    assert s.gate.stopped == {job.pid: True}
    assert s.wait(shell, job.pid, 2) == (job.pid, SIGTSTP << 8 | 0x7F)


def test_a_new_size_is_told_to_the_foreground() -> None:
    s = System()
    p = s.terminal()
    s.catch(p, SIGWINCH)
    terminals.resize(s.kernel, 0, 80, 24)
    assert s.handle(p) == [], "it is no other size"
    terminals.resize(s.kernel, 0, 81, 24)
    assert s.handle(p) == [SIGWINCH]
    struct.pack_into("<4H", s.kernel.mailbox, 0, 9, 9, 0, 0)
    assert s.call("tty_ioctl", p, p.files[0].id, TIOCSWINSZ, 0) == 0
    assert s.handle(p) == [SIGWINCH]
    ioctl(s, p, TIOCGWINSZ)
    assert struct.unpack_from("<2H", s.kernel.mailbox) == (9, 9)


def test_who_may_set_the_foreground_group() -> None:
    s = System()
    shell = s.terminal()
    job, stranger = background(s, shell), s.leader()
    for pgid, error in ((-1, "EINVAL"), (99999, "ESRCH"), (stranger.pgid, "EPERM")):
        assert ioctl(s, shell, TIOCSPGRP, pgid) == error
    stranger.files[0] = shell.files[0]
    shell.files[0].refs += 1
    assert ioctl(s, stranger, TIOCSPGRP, shell.pgid) == "ENOTTY" == ioctl(s, stranger, TIOCGPGRP)
    s.call("exit", job, 0)
    assert ioctl(s, shell, TIOCSPGRP, job.pgid) == 0, "the group of a zombie is still one"
    assert ioctl(s, shell, TIOCGPGRP) == 0 and s.ints(1) == (job.pgid,)
    assert ioctl(s, shell, TIOCGSID) == 0 and s.ints(1) == (shell.sid,)
    assert ioctl(s, shell, 0x1234) == "ENOTTY"


def test_a_session_leader_acquires_the_terminal_it_opens() -> None:
    s = System()
    shell = s.terminal()
    s.catch(shell, SIGHUP, 1)
    assert ioctl(s, shell, TIOCNOTTY) == 0
    assert shell.terminal is None and ioctl(s, shell, TIOCGPGRP) == "ENOTTY"
    child = s.fork(shell)
    fd = s.open(child, "/dev/pts/0", O_RDWR)
    assert child.terminal is None, "not a leader"
    s.open(shell, "/dev/pts/0", O_RDWR | O_NOCTTY)
    s.open(shell, "/dev/pts/0", 1)
    assert shell.terminal is None, "not asked for, or not for reading"
    s.open(shell, "/dev/pts/0", O_RDWR)
    assert shell.terminal is s.kernel.terminals[0]
    assert ioctl(s, shell, TIOCGPGRP) == 0 and s.ints(1) == (shell.pgid,)
    s.call("close", child, fd)
    s.call("setsid", child)
    assert ioctl(s, child, TIOCSCTTY) == "EPERM", "it is another session's"
    assert s.call("openat", child, AT_FDCWD, "/dev/tty", O_RDWR, 0) == "ENXIO"


def test_tiocsctty_after_setsid() -> None:
    s = System()
    shell = s.terminal()
    s.catch(shell, SIGHUP, 1)
    ioctl(s, shell, TIOCNOTTY)
    child = s.fork(shell)
    assert ioctl(s, child, TIOCSCTTY) == "EPERM"
    s.call("setsid", child)
    assert ioctl(s, child, TIOCSCTTY) == 0 == ioctl(s, child, TIOCSCTTY)
    assert isinstance(s.call("openat", child, AT_FDCWD, "/dev/tty", O_RDWR, 0), int)


def test_giving_the_terminal_up_hangs_up_the_foreground() -> None:
    s = System()
    shell = s.terminal()
    job = background(s, shell)
    ioctl(s, shell, TIOCSPGRP, job.pgid)
    for sig in (SIGHUP, SIGCONT):
        s.catch(job, sig)
    s.catch(shell, SIGTTOU, 1)
    ioctl(s, shell, TIOCNOTTY)
    assert s.handle(job) == [SIGHUP, SIGCONT]
    assert job.terminal is None


def test_the_end_of_the_leader_hangs_up_the_foreground() -> None:
    s = System()
    shell = s.terminal()
    job, other = background(s, shell), background(s, shell)
    ioctl(s, shell, TIOCSPGRP, job.pgid)
    s.call("exit", shell, 0)
    assert s.gate.ended == {shell.pid: 0, job.pid: SIGHUP}
    assert other.terminal is None
    assert (s.kernel.terminals[0].tty.session, s.kernel.terminals[0].tty.foreground_pgid) == (0, 0)


def test_a_background_read_is_tried_again_in_the_foreground() -> None:
    s = System()
    shell = s.terminal()
    job = background(s, shell)
    assert read(s, job) == "BLOCKED" and s.gate.stopped[job.pid]
    ioctl(s, shell, TIOCSPGRP, job.pgid)
    s.call("kill", shell, job.pid, SIGCONT)
    terminals.write(s.kernel, 0, "x\n")
    assert read(s, job) == "x\n"


def test_a_caught_sigttin_interrupts_the_read() -> None:
    s = System()
    shell = s.terminal()
    job = background(s, shell)
    s.catch(job, SIGTTIN)
    assert read(s, job) == "BLOCKED"
    assert s.gate.due[job.pid] and s.handle(job) == [SIGTTIN]


_ACTIONS = ("read", "write", "write with tostop", "tcsetattr", "tcsetpgrp")
_DISPOSITIONS = ("default", "ignored", "blocked")

_BACKGROUND = """
import errno, fcntl, json, os, signal, sys, termios, time
def act(action, fd):
    if action == "read":
        os.read(fd, 10)
    elif action.startswith("write"):
        os.write(fd, b"x")
    elif action == "tcsetattr":
        termios.tcsetattr(fd, termios.TCSANOW, termios.tcgetattr(fd))
    else:
        os.tcsetpgrp(fd, os.getpgrp())
def job(action, disposition, fd, report):
    os.setpgid(0, 0)
    for sig in (signal.SIGTTIN, signal.SIGTTOU):
        signal.signal(sig, signal.SIG_IGN if disposition == "ignored" else signal.SIG_DFL)
        if disposition == "blocked":
            signal.pthread_sigmask(signal.SIG_BLOCK, [sig])
    try:
        act(action, fd)
        os.write(report, b"done")
    except (OSError, termios.error) as error:
        os.write(report, errno.errorcode[error.args[0]].encode())
    os._exit(0)
def session(action, disposition, orphaned, report):
    master, slave = os.openpty()
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    mode = termios.tcgetattr(slave)
    mode[3] = mode[3] | termios.TOSTOP if "tostop" in action else mode[3] & ~termios.TOSTOP
    termios.tcsetattr(slave, termios.TCSANOW, mode)
    os.write(master, b"line" + bytes([10]))
    alive, end = os.pipe()  # its end is closed when nobody is left
    pid = os.fork()
    if not pid:
        middle = os.getpid()
        if orphaned and os.fork():
            os._exit(0)
        while orphaned and os.getppid() == middle:
            time.sleep(0.001)
        job(action, disposition, slave, report)
    os.close(end)
    status = os.waitpid(pid, os.WUNTRACED)[1]
    if os.WIFSTOPPED(status):
        os.write(report, b"stopped by %d" % os.WSTOPSIG(status))
        os.kill(pid, signal.SIGKILL)
    os.read(alive, 1)
    os._exit(0)
results = []
for case in json.loads(sys.argv[1]):
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        session(*case, writer)
    os.close(writer)
    os.waitpid(pid, 0)
    results.append(os.read(reader, 100).decode())
    os.close(reader)
print(json.dumps(results))
"""


def outcome(action: str, disposition: str, orphaned: bool) -> str:
    s = System()
    shell = s.terminal()
    if "tostop" in action:
        set_lflag(s, shell, on=TOSTOP)
    terminals.write(s.kernel, 0, "line\n")
    if orphaned:
        middle = background(s, shell)
        job = s.fork(middle)
        s.call("exit", middle, 0)
        s.wait(shell)
        s.call("setpgid", job, 0, 0)
    else:
        job = background(s, shell)
    if disposition == "ignored":
        s.catch(job, SIGTTIN, 1)
        s.catch(job, SIGTTOU, 1)
    elif disposition == "blocked":
        s.block(job, SIGTTIN, SIGTTOU)
    if action == "read":
        result: int | str = read(s, job)
        result = result if result in ("BLOCKED", "EIO") else 0
    elif action.startswith("write"):
        result = s.call("tty_write", job, job.files[1].id, "x")
    elif action == "tcsetattr":
        ioctl(s, job, TCGETS)
        result = s.call("tty_ioctl", job, job.files[0].id, TCSETS, 0)
    else:
        result = ioctl(s, job, TIOCSPGRP, job.pgid)
    if s.gate.stopped.get(job.pid):
        found = s.wait(shell, job.pid, 2)
        assert result == "BLOCKED" and isinstance(found, tuple)
        return f"stopped by {found[1] >> 8}"
    return "done" if isinstance(result, int) else result


def test_what_the_background_may_do_as_on_linux() -> None:
    cases = list(itertools.product(_ACTIONS, _DISPOSITIONS, (False, True)))
    ours = {str(case): outcome(*case) for case in cases}
    theirs = dict(zip(map(str, cases), linux(_BACKGROUND, json.dumps(cases)), strict=True))
    assert ours == theirs


@pytest.mark.parametrize("flags", [0, 1])
def test_dev_tty_is_the_controlling_terminal(flags: int) -> None:
    s = System()
    p = s.terminal()
    fd = s.open(p, "/dev/tty", flags)
    assert p.files[fd].terminal is s.kernel.terminals[0]


def test_the_page_hears_of_jobs_in_the_foreground() -> None:
    s = System()
    shell = s.terminal()
    assert terminals.busy(s.kernel, 0) == 0
    job = background(s, shell)
    assert s.gate.foreground == [] and terminals.busy(s.kernel, 0) == 0
    ioctl(s, shell, TIOCSPGRP, job.pgid)
    assert s.gate.foreground == [0] and terminals.busy(s.kernel, 0) == 1
    ioctl(s, shell, TIOCSPGRP, job.pgid)
    assert s.gate.foreground == [0], "told of changes only"
    s.call("exit", job, 0)
    assert terminals.busy(s.kernel, 0) == 0, "an empty group runs nothing"
    terminals.hang_up(s.kernel, 0)
    assert terminals.busy(s.kernel, 0) == 0


def test_the_directory_of_the_foreground() -> None:
    s = System()
    shell = s.terminal()
    assert terminals.cwd(s.kernel, 0) == "/tmp"
    job = background(s, shell)
    for name in ("a", "a/caf\xc3\xa9"):
        s.call("mkdirat", shell, AT_FDCWD, name, 0o755)
    s.call("chdir", job, "a/caf\xc3\xa9")
    assert terminals.cwd(s.kernel, 0) == "/tmp"
    ioctl(s, shell, TIOCSPGRP, job.pgid)
    assert terminals.cwd(s.kernel, 0) == "/tmp/a/café"
    s.call("unlinkat", shell, AT_FDCWD, "a/caf\xc3\xa9", 0o1000)
    with pytest.raises(SysError, match="ENOENT"):
        terminals.cwd(s.kernel, 0)
    s.call("exit", job, 0)
    assert terminals.cwd(s.kernel, 0) == "/tmp", "the shell, when the job has ended"
    terminals.hang_up(s.kernel, 0)
    with pytest.raises(SysError, match="ENOENT"):
        terminals.cwd(s.kernel, 0)
