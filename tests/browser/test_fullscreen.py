"""Programs that take the whole terminal, typed at: vim, nano, less, top."""

from __future__ import annotations

import pytest

from .pages import TerminalPage

# What is to be seen now: the rows of the screen, without spaces at their ends.
VIEW = """() => {
    const buffer = window.tabux.terminal.buffer.active;
    const rows = [];
    for (let i = 0; i < window.tabux.terminal.rows; i++) {
        rows.push(buffer.getLine(buffer.viewportY + i).translateToString(true).trimEnd());
    }
    return rows;
}"""


class Screen(TerminalPage):
    """The terminal while a program has all of it."""

    def __init__(self, terminal: TerminalPage) -> None:
        self.page = terminal.page

    def rows(self) -> list[str]:
        """The rows of the screen."""
        found = self.page.evaluate(VIEW)
        assert isinstance(found, list)
        return found

    def until(self, condition: str, arg: object = None) -> None:
        """Wait for a condition on `rows`, `buffer` (xterm.js's active one), `terminal` and `arg`."""
        code = f"""(arg) => {{
            const terminal = window.tabux.terminal;
            const buffer = terminal.buffer.active;
            const rows = ({VIEW})();
            return {condition};
        }}"""
        try:
            self.page.wait_for_function(code, arg=arg)
        except Exception as error:
            text = "\n".join(self.rows())
            raise AssertionError(f"not so: {condition} ({arg!r}) on:\n{text}") from error

    def until_row(self, number: int, text: str) -> None:
        """Wait until a row (negative: from the bottom) is exactly this."""
        self.until("rows.at(arg[0]) === arg[1]", [number, text])

    def until_last_row(self, text: str) -> None:
        """Wait until the bottom row has this in it."""
        self.until("rows.at(-1).includes(arg)", text)

    def until_cursor(self, x: int, y: int) -> None:
        """Wait until the cursor is at a column and row, from 0."""
        self.until("buffer.cursorX === arg[0] && buffer.cursorY === arg[1]", [x, y])

    def begin(self, command: str) -> None:
        """Start a program and wait until it has gone to the alternate screen."""
        self.type(f"{command}\n")
        self.until("buffer.type === 'alternate'")

    def ended(self) -> None:
        """Wait until the shell has its screen back, as it was."""
        self.until("buffer.type === 'normal' && rows[buffer.cursorY].endsWith('$')")

    def file(self, path: str) -> str:
        """The content of a file in /home/user."""
        code = "path => window.tabux.sandbox.files.read(path)"
        text = self.page.evaluate(code, path)
        assert isinstance(text, str)
        return text

    def write(self, path: str, text: str) -> None:
        """Make a file in /home/user."""
        self.page.evaluate("args => window.tabux.sandbox.files.write(...args)", [path, text])

    def colour(self, x: int, y: int) -> tuple[bool, int]:
        """Whether a cell has a foreground colour of its own, and which."""
        code = """([x, y]) => {
            const cell = tabux.terminal.buffer.active.getLine(y).getCell(x);
            return [!cell.isFgDefault(), cell.getFgColor()];
        }"""
        own, colour = self.page.evaluate(code, [x, y])
        return own, colour

    def point(self, x: int, y: int) -> tuple[float, float]:
        """Where the middle of a cell is on the page."""
        box = self.page.locator(".xterm-screen").bounding_box()
        columns, rows = self.page.evaluate("[tabux.terminal.cols, tabux.terminal.rows]")
        assert box is not None
        return box["x"] + (x + 0.5) * box["width"] / columns, box["y"] + (y + 0.5) * box["height"] / rows


@pytest.fixture
def screen(terminal: TerminalPage) -> Screen:
    """A prompt below a line that must still be there at the end."""
    screen = Screen(terminal)
    screen.type("clear; echo before\n")
    screen.until("rows[0] === 'before' && rows[1].endsWith('$')")
    return screen


# -- vim ---------------------------------------------------------------------------------------------------


def test_vim_writes_a_file_and_gives_the_screen_back(screen: Screen) -> None:
    screen.begin("vim poem.txt")
    screen.until_last_row('"poem.txt" [New]')
    screen.until_row(1, "~")
    screen.type("i")
    screen.until_last_row("-- INSERT --")
    screen.type("roses are red\n日本 wörld")
    screen.until_row(1, "日本 wörld")
    screen.until_cursor(10, 1)
    screen.press("ArrowUp", "Home")
    screen.type("my ")
    screen.press("End", "Escape")
    screen.until_row(0, "my roses are red")
    screen.type(":wq\n")
    screen.ended()
    assert screen.rows()[0] == "before"
    assert screen.file("poem.txt") == "my roses are red\n日本 wörld\n"


