"""Signal numbers, default actions, and the constants of sigaction and siginfo (signal(7), sigaction(2)).

The numbers are the generic ones of asm-generic/signal.h.
"""

from __future__ import annotations

SIGHUP = 1
SIGINT = 2
SIGQUIT = 3
SIGILL = 4
SIGTRAP = 5
SIGABRT = 6
SIGBUS = 7
SIGFPE = 8
SIGKILL = 9
SIGUSR1 = 10
SIGSEGV = 11
SIGUSR2 = 12
SIGPIPE = 13
SIGALRM = 14
SIGTERM = 15
SIGSTKFLT = 16
SIGCHLD = 17
SIGCONT = 18
SIGSTOP = 19
SIGTSTP = 20
SIGTTIN = 21
SIGTTOU = 22
SIGURG = 23
SIGXCPU = 24
SIGXFSZ = 25
SIGVTALRM = 26
SIGPROF = 27
SIGWINCH = 28
SIGIO = 29
SIGPWR = 30
SIGSYS = 31
SIGRTMIN = 32
SIGRTMAX = 64

SIGIOT = SIGABRT
SIGPOLL = SIGIO
SIGCLD = SIGCHLD

#: one more than the highest number
NSIG = 65

_ALIASES = {"SIGIOT", "SIGPOLL", "SIGCLD", "SIGRTMIN", "SIGRTMAX"}
#: number -> name ("SIGHUP"), standard signals only
NAMES: dict[int, str] = {
    value: name
    for name, value in list(globals().items())
    if name.startswith("SIG") and isinstance(value, int) and name not in _ALIASES
}

# dispositions
SIG_DFL = 0
SIG_IGN = 1

# default actions (signal(7), "Standard signals")
TERM = 0
IGNORE = 1
CORE = 2
STOP = 3
CONT = 4

#: default action by number (index 0 is unused); real-time signals terminate
DEFAULT_ACTION: tuple[int, ...] = tuple(
    {
        SIGQUIT: CORE,
        SIGILL: CORE,
        SIGTRAP: CORE,
        SIGABRT: CORE,
        SIGBUS: CORE,
        SIGFPE: CORE,
        SIGSEGV: CORE,
        SIGXCPU: CORE,
        SIGXFSZ: CORE,
        SIGSYS: CORE,
        SIGCHLD: IGNORE,
        SIGURG: IGNORE,
        SIGWINCH: IGNORE,
        SIGCONT: CONT,
        SIGSTOP: STOP,
        SIGTSTP: STOP,
        SIGTTIN: STOP,
        SIGTTOU: STOP,
    }.get(number, TERM)
    for number in range(NSIG)
)

# sigaction(2): sa_flags
SA_NOCLDSTOP = 0x00000001
SA_NOCLDWAIT = 0x00000002
SA_SIGINFO = 0x00000004
SA_RESTORER = 0x04000000
SA_ONSTACK = 0x08000000
SA_RESTART = 0x10000000
SA_NODEFER = 0x40000000
SA_RESETHAND = 0x80000000

# sigprocmask(2)
SIG_BLOCK = 0
SIG_UNBLOCK = 1
SIG_SETMASK = 2

# sigaction(2): si_code
SI_USER = 0
SI_KERNEL = 0x80
SI_QUEUE = -1
SI_TIMER = -2
SI_TKILL = -6
ILL_ILLOPC = 1
FPE_INTDIV = 1
FPE_INTOVF = 2
SEGV_MAPERR = 1
SEGV_ACCERR = 2
BUS_ADRERR = 2
CLD_EXITED = 1
CLD_KILLED = 2
CLD_DUMPED = 3
CLD_TRAPPED = 4
CLD_STOPPED = 5
CLD_CONTINUED = 6


def mask_of(*signals: int) -> int:
    """The signal set holding `signals`, as an int with bit `number - 1` set."""
    mask = 0
    for number in signals:
        mask |= 1 << (number - 1)
    return mask


#: what no mask and no disposition can hold back
UNBLOCKABLE = mask_of(SIGKILL, SIGSTOP)
