"""/proc of a running kernel, and what the API asks: commands, files, terminals."""

from __future__ import annotations

import json
import struct

import pytest
from tabux.abi.errno import SysError
from tabux.abi.signal import SIGHUP, SIGKILL
from tabux.api import commands, files, terminals
from tabux.fs.credentials import ROOT
from tabux.kernel.kernel import MAX_PROCESSES

from tests.unit.fs_support import failure
from tests.unit.kernel_support import AT_FDCWD, System

# /proc


def test_the_texts_of_a_process() -> None:
    s = System()
    p = s.leader()
    s.execute(p)
    s.gate.arguments[p.pid] = "true\0-x\0"
    s.catch(p, SIGHUP, 1)
    s.block(p, 15)
    child = s.fork(p)
    fields = s.text(p, f"/proc/{child.pid}/stat").split()
    assert fields[:2] == [str(child.pid), "(true)"]
    assert fields[3:6] == [str(p.pid), str(p.pgid), str(p.sid)]
    assert s.text(p, "/proc/self/cmdline") == "true\0-x\0"
    status = dict(line.split(":\t", 1) for line in s.text(p, "/proc/self/status").splitlines())
    assert status["Pid"] == str(p.pid) and status["PPid"] == "1"
    assert status["SigIgn"].endswith("01") and status["SigBlk"].endswith("4000")
    assert s.link(p, "/proc/self/exe") == "/usr/bin/true"
    assert s.link(p, "/proc/self/cwd") == "/tmp"
    assert s.link(p, "/proc/self") == str(p.pid)


def test_zombies_and_strangers_in_proc() -> None:
    s = System()
    p = s.leader()
    child = s.fork(p)
    s.call("exit", child, 0)
    assert s.text(p, f"/proc/{child.pid}/stat").split()[2] == "Z"
    assert s.text(p, f"/proc/{child.pid}/cmdline") == ""
    root = s.root()
    assert s.call("openat", p, AT_FDCWD, f"/proc/{root.pid}/environ", 0, 0) == "EACCES"
    assert s.call("openat", p, AT_FDCWD, f"/proc/{p.pid}/environ", 1, 0) == "EACCES"


def test_time_and_memory_in_proc() -> None:
    s = System()
    p = s.leader()
    child, ended = s.fork(p), s.fork(p)
    s.gate.cpu = {p.pid: 1000.0, child.pid: 250.0, ended.pid: 500.0}
    s.gate.memories = {p.pid: 65536, child.pid: 131072}
    s.gate.asleep = {p.pid}
    s.call("exit", ended, 0)
    s.gate.ms += 5000
    assert s.text(p, f"/proc/{child.pid}/stat").split()[13] == "25"
    assert s.text(p, f"/proc/{child.pid}/statm").split()[:2] == ["32", "32"]
    assert [s.text(p, f"/proc/{q.pid}/stat").split()[2] for q in (p, child, ended)] == ["S", "R", "Z"]
    assert s.text(p, "/proc/stat").startswith("cpu  175 0 0 325 0 ")
    assert s.text(p, "/proc/uptime") == "5.00 3.25\n"
    assert "MemFree:         2096960 kB\n" in s.text(p, "/proc/meminfo")
    assert s.text(p, "/proc/vmstat").startswith("nr_free_pages 524240\n")


def test_the_descriptors_in_proc() -> None:
    s = System()
    p = s.terminal()
    s.pipe(p)
    assert s.link(p, "/proc/self/fd/0") == "/dev/pts/0"
    assert s.link(p, "/proc/self/fd/3").startswith("pipe:[")
    fd = s.open(p, "/proc/self/fd", 0o200000)
    size = s.call("getdents64", p, fd, 4096)
    assert size == 8 * 24  # ".", "..", 0 to 4 and itself


# commands


def started(s: System, cwd: str = "/tmp") -> tuple[int, ...]:
    commands.run(s.kernel, cwd, 0)
    return s.ints(7)


def test_a_command_has_a_pipe_and_two_sinks() -> None:
    s = System()
    pid, reader, pipe, out, out_sink, err, err_sink = started(s)
    p = s.kernel.processes[pid]
    assert [p.files[fd].id for fd in range(3)] == [reader, out, err]
    assert s.gate.pipes[pipe] == (1, 0), "all there is to read is what the gate puts in beforehand"
    assert (p.sid, p.pgid, p.cred.uid) == (pid, pid, 1000)
    child = s.fork(p)
    s.call("exit", p, 0)
    assert s.gate.closed_sinks == []
    s.call("dup3", child, 2, 1, 0)
    assert s.gate.closed_sinks == [out_sink]
    s.call("exit", child, 0)
    assert s.gate.closed_sinks == [out_sink, err_sink]


