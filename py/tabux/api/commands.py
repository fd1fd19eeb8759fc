"""Running commands: a process group of its own, its output caught."""

from __future__ import annotations

import json
import struct
from collections import Counter

from tabux.abi.errno import EACCES, EAGAIN, EINVAL, ENOTDIR, SysError
from tabux.abi.signal import NSIG, SIGCONT, SIGHUP, SIGINT, SIGTERM
from tabux.abi.stat import S_IFDIR, S_IFMT
from tabux.api.owner import USER
from tabux.fs.credentials import MAY_EXEC, permitted
from tabux.fs.inode import Inode
from tabux.kernel import signals
from tabux.kernel.descriptions import new_pipe, new_sink, release
from tabux.kernel.files import OpenFile
from tabux.kernel.kernel import MAX_PROCESSES, Kernel
from tabux.kernel.process import ZOMBIE, Process

_ENDING = (SIGHUP, SIGINT, SIGTERM)
_STARTED = struct.Struct("<8i")


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


def processes_left(k: Kernel) -> int:
    """How many more processes there may be."""
    return MAX_PROCESSES + 1 - len(k.processes)


def run(k: Kernel, cwd: str, open_stdin: int) -> int:
    """Prepares a process whose input is a pipe and whose output two sinks; the gate then runs SHELL in it.

    Mailbox, i32: pid; input description and pipe; output description, sink; error description, sink; the
    description of the pipe's writing end, which `close_stdin` gives back, or 0: without `open_stdin` there is
    none, and what the gate puts into the pipe is all there is.
    """
    p = new_leader(k, cwd)
    reader, writer = new_pipe(k, USER, 0)
    if not open_stdin:
        release(k, writer)
    out, err = new_sink(k, USER), new_sink(k, USER)
    _attach(p, reader, out, err)
    held = writer.id if open_stdin else 0
    _STARTED.pack_into(
        k.mailbox, 0, p.pid, reader.id, reader.target, out.id, out.target, err.id, err.target, held
    )
    return p.pid


def close_stdin(k: Kernel, description: int) -> int:
    """Gives back the writing end that `run` has kept: whoever reads finds the end."""
    file = k.files.get(description)
    if file is not None:
        release(k, file)
    return 0


def _attach(p: Process, *files: OpenFile) -> None:
    for fd, file in enumerate(files):
        p.files[fd] = file


def signal(k: Kernel, pid: int, sig: int) -> int:
    """Sends a signal to a command with all its descendants in whatever session, or else to one process.

    A signal that may end them also continues those that are stopped, as timeout(1) does. Answers how many
    processes got it: 0 where there is none. EINVAL: there is no such signal.
    """
    if not 0 <= sig < NSIG:
        raise SysError(EINVAL)
    alive = [p for p in k.processes.values() if p.state != ZOMBIE and p is not k.init]
    chosen = [p for p in alive if p.origin == pid] or [p for p in alive if p.pid == pid]
    for p in chosen:
        if p.state != ZOMBIE:
            signals.post(k, p, sig)
            if sig in _ENDING:
                signals.post(k, p, SIGCONT)
    return len(chosen)


def living(k: Kernel, pids: str) -> str:
    """How many processes live of each of these commands (JSON arrays of numbers)."""
    counts = Counter(p.origin for p in k.processes.values() if p.state != ZOMBIE)
    return json.dumps([counts[pid] for pid in json.loads(pids)])
