"""What statfs(2) tells of a mounted file system.

All that keep files in memory share one room: what the sandbox may write, in bytes and in inodes. The site's
own files take nothing of it. So the root file system has used what all of them have, and any other one is as
large as what it has used and what is free. Host mounts have room of their own.
"""

from __future__ import annotations

from typing import NamedTuple

from tabux.fs.inode import Inode
from tabux.fs.mount import Mount
from tabux.fs.vfs import Vfs

#: f_bsize
BLOCK = 4096
#: f_type, by Mount.kind (linux/magic.h); "tabux" in hexadecimal for our own
_MAGIC = {
    "devpts": 0x1CD1,
    "devtmpfs": 0x01021994,
    "hostfs": 0x01021997,
    "pipefs": 0x50495045,
    "proc": 0x9FA0,
    "tmpfs": 0x01021994,
}
_TABUXFS_MAGIC = 0x7461627578 & 0xFFFFFFFF
#: the kinds that keep files in memory
_ROOT, _MEMORY = "tabuxfs", ("devtmpfs", "tmpfs")
#: f_flags: that they are told, and of mount(2)
_ST_VALID = 0x20
_ST_RDONLY = 1
_ST_RELATIME = 0x1000


class Statistics(NamedTuple):
    """Counts of blocks of BLOCK bytes, and of inodes."""

    magic: int
    blocks: int
    free: int
    inodes: int
    free_inodes: int
    flags: int


def statistics(vfs: Vfs, mount: Mount) -> Statistics:
    """What is used and free on a mounted file system; only zeros for one that keeps no files."""
    magic = _MAGIC.get(mount.kind, _TABUXFS_MAGIC)
    flags = _ST_VALID | _ST_RELATIME | (_ST_RDONLY if mount.readonly else 0)
    if mount.host is not None:
        # (0 where its provider does not say)
        total, free = (size // BLOCK for size in mount.host.space or (0, 0))
        return Statistics(magic, total, free, 0, 0, flags)
    if mount.kind != _ROOT and mount.kind not in _MEMORY:
        return Statistics(magic, 0, 0, 0, 0, flags)
    taken, limit = vfs.store.space()
    used, free = int(taken) // BLOCK, max(0, int(limit - taken)) // BLOCK
    inodes, free_inodes = vfs.table.made, vfs.table.free
    if mount.kind != _ROOT:
        used, inodes = _used(vfs, mount)
    return Statistics(magic, used + free, free, inodes + free_inodes, free_inodes, flags)


def _used(vfs: Vfs, mount: Mount) -> tuple[int, int]:
    """(blocks, inodes) of one of the small file systems."""
    inodes: list[Inode] = [inode for inode in vfs.table if inode.mount is mount]
    return sum(inode.blocks for inode in inodes) * 512 // BLOCK, len(inodes)
