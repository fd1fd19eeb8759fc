"""A kernel with its file system filled and its calls ready for the gate."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable

from tabux.abi.errno import EIO, ESRCH, SysError
from tabux.fs.bundle import Part
from tabux.fs.devices import make_devices
from tabux.fs.inode import Inode
from tabux.fs.layout import make_layout
from tabux.fs.manifest import Entry, populate
from tabux.fs.pending import Pending
from tabux.fs.procfs import mount_proc
from tabux.kernel import mounts
from tabux.kernel.calls import CALLS
from tabux.kernel.gate import BLOCKED, Gate
from tabux.kernel.kernel import Kernel
from tabux.kernel.proc_view import ProcView

#: device number of /run
_RUN = 24


def boot(gate: Gate) -> Kernel:
    """A kernel with the base directories, /dev and /proc, and no process but init."""
    kernel = Kernel(gate)
    with kernel.vfs.shipped():
        make_layout(kernel.vfs)
        kernel.vfs.new_mount("/run", "tmpfs", "tmpfs", 0o755, _RUN, "mode=755")
        make_devices(kernel.vfs)
        mount_proc(kernel.vfs, ProcView(kernel))
    return kernel


def install(
    kernel: Kernel,
    entries: Iterable[Entry],
    supply: Callable[[Inode, Entry], None],
    supply_part: Callable[[Inode, Part], None],
) -> None:
    """Adds the files of a manifest; see `tabux.fs.manifest.populate`."""
    with kernel.vfs.shipped():
        populate(kernel.vfs, entries, supply, supply_part)


def system_calls(kernel: Kernel) -> dict[str, Callable[..., int]]:
    """The functions the gate calls, by name: ints and strings in, one int out, never an exception.

    The first argument is the number of the process, or of the thread where that matters, but for
    `inode_written`, `inode_read`, `timer_fired` and those of `mounts.ANSWERS`.
    """
    table = {name: _guarded(kernel, name, function) for name, function in CALLS.items()}
    for name in ("inode_written", "inode_read"):
        table[name] = _guarded_plain(kernel, CALLS[name])
    table["timer_fired"] = _guarded_plain(kernel, _timer_fired)
    table |= {name: _guarded_plain(kernel, function) for name, function in mounts.ANSWERS.items()}
    return table


def _timer_fired(kernel: Kernel, timer: int) -> int:
    kernel.timer_fired(timer)
    return 0


def _guarded(kernel: Kernel, name: str, function: Callable[..., int]) -> Callable[..., int]:
    threads = kernel.threads

    def call(tid: int, *arguments: object) -> int:
        try:
            kernel.caller = caller = threads[tid]
            return function(kernel, caller.process, *arguments)
        except SysError as error:
            return -error.errno
        except Pending as pending:
            # as if for a disk: no handler runs before it is here, but the process can be killed
            pid = threads[tid].process.pid
            pending.waiters.add(pid)
            kernel.gate.uninterruptible(pid)
            return BLOCKED
        except KeyError:
            if tid not in threads:
                return -ESRCH
            return _report(kernel)
        except Exception:
            return _report(kernel)

    call.__name__ = name
    return call


def _guarded_plain(kernel: Kernel, function: Callable[..., int]) -> Callable[..., int]:
    def call(*arguments: object) -> int:
        try:
            return function(kernel, *arguments)
        except SysError as error:
            return -error.errno
        except Exception:
            return _report(kernel)

    return call


def _report(kernel: Kernel) -> int:
    """A fault of the kernel itself: the developer console hears of it, the program gets EIO, life goes on."""
    kernel.gate.log("tabux: a system call failed inside the kernel:\n" + traceback.format_exc())
    return -EIO
