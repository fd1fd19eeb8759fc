"""The file system as the kernel sees it.

The operations are grouped by theme in `core`, `opening`, `naming`, `renaming` and `attributes`. They take a
directory to start from (for an absolute path any), a path, and credentials; they raise `SysError` with the
error number Linux gives in that case. `context` is passed on to virtual files (see `tabux.fs.virtual`).
"""

from __future__ import annotations

from tabux.abi.errno import ENOENT, ENOTDIR, SysError
from tabux.fs.attributes import Attributes
from tabux.fs.inode import Inode
from tabux.fs.renaming import Renaming
from tabux.fs.virtual import VirtualDirectory


class Vfs(Attributes, Renaming):
    """`Vfs(store, clock)`: an empty file system; `tabux.fs.manifest` fills it."""

    __slots__ = ()

    def listdir(self, directory: Inode, context: object = None) -> list[tuple[str, Inode]]:
        """Entries of a directory: ".", "..", then the newest first, as tmpfs has them (getdents64(2)).

        The permission to read was checked by open. ENOTDIR; ENOENT for a removed directory.
        """
        children = directory.children
        entries = [(".", directory), ("..", directory.parent or directory)]
        if children is not None:
            if directory.nlink == 0:
                raise SysError(ENOENT)
            entries += reversed(children.items())
            self.accessed(directory)
        elif isinstance(directory, VirtualDirectory):
            entries += directory.entries(context)
        else:
            raise SysError(ENOTDIR)
        return entries
