"""The texts of /proc (proc(5)), made from what `tabux.fs.procview` tells."""

from __future__ import annotations

from tabux.abi.stat import major, minor
from tabux.fs.mount import Mount
from tabux.fs.procview import ProcessView, SystemView

#: what sysconf(_SC_PAGESIZE) says
PAGE = 4096
#: ns of a clock tick (sysconf(_SC_CLK_TCK) is 100)
TICK = 10_000_000
SECOND = 1_000_000_000
PID_MAX = 32768

_STATE_NAMES = {"R": "running", "S": "sleeping", "D": "disk sleep", "T": "stopped", "Z": "zombie"}
#: CAP_LAST_CAP is 40: user 0 has them all
_ALL_CAPABILITIES = 0x1FFFFFFFFFF


def stat(process: ProcessView, system: SystemView) -> str:
    """/proc/pid/stat: 52 fields; those about addresses and faults are constants."""
    ticks = process.cpu_time // TICK
    started = max(0, process.start_time - system.boot_time) // TICK
    pending, blocked, ignored, caught = (mask & 0x7FFFFFFF for mask in process.signal_sets)
    memory = process.memory
    who = f"{process.tid} ({process.comm[:15]}) {process.state} {process.ppid} {process.pgid} {process.sid}"
    terminal = f"{process.terminal} {process.foreground} 4194304"
    times = f"0 0 0 0 {ticks} 0 0 0 {20 + process.nice} {process.nice} {len(process.tids)} 0 {started}"
    size = f"{memory} {memory // PAGE} 18446744073709551615 0 0 0 0 0"
    signals = f"{pending} {blocked} {ignored} {caught} 0 0 0 17"
    return f"{who} {terminal} {times} {size} {signals}{' 0' * 14}\n"


def statm(process: ProcessView) -> str:
    """/proc/pid/statm, in pages."""
    pages = process.memory // PAGE
    return f"{pages} {pages} 0 0 0 {pages} 0\n"


def status(process: ProcessView) -> str:
    """/proc/pid/status."""
    cred = process.cred
    state = process.state
    pending, blocked, ignored, caught = process.signal_sets
    groups = "".join(f"{group} " for group in sorted(cred.groups))
    size = process.memory // 1024
    capabilities = _ALL_CAPABILITIES if cred.euid == 0 else 0
    lines = [
        f"Name:\t{process.comm[:15]}",
        f"Umask:\t{process.umask:04o}",
        f"State:\t{state} ({_STATE_NAMES.get(state, 'running')})",
        f"Tgid:\t{process.pid}",
        "Ngid:\t0",
        f"Pid:\t{process.tid}",
        f"PPid:\t{process.ppid}",
        "TracerPid:\t0",
        f"Uid:\t{cred.uid}\t{cred.euid}\t{cred.suid}\t{cred.euid}",
        f"Gid:\t{cred.gid}\t{cred.egid}\t{cred.sgid}\t{cred.egid}",
        f"FDSize:\t{_descriptor_table_size(process)}",
        f"Groups:\t{groups or ' '}",
        f"NStgid:\t{process.pid}",
        f"NSpid:\t{process.tid}",
        f"NSpgid:\t{process.pgid}",
        f"NSsid:\t{process.sid}",
    ]
    if state != "Z":
        lines += [f"{name}:\t{size:8} kB" for name in ("VmPeak", "VmSize", "VmHWM", "VmRSS", "VmData")]
    lines += [
        f"Threads:\t{len(process.tids)}",
        f"SigPnd:\t{process.thread_pending:016x}",
        f"ShdPnd:\t{pending:016x}",
        f"SigBlk:\t{blocked:016x}",
        f"SigIgn:\t{ignored:016x}",
        f"SigCgt:\t{caught:016x}",
        f"CapInh:\t{0:016x}",
        f"CapPrm:\t{capabilities:016x}",
        f"CapEff:\t{capabilities:016x}",
        f"CapBnd:\t{_ALL_CAPABILITIES:016x}",
        f"CapAmb:\t{0:016x}",
        "Cpus_allowed:\t1",
        "Cpus_allowed_list:\t0",
        "voluntary_ctxt_switches:\t0",
        "nonvoluntary_ctxt_switches:\t0",
    ]
    return "\n".join(lines) + "\n"


def _descriptor_table_size(process: ProcessView) -> int:
    size = 64
    for fd in process.fds:
        while fd >= size:
            size *= 2
    return size if process.fds else 0


