"""The directories every system has before anything is installed (hier(7), file-hierarchy(7))."""

from __future__ import annotations

from tabux.fs.credentials import ROOT
from tabux.fs.inode import Inode
from tabux.fs.vfs import Vfs

#: the user programs run as
USER = 1000

#: path, mode, owner and group
_DIRECTORIES = (
    ("/dev", 0o755, 0),
    ("/etc", 0o755, 0),
    ("/home", 0o755, 0),
    ("/home/user", 0o755, USER),
    ("/mnt", 0o755, 0),
    ("/opt", 0o755, 0),
    ("/proc", 0o555, 0),
    ("/root", 0o700, 0),
    ("/run", 0o755, 0),
    ("/srv", 0o755, 0),
    ("/tmp", 0o1777, 0),
    ("/usr", 0o755, 0),
    ("/usr/bin", 0o755, 0),
    ("/usr/include", 0o755, 0),
    ("/usr/lib", 0o755, 0),
    ("/usr/local", 0o755, 0),
    ("/usr/local/bin", 0o755, 0),
    ("/usr/local/lib", 0o755, 0),
    ("/usr/local/share", 0o755, 0),
    ("/usr/sbin", 0o755, 0),
    ("/usr/share", 0o755, 0),
    ("/var", 0o755, 0),
    ("/var/cache", 0o755, 0),
    ("/var/lib", 0o755, 0),
    ("/var/log", 0o755, 0),
    ("/var/tmp", 0o1777, 0),
)

#: path and text; Debian's merged /usr
_LINKS = (
    ("/bin", "usr/bin"),
    ("/lib", "usr/lib"),
    ("/sbin", "usr/sbin"),
    ("/etc/mtab", "../proc/self/mounts"),
    ("/var/run", "/run"),
)


def make_layout(vfs: Vfs) -> None:
    """Makes the base directories in an empty file system."""
    for path, mode, owner in _DIRECTORIES:
        _owned(vfs, vfs.mkdir(vfs.root, path, mode, ROOT), mode, owner)
    for path, target in _LINKS:
        vfs.symlink(target, vfs.root, path, ROOT)


def _owned(vfs: Vfs, inode: Inode, mode: int, owner: int) -> None:
    if owner:
        vfs.set_owner(inode, owner, owner, ROOT)
        vfs.set_mode(inode, mode, ROOT)
