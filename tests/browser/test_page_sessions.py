"""The page and its sessions, on a fake kernel: what is saved, which session it is, files that come and go."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

from .pages import TerminalPage

PRETENCE = Path(__file__).parent / "fake_sessions.js"
Open = Callable[..., TerminalPage]


@pytest.fixture
def opened(page: Page, fake_site: str) -> Open:
    """Opens the page, with sessions that are not there; waits for the prompt unless told not to."""
    module = page.request.get(f"{fake_site}/tabux.js").text()
    module += '\nimport { pretend } from "./fake_sessions.js";\npretend(Sandbox);\n'
    page.route("**/tabux.js", lambda route: route.fulfill(body=module, content_type="text/javascript"))
    page.route("**/fake_sessions.js", lambda route: route.fulfill(path=PRETENCE))

    def visit(query: str = "", prompt: bool = True) -> TerminalPage:
        terminal = TerminalPage(page, f"{fake_site}/index.html{query}")
        if prompt:
            terminal.wait_for_prompt()
        return terminal

    return visit


def calls(page: Page, name: str) -> list[list[Any]]:
    """The arguments of each call of the fake kernel's function of that name."""
    told: str = page.evaluate("tabux.sandbox.files.read('/calls')")
    return [call[1:] for call in json.loads(told) if call[0] == name]


def happens(page: Page, **what: object) -> None:
    """Something that the fake kernel is to do; see fake_worker.js."""
    page.evaluate("(what) => tabux.sandbox.commands.run(what)", json.dumps(what))


def sessions(page: Page) -> list[str]:
    """The rows of the dialog."""
    return page.get_by_role("list", name="Sessions").get_by_role("listitem").all_inner_texts()


# -- what is saved -----------------------------------------------------------------------------------------


def test_the_header_says_whether_work_is_saved(page: Page, opened: Open) -> None:
    opened()
    saved = page.locator("#saved")
    expect(saved).to_have_text("saved")
    spoken = page.locator("#saved-spoken")
    happens(page, told={"state": "saving"})
    expect(saved).to_have_text("saving")
    happens(page, told={"state": "saved"})
    expect(saved).to_have_text("saved")
    assert spoken.text_content() == "", "who listens is not told every second"
    happens(page, told={"state": "unsaved", "reason": "the disk is full"})
    expect(saved).to_have_text("not saved: the disk is full")
    expect(spoken).to_have_text("not saved: the disk is full")
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("Your latest changes are not saved.")
    expect(notice).to_contain_text("The disk is full.")
    assert page.evaluate("document.activeElement.closest('#terminal') !== null"), "typing goes on"
    happens(page, told={"state": "saved", "reason": ""})
    expect(spoken).to_have_text("saved")
    expect(notice).to_be_hidden()


def test_details_are_a_press_away(page: Page, opened: Open) -> None:
    opened()
    page.locator("#saved").press("Enter")
    panel = page.get_by_label("What is saved")
    expect(panel).to_contain_text("All files are saved in this browser.")
    expect(panel).to_contain_text("12 files, 3.4 MB")
    expect(panel).to_contain_text("10.0 GB")
    expect(panel).to_contain_text("not promised: the browser may delete it")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.locator("#saved")).to_be_focused()


def test_a_browser_that_stores_nothing_is_told(page: Page, opened: Open) -> None:
    opened("?session=refused")
    expect(page.locator("#saved")).to_have_text("not kept: the browser stores nothing here (SecurityError)")
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("What you do here is not kept.")
    expect(notice).to_contain_text("The browser stores nothing here (SecurityError).")
    notice.get_by_role("button", name="Close").click()
    expect(notice).to_be_hidden()


def test_what_the_browser_has_deleted_is_told(page: Page, opened: Open) -> None:
    opened("?session=lost")
    expect(page.get_by_role("alert")).to_contain_text("The browser has deleted what was saved here.")
    page.locator("#saved").click()
    expect(page.get_by_label("What is saved")).to_contain_text("has deleted what was saved here before")