def test_vim_moves_changes_and_undoes(screen: Screen) -> None:
    screen.write("f", "".join(f"line {n}\n" for n in range(1, 101)))
    screen.begin("vi f")
    screen.until_last_row('"f" 100L')
    screen.type("G")
    screen.until_row(-2, "line 100")
    screen.type("ggdwx")
    screen.until_row(0, "")
    screen.type("u")
    screen.until_row(0, "1")
    screen.type("u")
    screen.until_row(0, "line 1")
    screen.type(":%s/line/row/\n")
    screen.until_last_row("100 substitutions on 100 lines")
    screen.type("/row 42\n")
    screen.until("rows[buffer.cursorY] === 'row 42'")
    screen.type("ddp:5,$d\n")
    screen.until_last_row("96 fewer lines")
    screen.type(":x\n")
    screen.ended()
    assert screen.file("f") == "row 1\nrow 2\nrow 3\nrow 4\n"


def test_vim_colours_by_syntax(screen: Screen) -> None:
    screen.write("x.py", 'def f():\n    # a comment\n    return "text"\n')
    screen.begin("vim x.py")
    screen.until("!buffer.getLine(0).getCell(0).isFgDefault()")
    word, comment = screen.colour(0, 0), screen.colour(4, 1)
    assert word[0] and comment[0] and word[1] != comment[1]
    assert not screen.colour(6, 0)[0]
    screen.type("o")
    screen.until_cursor(4, 1)  # the indentation of Python
    screen.press("Escape")
    screen.type(":q!\n")
    screen.ended()


def test_vim_runs_commands_and_filters(screen: Screen) -> None:
    screen.write("f", "c\na\nb\n")
    screen.begin("vim f")
    screen.type(":%!sort\n")
    screen.until("rows[0] === 'a' && rows[1] === 'b' && rows[2] === 'c'")
    screen.type(":r !echo from $((40 + 2))\n")
    screen.until("rows.includes('from 42')")
    screen.type(":!echo sh''own\n")
    screen.until("rows.includes('shown') && rows.some((row) => row.startsWith('Press ENTER'))")
    screen.press("Enter")
    screen.until_row(0, "a")
    screen.type(":call setline(1, system('tr a-z A-Z', 'piped'))\n")
    screen.until_row(0, "PIPED")
    screen.type(":wq\n")
    screen.ended()
    assert screen.file("f").split() == ["PIPED", "from", "42", "b", "c"]


def test_vim_stops_and_goes_on(screen: Screen) -> None:
    screen.begin("vim f")
    screen.until_last_row("[New]")
    screen.type("ihalf")
    screen.until_row(0, "half")  # what it asked the terminal at its start has been answered by now
    screen.press("Escape", "Control+z")
    screen.ended()
    screen.type("jobs\n")
    screen.wait_for("Stopped")
    screen.type("fg\n")
    screen.until("buffer.type === 'alternate' && rows[0] === 'half'")
    screen.type("A done")
    screen.press("Escape")
    screen.type(":wq\n")
    screen.ended()
    assert screen.file("f") == "half done\n"


def test_vim_follows_the_window(screen: Screen) -> None:
    screen.begin("vim f")
    screen.until_row(-2, "~")
    before = screen.page.evaluate("tabux.terminal.rows")
    screen.page.set_viewport_size({"width": 640, "height": 420})
    screen.until("terminal.rows < arg && rows.at(-2) === '~' && rows[0] === ''", before)
    screen.type(":echo &lines &columns\n")
    screen.until("rows.at(-1).startsWith(`${terminal.rows} ${terminal.cols}`)")
    screen.type(":q\n")
    screen.ended()


def test_vim_takes_the_mouse(screen: Screen) -> None:
    screen.write("f", "".join(f"line {n}\n" for n in range(1, 101)))
    screen.begin("vim f")
    screen.until_row(4, "line 5")
    screen.page.mouse.click(*screen.point(2, 4))
    screen.until_cursor(2, 4)
    screen.page.mouse.wheel(0, 120)
    screen.until("rows[0] !== 'line 1' && rows[0].startsWith('line ')")
    screen.type(":q\n")
    screen.ended()


def test_vim_shows_its_help(screen: Screen) -> None:
    screen.begin("vim")
    screen.until("rows.some((row) => row.includes('VIM - Vi IMproved'))")
    screen.type(":help motion.txt\n")
    screen.until("rows[0].startsWith('motion.txt')")
    screen.until("rows.some((row) => row.startsWith('motion.txt [Help][RO]'))")
    screen.type(":qa\n")
    screen.ended()


# -- nano --------------------------------------------------------------------------------------------------


