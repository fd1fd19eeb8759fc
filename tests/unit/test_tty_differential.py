"""The line discipline against Linux's own: the same bytes into `Tty` and into a real pty.

No timing is involved. A read of the slave that finds nothing makes Linux finish processing what was written
to the master, and the other way round, so reading both sides until nothing is left gives all there is.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import struct
import sys
import termios as host
from collections.abc import Iterator
from random import Random

import pytest
from tabux.tty import Termios, Tty
from tabux.tty import termios as t

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's tty layer to compare with")

TCGETS, TCSETS, TCSETSF = 0x5401, 0x5402, 0x5404

# What one side saw in a step: for each read that did not have to wait its bytes, and what the screen got.
Seen = tuple[list[bytes], bytes]
# (what, argument): "type" bytes, "write" bytes, "read" a number of bytes, "set" changes to Termios, "flush" …
Step = tuple[str, object]


class Ours:
    """A `Tty`, driven as `Theirs` is."""

    def __init__(self) -> None:
        self.screen: list[str] = []
        self.signals: list[int] = []
        self.tty = Tty(self.screen.append, self.signals.append, lambda: None)

    def type(self, data: bytes) -> None:
        self.tty.input(data.decode("latin-1"))

    def write(self, data: bytes) -> int:
        return self.tty.write(data.decode("latin-1"))

    def read(self, size: int) -> bytes | None:
        data = self.tty.read(size, nonblocking=True)
        return None if data is None else data.encode("latin-1")

    def shown(self) -> bytes:
        data = "".join(self.screen).encode("latin-1")
        self.screen.clear()
        return data

    def settings(self) -> bytes:
        return self.tty.termios.pack()

    def set(self, packed: bytes, flush: bool) -> None:
        self.tty.set_termios(packed, flush)

    def flush(self, queue: int) -> None:
        assert self.tty.flush(queue)

    def pending(self) -> int:
        return self.tty.pending_input()


class Theirs:
    """A pty of this machine, both ends non-blocking."""

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        os.set_blocking(self.master, False)
        os.set_blocking(self.slave, False)

    def close(self) -> None:
        os.close(self.master)
        os.close(self.slave)

    def type(self, data: bytes) -> None:
        assert os.write(self.master, data) == len(data)

    def write(self, data: bytes) -> int:
        try:
            return os.write(self.slave, data)
        except BlockingIOError:
            return 0

    def read(self, size: int) -> bytes | None:
        try:
            return os.read(self.slave, size)
        except BlockingIOError:
            return None

    def shown(self) -> bytes:
        data = b""
        while True:
            try:
                data += os.read(self.master, 65536)
            except BlockingIOError:
                return data
            except OSError as error:
                assert error.errno == errno.EIO
                return data

    def settings(self) -> bytes:
        return fcntl.ioctl(self.slave, TCGETS, bytes(60))[: Termios.SIZE]

    def set(self, packed: bytes, flush: bool) -> None:
        fcntl.ioctl(self.slave, TCSETSF if flush else TCSETS, packed + bytes(60 - len(packed)))

    def flush(self, queue: int) -> None:
        host.tcflush(self.slave, queue)

    def pending(self) -> int:
        return int(struct.unpack("i", fcntl.ioctl(self.slave, host.FIONREAD, bytes(4)))[0])


@pytest.fixture
def theirs() -> Iterator[Theirs]:
    pty = Theirs()
    yield pty
    pty.close()


def perform(side: Ours | Theirs, steps: list[Step]) -> list[object]:
    """Carries out the steps; what was seen after each."""
    seen: list[object] = []
    settings = Termios()
    # Start alike: with IUTF8, which a real pty leaves to the terminal emulator to turn on.
    side.set(settings.pack(), False)
    for what, argument in steps:
        if what == "type":
            assert isinstance(argument, bytes)
            side.type(argument)
            seen.append(drain(side))
        elif what == "type only":
            assert isinstance(argument, bytes)
            side.type(argument)
        elif what == "write":
            assert isinstance(argument, bytes)
            seen.append((side.write(argument), side.shown()))
        elif what == "read":
            assert isinstance(argument, int)
            seen.append(side.read(argument))
        elif what == "drain":
            seen.append(drain(side))
        elif what in ("set", "set and flush"):
            assert isinstance(argument, dict)
            for name, value in argument.items():
                change(settings, name, value)
            side.set(settings.pack(), what == "set and flush")
            seen.append(side.settings())
        elif what == "flush":
            assert isinstance(argument, int)
            side.flush(argument)
        elif what == "pending":
            seen.append(side.pending())
        else:
            raise AssertionError(what)
    seen.append(drain(side))
    return seen


def change(settings: Termios, name: str, value: int) -> None:
    """`{"ECHO": 0}` turns a flag off, `{"VEOL": 1}` sets a control character."""
    number = getattr(t, name)
    if name.startswith("V"):
        settings.cc = settings.cc[:number] + chr(value) + settings.cc[number + 1 :]
        return
    kind = next(kind for kind, names in FLAGS.items() if name in names)
    flags = getattr(settings, kind)
    setattr(settings, kind, flags | number if value else flags & ~number)


FLAGS = {
    "iflag": [
        "IGNBRK",
        "BRKINT",
        "IGNPAR",
        "PARMRK",
        "ISTRIP",
        "INLCR",
        "IGNCR",
        "ICRNL",
        "IUCLC",
        "IXON",
        "IXANY",
        "IXOFF",
        "IUTF8",
    ],
    "oflag": ["OPOST", "OLCUC", "ONLCR", "OCRNL", "ONOCR", "ONLRET", "XTABS"],
    "lflag": [
        "ISIG",
        "ICANON",
        "ECHO",
        "ECHOE",
        "ECHOK",
        "ECHONL",
        "NOFLSH",
        "ECHOCTL",
        "ECHOPRT",
        "ECHOKE",
        "IEXTEN",
    ],
    "cflag": ["CSIZE", "CREAD", "PARENB"],
}


def drain(side: Ours | Theirs) -> Seen:
    """Reads until a read would wait, or with VMIN 0 comes back empty."""
    canonical = bool(Termios.unpack(side.settings()).lflag & t.ICANON)
    reads = []
    while (data := side.read(4096)) or (canonical and data is not None):
        reads.append(data)
    if not canonical:
        # How raw input is cut into reads depends on how far Linux has come: only its bytes are comparable.
        reads = [b"".join(reads)]
    return reads, side.shown()


RAW: Step = ("set", dict.fromkeys(("ICANON", "ECHO", "ISIG", "IXON", "ICRNL", "OPOST", "IEXTEN"), 0))
READLINE: Step = ("set", dict.fromkeys(("ICANON", "ECHO", "ICRNL", "INLCR"), 0))
LONG = bytes(97 + n % 26 for n in range(5000))


def types(*chunks: bytes) -> list[Step]:
    return [("type", chunk) for chunk in chunks]


CASES: dict[str, list[Step]] = {
    "a line": types(b"hello\n"),
    "a line ended by return": types(b"hello\r"),
    "key by key": types(b"l", b"s", b"\r"),
    "two lines at once": types(b"one\ntwo\n"),
    "read in pieces": [("type only", b"abcdef\n"), ("read", 2), ("read", 3), ("read", 100), ("read", 100)],
    "read stops before newline": [("type only", b"abc\ndef\n"), ("read", 3), ("read", 100), ("read", 100)],
    "read takes newline": [("type only", b"abc\ndef\n"), ("read", 4), ("read", 100), ("read", 100)],
    "read of one line only": [("type only", b"abc\ndef\n"), ("read", 100), ("pending", 0), ("read", 100)],
    # erase
    "erase": types(b"abc\x7f\x7fd\n"),
    "erase at start": types(b"\x7fa\x7f\x7f\x7fb\n"),
    "erase control": types(b"a\x01\x02\x7f\x7fb\n"),
    "erase UTF-8": types("aé\x7f\x7fz\n".encode()),
    "erase UTF-8 by key": types(b"\xc3", b"\xa9", b"\x7f", b"x\n"),
    "erase lone continuation bytes": types(b"\xa9\xa9\x7f\x7fx\n"),
    "erase bytes without IUTF8": [("set", {"IUTF8": 0}), *types("é\x7f\x7fz\n".encode())],
    "erase tab": types(b"ab\tc\x7f\x7fd\n"),
    "erase two tabs": types(b"\t\t\x7fx\x7f\x7f\n"),
    "erase tab after control": types(b"\x01\x02\t\x7fx\n"),
    "erase tab after UTF-8": types("éé\t\x7fx\n".encode()),
    "erase tab after prompt": [("write", b"prompt> "), *types(b"ab\t\x7f\x7fx\n")],
    "erase tab after prompt and tab": [("write", b"$ "), *types(b"a\tb\t\x7f\x7f\x7f\x7fx\n")],
    "erase tab after UTF-8 prompt": [("write", "é\t$ ".encode()), *types(b"ab\t\x7f\x7fx\n")],
    "erase without ECHOE": [("set", {"ECHOE": 0}), *types(b"abc\x7f\x7fd\n")],
    "erase without ECHOCTL": [("set", {"ECHOCTL": 0}), *types(b"a\x01b\x7f\x7fc\t\x7fd\n")],
    "erase without ECHO": [("set", {"ECHO": 0}), *types(b"abc\x7f\x7fd\n", b"xyz\x15q\n", b"a b\x17c\n")],
    "erase, printing": [
        ("set", {"ECHOPRT": 1}),
        *types(b"abc\x7f\x7fde\n", "xéy\x7f\x7f\x7f\x7f\n".encode()),
    ],
    "erase, printing, then ^V": [("set", {"ECHOPRT": 1}), *types(b"ab\x7f\x16c\n", b"ab\x7f\x12\n")],
    "erase key ^H": [("set", {"VERASE": 8}), *types(b"ab\x08\x7fc\n")],
    "erase disabled": [("set", {"VERASE": 0}), *types(b"ab\x7f\0c\n")],
    # kill
    "kill": types(b"abc\tdef\x15gh\n"),
    "kill empty": types(b"\x15a\n"),
    "kill without ECHOKE": [("set", {"ECHOKE": 0}), *types(b"abc\x15d\n")],
    "kill without ECHOK": [("set", {"ECHOK": 0}), *types(b"abc\x15d\n")],
    "kill without ECHOE": [("set", {"ECHOE": 0}), *types(b"abc\x15d\n")],
    # word erase
    "word erase": types(b"one two  \x17x\n"),
    "word erase over punctuation": types(b"foo/bar.baz_1--\x17\x17x\n"),
    "word erase UTF-8": types("ab été\x17x\n".encode()),
    "word erase without IEXTEN": [("set", {"IEXTEN": 0}), *types(b"one two\x17x\n")],
    # reprint, literal next
    "reprint": types(b"ab\x01\tc\x12d\n"),
    "reprint without IEXTEN": [("set", {"IEXTEN": 0}), *types(b"ab\x12d\n")],
    "literal next": types(b"a\x16\x03b\x16\nc\x16\x04\n"),
    "literal next by key": types(b"\x16", b"\x7f", b"\x16", b"\x16", b"\n"),
    "literal next without ECHOCTL": [("set", {"ECHOCTL": 0}), *types(b"a\x16\x03b\n")],
    "literal next without ECHO": [("set", {"ECHO": 0}), *types(b"a\x16\x03b\n")],
    "literal next without IEXTEN": [("set", {"IEXTEN": 0}), *types(b"a\x16b\n")],
    "literal newline erased": types(b"a\x16\n\x7fb\n"),
    # end of file
    "EOF at start": types(b"\x04"),
    "EOF in the middle": types(b"abc\x04def\n"),
    "EOF twice": types(b"abc\x04\x04d\n"),
    "EOF and exact read": [
        ("type only", b"abc\x04\x04x\n"),
        ("read", 3),
        ("read", 3),
        ("read", 3),
        ("read", 3),
    ],
    "EOF and short read": [("type only", b"abc\x04"), ("read", 2), ("read", 2), ("read", 2)],
    "EOF pending": [("type only", b"ab\x04\x04c\nrest"), ("read", 1), ("pending", 0)],
    "EOF disabled": [("set", {"VEOF": 0}), *types(b"a\x04b\0\n")],
    # other line ends
    "EOL": [("set", {"VEOL": ord(";")}), *types(b"ab;c\n")],
    "EOL2": [("set", {"VEOL2": ord(";")}), *types(b"ab;c\n")],
    "EOL2 without IEXTEN": [("set", {"VEOL2": ord(";"), "IEXTEN": 0}), *types(b"ab;c\n")],
    "EOL without ECHO": [("set", {"VEOL": ord(";"), "ECHO": 0}), *types(b"ab;c\n")],
    # translations
    "no ICRNL": [("set", {"ICRNL": 0}), *types(b"a\rb\n")],
    "IGNCR": [("set", {"IGNCR": 1}), *types(b"a\rb\r\n")],
    "INLCR": [("set", {"INLCR": 1}), *types(b"a\nb\r")],
    "INLCR raw": [RAW, ("set", {"INLCR": 1}), *types(b"a\nb\r")],
    "ICRNL raw": [RAW, ("set", {"ICRNL": 1}), *types(b"a\nb\r")],
    "ISTRIP": [("set", {"ISTRIP": 1}), *types(b"\xe1\xe2\xff\n", b"x\x84")],
    "IUCLC": [("set", {"IUCLC": 1}), *types(b"ABc\xc0\xd7Z\n")],
    "IUCLC and ISTRIP": [("set", {"IUCLC": 1, "ISTRIP": 1}), *types(b"A\xc2\xe2\n")],
    "PARMRK": [("set", {"PARMRK": 1}), *types(b"a\xffb\n")],
    "byte 255": types(b"a\xffb\x7f\x7fc\n"),
    "NUL": types(b"a\0b\x7f\x7fc\n"),
    # echo
    "controls": types(b"\x01\x02\x1b[A\x7f\x08\x1d\n"),
    "controls without ECHOCTL": [("set", {"ECHOCTL": 0}), *types(b"\x01\x02\x1b[A\x08\n")],
    "ECHONL": [("set", {"ECHO": 0, "ECHONL": 1}), *types(b"secret\n")],
    "no ECHO": [("set", {"ECHO": 0}), *types(b"secret\n")],
    "echo without ONLCR": [("set", {"ONLCR": 0}), *types(b"ab\ncd\t\x7f\n")],
    "echo without OPOST": [("set", {"OPOST": 0}), *types(b"ab\ncd\t\x7f\x7f\n")],
    # signals: nothing is signalled on either side, the flush and the echo are seen
    "interrupt": types(b"abc", b"\x03", b"d\n"),
    "interrupt in one go": types(b"abc\x03d\n"),
    "quit": types(b"abc", b"\x1c", b"d\n"),
    "suspend": types(b"abc", b"\x1a", b"d\n"),
    "interrupt with NOFLSH": [("set", {"NOFLSH": 1}), *types(b"abc", b"\x03", b"d\n")],
    "interrupt drops lines": [("set", {"ECHO": 0}), ("type only", b"one\ntw"), *types(b"\x03x\n")],
    "interrupt without ECHO": [("set", {"ECHO": 0}), *types(b"abc", b"\x03", b"d\n")],
    "interrupt without ISIG": [("set", {"ISIG": 0}), *types(b"a\x03\x1c\x1ab\n")],
    "interrupt in raw mode": [READLINE, *types(b"a\x03b")],
    "interrupt disabled": [("set", {"VINTR": 0}), *types(b"a\x03\0b\n")],
    # flow control
    "stop and start": types(b"a", b"\x13", b"bc\n", b"\x11"),
    "stop stops writes": [*types(b"\x13"), ("write", b"x\n"), *types(b"\x11"), ("write", b"y\n")],
    "stop, interrupt": [*types(b"a\x13", b"bc", b"\x03"), ("write", b"y\n")],
    "stop, erase": types(b"\x13", b"ab\tc\x7f\x7f", b"\x11"),
    "IXANY": [("set", {"IXANY": 1}), *types(b"a\x13", b"b", b"c\n")],
    "IXANY raw": [READLINE, ("set", {"IXANY": 1}), *types(b"a\x13", b"b"), ("write", b"x")],
    "no IXON": [("set", {"IXON": 0}), *types(b"a\x13b\x11\n")],
    "IXON turned off": [*types(b"\x13", b"ab"), ("set", {"IXON": 0}), ("write", b"x\n")],
    # modes
    "raw": [RAW, *types(b"a\r\n\x03\x04\x7f\x16\xff\0")],
    "raw, MIN 3": [RAW, ("set", {"VMIN": 3}), *types(b"a", b"bcd")],
    "raw, MIN 0": [RAW, ("set", {"VMIN": 0}), ("read", 5), ("type only", b"abc"), ("read", 2)],
    "raw in pieces": [RAW, ("type only", b"abcdef"), ("read", 2), ("pending", 0), ("read", 3)],
    "readline": [READLINE, *types(b"a\r", b"\n\x04\x7f"), ("write", b"a\n")],
    "raw with echo": [("set", {"ICANON": 0}), *types(b"ab\x7f\x04\n\r\t\x15")],
    "to raw with unread line": [("type only", b"abc\nde"), ("read", 2), RAW, ("drain", 0)],
    "to raw with half a line": [*types(b"abc"), RAW, ("pending", 0)],
    "to raw with unread EOF": [("type only", b"abc\x04d\x04e"), ("read", 1), RAW, ("pending", 0)],
    "to canonical with unread": [
        RAW,
        ("type only", b"abcdef"),
        ("read", 2),
        ("set", {"ICANON": 1}),
        ("drain", 0),
    ],
    "to canonical, then typed": [
        RAW,
        ("type only", b"abc"),
        ("read", 1),
        ("set", {"ICANON": 1}),
        ("type only", b"de\n"),
        ("drain", 0),
    ],
    "to canonical with unread NUL": [
        RAW,
        ("type only", b"xab\0"),
        ("read", 1),
        ("set", {"ICANON": 1}),
        ("drain", 0),
    ],
    "to raw and back": [*types(b"abc"), RAW, ("set", {"ICANON": 1}), ("type", b"d\n")],
    "cflag": [("set", {"CSIZE": 0, "CREAD": 0, "PARENB": 1})],
    # flushing
    "flush": [*types(b"abc"), ("flush", 0), *types(b"d\n")],
    "flush lines": [("type only", b"abc\nx"), ("read", 1), ("flush", 2), *types(b"d\n")],
    "TCSETSF": [*types(b"abc"), ("set and flush", {"ECHO": 0}), *types(b"d\n")],
    # the limit of a line
    "long line": types(LONG + b"\n"),
    "long line by pieces": types(LONG[:4094], b"X", b"Y", b"Z", b"\n"),
    "longest line": types(LONG[:4095] + b"\n"),
    "long line erased": types(LONG[:4100] + b"\x7f\x7f\n"),
    "long raw": [RAW, *types(LONG + LONG)],
    "long raw held back": [RAW, ("type only", LONG), ("read", 100), ("drain", 0)],
    "many lines": [("type only", b"line\n" * 2000), ("read", 100), ("drain", 0)],
    # output
    "ONLCR": [("write", b"a\nb\r\nc")],
    "no ONLCR": [("set", {"ONLCR": 0}), ("write", b"a\nb\r\nc\n\td")],
    "no OPOST": [("set", {"OPOST": 0}), ("write", b"a\nb\r\nc\t")],
    "XTABS": [("set", {"XTABS": 1}), ("write", b"a\tbc\t\n\tx\b\b\ty"), ("write", "é\té\r\t".encode())],
    "XTABS with controls": [("set", {"XTABS": 1}), ("write", b"\x1b[1m\tb\x01\tc\r\td")],
    "XTABS echoed": [("set", {"XTABS": 1}), ("write", b"ab"), *types(b"c\td\n", b"\x01\t\x7f\n")],
    "OCRNL": [("set", {"OCRNL": 1}), ("write", b"a\rb\n\rc")],
    "ONOCR": [("set", {"ONOCR": 1}), ("write", b"\ra\rb\n\rc")],
    "ONLRET": [("set", {"ONLRET": 1, "ONLCR": 0, "XTABS": 1}), ("write", b"abc\n\td")],
    "ONLRET and OCRNL": [("set", {"ONLRET": 1, "OCRNL": 1, "XTABS": 1}), ("write", b"abc\r\td")],
    "OLCUC": [("set", {"OLCUC": 1}), ("write", b"abc\xe9\xf7\n"), *types(b"x\n")],
    "column over a tab": [("write", b"a\tb\b\b"), *types(b"x\t\x7f\n")],
    "column after return": [("write", b"long prompt\r>"), *types(b"x\t\x7f\n")],
    "column after newline without ONLCR": [
        ("set", {"ONLCR": 0}),
        ("write", b"abc\nde"),
        *types(b"x\t\x7f\n"),
    ],
}


def compare(steps: list[Step]) -> None:
    """What Linux does, too, with these steps; on failure the assertion shows the first that differs.

    There keys go through a worker of the system, so that what follows them may overtake them where the
    machine is busy: Linux may try again.
    """
    ours = perform(Ours(), steps)
    for _ in range(5):
        linux = performed_by_linux(steps)
        if ours == linux:
            break
    assert ours == linux, steps


def performed_by_linux(steps: list[Step]) -> list[object]:
    pty = Theirs()
    try:
        return perform(pty, steps)
    finally:
        pty.close()


@pytest.mark.parametrize("name", CASES)
def test_same_as_linux(name: str) -> None:
    compare(CASES[name])


@pytest.mark.parametrize("seed", range(150))
def test_same_as_linux_at_random(seed: int) -> None:
    """Random keys, output and settings."""
    compare(random_steps(seed))


def random_steps(seed: int) -> list[Step]:
    random = Random(seed)
    keys = [b"a", b"b", b" ", b".", b"\t", b"\n", b"\r", b"\x7f", b"\x15", b"\x17", b"\x16", b"\x12", b"\x04"]
    keys += [b"\x01", b"\x1b", "é".encode(), b"\0", b"\xff", b"word ", b"\x13", b"\x11", b"\x08"]
    flags = [name for kind in ("iflag", "oflag", "lflag") for name in FLAGS[kind]]
    steps: list[Step] = []
    for _ in range(random.randrange(3, 25)):
        what = random.random()
        if what < 0.6:
            steps.append(("type", b"".join(random.choices(keys, k=random.randrange(1, 12)))))
        elif what < 0.85:
            steps.append(("write", b"".join(random.choices(keys, k=random.randrange(1, 12)))))
        else:
            steps.append(("set", {random.choice(flags): random.randrange(2)}))
    return steps


def test_defaults_are_those_of_a_fresh_pty(theirs: Theirs) -> None:
    fresh = Termios.unpack(theirs.settings())
    fresh.iflag |= t.IUTF8
    assert Termios() == fresh


def test_default_signals_match_the_host() -> None:
    ours = Ours()
    ours.type(b"\x03\x1c\x1a")
    assert ours.signals == [signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP]


def test_size_struct_is_that_of_linux(theirs: Theirs) -> None:
    from tabux.tty import Winsize

    size = Winsize(31, 97, 640, 480)
    fcntl.ioctl(theirs.master, host.TIOCSWINSZ, size.pack())
    assert Winsize.unpack(fcntl.ioctl(theirs.slave, host.TIOCGWINSZ, bytes(Winsize.SIZE))) == size
