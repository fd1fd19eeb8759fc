"""Files that run a function of JavaScript (web/gate/host-image.js): the site's own."""

from __future__ import annotations

from tabux.abi.errno import EEXIST, ENOENT, SysError
from tabux.fs.bundle import Part
from tabux.fs.credentials import ROOT
from tabux.fs.inode import Inode
from tabux.fs.manifest import Entry
from tabux.kernel.boot import install
from tabux.kernel.kernel import Kernel


def add(k: Kernel, path: str, text: str) -> int:
    """Makes the file, root's and executable by all; its inode number. EEXIST where something is at the path.

    It is no change of the session's, not even where the session has changed the directory before.
    """
    vfs = k.vfs
    if _entry(k, path) is not None:
        raise SysError(EEXIST)
    entry: Entry = {"path": path, "mode": 0o755, "text": text}
    install(k, [entry], lambda inode, _: k.gate.set_text(inode.ino, text), _no_part)
    inode = vfs.lookup(vfs.root, path, ROOT, False)
    shipped = _shipped_names(k)
    if shipped is not None:
        shipped[vfs.walker.name] = inode
    return inode.ino


def remove(k: Kernel, path: str) -> int:
    """Takes such a file away. ENOENT where there is none: somebody has removed it."""
    vfs = k.vfs
    inode = _entry(k, path)
    if inode is None or inode.base != path:
        raise SysError(ENOENT)
    shipped = _shipped_names(k)
    if shipped is not None:
        shipped.pop(vfs.walker.name, None)
    with vfs.shipped():
        vfs.unlink(vfs.root, path, ROOT)
    return 0


def _entry(k: Kernel, path: str) -> Inode | None:
    """What is at the path; the walker then knows its directory and name."""
    try:
        return k.vfs.lookup(k.vfs.root, path, ROOT, False)
    except SysError as error:
        if error.errno != ENOENT:
            raise
        return None


def _shipped_names(k: Kernel) -> dict[str, Inode] | None:
    """The names that the directory of the last walk came with, where it has been changed since."""
    changes, directory = k.vfs.mount_root.changes, k.vfs.walker.parent
    pristine = changes.pristine.get(directory) if changes is not None else None
    return pristine.children if pristine is not None else None


def _no_part(inode: Inode, part: Part) -> None:
    raise AssertionError("a file of a host command is in no bundle")