def test_nano_writes_a_file_and_gives_the_screen_back(screen: Screen) -> None:
    screen.begin("nano note.txt")
    screen.until("rows[0].includes('GNU nano 7.2') && rows[0].includes('note.txt')")
    screen.until("rows.at(-1).startsWith('^X Exit')")
    screen.type("first wörd\nsecond 日本")
    screen.until_row(2, "second 日本")
    screen.press("ArrowUp", "Home")
    screen.type("the ")
    screen.press("Control+o")
    screen.until("rows.at(-3).includes('Write: note.txt')")
    screen.press("Enter")
    screen.until("rows.at(-3).includes('Wrote 2 lines')")
    screen.press("Control+x")
    screen.ended()
    assert screen.rows()[0] == "before"
    assert screen.file("note.txt") == "the first wörd\nsecond 日本\n"


def test_nano_searches_cuts_and_asks_before_it_leaves(screen: Screen) -> None:
    screen.write("f", "one\ntwo\nthree\n")
    screen.begin("nano f")
    screen.until_row(3, "three")
    screen.press("Control+w")
    screen.until("rows.at(-3).startsWith('Search')")
    screen.type("two\n")
    screen.until_cursor(0, 2)
    screen.press("Control+k", "ArrowDown", "Control+u")
    screen.until("rows[1] === 'one' && rows[2] === 'three' && rows[3] === 'two'")
    screen.press("Control+x")
    screen.until("rows.at(-3).startsWith('Save modified buffer?')")
    screen.type("y")
    screen.until("rows.at(-3).includes('Write: f')")
    screen.press("Enter")
    screen.ended()
    assert screen.file("f") == "one\nthree\ntwo\n"


def test_nano_colours_and_runs_commands(screen: Screen) -> None:
    screen.write("x.py", "def f():\n    return 1\n")
    screen.begin("nano x.py")
    screen.until("rows[1] === 'def f():' && !buffer.getLine(1).getCell(0).isFgDefault()")
    screen.press("Control+t")
    screen.until("rows.at(-3).includes('Command to execute')")
    screen.type("echo '#' made by $((20 + 1))\n")
    screen.until("rows[1].startsWith('# made by 21')")
    screen.press("Control+x")
    screen.type("n")
    screen.ended()


# -- less --------------------------------------------------------------------------------------------------


def test_less_pages_searches_and_gives_the_screen_back(screen: Screen) -> None:
    screen.begin("seq -f 'line %g' 300 | less")
    screen.until("rows[0] === 'line 1' && rows.at(-1) === ':'")
    screen.type(" ")
    screen.until("rows[0] === `line ${terminal.rows}`")
    screen.type("b")
    screen.until_row(0, "line 1")
    screen.press("ArrowDown", "ArrowDown")
    screen.until_row(0, "line 3")
    screen.type("/e 120$\n")
    screen.until_row(0, "line 120")
    screen.type("G")
    screen.until("rows.at(-2) === 'line 300' && rows.at(-1) === '(END)'")
    screen.type("77g")
    screen.until_row(0, "line 77")
    screen.page.mouse.move(*screen.point(5, 5))
    screen.page.mouse.wheel(0, 120)
    screen.until("rows[0] !== 'line 77'")
    screen.type("q")
    screen.ended()
    assert screen.rows()[0] == "before"


def test_less_opens_the_editor_and_a_shell(screen: Screen) -> None:
    screen.write("f", "some text\n" + 100 * "more\n")
    screen.begin("EDITOR=vi less f")
    screen.until_row(0, "some text")
    screen.type("!echo from $((1 + 1))\n")
    screen.until("rows.some((row) => row === 'from 2')")
    screen.press("Enter")
    screen.until_row(0, "some text")
    screen.type("v")
    screen.until_last_row('"f" 101L')
    screen.type("ggA and new")
    screen.press("Escape")
    screen.type(":wq\n")
    screen.until("rows[0] === 'some text and new' && rows.at(-1).startsWith('f')")
    screen.type("q")
    screen.ended()


# -- others ------------------------------------------------------------------------------------------------


def test_top_lists_processes(screen: Screen) -> None:
    screen.type("sleep 1000 &\ntop -d 0.3\n")
    screen.until("rows[0].startsWith('top - ') && rows.some((row) => / sleep$/.test(row))")
    screen.until("/^%Cpu/.test(rows[2]) && !/nan/.test(rows[2])")
    screen.type("q")
    screen.until("rows[buffer.cursorY].endsWith('$')")
    screen.type("pkill sleep; wait; echo e''nd\n")
    screen.wait_for_line("end")


def test_watch_runs_a_command_again(screen: Screen) -> None:
    screen.begin("watch -n 0.1 'echo again >> times; wc -l < times'")
    screen.until("rows[0].startsWith('Every 0.1s') && Number(rows[2]) >= 3")
    screen.press("Control+c")
    screen.ended()
