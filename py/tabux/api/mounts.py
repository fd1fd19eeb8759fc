"""Mounting what a provider of the page has (tabux.fs.host), and unmounting it."""

from __future__ import annotations

from tabux.abi.errno import EBUSY, EINVAL, ENOENT, SysError
from tabux.api.files import home, make_dir
from tabux.fs.credentials import ROOT
from tabux.fs.host import OPTIONS, HostTree
from tabux.fs.mount import Mount
from tabux.kernel.kernel import Kernel
from tabux.kernel.mounts import tree_of
from tabux.kernel.process import RUNNING

_KIND = "hostfs"
#: device numbers begin here
_DEVICES = 64


def mount(k: Kernel, path: str, number: int, source: str, readonly: int, can: str) -> int:
    """Mounts a provider over the directory at `path`, which is made where nothing is.

    `can` are the names of what it offers, separated by spaces. ENOTDIR; EBUSY (the root, or something is
    mounted there); EINVAL (within another such mount).
    """
    mounted = Mount(_DEVICES + number, _KIND, source, bool(readonly), OPTIONS)
    make_dir(k, path)
    point = k.vfs.lookup(home(k), path, ROOT)
    if point.mount.host is not None and point is not point.mount.host.root:
        raise SysError(EINVAL)
    if point.mount.covers is not None and point.parent is not None and point.parent.mount is not point.mount:
        raise SysError(EBUSY)

    def runs(pid: int) -> bool:
        # (0 is the sandbox's owner: his calls are always made again)
        process = k.processes.get(pid)
        return pid == 0 or (process is not None and process.state == RUNNING)

    tree = HostTree(k.vfs, k.gate, number, mounted, frozenset(can.split()), k.gate.wake, runs)
    k.vfs.attach(k.vfs.path_of(point), tree.root)
    k.hosts[number] = tree
    return 0


def mounted(k: Kernel, path: str) -> int:
    """The number of the mount at exactly this path. EINVAL: none is there."""
    inode = k.vfs.lookup(home(k), path, ROOT)
    tree = inode.mount.host
    if tree is None or tree.root is not inode:
        raise SysError(EINVAL)
    return tree.number


def unmount(k: Kernel, number: int, force: int) -> int:
    """Takes a mount away. EBUSY while files of it are open or somebody works in it, unless `force`."""
    tree = tree_of(k, number)
    if tree is None:
        raise SysError(ENOENT)
    if not force and tree.busy():
        raise SysError(EBUSY)
    k.vfs.detach(tree.root)
    tree.end()
    del k.hosts[number]
    return 0


def space(k: Kernel, number: int, total: float, free: float) -> int:
    """The provider says how large it is, and how much of that is free; bytes."""
    tree = tree_of(k, number)
    if tree is not None:
        tree.space = (int(total), int(free))
    return 0
