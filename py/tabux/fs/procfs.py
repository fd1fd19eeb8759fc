"""The tree of /proc (proc(5)): a directory for each process, and files about the system."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tabux.abi.errno import EACCES, ENOENT, ESRCH, SysError
from tabux.abi.fcntl import O_ACCMODE, O_PATH, O_RDONLY, O_WRONLY
from tabux.abi.stat import S_IFLNK
from tabux.fs import proctext
from tabux.fs.inode import Inode
from tabux.fs.mount import Mount
from tabux.fs.procview import ProcessView, SystemView
from tabux.fs.vfs import Vfs
from tabux.fs.virtual import MagicLink, VirtualDirectory, VirtualFile, VirtualLink

#: device number of the mount
_DEVICE = 21
#: inode numbers: the fixed files from here, those of a process at _PROCESS + pid * _SPAN
_FIXED = 0xF000_0000
_PROCESS = 0x1_0000_0000
_SPAN = 0x1_0000
#: within a process: 0 the directory, 1… its files; from here the thread of that number and its files;
#: from there its descriptors
_TASK = 0x80
_DESCRIPTORS = 0x100
#: st_size of a descriptor's link
_LINK_SIZE = 64


def mount_proc(vfs: Vfs, system: SystemView) -> None:
    """Mounts /proc over the directory of that name."""
    vfs.attach("/proc", _Root(vfs, system))


class _File(VirtualFile):
    """A file whose text a function makes."""

    __slots__ = ("_text",)

    def __init__(self, ino: int, mount: Mount, now: int, text: Callable[[], str], mode: int = 0o444) -> None:
        super().__init__(ino, mount, now, mode)
        self._text = text

    def read(self, context: object) -> str:
        return self._text()


class _Link(VirtualLink):
    """A link with a text that never changes."""

    __slots__ = ("_text",)

    def __init__(self, ino: int, mount: Mount, now: int, text: str) -> None:
        super().__init__(ino, mount, now)
        self._text = text

    def readlink(self, context: object) -> str:
        return self._text


class _Directory(VirtualDirectory):
    """A directory with a fixed set of entries."""

    __slots__ = ("_entries",)

    def __init__(self, ino: int, mount: Mount, now: int) -> None:
        super().__init__(ino, mount, now)
        self._entries: dict[str, Inode] = {}

    def add(self, name: str, inode: Inode) -> None:
        self._entries[name] = inode
        inode.parent = self
        inode.name = name
        self.nlink += isinstance(inode, VirtualDirectory)

    def lookup(self, name: str, context: object) -> Inode | None:
        return self._entries.get(name)

    def entries(self, context: object) -> Iterable[tuple[str, Inode]]:
        return self._entries.items()


class _Root(_Directory):
    """/proc itself: the fixed entries, then a directory for each process."""

    __slots__ = ("system", "vfs")

    def __init__(self, vfs: Vfs, system: SystemView) -> None:
        now = vfs.clock()
        mount = Mount(_DEVICE, "proc", "proc")
        super().__init__(_FIXED, mount, now)
        self.vfs = vfs
        self.system = system
        number = _FIXED

        def ino() -> int:
            nonlocal number
            number += 1
            return number

        def directory(parent: _Directory, name: str) -> _Directory:
            made = _Directory(ino(), mount, now)
            parent.add(name, made)
            return made

        def file(parent: _Directory, name: str, text: Callable[[], str]) -> None:
            parent.add(name, _File(ino(), mount, now, text))

        self.add("self", _Self(ino(), mount, now, system))
        self.add("mounts", _Link(ino(), mount, now, "self/mounts"))
        file(self, "cmdline", lambda: "\n")
        file(self, "cpuinfo", proctext.cpuinfo)
        file(self, "filesystems", lambda: proctext.filesystems(vfs.mounts))
        file(self, "loadavg", lambda: proctext.loadavg(system))
        file(self, "meminfo", lambda: proctext.meminfo(system))
        file(self, "stat", lambda: proctext.system_stat(system, vfs.clock()))
        file(self, "uptime", lambda: proctext.uptime(system, vfs.clock()))
        file(self, "vmstat", lambda: proctext.vmstat(system))
        file(self, "version", lambda: proctext.version(system))
        net = directory(self, "net")
        for table in ("tcp", "tcp6", "udp", "udp6", "unix"):
            file(net, table, lambda table=table: system.sockets(table))  # type: ignore[misc]
        sys = directory(self, "sys")
        kernel = directory(sys, "kernel")
        file(kernel, "hostname", lambda: f"{system.hostname}\n")
        file(kernel, "osrelease", lambda: f"{system.release}\n")
        file(kernel, "ostype", lambda: "Linux\n")
        file(kernel, "pid_max", lambda: f"{proctext.PID_MAX}\n")
        file(kernel, "version", lambda: f"{system.version}\n")

    def lookup(self, name: str, context: object) -> Inode | None:
        found = self._entries.get(name)
        if found is None and _is_number(name):
            process = self.system.process(int(name))
            if process is not None:
                return _ProcessDirectory(self, process)
        return found

    def entries(self, context: object) -> Iterable[tuple[str, Inode]]:
        yield from self._entries.items()
        for pid in self.system.pids():
            process = self.system.process(pid)
            if process is not None:
                yield str(pid), _ProcessDirectory(self, process)


class _Self(VirtualLink):
    """/proc/self."""

    __slots__ = ("_system",)

    def __init__(self, ino: int, mount: Mount, now: int, system: SystemView) -> None:
        super().__init__(ino, mount, now)
        self._system = system

    def readlink(self, context: object) -> str:
        process = self._system.caller(context)
        if process is None:
            raise SysError(ENOENT)
        return str(process.pid)


def _is_number(name: str) -> bool:
    """True for a decimal number as /proc writes it."""
    return name.isascii() and name.isdigit() and (name == "0" or name[0] != "0")


# Everything below belongs to one process. The objects are made at each lookup and are good for as long as
# somebody holds them, so they keep the number, not the process: it may have ended (ESRCH, as Linux says).


class _ProcessDirectory(VirtualDirectory):
    """/proc/pid, and /proc/pid/task/tid."""

    __slots__ = ("_names", "_pid", "_proc", "_tid")

    def __init__(self, proc: _Root, process: ProcessView, tid: int = 0) -> None:
        pid = process.pid
        cred = process.cred
        number = _PROCESS + tid * _SPAN + _TASK if tid else _PROCESS + pid * _SPAN
        super().__init__(number, proc.mount, process.start_time, uid=cred.euid, gid=cred.egid)
        self._names = _NAMES[:-1] if tid else _NAMES
        self.nlink = 3 if tid else 4
        self.parent = proc
        self.name = str(tid or pid)
        self._proc = proc
        self._pid = pid
        self._tid = tid

    def lookup(self, name: str, context: object) -> Inode | None:
        process = _view(self._proc, self._pid, self._tid)
        if process is None:
            return None
        try:
            index = self._names.index(name)
        except ValueError:
            return None
        return self._entry(index, name, process)

    def entries(self, context: object) -> Iterable[tuple[str, Inode]]:
        process = _view(self._proc, self._pid, self._tid)
        if process is None:
            raise SysError(ENOENT)
        return [(name, self._entry(index, name, process)) for index, name in enumerate(self._names)]

    def _entry(self, index: int, name: str, process: ProcessView) -> Inode:
        ino = self.ino + 1 + index
        inode: Inode
        if name == "fd":
            inode = _Descriptors(self._proc, process, ino)
        elif name == "task":
            inode = _Tasks(self._proc, process, ino)
        elif name in _LINKS:
            inode = _ProcessLink(self._proc, process, ino, name)
        else:
            inode = _ProcessFile(self._proc, process, ino, name, self._tid)
        inode.parent = self
        inode.name = name
        return inode


def _view(proc: _Root, pid: int, tid: int) -> ProcessView | None:
    """A process, or one thread of it."""
    process = proc.system.process(pid)
    return process.thread(tid) if tid and process is not None else process


class _Tasks(VirtualDirectory):
    """/proc/pid/task: a directory for each thread."""

    __slots__ = ("_pid", "_proc")

    def __init__(self, proc: _Root, process: ProcessView, ino: int) -> None:
        cred = process.cred
        super().__init__(ino, proc.mount, process.start_time, uid=cred.euid, gid=cred.egid)
        self.nlink = 2 + len(process.tids)
        self._proc = proc
        self._pid = process.pid

    def lookup(self, name: str, context: object) -> Inode | None:
        thread = _view(self._proc, self._pid, int(name)) if _is_number(name) and name != "0" else None
        return None if thread is None else self._entry(thread)

    def entries(self, context: object) -> Iterable[tuple[str, Inode]]:
        process = self._proc.system.process(self._pid)
        if process is None:
            raise SysError(ENOENT)
        threads = [thread for tid in process.tids if (thread := process.thread(tid)) is not None]
        return [(str(thread.tid), self._entry(thread)) for thread in threads]

    def _entry(self, thread: ProcessView) -> Inode:
        inode = _ProcessDirectory(self._proc, thread, thread.tid)
        inode.parent = self
        return inode


class _ProcessFile(VirtualFile):
    """A text about one process, or one thread of it."""

    __slots__ = ("_pid", "_proc", "_tid")

    def __init__(self, proc: _Root, process: ProcessView, ino: int, name: str, tid: int) -> None:
        cred = process.cred
        mode = 0o400 if name == "environ" else 0o444
        super().__init__(ino, proc.mount, process.start_time, mode, cred.euid, cred.egid)
        self.name = name
        self._proc = proc
        self._pid = process.pid
        self._tid = tid

    def read(self, context: object) -> str:
        proc = self._proc
        process = _view(proc, self._pid, self._tid)
        if process is None:
            raise SysError(ESRCH)
        if self.name == "environ" and not _may_inspect(proc.system, process, context):
            raise SysError(EACCES)
        return _TEXTS[self.name](proc, process)


class _ProcessLink(MagicLink):
    """cwd, exe and root of one process."""

    __slots__ = ("_pid", "_proc")

    def __init__(self, proc: _Root, process: ProcessView, ino: int, name: str) -> None:
        cred = process.cred
        super().__init__(ino, proc.mount, process.start_time, uid=cred.euid, gid=cred.egid)
        self.name = name
        self._proc = proc
        self._pid = process.pid

    def readlink(self, context: object) -> str:
        process, inode = self._look(context)
        if self.name == "exe":
            return process.exe
        return self._proc.vfs.path_of_entry(inode, "", inode)

    def resolve(self, context: object) -> Inode:
        return self._look(context)[1]

    def _look(self, context: object) -> tuple[ProcessView, Inode]:
        process = self._proc.system.process(self._pid)
        if process is None:
            raise SysError(ENOENT)
        if not _may_inspect(self._proc.system, process, context):
            raise SysError(EACCES)
        # A zombie has given up its program and its directories.
        executable = process.executable
        if executable is None:
            raise SysError(ENOENT)
        if self.name == "exe":
            return process, executable
        return process, process.cwd if self.name == "cwd" else self._proc.vfs.root


class _Descriptors(VirtualDirectory):
    """/proc/pid/fd."""

    __slots__ = ("_pid", "_proc")

    def __init__(self, proc: _Root, process: ProcessView, ino: int) -> None:
        cred = process.cred
        super().__init__(ino, proc.mount, process.start_time, 0o500, cred.euid, cred.egid)
        self._proc = proc
        self._pid = process.pid

    def lookup(self, name: str, context: object) -> Inode | None:
        process = self._proc.system.process(self._pid)
        if process is None or not _is_number(name) or int(name) not in process.fds:
            return None
        return self._link(process, int(name))

    def entries(self, context: object) -> Iterable[tuple[str, Inode]]:
        process = self._proc.system.process(self._pid)
        if process is None:
            raise SysError(ENOENT)
        return [(str(fd), self._link(process, fd)) for fd in sorted(process.fds)]

    def _link(self, process: ProcessView, fd: int) -> Inode:
        link = _DescriptorLink(self._proc, process, fd)
        link.parent = self
        link.name = str(fd)
        return link


class _DescriptorLink(MagicLink):
    """/proc/pid/fd/N: its mode shows for what the descriptor is open."""

    __slots__ = ("_fd", "_pid", "_proc")

    def __init__(self, proc: _Root, process: ProcessView, fd: int) -> None:
        cred = process.cred
        ino = _PROCESS + process.pid * _SPAN + _DESCRIPTORS + fd
        super().__init__(ino, proc.mount, proc.vfs.clock(), uid=cred.euid, gid=cred.egid)
        flags = process.fds[fd].flags
        mode = 0
        if not flags & O_PATH:
            if flags & O_ACCMODE != O_WRONLY:
                mode |= 0o500
            if flags & O_ACCMODE != O_RDONLY:
                mode |= 0o300
        self.mode = S_IFLNK | mode
        self.size = _LINK_SIZE
        self._proc = proc
        self._pid = process.pid
        self._fd = fd

    def readlink(self, context: object) -> str:
        return self._look(context).fds[self._fd].describe()

    def resolve(self, context: object) -> Inode:
        return self._look(context).fds[self._fd].inode

    def _look(self, context: object) -> ProcessView:
        process = self._proc.system.process(self._pid)
        if process is None or self._fd not in process.fds:
            raise SysError(ENOENT)
        if not _may_inspect(self._proc.system, process, context):
            raise SysError(EACCES)
        return process


def _may_inspect(system: SystemView, process: ProcessView, context: object) -> bool:
    """Linux's ptrace access check: root, oneself, or a process all of whose ids are one's own."""
    caller = system.caller(context)
    if caller is None or caller.pid == process.pid or caller.cred.euid == 0:
        return True
    mine, its = caller.cred, process.cred
    return mine.euid == its.uid == its.euid == its.suid and mine.egid == its.gid == its.egid == its.sgid


_TEXTS: dict[str, Callable[[_Root, ProcessView], str]] = {
    "cmdline": lambda proc, process: process.cmdline(),
    "comm": lambda proc, process: process.comm[:15] + "\n",
    "environ": lambda proc, process: process.environ(),
    "mountinfo": lambda proc, process: proctext.mountinfo(proc.vfs.mounts),
    "mounts": lambda proc, process: proctext.mounts(proc.vfs.mounts),
    "stat": lambda proc, process: proctext.stat(process, proc.system),
    "statm": lambda proc, process: proctext.statm(process),
    "status": lambda proc, process: proctext.status(process),
}
_LINKS = ("cwd", "exe", "root")
_NAMES = (
    "cmdline",
    "comm",
    "cwd",
    "environ",
    "exe",
    "fd",
    "mountinfo",
    "mounts",
    "root",
    "stat",
    "statm",
    "status",
    "task",
)
