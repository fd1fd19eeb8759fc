"""Running commands: a process group of its own, its output caught."""

from __future__ import annotations

import struct

from tabux.abi.errno import EACCES, EAGAIN, ENOTDIR, SysError
from tabux.abi.signal import SIGKILL
from tabux.abi.stat import S_IFDIR, S_IFMT
from tabux.api.owner import USER
from tabux.fs.credentials import MAY_EXEC, permitted
from tabux.fs.inode import Inode
from tabux.kernel import signals
from tabux.kernel.descriptions import new_pipe, new_sink, release
from tabux.kernel.files import OpenFile
from tabux.kernel.kernel import MAX_PROCESSES, Kernel
from tabux.kernel.process import Process

_STARTED = struct.Struct("<7i")


def working_directory(k: Kernel, path: str) -> Inode:
    """The directory a process is to start in. ENOENT, ENOTDIR, EACCES, judged as the user."""
    inode = k.vfs.lookup(k.vfs.root, path, USER, True, None)
    if inode.mode & S_IFMT != S_IFDIR:
        raise SysError(ENOTDIR)
    if not permitted(inode, MAY_EXEC, USER):
        raise SysError(EACCES)
    return inode


def new_leader(k: Kernel, cwd: str) -> Process:
    """A process of the user, leader of a new session, without files. EAGAIN at the limit of processes."""
    directory = working_directory(k, cwd)
    if len(k.processes) > MAX_PROCESSES:
        raise SysError(EAGAIN)
    p = k.new_process(k.init, directory, USER, k.init.limits)
    p.sid = p.pgid = p.pid
    return p


def run(k: Kernel, cwd: str) -> int:
    """Prepares a process whose input is a pipe and whose output two sinks; the gate then runs SHELL in it.

    Mailbox, i32: pid; input description and pipe; output description, sink; error description, sink. The pipe
    has no writer: what the gate puts into it is all there is.
    """
    p = new_leader(k, cwd)
    reader, writer = new_pipe(k, USER, 0)
    release(k, writer)
    out, err = new_sink(k, USER), new_sink(k, USER)
    _attach(p, reader, out, err)
    _STARTED.pack_into(k.mailbox, 0, p.pid, reader.id, reader.target, out.id, out.target, err.id, err.target)
    return p.pid


def _attach(p: Process, *files: OpenFile) -> None:
    for fd, file in enumerate(files):
        p.files[fd] = file


def cancel(k: Kernel, pid: int) -> int:
    """Kills that process and all its descendants, whatever sessions they have made."""
    for p in list(k.processes.values()):
        if p.origin == pid:
            signals.post(k, p, SIGKILL)
    return 0
