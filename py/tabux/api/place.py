"""Where a process is, for those who ask from the page."""

from __future__ import annotations

from tabux.abi.errno import ENOENT, SysError
from tabux.kernel.kernel import Kernel
from tabux.kernel.process import Process


def working_directory(k: Kernel, p: Process) -> str:
    """The path of its working directory. ENOENT when that has been removed."""
    if p.cwd.nlink == 0:
        raise SysError(ENOENT)
    path = k.vfs.path_of_entry(p.cwd, "", p.cwd)
    return path.encode("latin-1").decode("utf-8", "replace")
