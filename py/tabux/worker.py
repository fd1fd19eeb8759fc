"""The kernel inside Pyodide: the one module that knows JavaScript's side of the bridge.

`web/kernel-worker.js` calls `start` once with the gate and a manifest.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tabux.abi.errno import EIO, SysError
from tabux.api import commands, files, hosts, mounts, outside, owner, servers, session, shells, terminals
from tabux.api.archives import Archives
from tabux.api.watches import Watches
from tabux.fs.bundle import Part
from tabux.fs.inode import Inode
from tabux.fs.manifest import Entry, content
from tabux.fs.pending import Pending
from tabux.kernel.boot import boot, install, system_calls
from tabux.kernel.gate import BLOCKED
from tabux.kernel.kernel import Kernel
from tabux.kernel.policy import CommandPolicy


class Worker:
    """What JavaScript holds on to: the mailbox, the system calls, the API."""

    def __init__(self, gate: Any) -> None:
        self.kernel: Kernel = boot(gate)
        self._gate = gate
        self.mailbox = self.kernel.mailbox
        self.calls = system_calls(self.kernel)
        #: variables for every command, given at Sandbox.create
        self.envs: dict[str, str] = {}

    def install(self, manifest: str) -> None:
        """Fills the file system from the text of userland.json."""
        install(self.kernel, json.loads(manifest)["files"], self._supply, self._supply_part)

    def _supply(self, inode: Inode, entry: Entry) -> None:
        held = content(entry)
        if held is not None:
            self._gate.set_text(inode.ino, held.decode("latin-1"))
        else:
            self._gate.set_download(inode.ino, entry["url"], entry["size"], entry["sha256"])

    def _supply_part(self, inode: Inode, part: Part) -> None:
        chunk = part.chunk
        self._gate.set_part(inode.ino, chunk["url"], chunk["size"], chunk["sha256"], part.offset, part.length)

    def api(self) -> dict[str, Callable[..., Any]]:
        """The API's functions by name.

        A failure answers -errno, also where success answers text; BLOCKED means: again after `wake(0)`.
        """
        k = self.kernel
        archives = Archives()
        watches = Watches()
        table: dict[str, Callable[..., Any]] = {
            "run": commands.run,
            "processes_left": commands.processes_left,
            "close_stdin": commands.close_stdin,
            "signal": commands.signal,
            "living": commands.living,
            "shell_begin": shells.begin,
            "shell_concerns": shells.concerns,
            "shell_interrupt": shells.interrupt,
            "shell_interrupt_again": shells.interrupt_again,
            "shell_cwd": shells.cwd,
            "make_dir": files.make_dir,
            "write": files.write,
            "read": files.read,
            "info": files.info,
            "list": files.listing,
            "exists": files.exists,
            "rename": files.rename,
            "chmod": files.change_mode,
            "symlink": files.symlink,
            "copy": files.copy,
            "watch": watches.add,
            "unwatch": watches.remove,
            "remove": files.remove,
            "pack": archives.pack,
            "pack_next": archives.pack_next,
            "pack_end": archives.pack_end,
            "extract": archives.extract,
            "extract_next": archives.extract_next,
            "extract_fail": archives.extract_fail,
            "extract_end": archives.extract_end,
            "host_add": hosts.add,
            "host_remove": hosts.remove,
            "ports": servers.ports,
            "port_connect": servers.connect,
            "owner_close": servers.close,
            "network_configure": outside.configure,
            "network_allow": outside.allow,
            "network_revoke": outside.revoke,
            "network_plan": outside.plan,
            "network_connected": outside.connected,
            "network_tunnel": outside.tunnel,
            "network_closed": outside.closed,
            "session_pending": session.pending,
            "session_take": session.take,
            "session_open": session.open_session,
            "session_restore": session.restore,
            "session_written": session.written,
            "end_processes": session.end_processes,
            "mount": mounts.mount,
            "mounted": mounts.mounted,
            "unmount": mounts.unmount,
            "mount_space": mounts.space,
            "pty_create": terminals.create,
            "pty_write": terminals.write,
            "pty_resize": terminals.resize,
            "pty_took": terminals.took,
            "pty_busy": terminals.busy,
            "pty_cwd": terminals.cwd,
            "pty_hang_up": terminals.hang_up,
        }
        guarded = {name: self._guard(k, function) for name, function in table.items()}
        guarded["environment"] = self.environment
        return guarded

    def environment(self, extra: str) -> str:
        """The environment of a process: the defaults, the sandbox's, and `extra` (a JSON object)."""
        own = bool(files.exists(self.kernel, owner.OWN_COMMANDS))
        return owner.environment(self.envs, _latin1(json.loads(extra)), own_commands=own)

    def set_envs(self, envs: str) -> None:
        """Variables for everything that runs in the sandbox (a JSON object)."""
        self.envs = _latin1(json.loads(envs))

    def set_policy(self, policy: str) -> None:
        """Which commands may run: JSON with lists of names, `allow` and `deny`; each may be missing."""
        lists = json.loads(policy)
        names = {which: frozenset(_latin1(dict.fromkeys(lists[which], ""))) for which in lists}
        self.kernel.policy = CommandPolicy(names.get("allow"), names.get("deny", frozenset()))

    def made_inodes(self) -> int:
        """How many files, directories and links there are besides the site's own."""
        return self.kernel.vfs.table.made

    def set_inode_limit(self, inodes: int) -> None:
        """At most so many inodes besides the site's own."""
        self.kernel.vfs.table.limit = inodes

    def set_unseen(self, inodes: int) -> None:
        """So many inodes of the session are to come, when somebody looks for them."""
        self.kernel.vfs.table.unseen = inodes

    @staticmethod
    def _guard(k: Kernel, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            try:
                return function(k, *arguments)
            except SysError as error:
                return -error.errno
            except Pending as pending:
                pending.waiters.add(0)
                return BLOCKED
            except Exception as error:
                k.gate.log(f"tabux: the API failed inside the kernel: {error!r}")
                return -EIO

        return call


def _latin1(envs: dict[str, str]) -> dict[str, str]:
    return {name.encode().decode("latin-1"): value.encode().decode("latin-1") for name, value in envs.items()}


def start(gate: Any) -> Worker:
    """A kernel for this gate."""
    return Worker(gate)
