"""/proc, with processes made up for the purpose."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from pathlib import Path

import pytest
from tabux.abi.fcntl import O_RDONLY, O_RDWR, O_WRONLY
from tabux.abi.stat import S_IFIFO, S_IFREG
from tabux.fs import proctext
from tabux.fs.credentials import ROOT, Credentials
from tabux.fs.devices import make_devices
from tabux.fs.inode import Inode
from tabux.fs.layout import make_layout
from tabux.fs.mount import Mount
from tabux.fs.procfs import mount_proc
from tabux.fs.procview import DescriptionView, ProcessView
from tabux.fs.vfs import Vfs
from tabux.fs.virtual import VirtualFile

from tests.unit.fs_support import ALICE, BOB, failure, new_vfs


class Description:
    def __init__(self, inode: Inode, flags: int, text: str) -> None:
        self.inode = inode
        self.flags = flags
        self.text = text

    def describe(self) -> str:
        return self.text


class Process:
    ppid = 1
    sid = 1
    umask = 0o22
    cpu_time = 1_250_000_000
    memory = 2 * 1024 * 1024
    terminal = 0x8800
    foreground = 7
    signal_sets = (1, 2, 4, 1 << 33)
    thread_pending = 8
    nice = 3

    def __init__(self, pid: int, cred: Credentials, cwd: Inode, program: Inode, started: int) -> None:
        self.pid = self.pgid = self.tid = pid
        self.tids = [pid]
        self.comm = "a-rather-long-name"
        self.state = "S"
        self.cred = cred
        self.cwd = cwd
        self.exe = "/usr/bin/program"
        self.executable: Inode | None = program
        self.fds: dict[int, DescriptionView] = {}
        self.start_time = started

    def thread(self, tid: int) -> Process | None:
        if tid not in self.tids:
            return None
        thread = copy.copy(self)
        thread.tid = tid
        return thread

    def cmdline(self) -> str:
        return "program\0-x\0"

    def environ(self) -> str:
        return "A=1\0"


class System:
    hostname = "tabux"
    release = "6.1.0-tabux"
    version = "#1 SMP"
    cpu_time = 2_500_000_000
    memory = (1024 * 1024, 512 * 1024)
    load = (0.5, 0.25, 0.125)
    last_pid = 8

    def __init__(self, boot_time: int) -> None:
        self.boot_time = boot_time
        self.processes: dict[int, Process] = {}

    def pids(self) -> Iterable[int]:
        return sorted(self.processes)

    def process(self, pid: int) -> ProcessView | None:
        return self.processes.get(pid)

    def caller(self, context: object) -> ProcessView | None:
        return context if isinstance(context, Process) else None


class World:
    """A system with Alice's process 7, which has a pipe and a file open, and Bob's process 8."""

    def __init__(self) -> None:
        self.vfs = vfs = new_vfs()
        make_layout(vfs)
        make_devices(vfs)
        self.system = System(vfs.clock())
        mount_proc(vfs, self.system)
        home = vfs.lookup(vfs.root, "/home/user", ROOT)
        program = vfs.mknod(vfs.root, "/usr/bin/program", S_IFREG | 0o755, 0, ROOT)
        self.file = vfs.mknod(vfs.root, "/tmp/file", S_IFREG | 0o600, 0, ALICE)
        self.pipe = vfs.anonymous(S_IFIFO | 0o600, ALICE)
        started = self.system.boot_time + 2_000_000_000
        self.alice = Process(7, ALICE, home, program, started)
        self.bob = Process(8, BOB, vfs.root, program, started)
        self.alice.fds = {
            0: Description(self.pipe, O_RDONLY, f"pipe:[{self.pipe.ino}]"),
            1: Description(self.pipe, O_WRONLY, f"pipe:[{self.pipe.ino}]"),
            12: Description(self.file, O_RDWR, "/tmp/file"),
        }
        self.system.processes = {7: self.alice, 8: self.bob}

    def look(self, path: str, process: Process | None = None, follow: bool = True) -> Inode:
        who = process or self.alice
        return self.vfs.lookup(self.vfs.root, path, who.cred, follow, who)

    def read(self, path: str, process: Process | None = None) -> str:
        who = process or self.alice
        inode, _ = self.vfs.open(self.vfs.root, path, O_RDONLY, 0, who.cred, who)
        assert isinstance(inode, VirtualFile)
        return inode.read(who)

    def readlink(self, path: str, process: Process | None = None) -> str:
        who = process or self.alice
        return self.vfs.readlink(self.vfs.root, path, who.cred, who)

    def list(self, path: str, process: Process | None = None) -> list[str]:
        return [name for name, _ in self.vfs.listdir(self.look(path, process), process or self.alice)]


@pytest.fixture
def world() -> World:
    return World()


def test_self(world: World) -> None:
    assert world.readlink("/proc/self") == "7"
    assert world.readlink("/proc/self", world.bob) == "8"
    assert world.look("/proc/self").ino == world.look("/proc/7").ino
    assert world.vfs.path_of(world.look("/proc/self/fd")) == "/proc/7/fd"
    assert failure(world.vfs.readlink, world.vfs.root, "/proc/self", ROOT) == "ENOENT"


def test_listing(world: World) -> None:
    top = world.list("/proc")
    assert top[-2:] == ["7", "8"]
    assert {"self", "mounts", "meminfo", "uptime", "version", "cpuinfo", "sys"} <= set(top)
    assert world.list("/proc/sys/kernel")[2:] == ["hostname", "osrelease", "ostype", "pid_max", "version"]
    one = world.list("/proc/7")
    assert {"cmdline", "comm", "cwd", "environ", "exe", "fd", "stat", "status"} <= set(one)
    assert world.list("/proc/7/fd") == [".", "..", "0", "1", "12"]
    for name, inode in world.vfs.listdir(world.look("/proc/7"), world.alice)[2:]:
        assert world.look(f"/proc/7/{name}", follow=False).ino == inode.ino
    assert (
        len({inode.ino for _, inode in world.vfs.listdir(world.look("/proc"), world.alice)[2:]})
        == len(top) - 2
    )


@pytest.mark.parametrize(
    "path", ["9", "07", "7x", "-7", "\xb2", "none", "7/fd/2", "7/fd/01", "7/none", "sys/none"]
)
def test_what_is_not_there(world: World, path: str) -> None:
    assert failure(world.look, f"/proc/{path}") == "ENOENT"


def test_who_owns_what(world: World) -> None:
    assert (world.look("/proc/7").uid, world.look("/proc/8").uid) == (1000, 1001)
    assert world.look("/proc/7").mode & 0o7777 == 0o555
    assert failure(world.read, "/proc/8/environ") == "EACCES"
    assert failure(world.look, "/proc/8/fd/0") == "EACCES"
    assert failure(world.readlink, "/proc/8/cwd") == "EACCES"
    assert failure(world.readlink, "/proc/8/exe") == "EACCES"
    assert failure(world.look, "/proc/8/cwd/tmp") == "EACCES"
    assert world.read("/proc/8/cmdline") == "program\0-x\0"
    assert world.look("/proc/8/cwd", None, False).mode & 0o777 == 0o777


def test_texts_of_a_process(world: World) -> None:
    assert world.read("/proc/self/cmdline") == "program\0-x\0"
    assert world.read("/proc/self/environ") == "A=1\0"
    assert world.read("/proc/self/comm") == "a-rather-long-n\n"
    fields = world.read("/proc/self/stat").split()
    assert fields[:8] == ["7", "(a-rather-long-n)", "S", "1", "7", "1", "34816", "7"]
    assert (fields[13], fields[21], fields[22], fields[23]) == ("125", "200", "2097152", "512")
    assert fields[30:34] == ["1", "2", "4", "0"]
    assert fields[17:19] == ["23", "3"]  # priority and nice
    assert len(fields) == len(Path("/proc/self/stat").read_text().rpartition(")")[2].split()) + 2
    status = dict(line.split(":", 1) for line in world.read("/proc/self/status").splitlines())
    assert status["State"] == "\tS (sleeping)"
    assert status["Umask"] == "\t0022"
    assert status["Uid"] == "\t1000\t1000\t1000\t1000"
    assert status["Groups"] == "\t100 "
    assert status["SigCgt"] == "\t0000000200000000"
    assert status["VmSize"] == "\t    2048 kB"
    assert status["CapEff"] == "\t0000000000000000"
    assert set(status) <= {line.split(":")[0] for line in Path("/proc/self/status").read_text().splitlines()}


def test_links_of_a_process(world: World) -> None:
    assert world.readlink("/proc/self/cwd") == "/home/user"
    assert world.look("/proc/self/cwd") is world.alice.cwd
    assert world.look("/proc/self/cwd/..") is world.look("/home")
    assert world.readlink("/proc/self/exe") == "/usr/bin/program"
    assert world.look("/proc/self/exe") is world.alice.executable
    assert world.readlink("/proc/self/root") == "/"
    assert world.look("/proc/self/root/tmp") is world.look("/tmp")
    world.vfs.opened(world.alice.cwd)
    world.vfs.rmdir(world.vfs.root, "/home/user", ROOT)
    assert world.readlink("/proc/self/cwd") == "/home/user (deleted)"


def test_descriptors(world: World) -> None:
    assert world.readlink("/proc/self/fd/0") == f"pipe:[{world.pipe.ino}]"
    assert world.readlink("/dev/fd/12") == "/tmp/file"
    assert world.look("/dev/stdin") is world.pipe
    assert world.look("/dev/fd/12") is world.file
    modes = [world.look(f"/proc/self/fd/{fd}", follow=False).mode for fd in (0, 1, 12)]
    assert [f"{mode:o}" for mode in modes] == ["120500", "120300", "120700"]
    assert world.look("/proc/self/fd/0", follow=False).size == 64
    assert world.vfs.open(world.vfs.root, "/dev/fd/12", O_RDWR, 0, ALICE, world.alice) == (world.file, False)
    assert failure(world.look, "/dev/fd/0/x") == "ENOTDIR"
    assert world.look("/proc/self/fd").mode & 0o777 == 0o500
    # an unlinked file is still reached
    world.vfs.opened(world.file)
    world.vfs.unlink(world.vfs.root, "/tmp/file", ALICE)
    assert world.look("/dev/fd/12") is world.file


def test_a_zombie(world: World) -> None:
    world.alice.state = "Z"
    world.alice.executable = None
    world.alice.fds = {}
    assert failure(world.readlink, "/proc/7/exe") == "ENOENT"
    assert failure(world.look, "/proc/7/cwd") == "ENOENT"
    assert world.list("/proc/7/fd") == [".", ".."]
    assert "State:\tZ (zombie)\n" in world.read("/proc/7/status")


def test_a_process_that_ended_meanwhile(world: World) -> None:
    directory, stat, fds = (world.look(path) for path in ("/proc/8", "/proc/8/stat", "/proc/7/fd"))
    link = world.look("/proc/7/fd/0", follow=False)
    world.system.processes = {}
    assert isinstance(stat, VirtualFile)
    assert failure(stat.read, world.alice) == "ESRCH"
    assert failure(world.vfs.listdir, directory, world.alice) == "ENOENT"
    assert failure(world.vfs.listdir, fds, world.alice) == "ENOENT"
    assert failure(world.vfs.lookup, directory, "stat", ROOT, True, world.alice) == "ENOENT"
    assert failure(world.vfs.link_text, link, world.alice) == "ENOENT"


def test_texts_of_the_system(world: World) -> None:
    assert world.read("/proc/version") == "Linux version 6.1.0-tabux (tabux@tabux) (clang) #1 SMP\n"
    assert world.read("/proc/loadavg") == "0.50 0.25 0.12 1/2 8\n"
    uptime, idle = world.read("/proc/uptime").split()
    assert float(idle) == max(0, round(float(uptime) - 2.5, 2))
    assert world.read("/proc/meminfo").startswith(
        "MemTotal:           1024 kB\nMemFree:             512 kB\n"
    )
    assert "processor\t: 0\n" in world.read("/proc/cpuinfo")
    assert world.read("/proc/stat").startswith("cpu  250 0 0 ")
    assert world.read("/proc/sys/kernel/hostname") == "tabux\n"
    assert world.read("/proc/sys/kernel/ostype") == "Linux\n"
    assert world.read("/proc/sys/kernel/osrelease") == "6.1.0-tabux\n"
    assert world.read("/proc/sys/kernel/pid_max") == "32768\n"
    kinds = ("tabuxfs", "devtmpfs", "devpts", "tmpfs", "proc")
    assert world.read("/proc/filesystems") == "".join(f"nodev\t{kind}\n" for kind in kinds)
    assert world.read("/proc/mounts") == (
        "tabux / tabuxfs rw,relatime 0 0\n"
        "udev /dev devtmpfs rw,relatime,mode=755 0 0\n"
        "devpts /dev/pts devpts rw,relatime,gid=5,mode=620,ptmxmode=666 0 0\n"
        "tmpfs /dev/shm tmpfs rw,relatime 0 0\n"
        "proc /proc proc rw,relatime 0 0\n"
    )
    assert world.read("/proc/self/mountinfo").splitlines()[-1] == (
        "24 20 0:21 / /proc rw,relatime - proc proc rw,relatime"
    )


def test_mounts_escape_what_would_confuse() -> None:
    mount = Mount(5, "x", "a b\\c", readonly=True, options="size=1")
    assert proctext.mounts([("/a\tb\nc", mount)]) == "a\\040b\\134c /a\\011b\\012c x ro,relatime,size=1 0 0\n"


@pytest.mark.parametrize("cred", [ROOT, ALICE])
def test_nothing_is_made_or_removed_there(world: World, cred: Credentials) -> None:
    # As Linux answers; see also the errors of other virtual directories in test_fs_walk.
    vfs: Vfs = world.vfs
    start = vfs.root
    denied = "EPERM" if cred is ROOT else "EACCES"
    assert failure(vfs.mkdir, start, "/proc/x", 0o755, cred) == "ENOENT"
    assert failure(vfs.mkdir, start, "/proc/7", 0o755, cred) == "EEXIST"
    assert failure(vfs.open, start, "/proc/x", 0o101, 0o644, cred) == "ENOENT"
    assert failure(vfs.symlink, "a", start, "/proc/x", cred) == "ENOENT"
    assert failure(vfs.rmdir, start, "/proc/7", cred) == denied
    assert failure(vfs.unlink, start, "/proc/version", cred) == denied
    assert failure(vfs.rename, start, "/proc/version", start, "/proc/y", cred) == "ENOENT"
    assert failure(vfs.rename, start, "/proc/version", start, "/tmp/y", cred) == "EXDEV"
    assert failure(vfs.link, start, "/proc/version", start, "/tmp/y", cred) == "EXDEV"
    assert failure(vfs.rmdir, start, "/proc", cred) == ("EBUSY" if cred is ROOT else "EACCES")
    assert failure(vfs.open, start, "/proc/version", 1, 0, cred) == ("" if cred is ROOT else "EACCES")
    assert failure(vfs.truncate, start, "/proc/version", 0, cred) == ("" if cred is ROOT else "EACCES")
    assert failure(vfs.chmod, start, "/proc/version", 0o444, cred) == ("" if cred is ROOT else "EPERM")
