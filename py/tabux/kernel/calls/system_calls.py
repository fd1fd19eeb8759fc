"""System calls about the machine: uname(2), sysinfo(2)."""

from __future__ import annotations

import struct

from tabux.kernel.kernel import Kernel
from tabux.kernel.process import Process

__all__ = ["sysinfo", "uname"]

_UTSNAME = struct.Struct("<65s65s65s65s65s65s")
_SYSINFO = struct.Struct("<i3I6IHHIII8x")
#: what programs see as the version of Linux whose calls they use
RELEASE = "6.1.0-tabux"
VERSION = "#1 SMP tabux"
MACHINE = "wasm32"
_MEMORY = 2 << 30
_LOAD_SHIFT = 16


def uname(k: Kernel, p: Process) -> int:
    """uname(2). Mailbox: struct utsname."""
    fields = ("Linux", k.hostname, RELEASE, VERSION, MACHINE, "(none)")
    _UTSNAME.pack_into(k.mailbox, 0, *(field.encode("latin-1") for field in fields))
    return 0


def sysinfo(k: Kernel, p: Process) -> int:
    """sysinfo(2). Mailbox: struct sysinfo of a 32-bit machine."""
    uptime = (k.now() - k.started) // 1_000_000_000
    _SYSINFO.pack_into(
        k.mailbox, 0, uptime, 0, 0, 0, _MEMORY, _MEMORY // 2, 0, 0, 0, 0, len(k.processes), 0, 0, 0, 1
    )
    return 0
