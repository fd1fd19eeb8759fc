"""Terminal settings: flag values, `Termios` and `Winsize` as they cross the system call boundary.

All numbers are Linux's asm-generic ones, which are also musl's. The names follow `termios(3)`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

# c_iflag
IGNBRK: Final = 0o1
BRKINT: Final = 0o2
IGNPAR: Final = 0o4
PARMRK: Final = 0o10
INPCK: Final = 0o20
ISTRIP: Final = 0o40
INLCR: Final = 0o100
IGNCR: Final = 0o200
ICRNL: Final = 0o400
IUCLC: Final = 0o1000
IXON: Final = 0o2000
IXANY: Final = 0o4000
IXOFF: Final = 0o10000
IMAXBEL: Final = 0o20000
IUTF8: Final = 0o40000

# c_oflag
OPOST: Final = 0o1
OLCUC: Final = 0o2
ONLCR: Final = 0o4
OCRNL: Final = 0o10
ONOCR: Final = 0o20
ONLRET: Final = 0o40
TABDLY: Final = 0o14000
XTABS: Final = 0o14000

# c_cflag
B38400: Final = 0o17
CSIZE: Final = 0o60
CS8: Final = 0o60
CREAD: Final = 0o200
PARENB: Final = 0o400

# c_lflag
ISIG: Final = 0o1
ICANON: Final = 0o2
ECHO: Final = 0o10
ECHOE: Final = 0o20
ECHOK: Final = 0o40
ECHONL: Final = 0o100
NOFLSH: Final = 0o200
TOSTOP: Final = 0o400
ECHOCTL: Final = 0o1000
ECHOPRT: Final = 0o2000
ECHOKE: Final = 0o4000
IEXTEN: Final = 0o100000

# indexes into c_cc
VINTR: Final = 0
VQUIT: Final = 1
VERASE: Final = 2
VKILL: Final = 3
VEOF: Final = 4
VTIME: Final = 5
VMIN: Final = 6
VSTART: Final = 8
VSTOP: Final = 9
VSUSP: Final = 10
VEOL: Final = 11
VREPRINT: Final = 12
VDISCARD: Final = 13
VWERASE: Final = 14
VLNEXT: Final = 15
VEOL2: Final = 16
NCCS: Final = 19

# the argument of TCFLSH and of TCXONC
TCIFLUSH: Final = 0
TCOFLUSH: Final = 1
TCIOFLUSH: Final = 2
TCOOFF: Final = 0
TCOON: Final = 1
TCIOFF: Final = 2
TCION: Final = 3

_STRUCT: Final = struct.Struct("<IIIIB19s")
_WINSIZE: Final = struct.Struct("<HHHH")

# INTR ^C, QUIT ^\, ERASE DEL, KILL ^U, EOF ^D, TIME 0, MIN 1, SWTC -, START ^Q, STOP ^S, SUSP ^Z, EOL -,
# REPRINT ^R, DISCARD ^O, WERASE ^W, LNEXT ^V, EOL2 -
_DEFAULT_CC: Final = "\x03\x1c\x7f\x15\x04\x00\x01\x00\x11\x13\x1a\x00\x12\x0f\x17\x16\x00\x00\x00"


@dataclass
class Termios:
    """The settings of one terminal; a new one is as Linux gives a fresh pty, with IUTF8 on.

    `cc` is a string of 19 characters, one for each control character. A character of value 0 is disabled.
    """

    iflag: int = ICRNL | IXON | IUTF8
    oflag: int = OPOST | ONLCR
    cflag: int = B38400 | CS8 | CREAD
    lflag: int = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN
    line: int = 0
    cc: str = field(default=_DEFAULT_CC)

    #: Bytes that TCGETS and TCSETS move. musl's own struct is 60 bytes long and starts with these.
    SIZE = _STRUCT.size

    def pack(self) -> bytes:
        """The struct that TCGETS gives, `SIZE` bytes."""
        cc = self.cc.encode("latin-1")
        return _STRUCT.pack(self.iflag, self.oflag, self.cflag, self.lflag, self.line, cc)

    @classmethod
    def unpack(cls, packed: bytes | bytearray | memoryview) -> Termios:
        """The settings in a struct given to TCSETS; what follows the first `SIZE` bytes is ignored."""
        iflag, oflag, cflag, lflag, line, cc = _STRUCT.unpack_from(packed)
        return cls(iflag, oflag, cflag, lflag, line, cc.decode("latin-1"))


@dataclass
class Winsize:
    """The size of a terminal's window in characters, and in pixels where known (else 0)."""

    rows: int = 24
    cols: int = 80
    xpixel: int = 0
    ypixel: int = 0

    #: Bytes that TIOCGWINSZ and TIOCSWINSZ move.
    SIZE = _WINSIZE.size

    def pack(self) -> bytes:
        """The struct that TIOCGWINSZ gives, `SIZE` bytes."""
        return _WINSIZE.pack(self.rows, self.cols, self.xpixel, self.ypixel)

    @classmethod
    def unpack(cls, packed: bytes | bytearray | memoryview) -> Winsize:
        """The size in a struct given to TIOCSWINSZ."""
        return cls(*_WINSIZE.unpack_from(packed))
