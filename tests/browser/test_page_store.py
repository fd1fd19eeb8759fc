"""The page with the real store: sessions that outlive it, two tabs, and what would be lost."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect

from .pages import CONFIG, TerminalPage


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A profile of its own, for several tabs."""
    context = browser.new_context(**CONFIG["CONTEXT"])
    context.set_default_timeout(CONFIG["STEP_TIMEOUT"])
    yield context
    context.close()


@pytest.fixture
def visit(context: BrowserContext, site: str) -> Callable[..., TerminalPage]:
    """Opens the page in a new tab, with a prompt unless told not to wait for it."""

    def open_tab(query: str = "", prompt: bool = True) -> TerminalPage:
        terminal = TerminalPage(context.new_page(), f"{site}/index.html{query}")
        if prompt:
            terminal.wait_for_prompt()
        return terminal

    return open_tab


Visit = Callable[..., TerminalPage]


@contextmanager
def another_sandbox(terminal: TerminalPage) -> Iterator[None]:
    """Waits at its end until the page shows another sandbox than at its beginning, with a prompt."""
    page = terminal.page
    page.evaluate("() => { window.before = window.tabux.sandbox; }")
    yield
    page.wait_for_function("() => window.tabux.sandbox && window.tabux.sandbox !== window.before")
    terminal.wait_for_prompt()


