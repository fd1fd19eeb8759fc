"""The same random operations on our file system and on the real one of the machine, which must agree.

The real ones run in a child process: with root's rights in a chroot and as three users in turn; without them
as whoever runs the tests, and then no path leads out of the scratch directory.
"""

# pathlib would stand between the test and the calls it compares.
# ruff: noqa: PTH101, PTH102, PTH106, PTH108, PTH109, PTH115, PTH116, PTH123, PTH208, PTH211

from __future__ import annotations

import ctypes
import errno as host_errno
import os
import pickle
import random
import stat as host_stat
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tabux.abi import errno
from tabux.abi import fcntl as linux
from tabux.abi.errno import SysError
from tabux.abi.stat import S_IFDIR, S_ISDIR, S_ISFIFO, S_ISLNK, UTIME_NOW, UTIME_OMIT
from tabux.fs.credentials import MAY_EXEC, MAY_READ, ROOT, Credentials, permitted
from tabux.fs.inode import Inode
from tabux.fs.vfs import Vfs

from tests.unit.fs_support import failure, new_vfs

PRIVILEGED = os.geteuid() == 0

#: (uid, gid, groups): user 0, and two who share a group
USERS = (
    [(0, 0, []), (1000, 1000, [100]), (1001, 1001, [100])]
    if PRIVILEGED
    else [(os.getuid(), os.getgid(), os.getgroups())]
)

Operation = tuple[Any, ...]
#: what the host calls an open flag, by our value (x86-64 is not asm-generic)
FLAGS = {
    getattr(linux, name): getattr(os, name)
    for name in (
        "O_CREAT",
        "O_EXCL",
        "O_TRUNC",
        "O_DIRECTORY",
        "O_NOFOLLOW",
        "O_PATH",
        "O_NONBLOCK",
        "O_WRONLY",
        "O_RDWR",
        "O_NOATIME",
        "O_TMPFILE",
    )
}


class Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class Linux:
    """The operations, done by the real kernel."""

    def __init__(self, top: Path, alone: bool) -> None:
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.handles: dict[int, int] = {}
        os.umask(0)
        os.chdir(top)
        if PRIVILEGED and alone:
            os.chroot(".")
        self.current: tuple[int, int, list[int]] = USERS[0]

    def user(self, number: int) -> None:
        if PRIVILEGED:
            uid, gid, groups = USERS[number]
            os.seteuid(0)
            os.setgroups(groups)
            os.setegid(gid)
            os.seteuid(uid)

    def _check(self, result: int) -> None:
        if result < 0:
            raise OSError(ctypes.get_errno(), "")

    def mkdir(self, path: str, mode: int) -> None:
        os.mkdir(path, mode)

    def mknod(self, path: str, mode: int) -> None:
        os.mknod(path, mode, os.makedev(1, 3))

    def rmdir(self, path: str) -> None:
        os.rmdir(path)

    def unlink(self, path: str) -> None:
        os.unlink(path)

    def symlink(self, target: str, path: str) -> None:
        os.symlink(target, path)

    def readlink(self, path: str) -> str:
        return os.readlink(path)

    def link(self, path: str, new: str, follow: bool) -> None:
        flags = linux.AT_SYMLINK_FOLLOW if follow else 0
        self._check(self.libc.linkat(linux.AT_FDCWD, path.encode(), linux.AT_FDCWD, new.encode(), flags))

    def rename(self, path: str, new: str, flags: int) -> None:
        self._check(self.libc.renameat2(linux.AT_FDCWD, path.encode(), linux.AT_FDCWD, new.encode(), flags))

    def chmod(self, path: str, mode: int) -> None:
        os.chmod(path, mode)

    def chown(self, path: str, uid: int, gid: int, follow: bool) -> None:
        os.chown(path, uid, gid, follow_symlinks=follow)

    def truncate(self, path: str, size: int) -> None:
        self._check(self.libc.truncate(path.encode(), ctypes.c_long(size)))

    def access(self, path: str, want: int) -> None:
        self._check(self.libc.faccessat(linux.AT_FDCWD, path.encode(), want, linux.AT_EACCESS))

    def utimens(self, path: str, atime: tuple[int, int], mtime: tuple[int, int], follow: bool) -> None:
        times = (Timespec * 2)(Timespec(*atime), Timespec(*mtime))
        flags = 0 if follow else linux.AT_SYMLINK_NOFOLLOW
        self._check(self.libc.utimensat(linux.AT_FDCWD, path.encode(), times, flags))

    def open(self, slot: int, path: str, flags: int, mode: int) -> None:
        host = os.O_NONBLOCK
        for ours, theirs in FLAGS.items():
            if flags & ours == ours:
                host |= theirs
        handle = os.open(path, host, mode)
        self.close(slot)
        self.handles[slot] = handle

    def close(self, slot: int) -> None:
        if slot in self.handles:
            os.close(self.handles.pop(slot))

    def fstat(self, slot: int) -> Any:
        return self._facts(os.fstat(self.handles[slot])) if slot in self.handles else None

    def stat(self, path: str) -> Any:
        return self._facts(os.stat(path))

    def lstat(self, path: str) -> Any:
        return self._facts(os.lstat(path))

    def listdir(self, path: str) -> list[str]:
        return sorted(os.listdir(path))

    def chdir(self, path: str) -> None:
        os.chdir(path)

    def getcwd(self) -> str:
        return os.getcwd()

    def _facts(self, found: os.stat_result) -> Any:
        size = 0 if host_stat.S_ISDIR(found.st_mode) else found.st_size
        owner = (found.st_uid, found.st_gid)
        return found.st_mode, owner, found.st_nlink, size, found.st_rdev, ("ino", found.st_ino)

    def tree(self) -> list[tuple[str, Any]]:
        """Every file below the working directory (which must be the top) that the user can see."""
        found: list[tuple[str, Any]] = []
        todo = ["."]
        while todo:
            path = todo.pop()
            facts = self.lstat(path)
            target = os.readlink(path) if host_stat.S_ISLNK(facts[0]) else None
            found.append((path, (facts, target)))
            if host_stat.S_ISDIR(facts[0]) and os.access(path, os.R_OK | os.X_OK, effective_ids=True):
                todo += [f"{path}/{name}" for name in os.listdir(path)]
        return sorted(found)

    def times(self) -> dict[str, tuple[int, int, int]]:
        times = {}
        for path, _ in self.tree():
            found = os.lstat(path)
            times[path] = (found.st_atime_ns, found.st_mtime_ns, found.st_ctime_ns)
        return times


