"""The line discipline: what happens between the keyboard, the screen and the programs on a terminal.

A close rendering of Linux's n_tty, checked against it by `tests/unit/test_tty_differential.py`. Two things
are better on purpose: erasing a wide character takes two columns back, and a combining one none.

Input that programs have not read yet is kept as

- `_lines`: finished lines (canonical mode), each with whether it was ended by ^D rather than by a character;
- `_typed`: the line being edited in canonical mode; every unread byte in raw mode;
- `_backlog`: bytes that found the queue full, looked at when somebody has read.

Nothing here blocks and nothing knows processes: who may read, SIGTTIN, SIGTTOU and waiting are the kernel's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from tabux.abi.errno import EIO
from tabux.abi.signal import SIGINT, SIGQUIT, SIGTSTP
from tabux.tty import termios as t
from tabux.tty.termios import Termios, Winsize
from tabux.tty.width import width

#: Bytes the input queue holds; the last one is kept free for the end of a line.
QUEUE_SIZE: Final = 4096

_DISABLED: Final = "\0"
_CONTINUATION: Final = frozenset(map(chr, range(0x80, 0xC0)))
_CONTROL: Final = frozenset(map(chr, (*range(32), 127)))
_LOWER: Final = {code: code + 32 for code in (*range(0x41, 0x5B), *range(0xC0, 0xDF)) if code != 0xD7}
#: With Linux's own ideas of bytes 0xDF and 0xFF, which have no upper case in latin-1.
_UPPER: Final = {lower: upper for upper, lower in _LOWER.items()} | {0xDF: 0xBF, 0xFF: 0xDF}
_STRIP: Final = {code: code & 0x7F for code in range(0x80, 0x100)}
_NO_COLUMN: Final = {ord(char): None for char in _CONTROL}
_NO_COLUMN_UTF8: Final = _NO_COLUMN | {ord(char): None for char in _CONTINUATION}
#: What Linux's own isalnum takes for a letter or digit (it reads bytes as latin-1), and "_", for word erase.
_WORD: Final = frozenset(
    chr(code) for code in range(256) if (chr(code).isalnum() and not 0x80 <= code < 0xC0) or code == 0x5F
)

# What the echo is made of. It is kept as operations, not as text: while output is stopped it waits, and
# what erasing a tab or expanding one does depends on the column at the time it is carried out.
_ECHO_CHAR: Final = 0  # a character, processed like output
_ECHO_CONTROL: Final = 1  # a control character, shown as ^X
_ECHO_LITERAL: Final = 2  # byte 255, which Linux never processes
_ECHO_SET_CANON_COLUMN: Final = 3
_ECHO_MOVE_BACK: Final = 4
_ECHO_ERASE_TAB: Final = 5


class Tty:
    """One terminal. `input` comes from the keyboard, `read` and `write` are what programs do.

    - `output(data)` is given what the screen shows, echo included;
    - `signal(number)` is to signal the foreground process group (SIGINT, SIGQUIT, SIGTSTP);
    - `changed()` says that a read, a write or a poll that had to wait is worth trying again;
    - `flush_output()`, if given, drops output that the screen has not taken yet (^C does that on Linux).

    `foreground_pgid` and `session` are the kernel's to set and read; 0 is none.
    """

    def __init__(
        self,
        output: Callable[[str], None],
        signal: Callable[[int], None],
        changed: Callable[[], None],
        flush_output: Callable[[], None] = lambda: None,
    ) -> None:
        self.foreground_pgid = 0
        self.session = 0
        self.winsize = Winsize()
        self.hung_up = False
        #: Output is stopped, by ^S or TCXONC: writers wait.
        self.stopped = False

        self._output = output
        self._signal = signal
        self._changed = changed
        self._flush_output = flush_output

        self._lines: deque[tuple[str, bool]] = deque()
        self._lines_size = 0
        self._typed: list[str] = []
        self._backlog = ""

        self._echoes: list[tuple[int, str]] = []
        self._stopped_by_ioctl = False
        self._literal_next = False
        self._erasing = False
        self._column = 0
        self._canon_column = 0
        self._news = False

        self._adopt(Termios())

    # -- settings ------------------------------------------------------------------------------------------

    @property
    def termios(self) -> Termios:
        """The settings in force. Change them by `set_termios` only."""
        return self._termios

    def set_termios(self, packed: bytes | bytearray | memoryview, flush: bool = False) -> None:
        """TCSETS and TCSETSW; with `flush`, TCSETSF: unread input is dropped first."""
        old = self._termios
        new = Termios.unpack(packed)
        # A pty is always eight bits without parity, whatever is asked for.
        new.cflag = new.cflag & ~(t.CSIZE | t.PARENB) | t.CS8 | t.CREAD
        if flush:
            self._drop_input()
        self._adopt(new)
        if (old.lflag ^ new.lflag) & t.ICANON:
            self._switch_mode()
        if old.iflag & t.IXON and not new.iflag & t.IXON and not self._stopped_by_ioctl:
            self._start()
        self._receive()
        self._changed()

    def _adopt(self, termios: Termios) -> None:
        """Takes over settings and derives what `input` and `write` look at for each character."""
        self._termios = termios
        iflag, lflag, cc = termios.iflag, termios.lflag, termios.cc
        self._icanon = bool(lflag & t.ICANON)
        self._echo = bool(lflag & t.ECHO)
        self._utf8 = bool(iflag & t.IUTF8)
        special = set()
        if iflag & (t.IGNCR | t.ICRNL):
            special.add("\r")
        if iflag & t.INLCR:
            special.add("\n")
        if self._icanon:
            special.update(cc[t.VERASE], cc[t.VKILL], cc[t.VEOF], cc[t.VEOL], "\n")
            if lflag & t.IEXTEN:
                special.update(cc[t.VWERASE], cc[t.VLNEXT], cc[t.VEOL2])
                if self._echo:
                    special.add(cc[t.VREPRINT])
        if iflag & t.IXON:
            special.update(cc[t.VSTART], cc[t.VSTOP])
        if lflag & t.ISIG:
            special.update(cc[t.VINTR], cc[t.VQUIT], cc[t.VSUSP])
        special.discard(_DISABLED)
        self._special = frozenset(special)
        #: What ISTRIP and IUCLC make of each byte, for str.translate.
        self._translation: dict[int, int] = dict(_STRIP) if iflag & t.ISTRIP else {}
        if iflag & t.IUCLC and lflag & t.IEXTEN:
            stripped = {code: self._translation.get(code, code) for code in range(256)}
            self._translation = {code: _LOWER.get(byte, byte) for code, byte in stripped.items()}
        #: Bytes that are not special go to the queue as they are and are not shown.
        self._silent = not (self._icanon or self._echo or iflag & t.PARMRK)

    def _switch_mode(self) -> None:
        """Makes unread input readable under the other mode."""
        if self._icanon:
            unread = "".join(self._typed)
            self._typed = []
            if unread:
                # As in Linux: all that is there counts as one line, and a last byte of 0 as ^D.
                by_eof = unread.endswith(_DISABLED)
                self._lines.append((unread[:-1] if by_eof else unread, by_eof))
                self._lines_size = len(unread)
        else:
            finished = "".join(text + _DISABLED if by_eof else text for text, by_eof in self._lines)
            self._typed[:0] = finished
            self._lines.clear()
            self._lines_size = 0
        self._erasing = False
        self._literal_next = False

    def resize(self, winsize: Winsize) -> bool:
        """Sets the window's size; true if that changed it (the foreground group is then due SIGWINCH)."""
        changed = winsize != self.winsize
        self.winsize = winsize
        return changed

    # -- the keyboard's side -------------------------------------------------------------------------------

    def input(self, data: str) -> None:
        """Takes bytes from the keyboard. What finds the queue full is kept and taken after the next read."""
        if self.hung_up:
            return
        self._backlog += data
        self._receive()
        self._tell()

    def hangup(self) -> None:
        """The terminal is gone: reads end, writes fail with EIO. The kernel sends SIGHUP and SIGCONT."""
        self.hung_up = True
        self.stopped = False
        self._echoes.clear()
        self._backlog = ""
        self._drop_input()
        self._changed()

    def _tell(self) -> None:
        if self._news:
            self._news = False
            self._changed()

    def _receive(self) -> None:
        """Processes the backlog as far as the queue has room."""
        data = self._backlog
        done = 0
        while done < len(data):
            room = QUEUE_SIZE - 1 - self._lines_size - len(self._typed)
            if self._termios.iflag & t.PARMRK:
                room //= 2
            if room <= 0:
                if not self._icanon or self._lines:
                    break
                # A line longer than the queue: its last place is overwritten until the line ends.
                if room < 0:
                    self._typed.pop()
                room = 1
            part = data[done : done + room]
            done += len(part)
            if self._translation:
                part = part.translate(self._translation)
            if self._silent and not self.stopped and self._special.isdisjoint(part):
                self._typed.extend(part)
                self._news = True
                continue
            for char in part:
                if self._literal_next:
                    self._literal_next = False
                    self._receive_plain(char)
                elif char in self._special:
                    self._receive_special(char)
                else:
                    self._receive_plain(char)
        self._backlog = data[done:]
        self._carry_out_echoes()

    def _receive_plain(self, char: str) -> None:
        self._start_on_any()
        if self._echo:
            self._finish_erasing()
            self._note_canon_column()
            self._echo_char(char)
        self._queue(char)

    def _receive_special(self, char: str) -> None:
        iflag, lflag, cc = self._termios.iflag, self._termios.lflag, self._termios.cc
        if iflag & t.IXON and char in (cc[t.VSTART], cc[t.VSTOP]):
            if char == cc[t.VSTART]:
                self._start()
            else:
                self.stopped = True
            return
        if lflag & t.ISIG:
            for index, signal in ((t.VINTR, SIGINT), (t.VQUIT, SIGQUIT), (t.VSUSP, SIGTSTP)):
                if char == cc[index]:
                    self._interrupt(signal, char)
                    return
        self._start_on_any()
        if char == "\r":
            if iflag & t.IGNCR:
                return
            if iflag & t.ICRNL:
                char = "\n"
        elif char == "\n" and iflag & t.INLCR:
            char = "\r"
        if self._icanon and self._receive_editing(char):
            return
        if self._echo:
            self._finish_erasing()
            if char == "\n":
                self._echoes.append((_ECHO_CHAR, char))
            else:
                self._note_canon_column()
                self._echo_char(char)
        self._queue(char)

    def _receive_editing(self, char: str) -> bool:
        """Handles a character that means something in canonical mode; false if this one does not."""
        lflag, cc = self._termios.lflag, self._termios.cc
        extended = bool(lflag & t.IEXTEN)
        if char != _DISABLED and (
            char in (cc[t.VERASE], cc[t.VKILL]) or (extended and char == cc[t.VWERASE])
        ):
            self._erase(char)
        elif extended and char == cc[t.VLNEXT]:
            self._literal_next = True
            if self._echo:
                self._finish_erasing()
                if lflag & t.ECHOCTL:
                    self._echoes += ((_ECHO_CHAR, "^"), (_ECHO_CHAR, "\b"))
        elif extended and self._echo and char == cc[t.VREPRINT]:
            self._finish_erasing()
            self._echo_char(char)
            self._echoes.append((_ECHO_CHAR, "\n"))
            for typed in self._typed:
                self._echo_char(typed)
        elif char == "\n":
            if lflag & (t.ECHO | t.ECHONL):
                self._echoes.append((_ECHO_CHAR, "\n"))
            self._finish_line(char)
        elif char == cc[t.VEOF]:
            self._finish_line("")
        elif char == cc[t.VEOL] or (extended and char == cc[t.VEOL2]):
            if self._echo:
                self._note_canon_column()
                self._echo_char(char)
            if char == "\xff" and self._termios.iflag & t.PARMRK:
                self._typed.append(char)
            self._finish_line(char)
        else:
            return False
        return True

    def _queue(self, char: str) -> None:
        if char == "\xff" and self._termios.iflag & t.PARMRK:
            self._typed.append(char)
        self._typed.append(char)
        if not self._icanon:
            self._news = True

    def _finish_line(self, end: str) -> None:
        """Hands the typed line to the readers; `end` is its last character, empty for ^D."""
        self._lines.append(("".join(self._typed) + end, not end))
        self._lines_size += len(self._typed) + 1
        self._typed.clear()
        self._news = True

    def _interrupt(self, signal: int, char: str) -> None:
        self._signal(signal)
        if not self._termios.lflag & t.NOFLSH:
            self._echoes.clear()
            self._flush_output()
            self._drop_input()
        if self._termios.iflag & t.IXON:
            self._start()
        if self._echo:
            self._echo_char(char)

    def _drop_input(self) -> None:
        self._lines.clear()
        self._lines_size = 0
        self._typed.clear()
        self._erasing = False

    def _start(self) -> None:
        if self.stopped and not self._stopped_by_ioctl:
            self.stopped = False
            self._news = True
        self._carry_out_echoes()

    def _start_on_any(self) -> None:
        if self.stopped and self._termios.iflag & (t.IXON | t.IXANY) == t.IXON | t.IXANY:
            self._start()

    # -- erasing -------------------------------------------------------------------------------------------

    def _erase(self, char: str) -> None:
        """Erases a character, a word or the line."""
        if not self._typed:
            return
        lflag, cc = self._termios.lflag, self._termios.cc
        one = char == cc[t.VERASE]
        word = not one and char == cc[t.VWERASE]
        if not one and not word:
            if not self._echo:
                self._typed.clear()
                return
            if lflag & (t.ECHOK | t.ECHOKE | t.ECHOE) != t.ECHOK | t.ECHOKE | t.ECHOE:
                self._typed.clear()
                self._finish_erasing()
                self._echo_char(cc[t.VKILL])
                if lflag & t.ECHOK:
                    self._echoes.append((_ECHO_CHAR, "\n"))
                return
        in_word = False
        while self._typed:
            start = self._last_character()
            first = self._typed[start]
            if self._utf8 and first in _CONTINUATION:
                break  # bytes without their beginning are not erased
            if word:
                if first in _WORD:
                    in_word = True
                elif in_word:
                    break
            erased = "".join(self._typed[start:])
            del self._typed[start:]
            if self._echo:
                self._echo_erased(erased, one)
            if one:
                break
        if not self._typed and self._echo:
            self._finish_erasing()

    def _last_character(self) -> int:
        """Where the last character of the typed line begins."""
        start = len(self._typed) - 1
        if self._utf8:
            while start and self._typed[start] in _CONTINUATION:
                start -= 1
        return start

    def _echo_erased(self, erased: str, one: bool) -> None:
        lflag = self._termios.lflag
        if lflag & t.ECHOPRT:
            if not self._erasing:
                self._erasing = True
                self._echoes.append((_ECHO_CHAR, "\\"))
            self._echo_char(erased[0])
            for byte in erased[1:]:
                self._echoes += ((_ECHO_CHAR, byte), (_ECHO_MOVE_BACK, ""))
        elif one and not lflag & t.ECHOE:
            self._echo_char(self._termios.cc[t.VERASE])
        elif erased == "\t":
            self._echoes.append((_ECHO_ERASE_TAB, self._before_tab()))
        else:
            columns = self._columns(erased)
            self._echoes += ((_ECHO_CHAR, "\b"), (_ECHO_CHAR, " "), (_ECHO_CHAR, "\b")) * columns

    def _columns(self, char: str) -> int:
        """Columns that a typed character (not a tab) takes on the screen."""
        if char in _CONTROL:
            return 2 if self._termios.lflag & t.ECHOCTL else 0
        return width(char) if self._utf8 else 1

    def _before_tab(self) -> str:
        """The columns used between the end of the typed line and the tab before it, modulo 8.

        The result is a character: bit 3 is set if there is such a tab; otherwise the columns are counted from
        where the line began.
        """
        typed = "".join(self._typed)
        tab = typed.rfind("\t")
        columns = 0
        end = len(typed)
        while end > tab + 1:
            start = end - 1
            while self._utf8 and start > tab + 1 and typed[start] in _CONTINUATION:
                start -= 1
            columns += self._columns(typed[start:end])
            end = start
        return chr(columns % 8 + 8 * (tab >= 0))

    # -- echo ----------------------------------------------------------------------------------------------

    def _echo_char(self, char: str) -> None:
        if char == "\xff":
            self._echoes.append((_ECHO_LITERAL, char))
        elif char in _CONTROL and char != "\t" and self._termios.lflag & t.ECHOCTL:
            self._echoes.append((_ECHO_CONTROL, char))
        else:
            self._echoes.append((_ECHO_CHAR, char))

    def _note_canon_column(self) -> None:
        if not self._typed:
            self._echoes.append((_ECHO_SET_CANON_COLUMN, ""))

    def _finish_erasing(self) -> None:
        if self._erasing:
            self._erasing = False
            self._echoes.append((_ECHO_CHAR, "/"))

    def _carry_out_echoes(self) -> None:
        if not self._echoes or self.stopped:
            return
        shown: list[str] = []
        opost = self._termios.oflag & t.OPOST
        for op, char in self._echoes:
            if op == _ECHO_CHAR:
                shown.append(self._process(char) if opost else char)
            elif op == _ECHO_CONTROL:
                shown.append("^" + chr(ord(char) ^ 0x40))
                self._column += 2
            elif op == _ECHO_LITERAL:
                shown.append(char)
                self._column += 1
            elif op == _ECHO_SET_CANON_COLUMN:
                self._canon_column = self._column
            elif op == _ECHO_MOVE_BACK:
                self._column = max(0, self._column - 1)
            else:
                used = ord(char) if ord(char) & 8 else ord(char) + self._canon_column
                back = 8 - used % 8
                shown.append("\b" * back)
                self._column = max(0, self._column - back)
        self._echoes.clear()
        text = "".join(shown)
        if text:
            self._output(text)

    # -- the programs' side --------------------------------------------------------------------------------

    def read(self, size: int, nonblocking: bool = False, expired: bool = False) -> str | None:
        """Reads at most `size` bytes: None if that has to wait, "" at the end of input.

        A waiting read is tried again after `changed()`. In raw mode it may have to end without what it waits
        for: after `read_timeout()` (try with `expired`), or at a signal (try with `nonblocking`: None is
        EINTR, else it read that much). For a descriptor with O_NONBLOCK, None is EAGAIN.
        """
        if self.hung_up or size <= 0:
            return ""
        data = self._read_line(size) if self._icanon else self._read_raw(size, nonblocking, expired)
        if data is not None and self._backlog:
            self._receive()
            self._tell()
        return data

    def _read_line(self, size: int) -> str | None:
        if not self._lines:
            return None
        text, by_eof = self._lines.popleft()
        data = text[:size]
        rest = text[size:]
        self._lines_size -= len(data)
        if rest:
            self._lines.appendleft((rest, by_eof))
        elif by_eof:
            self._lines_size -= 1
        return data

    def _read_raw(self, size: int, nonblocking: bool, expired: bool) -> str | None:
        minimum, time = ord(self._termios.cc[t.VMIN]), ord(self._termios.cc[t.VTIME])
        unread = len(self._typed)
        if not unread and (expired or (not minimum and not time)):
            return ""
        if not unread or (unread < min(minimum, size) and not nonblocking and not expired):
            return None
        data = "".join(self._typed[:size])
        del self._typed[:size]
        return data

    def read_timeout(self) -> int:
        """Nanoseconds after which a waiting read is to be tried with `expired`, 0 for never.

        Ask again, and start the time anew, whenever the read has been tried and waits on: with VMIN the time
        runs between bytes and not before the first.
        """
        cc = self._termios.cc
        if self._icanon or (cc[t.VMIN] != "\0" and not self._typed):
            return 0
        return ord(cc[t.VTIME]) * 100_000_000

    def readable(self) -> bool:
        """For poll: a read would not wait."""
        if self.hung_up:
            return True
        if self._icanon:
            return bool(self._lines)
        minimum, time = ord(self._termios.cc[t.VMIN]), ord(self._termios.cc[t.VTIME])
        return len(self._typed) >= (minimum if minimum and not time else 1)

    @property
    def backlog(self) -> int:
        """Bytes from the keyboard that have found the queue full and wait for a read."""
        return len(self._backlog)

    def pending_input(self) -> int:
        """FIONREAD: bytes that can be read now."""
        if self._icanon:
            return sum(len(text) for text, _ in self._lines)
        return len(self._typed)

    def write(self, data: str) -> int:
        """Shows `data`; its length, 0 if that has to wait (output is stopped), or -EIO after a hang-up."""
        if self.hung_up:
            return -EIO
        if self.stopped:
            return 0
        if data:
            self._output(self._process(data) if self._termios.oflag & t.OPOST else data)
        return len(data)

    def flush(self, queue: int) -> bool:
        """TCFLSH; false if `queue` is not TCIFLUSH, TCOFLUSH or TCIOFLUSH."""
        if queue not in (t.TCIFLUSH, t.TCOFLUSH, t.TCIOFLUSH):
            return False
        if queue != t.TCOFLUSH:
            self._drop_input()
            self._receive()
            self._tell()
        if queue != t.TCIFLUSH:
            self._flush_output()
        return True

    def flow(self, action: int) -> bool:
        """TCXONC; false if `action` is not TCOOFF, TCOON, TCIOFF or TCION."""
        if action == t.TCOOFF:
            self.stopped = self._stopped_by_ioctl = True
        elif action == t.TCOON:
            if self._stopped_by_ioctl:
                self._stopped_by_ioctl = False
                self._start()
                self._tell()
        elif action in (t.TCIOFF, t.TCION):
            char = self._termios.cc[t.VSTOP if action == t.TCIOFF else t.VSTART]
            if char != _DISABLED:
                self._output(char)
        else:
            return False
        return True

    # -- output processing ---------------------------------------------------------------------------------

    def _process(self, data: str) -> str:
        """What the screen is given for `data` with OPOST on; keeps track of the column."""
        oflag = self._termios.oflag
        if oflag & (t.OLCUC | t.OCRNL | t.ONOCR | t.ONLRET) or oflag & t.TABDLY == t.XTABS:
            return "".join(map(self._process_char, data))
        self._advance(data)
        return data.replace("\n", "\r\n") if oflag & t.ONLCR else data

    def _advance(self, data: str) -> None:
        """Moves the column over `data`, which is shown as it is except for ONLCR."""
        tail = data
        if self._termios.oflag & t.ONLCR:
            start = max(data.rfind("\n"), data.rfind("\r")) + 1
            if start:
                self._column = self._canon_column = 0
                tail = data[start:]
        no_column = _NO_COLUMN_UTF8 if self._utf8 else _NO_COLUMN
        if "\t" not in tail and "\b" not in tail and "\n" not in tail and "\r" not in tail:
            self._column += len(tail.translate(no_column))
            return
        for char in tail:
            self._process_char(char)

    def _process_char(self, char: str) -> str:
        oflag = self._termios.oflag
        if char == "\n":
            if oflag & t.ONLRET:
                self._column = 0
            if oflag & t.ONLCR:
                self._column = self._canon_column = 0
                return "\r\n"
            self._canon_column = self._column
        elif char == "\r":
            if oflag & t.ONOCR and not self._column:
                return ""
            if oflag & t.OCRNL:
                if oflag & t.ONLRET:
                    self._column = self._canon_column = 0
                return "\n"
            self._column = self._canon_column = 0
        elif char == "\t":
            spaces = 8 - self._column % 8
            self._column += spaces
            if oflag & t.TABDLY == t.XTABS:
                return " " * spaces
        elif char == "\b":
            self._column = max(0, self._column - 1)
        elif char not in _CONTROL:
            if oflag & t.OLCUC:
                char = char.translate(_UPPER)
            if not (self._utf8 and char in _CONTINUATION):
                self._column += 1
        return char