def saved(page: Page) -> None:
    """Waits until the header says so."""
    expect(page.locator("#saved")).to_have_text("saved")


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Sandboxes start and end in these tests: that takes seconds where the machine is busy."""
    expect.set_options(timeout=CONFIG["STEP_TIMEOUT"])
    yield
    expect.set_options(timeout=5000)


def test_files_outlive_the_page(visit: Visit) -> None:
    terminal = visit()
    page = terminal.page
    saved(page)
    terminal.type("mkdir d && cd d && echo kept > f && export NAME=tabux\n")
    terminal.wait_for("d$ ")
    expect(page.locator("#saved")).to_have_text("saving")
    saved(page)
    page.reload()
    terminal.wait_for_prompt()
    terminal.type("cat f; echo $NAME\n")
    terminal.wait_for_line("kept")
    terminal.wait_for_line("tabux")


def test_sessions_have_files_of_their_own(visit: Visit) -> None:
    terminal = visit()
    page = terminal.page
    terminal.type("echo 1 > one; ls\n")
    terminal.wait_for_line("one")
    page.locator("#sessions-open").click()
    page.get_by_role("button", name="New session", exact=True).click()
    page.get_by_role("textbox", name="Name").fill("other")
    page.keyboard.press("Enter")
    expect(page.locator("#session-name")).to_have_text("other")
    terminal.wait_for_prompt()
    terminal.type("ls; echo d''one\n")
    terminal.wait_for_line("done")
    assert "one" not in terminal.screen().split("\n")
    page.locator("#sessions-open").click()
    rows = page.get_by_role("list", name="Sessions").get_by_role("listitem")
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Rename default").click()
    page.get_by_role("textbox", name="New name").fill("first")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Open first").click()
    expect(page.locator("#session-name")).to_have_text("first")
    terminal.wait_for_prompt()
    terminal.type("cat one\n")
    terminal.wait_for_line("1")
    page.locator("#sessions-open").click()
    page.get_by_role("button", name="Delete all and start anew").click()
    anew = page.get_by_role("dialog", name="Start “first” anew?")
    with another_sandbox(terminal):
        anew.get_by_role("button", name="Delete all").click()
    expect(rows.filter(has_text="first")).to_contain_text("open here")
    page.keyboard.press("Escape")
    expect(page.locator("#terminal textarea")).to_be_focused()
    terminal.type("ls; echo e''nd\n")
    terminal.wait_for_line("end")
    assert "one" not in terminal.screen().split("\n")
    page.locator("#sessions-open").click()
    page.get_by_role("button", name="Delete first").click()
    page.get_by_role("dialog", name="Delete “first”?").get_by_role("button", name="Delete").click()
    expect(page.locator("#session-name")).to_have_text("default")
    expect(rows.filter(has_text="first")).to_have_count(0)


def test_two_tabs(visit: Visit) -> None:
    first = visit()
    first.type("echo 1 > f\n")
    first.wait_for("$ ", 2)
    second = visit(prompt=False)
    notice = second.page.get_by_role("alert")
    expect(notice).to_contain_text("Another tab has the session “default” open.")
    saved(first.page)
    notice.get_by_role("button", name="Open a read-only copy").click()
    second.wait_for_prompt()
    expect(second.page.locator("#saved")).to_have_text("read-only")
    second.type("cat f\n")
    second.wait_for_line("1")
    with another_sandbox(second):
        notice.get_by_role("button", name="Take over").click()
    saved(second.page)
    lost = first.page.get_by_role("alert")
    expect(lost).to_contain_text("Another tab has taken over this session.")
    expect(first.page.locator("#saved")).to_have_text("read-only")
    second.type("echo 2 > f\n")
    second.wait_for("$ ", 2)
    with another_sandbox(first):
        lost.get_by_role("button", name="Take back").click()
    expect(first.page.get_by_role("alert")).to_be_hidden()
    first.type("cat f\n")
    first.wait_for_line("2")
    expect(notice).to_contain_text("Another tab has taken over this session.")


def test_snapshots_from_the_page(visit: Visit) -> None:
    terminal = visit()
    page = terminal.page
    terminal.type("echo before > f\n")
    terminal.wait_for("$ ", 2)
    page.locator("#sessions-open").click()
    page.get_by_role("button", name="Make a snapshot").click()
    page.get_by_role("textbox", name="Name").fill("s")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Restore s")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#terminal textarea")).to_be_focused()
    terminal.type("echo after > f; cat f; sleep 1000\n")
    terminal.wait_for_line("after")
    page.locator("#sessions-open").click()
    page.get_by_role("button", name="Restore s").click()
    page.get_by_role("dialog", name="Restore “s”?").get_by_role("button", name="Restore").click()
    expect(page.get_by_role("dialog", name="Restore “s”?")).to_be_hidden()
    terminal.wait_until_gone("after")
    terminal.wait_for("$ ")
    page.keyboard.press("Escape")
    expect(page.locator("#terminal textarea")).to_be_focused()
    terminal.type("cat f\n")
    terminal.wait_for_line("before")
    assert "after" not in terminal.screen()


def test_leaving_asks_while_a_job_runs(visit: Visit) -> None:
    terminal = visit()
    page = terminal.page
    terminal.type("sleep 1000\n")
    page.wait_for_function("() => tabux.pty.busy")
    saved(page)
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", answer)
    page.evaluate("location.reload()")
    page.wait_for_function("() => tabux.sandbox")
    assert asked == ["beforeunload"]
    terminal.press("Control+c")
    page.wait_for_function("() => !tabux.pty.busy")
    saved(page)
    page.reload()
    terminal.wait_for_prompt()
    assert asked == ["beforeunload"]


def test_a_browser_that_stores_nothing(context: BrowserContext, visit: Visit) -> None:
    refuse = 'IDBFactory.prototype.open = () => { throw new DOMException("refused", "SecurityError"); };'
    context.route(
        "**/kernel-worker.js",
        lambda route: route.fulfill(
            body=f"{refuse}\n" + route.fetch().text(), content_type="text/javascript"
        ),
    )
    terminal = visit()
    page = terminal.page
    expect(page.locator("#saved")).to_contain_text("not kept: the browser stores nothing here")
    expect(page.get_by_role("alert")).to_contain_text("What you do here is not kept.")
    terminal.type("ls; true\n")
    terminal.wait_for("$ ", 2)
    assert page.evaluate("tabux.sandbox.session.written") is False
    terminal.type("echo 1 > f\n")
    page.wait_for_function("() => tabux.sandbox.session.written")


def test_files_land_where_the_shell_is(visit: Visit, tmp_path: Path) -> None:
    terminal = visit()
    page = terminal.page
    (tmp_path / "large").write_bytes(bytes(range(256)) * 4096 * 9)
    terminal.type("mkdir -p 'a b' && cd 'a b'\n")
    terminal.wait_for("a b$ ")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload").click()
    chooser.value.set_files(tmp_path / "large")
    expect(page.locator("#toast")).to_have_text("large (9.4 MB) copied to ~/a b")
    terminal.type("sha256sum < large; stat -c '%U %s' ~/'a b/large'\n")
    terminal.wait_for_line("user 9437184")
    terminal.wait_for(hashlib.sha256((tmp_path / "large").read_bytes()).hexdigest())


def test_a_session_travels_as_an_archive(visit: Visit, tmp_path: Path) -> None:
    terminal = visit()
    page = terminal.page
    terminal.type("echo packed > 'ü f'; chmod 640 'ü f'\n")
    terminal.wait_for("$ ", 2)
    page.locator("#sessions-open").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as .tar.gz").click()
    archive = tmp_path / download.value.suggested_filename
    download.value.save_as(archive)
    with tarfile.open(archive) as tar:
        assert "home/user/ü f" in [name.removeprefix("./") for name in tar.getnames()]
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open a .tar.gz as a new session").click()
    chooser.value.set_files(archive)
    page.get_by_role("textbox", name="Name").fill("copy")
    page.keyboard.press("Enter")
    expect(page.locator("#session-name")).to_have_text("copy")
    terminal.wait_for_prompt()
    saved(page)
    page.reload()
    terminal.wait_for_prompt()
    expect(page.locator("#session-name")).to_have_text("copy")
    terminal.type("stat -c %a 'ü f'; cat 'ü f'\n")
    terminal.wait_for_line("640")
    terminal.wait_for_line("packed")


def test_programs_give_files_and_ask_for_them(visit: Visit, tmp_path: Path) -> None:
    terminal = visit()
    page = terminal.page
    (tmp_path / "asked for").write_text("here")
    with page.expect_download() as download:
        terminal.type("echo there > f; download f\n")
    assert download.value.suggested_filename == "f"
    assert download.value.path().read_text() == "there\n"
    with page.expect_file_chooser() as chooser:
        terminal.type("mkdir d; cd d; upload; cat asked*; echo\n")
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("A program asks for files.")
    chooser.value.set_files(tmp_path / "asked for")
    terminal.wait_for_line("here")
    expect(notice).to_be_hidden()
    expect(page.locator("#terminal textarea")).to_be_focused()
