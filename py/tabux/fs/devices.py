"""The nodes of /dev: numbers as in null(4), random(4), full(4) and tty(4), modes as in Debian."""

from __future__ import annotations

from tabux.abi.stat import S_IFCHR, makedev
from tabux.fs.credentials import ROOT
from tabux.fs.inode import Inode
from tabux.fs.vfs import Vfs

NULL = makedev(1, 3)
ZERO = makedev(1, 5)
FULL = makedev(1, 7)
RANDOM = makedev(1, 8)
URANDOM = makedev(1, 9)
TTY = makedev(5, 0)
CONSOLE = makedev(5, 1)
PTMX = makedev(5, 2)

#: major number of /dev/pts/N; the minor is N
PTS_MAJOR = 136

#: Debian's group "tty"
_TTY_GROUP = 5

_NODES = (
    ("/dev/null", NULL, 0o666, 0),
    ("/dev/zero", ZERO, 0o666, 0),
    ("/dev/full", FULL, 0o666, 0),
    ("/dev/random", RANDOM, 0o666, 0),
    ("/dev/urandom", URANDOM, 0o666, 0),
    ("/dev/tty", TTY, 0o666, _TTY_GROUP),
    ("/dev/console", CONSOLE, 0o600, 0),
    ("/dev/ptmx", PTMX, 0o666, _TTY_GROUP),
)

_LINKS = (
    ("/dev/fd", "/proc/self/fd"),
    ("/dev/stdin", "/proc/self/fd/0"),
    ("/dev/stdout", "/proc/self/fd/1"),
    ("/dev/stderr", "/proc/self/fd/2"),
)


#: device numbers of the mounts
_DEV = 5
_PTS = 22
_SHM = 23


def make_devices(vfs: Vfs) -> None:
    """Mounts /dev, which must exist, and what belongs into it: a file system of its own, as on Linux."""
    root = vfs.root
    vfs.new_mount("/dev", "devtmpfs", "udev", 0o755, _DEV, "mode=755")
    for path, rdev, mode, group in _NODES:
        inode = vfs.mknod(root, path, S_IFCHR | mode, rdev, ROOT)
        inode.gid = group
    for path, target in _LINKS:
        vfs.symlink(target, root, path, ROOT)
    vfs.mkdir(root, "/dev/pts", 0o755, ROOT)
    vfs.new_mount("/dev/pts", "devpts", "devpts", 0o755, _PTS, "gid=5,mode=620,ptmxmode=666")
    vfs.mknod(root, "/dev/pts/ptmx", S_IFCHR | 0o666, PTMX, ROOT)
    vfs.mkdir(root, "/dev/shm", 0o1777, ROOT)
    vfs.new_mount("/dev/shm", "tmpfs", "tmpfs", 0o1777, _SHM)


def make_terminal(vfs: Vfs, number: int, uid: int, terminal: object) -> Inode:
    """The node /dev/pts/`number` of a new terminal, whose `object` is `terminal` (pts(4)). EEXIST."""
    rdev = makedev(PTS_MAJOR, number)
    inode = vfs.mknod(vfs.root, f"/dev/pts/{number}", S_IFCHR | 0o620, rdev, ROOT)
    inode.uid = uid
    inode.gid = _TTY_GROUP
    inode.object = terminal
    return inode


def remove_terminal(vfs: Vfs, number: int) -> None:
    """Takes away the node of a terminal that has hung up."""
    vfs.unlink(vfs.root, f"/dev/pts/{number}", ROOT)
