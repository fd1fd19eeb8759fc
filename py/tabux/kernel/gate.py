"""What the kernel asks of the gate (web/gate, or a fake one in tests)."""

from __future__ import annotations

from typing import Protocol

from tabux.fs.host import HostGate
from tabux.net.gate import SocketGate

#: a system call cannot finish now (ERESTARTSYS): the gate suspends the program and calls again after a wake
BLOCKED = -512

#: the mailbox carries structs from the kernel to the gate; bytes
MAILBOX_SIZE = 65536


class Gate(HostGate, SocketGate, Protocol):
    """The calls never run a program before they return; `wake` and its like only schedule."""

    def wake(self, pid: int) -> None:
        """The blocked calls of that process are made again, soon. No effect where it is not blocked.

        0 stands for the sandbox's owner: the API's call.
        """

    def uninterruptible(self, pid: int) -> None:
        """The call that the process is making waits for storage: no signal ends it but by killing."""

    def signal_due(self, tid: int, due: bool) -> None:
        """A signal handler is to run in the thread (its blocked call ends), or none is any more."""

    def set_stopped(self, pid: int, stopped: bool) -> None:
        """The process does not go on before it is called with False."""

    def gone(self, pid: int, status: int) -> float:
        """The process has ended with that wait status; its program never runs again. Its CPU time, ms."""

    def pipe_ends(self, pipe: int, readers: int, writers: int) -> None:
        """How many descriptions read and write a pipe; without any, its bytes are dropped."""

    def pipe_size(self, pipe: int) -> int:
        """How many bytes it can hold."""

    def resize_pipe(self, pipe: int, size: int) -> int:
        """Lets it hold so many bytes; 0, or -EBUSY when it holds more now."""

    def sink_closed(self, sink: int) -> None:
        """Nobody can write to that sink any more."""

    def truncate(self, ino: int, size: int) -> int:
        """Gives a content a new size; what it takes then (st_blocks) or -errno."""

    def allocate(self, ino: int, start: int, end: int) -> int:
        """Allocates a range of a content; what it takes then (st_blocks) or -errno."""

    def punch(self, ino: int, start: int, end: int) -> int:
        """Makes zeros of a range, without blocks where that can be; what it takes then or -errno."""

    def bytes_taken(self) -> float:
        """What all contents but the site's own take, bytes."""

    def bytes_limit(self) -> float:
        """How much they may take, bytes."""

    def extents(self, ino: int) -> str:
        """Where a content with holes has data: offset and length of each piece, all separated by spaces."""

    def ship(self, ino: int) -> None:
        """One of the site's own files has the content again that it came with."""

    def discard(self, ino: int) -> None:
        """The content is not needed any more."""

    def rows(self, records: str) -> str:
        """The rows of those records of the session (numbers, separated by spaces): a JSON array."""

    def attach(self, pairs: str) -> None:
        """Inode numbers and records of the session in turn: they get the contents of those."""

    def set_text(self, ino: int, text: str) -> None:
        """Gives a made-up file its content (latin-1)."""

    def set_timer(self, timer: int, ms: float) -> None:
        """Calls `timer_fired(timer)` after that time; replaces an earlier setting."""

    def clear_timer(self, timer: int) -> None:
        """Takes a timer back."""

    def tty_output(self, tty: int, text: str) -> None:
        """Bytes (latin-1) for a terminal's screen."""

    def tty_flush(self, tty: int) -> None:
        """Drops output that the page has not taken yet."""

    def tty_foreground(self, tty: int) -> None:
        """Another process group has come to the foreground of a terminal."""

    def command_line(self, pid: int) -> str:
        """The arguments of a process, each ended by NUL (latin-1)."""

    def environment(self, pid: int) -> str:
        """The environment a process was started with, in the same form."""

    def cpu_time(self, pid: int) -> float:
        """How long a process has run, ms, up to when it last waited."""

    def thread_time(self, tid: int) -> float:
        """The same of one thread; 0 where it has ended."""

    def sleeping(self, tid: int) -> bool:
        """Whether a thread waits in a call, or has no program."""

    def memory_size(self, pid: int) -> int:
        """Bytes of a process's memory."""

    def refused(self, pid: int, path: str) -> None:
        """The policy has not let a process execute a program."""

    def changed(self, watch: int, kind: str, path: str) -> None:
        """Something that the page watches has changed (`tabux.fs.watching`)."""

    def now(self) -> float:
        """Milliseconds since the epoch."""

    def log(self, text: str) -> None:
        """For the developer console."""