def test_where_a_command_cannot_start() -> None:
    s = System()
    assert failure(commands.run, s.kernel, "/none", 0) == "ENOENT"
    assert failure(commands.run, s.kernel, "/usr/bin/true", 0) == "ENOTDIR"
    assert failure(commands.run, s.kernel, "/root", 0) == "EACCES"
    while len(s.kernel.processes) <= MAX_PROCESSES:
        s.leader()
    assert failure(commands.run, s.kernel, "/", 0) == "EAGAIN"


def test_cancelling_leaves_nobody() -> None:
    s = System()
    pid = started(s)[0]
    p = s.kernel.processes[pid]
    child = s.fork(p)
    daemon = s.fork(child)
    s.call("setsid", daemon)
    stopped = s.fork(p)
    s.call("kill", p, stopped.pid, 19)
    s.call("exit", child, 0)
    bystander = s.leader()
    assert json.loads(commands.living(s.kernel, f"[{pid}, {bystander.pid}, 77]")) == [3, 1, 0]
    assert commands.signal(s.kernel, pid, SIGKILL) == 3
    assert set(s.kernel.processes) == {1, bystander.pid}
    assert s.gate.ended[daemon.pid] == SIGKILL and not s.kernel.files


def test_a_signal_reaches_a_command_with_all_that_is_stopped() -> None:
    s = System()
    pid = started(s)[0]
    p = s.kernel.processes[pid]
    stopped = s.fork(p)
    s.call("kill", p, stopped.pid, 19)
    careful = s.fork(p)
    s.catch(careful, 15)
    assert commands.signal(s.kernel, pid, 15) == 3
    assert s.gate.ended == {pid: 15, stopped.pid: 15} and s.gate.due[careful.pid]


def test_a_signal_reaches_one_process() -> None:
    s = System()
    pid = started(s)[0]
    child = s.fork(s.kernel.processes[pid])
    assert commands.signal(s.kernel, child.pid, SIGKILL) == 1
    assert set(s.gate.ended) == {child.pid}
    assert commands.signal(s.kernel, 1, SIGKILL) == commands.signal(s.kernel, 999, SIGKILL) == 0
    assert failure(commands.signal, s.kernel, pid, 65) == "EINVAL"


def test_standard_input_that_stays_open() -> None:
    s = System()
    commands.run(s.kernel, "/home/user", 1)
    pid, _, pipe, *_, writer = s.ints(8)
    assert s.gate.pipes[pipe] == (1, 1)
    commands.close_stdin(s.kernel, writer)
    assert s.gate.pipes[pipe] == (1, 0)
    commands.close_stdin(s.kernel, writer)  # twice does no harm
    s.call("exit", pid, 0)


# files


def test_files_the_owner_makes() -> None:
    s = System()
    k = s.kernel
    ino = files.write(k, "a/b/file")
    inode = k.vfs.table.get(ino)
    assert inode is not None and inode.uid == 1000
    assert files.write(k, "/home/user/a/b/file") == ino == files.read(k, "a/b/file")
    s.report(ino, 7, 0)
    info = json.loads(files.info(k, "a/b/file"))
    assert (info["name"], info["path"]) == ("file", "/home/user/a/b/file")
    assert (info["type"], info["size"]) == ("file", 7)
    assert files.exists(k, "a/b") == 1 and files.exists(k, "a/c") == 0
    assert [entry["name"] for entry in json.loads(files.listing(k, "a"))] == ["b"]
    files.rename(k, "a/b/file", "new/place/file")
    assert files.read(k, "new/place/file") == ino
    files.remove(k, "new")
    assert files.exists(k, "new") == 0 and ino in s.gate.discarded


def test_a_tree_deeper_than_the_stack_is_removed() -> None:
    s = System()
    p = s.leader()
    s.call("mkdirat", p, AT_FDCWD, "deep", 0o755)
    s.call("chdir", p, "deep")
    for _ in range(3000):
        s.call("mkdirat", p, AT_FDCWD, "d", 0o755)
        s.call("chdir", p, "d")
    s.open(p, "file", 0o102)
    files.remove(s.kernel, "/tmp/deep")
    assert files.exists(s.kernel, "/tmp/deep") == 0
    assert s.call("getcwd", p, 4096) == "ENOENT"


@pytest.mark.parametrize(
    ("path", "error"),
    [("/", "EBUSY"), ("//.", "EINVAL"), ("/home/..", "ENOTEMPTY"), ("a/.", "EINVAL"), ("a/b/..", "ENOTEMPTY"),
     ("/proc", "EBUSY")],
)  # fmt: skip
def test_a_directory_that_must_stay_keeps_what_is_in_it(path: str, error: str) -> None:
    s = System()
    k = s.kernel
    files.write(k, "a/b/file")
    assert failure(files.remove, k, path) == error
    assert files.exists(k, "a/b/file") and files.exists(k, "/usr/bin") and files.exists(k, "/dev/null")


