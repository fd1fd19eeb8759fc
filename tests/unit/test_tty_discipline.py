"""What the line discipline tells its users, and where it does better than Linux on purpose."""

from __future__ import annotations

import pytest
from tabux.abi.errno import EIO
from tabux.tty import Termios, Tty, Winsize
from tabux.tty import termios as t


class Terminal:
    """A `Tty` that records what it says."""

    def __init__(self) -> None:
        self.screen = ""
        self.signals: list[int] = []
        self.changes = 0
        self.flushes = 0
        self.tty = Tty(self._show, self.signals.append, self._change, self._flush)

    def _show(self, data: str) -> None:
        self.screen += data

    def _change(self) -> None:
        self.changes += 1

    def _flush(self) -> None:
        self.flushes += 1

    def set(
        self, *, on: dict[str, int] | None = None, off: dict[str, int] | None = None, cc: str = ""
    ) -> None:
        """Turns flags on and off, by the name of their field; `cc` replaces VTIME and VMIN."""
        settings = Termios.unpack(self.tty.termios.pack())
        for name, flags in (on or {}).items():
            setattr(settings, name, getattr(settings, name) | flags)
        for name, flags in (off or {}).items():
            setattr(settings, name, getattr(settings, name) & ~flags)
        if cc:
            settings.cc = settings.cc[: t.VTIME] + cc + settings.cc[t.VMIN + 1 :]
        self.tty.set_termios(settings.pack())

    def raw(self, minimum: int = 1, tenths: int = 0) -> None:
        self.set(off={"lflag": t.ICANON | t.ECHO}, cc=chr(tenths) + chr(minimum))


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


def latin1(text: str) -> str:
    return text.encode().decode("latin-1")


@pytest.mark.parametrize(
    ("char", "columns"), [("é", 1), ("漢", 2), ("한", 2), ("🙂", 2), ("ｱ", 1), ("\u0301", 0), ("\u200d", 0)]
)
def test_erase_takes_back_the_columns_of_a_character(terminal: Terminal, char: str, columns: int) -> None:
    terminal.tty.input(latin1("a" + char))
    terminal.screen = ""
    terminal.tty.input("\x7f")
    assert terminal.screen == "\b \b" * columns
    terminal.tty.input("\n")
    assert terminal.tty.read(10) == "a\n"


def test_erasing_a_tab_counts_wide_characters(terminal: Terminal) -> None:
    terminal.tty.input(latin1("漢字\t"))
    terminal.screen = ""
    terminal.tty.input("\x7f")
    assert terminal.screen == "\b" * 4


def test_kill_erases_wide_characters(terminal: Terminal) -> None:
    terminal.tty.input(latin1("x漢") + "\x15\n")
    assert terminal.screen == latin1("x漢") + "\b \b" * 3 + "\r\n"


def test_a_malformed_character_counts_as_one_column(terminal: Terminal) -> None:
    terminal.tty.input("\xe6\x7f\n")
    assert terminal.screen == "\xe6\b \b\r\n"


# -- what it tells the kernel ------------------------------------------------------------------------------


def test_readers_are_told_of_a_line_and_not_of_its_characters(terminal: Terminal) -> None:
    terminal.tty.input("ab")
    assert (terminal.changes, terminal.tty.readable(), terminal.tty.read(9)) == (0, False, None)
    terminal.tty.input("\n")
    assert (terminal.changes, terminal.tty.readable(), terminal.tty.read(9)) == (1, True, "ab\n")
    assert not terminal.tty.readable()


def test_readers_are_told_of_end_of_file(terminal: Terminal) -> None:
    terminal.tty.input("\x04")
    assert (terminal.changes, terminal.tty.readable()) == (1, True)
    assert terminal.tty.read(9) == ""
    assert terminal.tty.read(9) is None


def test_raw_readers_are_told_of_each_character(terminal: Terminal) -> None:
    terminal.raw()
    terminal.changes = 0
    terminal.tty.input("a")
    assert (terminal.changes, terminal.tty.readable(), terminal.tty.read(9)) == (1, True, "a")


def test_readers_are_told_when_settings_change(terminal: Terminal) -> None:
    terminal.tty.input("ab")
    terminal.raw()
    assert terminal.changes == 1
    assert terminal.tty.read(9) == "ab"


def test_stopped_output_makes_writers_wait_and_says_when_to_go_on(terminal: Terminal) -> None:
    terminal.tty.input("\x13")
    assert (terminal.tty.stopped, terminal.tty.write("x"), terminal.screen) == (True, 0, "")
    terminal.changes = 0
    terminal.tty.input("\x11")
    assert (terminal.tty.stopped, terminal.changes) == (False, 1)
    assert (terminal.tty.write("x"), terminal.screen) == (1, "x")


def test_input_beyond_the_queue_is_kept_and_told_of_after_reading(terminal: Terminal) -> None:
    terminal.raw()
    terminal.tty.input("a" * 4095 + "b" * 5)
    assert terminal.tty.pending_input() == 4095
    terminal.changes = 0
    assert terminal.tty.read(4096) == "a" * 4095
    assert (terminal.changes, terminal.tty.read(4096)) == (1, "b" * 5)