def system_stat(system: SystemView, now: int) -> str:
    """/proc/stat: the lines ps, top and uptime look at."""
    running, _ = _counted(system)
    used, idle = system.cpu_time, _idle_time(system, now)
    times = f"{used // TICK} 0 0 {idle // TICK} 0 0 0 0 0 0"
    return (
        f"cpu  {times}\ncpu0 {times}\nintr 0\nctxt 0\nbtime {system.boot_time // SECOND}\n"
        f"processes {system.last_pid}\nprocs_running {running}\nprocs_blocked 0\n"
    )


def _counted(system: SystemView) -> tuple[int, int]:
    """Processes that run (the one that asks does), and all."""
    found = [process for pid in system.pids() if (process := system.process(pid)) is not None]
    return max(1, sum(process.state == "R" for process in found)), len(found)


def _idle_time(system: SystemView, now: int) -> int:
    return max(0, now - system.boot_time - system.cpu_time)


def meminfo(system: SystemView) -> str:
    """/proc/meminfo."""
    total, free = (amount // 1024 for amount in system.memory)
    rows = {
        "MemTotal": total,
        "MemFree": free,
        "MemAvailable": free,
        "Buffers": 0,
        "Cached": 0,
        "SwapCached": 0,
        "Active": total - free,
        "Inactive": 0,
        "SwapTotal": 0,
        "SwapFree": 0,
        "Dirty": 0,
        "Writeback": 0,
        "AnonPages": total - free,
        "Mapped": 0,
        "Shmem": 0,
        "Slab": 0,
    }
    return "".join(f"{name + ':':15} {value:8} kB\n" for name, value in rows.items())


def vmstat(system: SystemView) -> str:
    """/proc/vmstat: nothing is ever swapped, and there are no disks."""
    _, free = system.memory
    rows = {"nr_free_pages": free // PAGE, "pgpgin": 0, "pgpgout": 0, "pswpin": 0, "pswpout": 0}
    return "".join(f"{name} {value}\n" for name, value in rows.items())


def uptime(system: SystemView, now: int) -> str:
    """/proc/uptime: seconds since boot, seconds idle."""
    return f"{(now - system.boot_time) / SECOND:.2f} {_idle_time(system, now) / SECOND:.2f}\n"


def loadavg(system: SystemView) -> str:
    """/proc/loadavg."""
    running, count = _counted(system)
    one, five, fifteen = system.load
    return f"{one:.2f} {five:.2f} {fifteen:.2f} {running}/{count} {system.last_pid}\n"


def version(system: SystemView) -> str:
    """/proc/version."""
    return f"Linux version {system.release} (tabux@tabux) (clang) {system.version}\n"


def cpuinfo() -> str:
    """/proc/cpuinfo: one processor, the tab's thread."""
    return "processor\t: 0\nvendor_id\t: tabux\nmodel name\t: WebAssembly\ncpu cores\t: 1\n\n"


def filesystems(mounts: list[tuple[str, Mount]]) -> str:
    """/proc/filesystems: the types that are mounted."""
    return "".join(f"nodev\t{kind}\n" for kind in dict.fromkeys(mount.kind for _, mount in mounts))


def mounts(table: list[tuple[str, Mount]]) -> str:
    """/proc/pid/mounts, in the form of fstab(5)."""
    return "".join(
        f"{_escaped(mount.source)} {_escaped(place)} {mount.kind} {_options(mount)} 0 0\n"
        for place, mount in table
    )


def mountinfo(table: list[tuple[str, Mount]]) -> str:
    """/proc/pid/mountinfo."""
    lines = []
    for number, (place, mount) in enumerate(table):
        parent = 20 if number else 1
        device = f"{major(mount.dev)}:{minor(mount.dev)}"
        access = "ro" if mount.readonly else "rw"
        lines.append(
            f"{20 + number} {parent} {device} / {_escaped(place)} {access},relatime - "
            f"{mount.kind} {_escaped(mount.source)} {_options(mount)}\n"
        )
    return "".join(lines)


def _options(mount: Mount) -> str:
    access = "ro" if mount.readonly else "rw"
    return f"{access},relatime,{mount.options}" if mount.options else f"{access},relatime"


def _escaped(text: str) -> str:
    for character in "\\ \t\n":
        text = text.replace(character, f"\\{ord(character):03o}")
    return text