# -- leaving -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "asks"),
    [
        ({}, False),
        ({"told": {"state": "saving"}}, True),
        ({"told": {"state": "unsaved", "reason": "the disk is full"}}, True),
        ({"told": {"state": "volatile"}}, False),
        ({"told": {"state": "volatile", "written": True}}, True),
        ({"told": {"state": "read-only"}}, False),
        ({"told": {"state": "read-only", "written": True}}, True),
        ({"busy": True}, True),
    ],
)
def test_leaving_asks_only_when_something_would_be_lost(
    page: Page, opened: Open, what: dict[str, object], asks: bool
) -> None:
    terminal = opened()
    terminal.type("ls\n")  # (the browser asks on behalf of pages that were used)
    terminal.wait_for("fake$ ls\nfake$ ")
    happens(page, **what)
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    page.goto("about:blank")
    assert asked == (["beforeunload"] if asks else [])


def test_the_end_of_a_job_is_the_end_of_asking(page: Page, opened: Open) -> None:
    opened()
    happens(page, busy=True)
    happens(page, busy=False)
    assert (
        page.evaluate(
            """() => {
            const event = new Event("beforeunload", { cancelable: true });
            dispatchEvent(event);
            return event.defaultPrevented;
        }"""
        )
        is False
    )


# -- which session -----------------------------------------------------------------------------------------


def test_sessions_are_listed_and_picked(page: Page, opened: Open) -> None:
    terminal = opened()
    terminal.type("old")
    assert [boot[0]["session"]["name"] for boot in calls(page, "boot")] == ["default"]
    page.get_by_role("button", name="Sessions: default").click()
    rows = page.get_by_role("list", name="Sessions").get_by_role("listitem")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("default")
    expect(rows.nth(0)).to_contain_text("open here")
    expect(rows.nth(0)).to_contain_text("12 files · 3.4 MB")
    expect(rows.nth(1)).to_contain_text("1 file · 812 bytes · used 3 days ago · 2 snapshots")
    expect(rows.nth(2)).to_contain_text("open in another tab")
    page.evaluate("window.before = tabux.sandbox")
    page.get_by_role("button", name="Open notes").click()
    page.wait_for_function("() => window.tabux.sandbox && window.tabux.sandbox !== window.before")
    terminal.wait_for_prompt()
    expect(page.locator("#session-name")).to_have_text("notes")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#terminal textarea")).to_be_focused()
    assert "old" not in terminal.screen()
    assert page.evaluate("before.session.name !== tabux.sandbox.session.name")
    page.reload()
    terminal.wait_for_prompt()
    expect(page.locator("#session-name")).to_have_text("notes")


def test_the_address_names_the_session(page: Page, opened: Open) -> None:
    terminal = opened("?session=notes")
    expect(page.locator("#session-name")).to_have_text("notes")
    page.goto(page.url.partition("?")[0])
    terminal.wait_for_prompt()
    expect(page.locator("#session-name")).to_have_text("default"), "a link is no choice"
    opened("?session=notes&x=1")
    page.locator("#sessions-open").click()
    page.get_by_role("button", name="Open default").click()
    expect(page.locator("#session-name")).to_have_text("default")
    assert page.url.endswith("?session=default&x=1")


def test_a_new_session(page: Page, opened: Open) -> None:
    terminal = opened()
    page.locator("#sessions-open").click()
    page.get_by_role("button", name="New session", exact=True).click()
    name = page.get_by_role("textbox", name="Name")
    expect(name).to_be_focused()
    name.fill("notes")
    name.press("Enter")
    expect(page.get_by_text("There is a session of that name.")).to_be_visible()
    name.fill("work ü")
    name.press("Enter")
    terminal.wait_for_prompt()
    expect(page.locator("#session-name")).to_have_text("work ü")