class Tabux:
    """The operations, done by ours."""

    def __init__(self, vfs: Vfs) -> None:
        self.vfs = vfs
        self.cwd = vfs.root
        self.cred = ROOT
        self.handles: dict[int, Inode] = {}
        self.readers: set[int] = set()
        uid, gid, _ = USERS[0]
        vfs.set_owner(vfs.root, uid, gid, ROOT)
        vfs.set_mode(vfs.root, 0o755, ROOT)
        self.user(0)

    def user(self, number: int) -> None:
        uid, gid, groups = USERS[number]
        self.cred = Credentials(uid, gid, groups)

    def mkdir(self, path: str, mode: int) -> None:
        self.vfs.mkdir(self.cwd, path, mode, self.cred)

    def mknod(self, path: str, mode: int) -> None:
        self.vfs.mknod(self.cwd, path, mode, 0x103, self.cred)

    def rmdir(self, path: str) -> None:
        self.vfs.rmdir(self.cwd, path, self.cred)

    def unlink(self, path: str) -> None:
        self.vfs.unlink(self.cwd, path, self.cred)

    def symlink(self, target: str, path: str) -> None:
        self.vfs.symlink(target, self.cwd, path, self.cred)

    def readlink(self, path: str) -> str:
        return self.vfs.readlink(self.cwd, path, self.cred)

    def link(self, path: str, new: str, follow: bool) -> None:
        self.vfs.link(self.cwd, path, self.cwd, new, self.cred, follow)

    def rename(self, path: str, new: str, flags: int) -> None:
        self.vfs.rename(self.cwd, path, self.cwd, new, self.cred, flags)

    def chmod(self, path: str, mode: int) -> None:
        self.vfs.chmod(self.cwd, path, mode, self.cred)

    def chown(self, path: str, uid: int, gid: int, follow: bool) -> None:
        self.vfs.chown(self.cwd, path, uid, gid, self.cred, follow)

    def truncate(self, path: str, size: int) -> None:
        self.vfs.truncate(self.cwd, path, size, self.cred)

    def access(self, path: str, want: int) -> None:
        self.vfs.access(self.cwd, path, want, self.cred, effective=True)

    def utimens(self, path: str, atime: tuple[int, int], mtime: tuple[int, int], follow: bool) -> None:
        self.vfs.utimens(self.cwd, path, atime, mtime, self.cred, follow)

    def open(self, slot: int, path: str, flags: int, mode: int) -> None:
        inode, _ = self.vfs.open(self.cwd, path, flags, mode, self.cred)
        # What a fifo says is the kernel's business: without a reader it cannot be opened for writing alone.
        if S_ISFIFO(inode.mode) and flags & 1 and not flags & linux.O_PATH:
            if flags & 3 == 3:
                raise SysError(errno.EINVAL)
            if not any(self.handles[reader] is inode for reader in self.readers):
                raise SysError(errno.ENXIO)
        self.vfs.opened(inode)
        self.close(slot)
        self.handles[slot] = inode
        if not flags & (1 | linux.O_PATH):
            self.readers.add(slot)

    def close(self, slot: int) -> None:
        self.readers.discard(slot)
        if slot in self.handles:
            self.vfs.released(self.handles.pop(slot))

    def fstat(self, slot: int) -> Any:
        return self._facts(self.handles[slot]) if slot in self.handles else None

    def stat(self, path: str) -> Any:
        return self._facts(self.vfs.lookup(self.cwd, path, self.cred))

    def lstat(self, path: str) -> Any:
        return self._facts(self.vfs.lookup(self.cwd, path, self.cred, False))

    def listdir(self, path: str) -> list[str]:
        flags = linux.O_RDONLY | linux.O_DIRECTORY
        inode, _ = self.vfs.open(self.cwd, path, flags, 0, self.cred)
        if inode.nlink == 0:  # getdents says ENOENT, of which readdir makes an empty directory
            assert failure(self.vfs.listdir, inode) == "ENOENT"
            return []
        return sorted(name for name, _ in self.vfs.listdir(inode) if name not in (".", ".."))

    def chdir(self, path: str) -> None:
        inode = self.vfs.lookup(self.cwd, path, self.cred)
        if not S_ISDIR(inode.mode):
            raise SysError(errno.ENOTDIR)
        self.vfs.access(inode, ".", 1, self.cred, effective=True)
        self.vfs.opened(inode)
        self.vfs.released(self.cwd)
        self.cwd = inode

    def getcwd(self) -> str:
        return self.vfs.path_of(self.cwd)

    def _facts(self, inode: Inode) -> Any:
        size = 0 if S_ISDIR(inode.mode) else inode.size
        return inode.mode, (inode.uid, inode.gid), inode.nlink, size, inode.rdev, ("ino", inode.ino)

    def _walk(self) -> list[tuple[str, Inode]]:
        found: list[tuple[str, Inode]] = []
        todo = [(".", self.vfs.root)]
        while todo:
            path, inode = todo.pop()
            found.append((path, inode))
            if inode.children is not None and permitted(inode, MAY_READ | MAY_EXEC, self.cred):
                todo += [(f"{path}/{name}", child) for name, child in inode.children.items()]
        return sorted(found, key=lambda pair: pair[0])

    def tree(self) -> list[tuple[str, Any]]:
        return [
            (path, (self._facts(inode), inode.target if S_ISLNK(inode.mode) else None))
            for path, inode in self._walk()
        ]

    def times(self) -> dict[str, tuple[int, int, int]]:
        return {path: (inode.atime, inode.mtime, inode.ctime) for path, inode in self._walk()}