def test_the_interrupt_key_signals_and_drops_pending_output(terminal: Terminal) -> None:
    terminal.tty.input("abc\x03")
    assert (terminal.signals, terminal.flushes, terminal.tty.pending_input()) == ([2], 1, 0)
    terminal.set(on={"lflag": t.NOFLSH})
    terminal.tty.input("\x1a\x1c")
    assert (terminal.signals, terminal.flushes) == ([2, 20, 3], 1)


def test_the_interrupt_key_restarts_stopped_output(terminal: Terminal) -> None:
    terminal.tty.input("\x13\x03")
    assert not terminal.tty.stopped
    assert terminal.changes


# -- raw reads that wait -----------------------------------------------------------------------------------


def test_min_bytes_are_waited_for(terminal: Terminal) -> None:
    terminal.raw(minimum=3)
    terminal.tty.input("ab")
    assert (terminal.tty.readable(), terminal.tty.read(9), terminal.tty.read_timeout()) == (False, None, 0)
    assert terminal.tty.read(2) == "ab"
    terminal.tty.input("abc")
    assert (terminal.tty.readable(), terminal.tty.read(9)) == (True, "abc")


def test_an_interrupted_read_returns_what_it_has(terminal: Terminal) -> None:
    terminal.raw(minimum=3)
    assert terminal.tty.read(9, nonblocking=True) is None
    terminal.tty.input("ab")
    assert terminal.tty.read(9, nonblocking=True) == "ab"


def test_min_zero_and_time_zero_never_waits(terminal: Terminal) -> None:
    terminal.raw(minimum=0)
    assert terminal.tty.read(9) == ""
    assert not terminal.tty.readable()


def test_time_alone_ends_a_read_without_input(terminal: Terminal) -> None:
    terminal.raw(minimum=0, tenths=5)
    assert (terminal.tty.read(9), terminal.tty.read_timeout()) == (None, 500_000_000)
    assert terminal.tty.read(9, expired=True) == ""
    terminal.tty.input("a")
    assert terminal.tty.read(9) == "a"


def test_min_and_time_wait_between_bytes_only(terminal: Terminal) -> None:
    terminal.raw(minimum=3, tenths=2)
    assert (terminal.tty.read(9), terminal.tty.read_timeout()) == (None, 0)
    terminal.tty.input("a")
    assert (terminal.tty.readable(), terminal.tty.read(9)) == (True, None)
    assert terminal.tty.read_timeout() == 200_000_000
    assert terminal.tty.read(9, expired=True) == "a"


def test_canonical_reads_have_no_timeout(terminal: Terminal) -> None:
    terminal.set(cc="\x05\x00")
    assert (terminal.tty.read(9), terminal.tty.read_timeout()) == (None, 0)


# -- the rest of the surface -------------------------------------------------------------------------------


def test_hangup_ends_reads_and_fails_writes(terminal: Terminal) -> None:
    terminal.tty.input("unread\n")
    terminal.changes = 0
    terminal.tty.hangup()
    assert terminal.changes == 1
    assert (terminal.tty.readable(), terminal.tty.read(9), terminal.tty.write("x")) == (True, "", -EIO)
    terminal.tty.input("more\n")
    assert (terminal.tty.read(9), terminal.tty.pending_input()) == ("", 0)


def test_resize_says_whether_anything_changed(terminal: Terminal) -> None:
    assert terminal.tty.resize(Winsize(30, 100))
    assert not terminal.tty.resize(Winsize(30, 100))
    assert (terminal.tty.winsize.rows, terminal.tty.winsize.cols) == (30, 100)


def test_flow_by_ioctl_outranks_the_start_key(terminal: Terminal) -> None:
    assert terminal.tty.flow(t.TCOOFF)
    terminal.tty.input("\x11a")
    assert (terminal.tty.stopped, terminal.screen) == (True, "")
    assert terminal.tty.flow(t.TCOON)
    assert (terminal.tty.stopped, terminal.screen) == (False, "a")


def test_flow_by_ioctl_sends_the_stop_and_start_characters(terminal: Terminal) -> None:
    assert terminal.tty.flow(t.TCIOFF)
    assert terminal.tty.flow(t.TCION)
    assert terminal.screen == "\x13\x11"


def test_unknown_ioctl_arguments_are_refused(terminal: Terminal) -> None:
    assert not terminal.tty.flow(4)
    assert not terminal.tty.flush(3)


def test_flushing_output_drops_what_is_pending(terminal: Terminal) -> None:
    assert terminal.tty.flush(t.TCIFLUSH)
    assert terminal.flushes == 0
    assert terminal.tty.flush(t.TCIOFLUSH)
    assert terminal.flushes == 1


def test_termios_is_the_kernel_struct() -> None:
    packed = Termios().pack()
    assert len(packed) == Termios.SIZE == 36
    assert packed[17:34] == b"\x03\x1c\x7f\x15\x04\x00\x01\x00\x11\x13\x1a\x00\x12\x0f\x17\x16\x00"
    assert Termios.unpack(packed + bytes(24)) == Termios()