def test_another_session_is_renamed_and_deleted(page: Page, opened: Open) -> None:
    opened()
    page.locator("#sessions-open").click()
    page.get_by_role("button", name="Rename notes").click()
    page.get_by_role("textbox", name="New name").fill("letters")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Open letters")).to_be_visible()
    page.get_by_role("button", name="Delete letters").click()
    question = page.get_by_role("dialog", name="Delete “letters”?")
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(question).to_be_hidden()
    assert len(sessions(page)) == 3
    expect(page.get_by_role("button", name="Delete letters")).to_be_focused()
    page.keyboard.press("Enter")
    question.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("button", name="Open letters")).to_be_hidden()
    assert len(sessions(page)) == 2
    assert len(calls(page, "boot")) == 1, "the one that is open goes on"


def test_what_cannot_be_done_is_told_in_the_dialog(page: Page, opened: Open) -> None:
    opened()
    page.locator("#sessions-open").click()
    page.get_by_role("button", name="Delete busy").click()
    page.get_by_role("dialog", name="Delete “busy”?").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("alert")).to_have_text('another tab has the session "busy" open')


def test_the_open_session_is_renamed(page: Page, opened: Open) -> None:
    terminal = opened()
    page.locator("#sessions-open").click()
    page.get_by_role("button", name="Rename default").click()
    page.get_by_role("textbox", name="New name").fill("first")
    page.keyboard.press("Enter")
    expect(page.locator("#session-name")).to_have_text("first")
    terminal.wait_for_prompt()
    page.reload()
    expect(page.locator("#session-name")).to_have_text("first")


def test_starting_anew(page: Page, opened: Open) -> None:
    terminal = opened("?session=notes")
    page.evaluate("window.before = tabux.sandbox")
    page.locator("#sessions-open").click()
    page.get_by_role("button", name="Delete all and start anew").click()
    question = page.get_by_role("dialog", name="Start “notes” anew?")
    question.get_by_role("button", name="Delete all and start anew").click()
    page.wait_for_function("() => tabux.sandbox && tabux.sandbox !== before")
    terminal.wait_for_prompt()
    row = page.get_by_role("list", name="Sessions").get_by_role("listitem").filter(has_text="notes")
    expect(row).to_contain_text("12 files")  # as the fake makes them: before it was 1
    expect(page.locator("#session-name")).to_have_text("notes")


def test_what_cannot_be_saved_is_not_left_unasked(page: Page, opened: Open) -> None:
    opened()
    happens(page, closing={"name": "StorageError", "message": "the disk is on fire"})
    page.locator("#sessions-open").click()
    page.get_by_role("button", name="Open notes").click()
    question = page.get_by_role("dialog", name="Not everything is saved")
    expect(question).to_contain_text("The disk is on fire.")
    question.get_by_role("button", name="Stay here").click()
    expect(page.locator("#session-name")).to_have_text("default")
    assert page.evaluate("tabux.sandbox.session.name") == "default"
    page.locator("#sessions-open").click()
    page.get_by_role("button", name="Open notes").click()
    question.get_by_role("button", name="Go on without saving").click()
    expect(page.locator("#session-name")).to_have_text("notes")


def test_files_in_memory_only_are_not_left_unasked(page: Page, opened: Open) -> None:
    opened("?session=refused")
    happens(page, told={"written": True})
    page.locator("#sessions-open").click()
    page.get_by_role("button", name="Open notes").click()
    question = page.get_by_role("dialog", name="Not everything is saved")
    question.get_by_role("button", name="Stay here").click()
    expect(page.locator("#session-name")).to_have_text("refused")
    assert calls(page, "close") == []