def perform(system: Linux | Tabux, operation: Operation) -> Any:
    """The result of one operation: ("ok", value) or ("error", name)."""
    name, *arguments = operation
    try:
        return "ok", getattr(system, name)(*arguments)
    except OSError as error:
        return "error", host_errno.errorcode[error.errno or 0]
    except SysError as error:
        return "error", errno.NAMES[error.errno]


def in_child(work: Callable[[], Any]) -> Any:
    """What `work` returns in a child process, where it may change user and root directory."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            with open(writer, "wb") as pipe:
                pickle.dump(work(), pipe)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writer)
    with open(reader, "rb") as pipe:
        content = pipe.read()
    _, status = os.waitpid(pid, 0)
    assert status == 0, "the child with the real file system failed"
    return pickle.loads(content)


class Same:
    """Compares results, where inode numbers may differ but must stand for the same files."""

    def __init__(self) -> None:
        self.theirs: dict[int, int] = {}
        self.ours: dict[int, int] = {}

    def __call__(self, theirs: Any, ours: Any) -> bool:
        if isinstance(theirs, tuple) and isinstance(ours, tuple):
            if len(theirs) != len(ours):
                return False
            if len(theirs) == 2 and theirs[0] == ours[0] == "ino":
                # The real one uses a number again once its file is gone; ours never does.
                known = self.theirs.get(theirs[1])
                if known is not None and known > ours[1]:
                    return False
                self.theirs[theirs[1]] = ours[1]
                return bool(self.ours.setdefault(ours[1], theirs[1]) == theirs[1])
            return all(self(a, b) for a, b in zip(theirs, ours, strict=True))
        return bool(theirs == ours)


def a_path(rng: random.Random) -> str:
    steps = rng.choices((1, 2, 3, 4), (45, 35, 15, 5))[0]
    names = []
    for _ in range(steps):
        roll = rng.random()
        if roll < 0.06 and PRIVILEGED:
            names.append("..")
        elif roll < 0.1:
            names.append(".")
        else:
            names.append(rng.choice("abcdef"))
    path = ("/" if rng.random() < 0.9 else "//").join(names)
    if PRIVILEGED and rng.random() < 0.15:
        path = "/" + path
    roll = rng.random()
    if roll < 0.08:
        path += "/"
    elif roll < 0.1:
        path += "//"
    elif roll < 0.12:
        path += "/."
    elif roll < 0.13:
        return rng.choice(
            ["", "/" if PRIVILEGED else ".", "n" * 255, "n" * 256, "a/" + "n" * 256, "./" * 2047 + "a"]
        )
    return path


def sticky_is_plain() -> bool:
    """False where links and files in sticky directories are specially protected (proc(5), fs.protected_*)."""
    names = ("protected_symlinks", "protected_regular", "protected_fifos")
    files = [Path("/proc/sys/fs") / name for name in names]
    return all(not file.exists() or file.read_text().strip() == "0" for file in files)


def a_mode(rng: random.Random) -> int:
    roll = rng.random()
    if roll < 0.55:
        return 0o777
    if roll < 0.65 and sticky_is_plain():
        return 0o1777
    mode = rng.choice(
        (0o755, 0o700, 0o644, 0o500, 0o300, 0o711, 0o070, 0o007, 0o000, 0o666, 0o555, 0o711, 0o770)
    )
    special = (0, 0, 0, 0o1000, 0o2000, 0o4000, 0o6000) if sticky_is_plain() else (0, 0, 0o2000, 0o4000)
    return mode | rng.choice(special)


def a_time(rng: random.Random) -> tuple[int, int]:
    return rng.randrange(2_000_000_000), rng.choice((0, 5, UTIME_NOW, UTIME_OMIT, 1_000_000_000))


def an_operation(rng: random.Random) -> Operation:
    def path() -> str:
        return a_path(rng)

    uid = rng.choice((-1, -1, 0, 1000, 1001))
    gid = rng.choice((-1, -1, 0, 100, 1000, 1001))
    flags = rng.choice((0, 0, 1, 1, 2, 2, 3))
    for flag in (
        linux.O_CREAT,
        linux.O_CREAT,
        linux.O_EXCL,
        linux.O_TRUNC,
        linux.O_NOFOLLOW,
        linux.O_DIRECTORY,
    ):
        if rng.random() < 0.25:
            flags |= flag
    if rng.random() < 0.06:
        flags |= linux.O_PATH
    if rng.random() < 0.04:
        flags |= linux.O_TMPFILE
    if flags & linux.O_EXCL and not flags & linux.O_CREAT:
        flags &= ~linux.O_EXCL
    if rng.random() < 0.03:
        flags |= linux.O_NOATIME
    slot = rng.randrange(6)
    flip = rng.random() < 0.5
    choices: tuple[tuple[float, Callable[[], Operation]], ...] = (
        (8, lambda: ("mkdir", path(), a_mode(rng))),
        (3, lambda: ("mknod", path(), rng.choice((0o100644, 0o666, 0o010666, 0o020666, 0o040755, 0o150000)))),
        (4, lambda: ("rmdir", path())),
        (4, lambda: ("unlink", path())),
        (6, lambda: ("symlink", path(), path())),
        (3, lambda: ("readlink", path())),
        (5, lambda: ("link", path(), path(), flip)),
        (12, lambda: ("rename", path(), path(), rng.choice((0, 0, 0, 1, 2, 3)))),
        (5, lambda: ("chmod", path(), a_mode(rng))),
        (4, lambda: ("chown", path(), uid, gid, flip)),
        (2, lambda: ("truncate", path(), rng.choice((-1, 0, 1, 5000)))),
        (3, lambda: ("access", path(), rng.randrange(8))),
        (2, lambda: ("utimens", path(), a_time(rng), a_time(rng), flip)),
        (14, lambda: ("open", slot, path(), flags, a_mode(rng))),
        (2, lambda: ("close", slot)),
        (2, lambda: ("fstat", slot)),
        (4, lambda: ("stat", path())),
        (4, lambda: ("lstat", path())),
        (4, lambda: ("listdir", path())),
        (2, lambda: ("chdir", path())),
        (1, lambda: ("getcwd",)),
        (3, lambda: ("user", rng.randrange(len(USERS)))),
    )
    weights = [weight for weight, _ in choices]
    return rng.choices([make for _, make in choices], weights)[0]()


def a_script(seed: int, length: int, chdir: bool = True) -> list[Operation]:
    rng = random.Random(seed)
    script: list[Operation] = [("chmod", ".", 0o777)]
    while len(script) < length:
        operation = an_operation(rng)
        if not PRIVILEGED and operation[0] in ("chdir", "getcwd", "mknod", "chown"):
            continue
        if operation[0] != "chdir" or chdir:
            script.append(operation)
    return script


def protected_hardlinks() -> bool:
    file = Path("/proc/sys/fs/protected_hardlinks")
    return not file.exists() or file.read_text().strip() == "1"


def scratch(tmp_path: Path) -> Path:
    """An empty directory, 755, of the first user. Skips the test where directories do not count links."""
    top = tmp_path / "top"
    top.mkdir()
    top.chmod(0o755)
    probe = top / "probe"
    probe.mkdir()
    counted = probe.stat().st_nlink == 2
    probe.rmdir()
    if not counted or not protected_hardlinks():
        pytest.skip(
            "this machine's file system does not count links of directories, or protects no hard links"
        )
    return top


@pytest.mark.parametrize("seed", range(12))
def test_random_operations_agree(seed: int, tmp_path: Path) -> None:
    script = a_script(seed, 2500)
    top = scratch(tmp_path)

    def real() -> tuple[list[Any], list[tuple[str, Any]]]:
        system = Linux(top, alone=True)
        results = [perform(system, operation) for operation in script]
        system.user(0)
        os.chmod("/" if PRIVILEGED else top, 0o755)
        os.chdir("/" if PRIVILEGED else top)
        return results, system.tree()

    their_results, their_tree = in_child(real)
    ours = Tabux(new_vfs())
    same = Same()
    for number, (operation, theirs) in enumerate(zip(script, their_results, strict=True)):
        result = perform(ours, operation)
        assert same(theirs, result), (
            f"operation {number} {operation} as {ours.cred.uid} in "
            f"{perform(ours, ('getcwd',))}: Linux {theirs}, ours {result}"
        )
    ours.user(0)
    ours.vfs.root.mode = S_IFDIR | 0o755
    our_tree = ours.tree()
    assert [path for path, _ in our_tree] == [path for path, _ in their_tree]
    for (path, theirs), (_, facts) in zip(their_tree, our_tree, strict=True):
        assert same(theirs, facts), f"{path}: Linux {theirs}, ours {facts}"
    if PRIVILEGED:
        errors = sum(result[0] == "error" for result in their_results)
        assert 0.2 < errors / len(script) < 0.9, "the script should both succeed and fail"


def changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[bool, bool]]:
    """For each file that is still there: whether mtime and ctime are others."""
    return {
        path: (before[path][1] != now[1], before[path][2] != now[2])
        for path, now in after.items()
        if path in before
    }


@pytest.mark.parametrize("seed", range(100, 103))
def test_random_operations_change_the_same_times(seed: int, tmp_path: Path) -> None:
    # Whether truncate(2) to the size a file has counts as a change depends on the real file system.
    script = [operation for operation in a_script(seed, 250, chdir=False) if operation[0] != "truncate"]
    top = scratch(tmp_path)

    def watch(system: Linux | Tabux, pause: float) -> list[dict[str, tuple[bool, bool]]]:
        history = []
        for operation in script:
            if operation[0] == "user":
                continue
            before = system.times()
            time.sleep(pause)
            perform(system, operation)
            history.append(changed(before, system.times()))
        return history

    theirs = in_child(lambda: watch(Linux(top, alone=True), 0.005))
    ours = watch(Tabux(new_vfs()), 0)
    operations = [operation for operation in script if operation[0] != "user"]
    for number, (operation, their_times, our_times) in enumerate(zip(operations, theirs, ours, strict=True)):
        assert their_times == our_times, (
            f"operation {number} {operation}: "
            f"Linux { {k: v for k, v in their_times.items() if v != our_times.get(k)} }, "
            f"ours { {k: v for k, v in our_times.items() if v != their_times.get(k)} }"
        )