def test_paths_that_are_told_are_plain() -> None:
    s = System()
    k = s.kernel
    files.write(k, "one/file")
    files.write(k, "two/sub/file")
    k.vfs.symlink("/home/user/two/sub", k.vfs.root, "/home/user/one/far", ROOT)

    def listed(path: str) -> list[str]:
        return sorted(entry["path"] for entry in json.loads(files.listing(k, path)))

    def told(path: str) -> str:
        return str(json.loads(files.info(k, path))["path"])

    assert listed(".") == listed("one/..") == listed("./two//..") == ["/home/user/one", "/home/user/two"]
    assert listed("one/../two/.") == ["/home/user/two/sub"]
    assert listed("one/far") == ["/home/user/one/far/file"]
    assert listed("one/far/..") == ["/home/user/two/sub"]  # a ".." goes up from where the link leads
    assert told("one/far") == told("two/../one/far") == "/home/user/one/far"
    assert told("one/far/../sub/file") == "/home/user/two/sub/file"
    assert told("/") == told("/..") == told("one/../../..") == "/"
    assert told("/usr/bin/../") == "/usr"


def test_without_a_home_relative_paths_start_at_the_root() -> None:
    s = System()
    k = s.kernel
    files.remove(k, "/home/user")
    assert json.loads(files.info(k, "tmp"))["path"] == "/tmp"


def test_what_the_owner_cannot_do() -> None:
    s = System()
    k = s.kernel
    assert failure(files.write, k, "/usr/bin") == "EISDIR" == failure(files.write, k, "dir/")
    assert failure(files.write, k, "/usr/bin/true/x") == "ENOTDIR"
    assert failure(files.rename, k, "/tmp", "/usr/bin/true/x") == "ENOTDIR"
    assert failure(files.make_dir, k, "/usr/bin/true/x") == "ENOTDIR"
    assert failure(files.make_dir, k, "/usr/bin/true") == "EEXIST"
    assert failure(files.write, k, "/dev/null") == "EINVAL" == failure(files.write, k, "/proc/version")
    assert failure(files.read, k, "none") == "ENOENT"
    assert failure(files.read, k, "/tmp") == "EISDIR"
    assert failure(files.read, k, "/dev/zero") == "EINVAL"
    assert failure(files.listing, k, "/usr/bin/true") == "ENOTDIR"
    assert failure(files.remove, k, "none") == "ENOENT"
    assert s.gate.texts[files.read(k, "/proc/version")].startswith("Linux version")


# terminals


def test_a_session_on_a_terminal() -> None:
    s = System()
    pid = terminals.create(s.kernel, "/tmp", 100, 30)
    assert s.ints(3)[2] == 0
    p = s.kernel.processes[pid]
    assert s.call("tty_ioctl", p, p.files[0].id, 0x5413, 0) == 0  # TIOCGWINSZ
    assert struct.unpack_from("<4H", s.kernel.mailbox) == (30, 100, 0, 0)
    assert s.call("tty_write", p, p.files[1].id, "hello\n") == 6
    assert s.gate.screens[0] == "hello\r\n"
    assert p.files[0].refs == 3


def test_numbers_of_terminals_are_used_again() -> None:
    s = System()
    first, second = s.terminal(), s.terminal()
    assert sorted(s.kernel.terminals) == [0, 1]
    terminals.hang_up(s.kernel, 0)
    assert first.pid in s.gate.ended and second.pid not in s.gate.ended
    third = s.terminal()
    assert s.link(third, "/proc/self/fd/0") == "/dev/pts/0"
    assert terminals.hang_up(s.kernel, 7) == 0


def test_who_hears_of_a_hang_up() -> None:
    s = System()
    shell = s.terminal()
    for sig in (SIGHUP, 18):
        s.catch(shell, sig)
    child = s.fork(shell)
    away = s.fork(shell)
    s.call("setsid", away)
    s.call("kill", shell, child.pid, 19)
    terminals.hang_up(s.kernel, 0)
    assert s.handle(shell) == [SIGHUP, 18]
    assert s.handle(child) == [SIGHUP, 18] and not s.gate.stopped[child.pid]
    assert away.pid not in s.gate.ended
    assert shell.terminal is None
    assert s.call("openat", shell, AT_FDCWD, "/dev/tty", 2, 0) == "ENXIO"
    assert s.call("openat", shell, AT_FDCWD, "/dev/pts/0", 2, 0) == "ENOENT"
    assert s.call("tty_read", shell, shell.files[0].id, 10, 0) == 0
    assert s.call("tty_write", shell, shell.files[0].id, "x") == "EIO"
    assert s.call("tty_ioctl", shell, shell.files[0].id, 0x5401, 0) == "EIO"


def test_terminal_calls_without_a_terminal() -> None:
    s = System()
    assert terminals.write(s.kernel, 3, "x") == terminals.resize(s.kernel, 3, 1, 1) == 0
    assert terminals.took(s.kernel, 3, 1) == 0
    with pytest.raises(SysError):
        terminals.create(s.kernel, "/none", 80, 24)
    assert not s.kernel.terminals