# -- one writer --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("way", "access"), [("Take over", "take-over"), ("Open a read-only copy", "read")])
def test_a_session_that_another_tab_has(page: Page, opened: Open, way: str, access: str) -> None:
    terminal = opened("?session=busy", prompt=False)
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("Another tab has the session “busy” open.")
    expect(notice.get_by_role("button", name="Take over")).to_be_focused()
    expect(page.locator("#loading")).to_be_hidden()
    notice.get_by_role("button", name=way).click()
    terminal.wait_for_prompt()
    assert calls(page, "boot")[0][0]["session"]["access"] == access
    if access == "read":
        expect(page.locator("#saved")).to_have_text("read-only")
        expect(notice).to_contain_text("This is a read-only copy of “busy”.")
    else:
        expect(notice).to_be_hidden()


def test_another_session_instead(page: Page, opened: Open) -> None:
    terminal = opened("?session=busy", prompt=False)
    page.get_by_role("button", name="Use another session").click()
    page.get_by_role("button", name="Open notes").click()
    terminal.wait_for_prompt()
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.locator("#session-name")).to_have_text("notes")


def test_a_session_that_another_tab_takes(page: Page, opened: Open) -> None:
    terminal = opened()
    happens(page, told={"state": "read-only", "reason": "another tab has taken over the session"})
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("Another tab has taken over this session.")
    notice.get_by_role("button", name="Take back").click()
    expect(notice).to_be_hidden()
    terminal.wait_for_prompt()
    assert calls(page, "boot")[0][0]["session"] == {
        "name": "default", "access": "take-over", "witness": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("damaged", "Part of the session “damaged” cannot be read."),
        ("newer", "The session “newer” cannot be opened by this version of tabux."),
    ],
)
def test_a_session_that_cannot_be_read(page: Page, opened: Open, name: str, title: str) -> None:
    opened(f"?session={name}", prompt=False)
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text(title)
    with page.expect_download() as download:
        notice.get_by_role("button", name="Save it as it is stored").click()
    assert download.value.suggested_filename == f"{name}-stored.json"
    assert json.loads(download.value.path().read_text()) == {"raw": name}
    notice.get_by_role("button", name="Use another session").click()
    expect(page.get_by_role("button", name="Open notes")).to_be_visible()


def test_a_name_that_cannot_be(page: Page, opened: Open) -> None:
    terminal = opened("?session=%20a", prompt=False)
    expect(page.get_by_role("alert")).to_contain_text("There cannot be a session of that name.")
    page.get_by_role("button", name="Open “default”").click()
    terminal.wait_for_prompt()


# -- snapshots and archives --------------------------------------------------------------------------------


def test_snapshots(page: Page, opened: Open) -> None:
    terminal = opened()
    terminal.type("old")
    page.locator("#sessions-open").click()
    page.get_by_role("button", name="Make a snapshot").click()
    page.get_by_role("textbox", name="Name").fill("before the storm")
    page.keyboard.press("Enter")
    rows = page.get_by_role("list", name="Snapshots").get_by_role("listitem")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("before the storm")
    expect(rows).to_contain_text("just now · 12 files · 3.4 MB")
    page.get_by_role("button", name="Restore before the storm").click()
    question = page.get_by_role("dialog", name="Restore “before the storm”?")
    question.get_by_role("button", name="Restore").click()
    expect(question).to_be_hidden()
    terminal.wait_until_gone("old")
    terminal.wait_for("fake$ ")
    assert calls(page, "restore") == [["s1"]]
    expect(page.locator("#notice")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("#terminal textarea")).to_be_focused()
    page.locator("#sessions-open").click()
    page.get_by_role("button", name="Delete before the storm").click()
    page.get_by_role("dialog", name="Delete the snapshot").get_by_role("button", name="Delete").click()
    expect(rows).to_have_count(0)


def test_a_session_leaves_as_an_archive(page: Page, opened: Open) -> None:
    opened()
    page.locator("#sessions-open").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as .tar.gz").click()
    assert download.value.suggested_filename.startswith("default-2")
    assert download.value.suggested_filename.endswith(".tar.gz")
    assert json.loads(download.value.path().read_text()) == {"session": "default"}


def test_an_archive_becomes_a_session(page: Page, opened: Open, tmp_path: Path) -> None:
    terminal = opened()
    archive = tmp_path / "default.tar.gz"
    archive.write_text("packed")
    page.locator("#sessions-open").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open a .tar.gz as a new session").click()
    chooser.value.set_files(archive)
    name = page.get_by_role("textbox", name="Name")
    expect(name).to_have_value("default")
    name.press("Enter")
    expect(page.get_by_text("There is a session of that name.")).to_be_visible()
    name.fill("unpacked")
    name.press("Enter")
    expect(page.locator("#session-name")).to_have_text("unpacked")
    terminal.wait_for_prompt()
    assert calls(page, "filesWrite") == [["/home/user/imported", list(b"packed")]]


# -- files that come ---------------------------------------------------------------------------------------


def drop(page: Page, *files: tuple[str, str]) -> None:
    """Drops files on the terminal."""
    page.evaluate(
        """(files) => {
            const dataTransfer = new DataTransfer();
            for (const [name, text] of files) dataTransfer.items.add(new File([text], name));
            const place = document.querySelector(".xterm-screen");
            const over = new DragEvent("dragover", { dataTransfer, bubbles: true, cancelable: true });
            place.dispatchEvent(over);
            const hint = getComputedStyle(document.getElementById("drop-hint"));
            window.highlighted = [over.defaultPrevented, hint.display];
            place.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
        }""",
        [list(file) for file in files],
    )


def test_dropped_files_land_where_the_terminal_is(page: Page, opened: Open) -> None:
    opened()
    happens(page, cwd="/home/user/d")
    drop(page, ("a.txt", "one"), ("b ü", "two"))
    expect(page.locator("#toast")).to_have_text("2 items (6 bytes) copied to ~/d")
    assert page.evaluate("highlighted") == [True, "grid"]
    expect(page.locator("#drop-hint")).to_be_hidden()
    assert calls(page, "filesWrite") == [
        ["/home/user/d/a.txt", list(b"one")],
        ["/home/user/d/b ü", list(b"two")],
    ]


@pytest.mark.parametrize(
    ("answer", "written"),
    [("Keep both", ["a-1.tar.gz", "new"]), ("Replace", ["a.tar.gz", "new"]), ("Cancel", [])],
)
def test_nothing_is_overwritten_unasked(page: Page, opened: Open, answer: str, written: list[str]) -> None:
    opened()
    drop(page, ("a.tar.gz", "1"))
    expect(page.locator("#toast")).to_have_text("a.tar.gz (1 byte) copied to ~")
    drop(page, ("a.tar.gz", "2"), ("new", "3"))
    question = page.get_by_role("dialog", name="“a.tar.gz” is there already")
    question.get_by_role("button", name=answer).click()
    if written:
        expect(page.locator("#toast")).to_have_text("2 items (2 bytes) copied to ~")
    paths = [path.removeprefix("/home/user/") for path, _ in calls(page, "filesWrite")[1:]]
    assert paths == written


def test_folders_are_copied_with_what_is_in_them(page: Page, opened: Open) -> None:
    opened()
    page.evaluate(
        """async () => {
            const { bringIn, entryItem } = await import("./page/incoming.js");
            const file = (name, text) =>
                ({ name, isFile: true, file: (done) => done(new File([text], name)) });
            const folder = (name, ...children) => ({
                name,
                isFile: false,
                createReader: () => ({ readEntries: (done) => done(children.splice(0, 1)) }),
            });
            const entry = folder("top", file("a", "1"), folder("empty"), folder("sub", file("b", "22")));
            await bringIn(tabux, [entryItem(entry)]);
        }"""
    )
    expect(page.locator("#toast")).to_have_text("top (2 files, 3 bytes) copied to ~")
    made = [path for (path,) in calls(page, "filesMakeDir")]
    assert made == ["/home/user/top", "/home/user/top/empty", "/home/user/top/sub"]
    assert calls(page, "filesWrite") == [["/home/user/top/a", [49]], ["/home/user/top/sub/b", [50, 50]]]


def test_files_are_picked_and_pasted(page: Page, opened: Open, tmp_path: Path) -> None:
    opened()
    (tmp_path / "picked").write_text("p")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload").click()
    chooser.value.set_files(tmp_path / "picked")
    expect(page.locator("#toast")).to_have_text("picked (1 byte) copied to ~")
    page.evaluate(
        """() => {
            const clipboardData = new DataTransfer();
            clipboardData.items.add(new File(["shot"], "image.png"));
            const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
            document.querySelector("#terminal textarea").dispatchEvent(event);
        }"""
    )
    expect(page.locator("#toast")).to_have_text("image.png (4 bytes) copied to ~")


# -- the terminal ------------------------------------------------------------------------------------------


def test_what_is_typed_while_loading_is_not_lost(page: Page, fake_site: str, opened: Open) -> None:
    worker = page.request.get(f"{fake_site}/kernel-worker.js").text()
    held: list[Any] = []
    page.route("**/kernel-worker.js", lambda route: held.append(route))
    terminal = opened(prompt=False)
    page.wait_for_function("() => document.activeElement.closest('#terminal')")
    terminal.type("echo early")
    held[0].fulfill(body=worker, content_type="text/javascript")
    terminal.wait_for("fake$ echo early")
    terminal.type(" bird")
    terminal.wait_for("fake$ echo early bird")


def test_no_native_scrollbar_and_no_pull_to_refresh(page: Page, opened: Open) -> None:
    opened()
    styles = page.evaluate(
        """() => [
            getComputedStyle(document.querySelector(".xterm-viewport")).scrollbarWidth,
            getComputedStyle(document.documentElement).overscrollBehaviorY,
            getComputedStyle(document.querySelector("#terminal")).touchAction,
        ]"""
    )
    assert styles == ["none", "none", "pinch-zoom"]


def test_a_finger_scrolls(page: Page, opened: Open) -> None:
    terminal = opened()
    page.evaluate("new Promise((done) => tabux.terminal.write('line\\r\\n'.repeat(200), done))")
    # down by ten rows, at rest before it is lifted
    page.evaluate(
        """async () => {
            const place = document.querySelector(".xterm-screen");
            const row = document.getElementById("terminal").clientHeight / tabux.terminal.rows;
            const touch = (type, y) => {
                const touches = [new Touch({ identifier: 1, target: place, clientX: 50, clientY: y })];
                const all = type === "touchend" ? [] : touches;
                const init = { touches: all, changedTouches: touches, bubbles: true };
                place.dispatchEvent(new TouchEvent(type, init));
            };
            window.start = tabux.terminal.buffer.active.viewportY;
            touch("touchstart", 100);
            for (let i = 1; i <= 10; i++) touch("touchmove", 100 + row * i + 1);
            window.after = tabux.terminal.buffer.active.viewportY;
            touch("touchend", 100 + row * 10 + 1);
        }"""
    )
    assert page.evaluate("start - after") == 10
    # programs with a screen of their own get what a wheel gives: here arrow keys
    terminal.page.evaluate("new Promise((done) => tabux.terminal.write('\\x1b[?1049h', done))")
    page.evaluate("window.sent = []; tabux.terminal.onData((data) => sent.push(data))")
    page.evaluate(
        """() => {
            const place = document.querySelector(".xterm-screen");
            const row = document.getElementById("terminal").clientHeight / tabux.terminal.rows;
            for (const [type, y] of [["touchstart", 200], ["touchmove", 199 - row * 3]]) {
                const touches = [new Touch({ identifier: 2, target: place, clientX: 50, clientY: y })];
                const init = { touches, changedTouches: touches, bubbles: true };
                place.dispatchEvent(new TouchEvent(type, init));
            }
        }"""
    )
    assert (
        page.evaluate("sent.join('')").count("\x1b[B") + page.evaluate("sent.join('')").count("\x1bOB") >= 1
    )
