"""Sessions in Firefox: what was written is there after a reload and in the next process, for one tab."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.pages import SandboxPage

from .driver import Firefox

Open = Callable[..., SandboxPage]

#: Leaves all kinds of files; the last line checks them.
WRITE = """
mkdir -p notes/deep && echo kept > notes/deep/file && ln -s deep/file notes/link && chmod 640 notes/deep/file
ln notes/deep/file notes/hard && truncate -s 300K sparse && seq 200000 > numbers && touch -d @1.5 numbers
sqlite3 t.db 'create table t(x); insert into t select value from generate_series(1, 1000)' && rm .bashrc
git init -q repo && cd repo && seq 100 > f && git add f
git -c user.name=a -c user.email=a@b.example commit -qm one
"""
CHECK = """
cat notes/link; stat -c '%a %h' notes/deep/file; wc -c < sparse; md5sum < numbers; stat -c %.1Y numbers
sqlite3 t.db 'select sum(x) from t; pragma integrity_check'; ls -A .bashrc 2>&1 | grep -c 'No such'
cd repo; git fsck; git status --short | wc -l; git log --format=%s
"""
CHECKED = """kept
640 2
307200
{md5}  -
1.5
500500
ok
1
0
one
"""
#: Notes the states that a sandbox's session goes through.
LISTEN = """window.states = [];
    sandbox.session.addEventListener("change", () => states.push(sandbox.session.state))"""


@pytest.fixture
def open_session(own_firefox: Firefox, site: str) -> Open:
    """Opens the session of the test in a new tab, in a browser of the test's own."""

    def opened(**options: object) -> SandboxPage:
        sandbox = SandboxPage(own_firefox.open(), site)
        sandbox.create({"session": "kept", **options})
        return sandbox

    return opened


def write(sandbox: SandboxPage) -> str:
    """Writes files and syncs; what CHECK prints later."""
    sandbox.output(WRITE)
    sandbox.evaluate("await sandbox.files.sync()")
    assert sandbox.evaluate("return sandbox.session.state") == "saved"
    expected = CHECKED.format(md5=sandbox.output("md5sum < numbers").split()[0])
    assert sandbox.output(CHECK) == expected
    return expected


def test_files_are_there_after_a_reload(open_session: Open, site: str) -> None:
    sandbox = open_session()
    expected = write(sandbox)
    again = SandboxPage(sandbox.page, site)
    again.create({"session": "kept"})
    assert again.output(CHECK) == expected


@pytest.mark.parametrize("end", [Firefox.restart, Firefox.crash])
def test_files_are_there_in_the_next_process(
    own_firefox: Firefox, open_session: Open, end: Callable[[Firefox], None]
) -> None:
    expected = write(open_session())
    end(own_firefox)
    again = open_session()
    assert again.output(CHECK) == expected
    assert not again.evaluate("return sandbox.session.lost")
    again.output("echo more >> notes/deep/file; rm numbers")
    again.evaluate("await sandbox.close()")
    end(own_firefox)
    assert open_session().output("cat notes/hard; ls numbers 2>&1 | grep -c 'No such'") == "kept\nmore\n1\n"


def test_what_was_not_synced_is_saved_soon(own_firefox: Firefox, open_session: Open) -> None:
    sandbox = open_session()
    sandbox.evaluate("await sandbox.files.sync()")
    sandbox.evaluate(LISTEN)
    sandbox.output("echo soon > file")
    sandbox.page.wait_for_function("states.includes('saving') && states.at(-1) === 'saved'")
    own_firefox.crash()
    assert open_session().output("cat file") == "soon\n"


def test_a_session_belongs_to_one_tab(open_session: Open, own_firefox: Firefox, site: str) -> None:
    one = open_session()
    one.output("echo one > file")
    one.evaluate("await sandbox.files.sync()")
    other = SandboxPage(own_firefox.open(), site)
    name, _ = other.fails("return await tabux.Sandbox.create({ session: 'kept' })")
    assert name == "SessionInUseError"
    other.create({"session": "kept", "access": "read"})
    assert other.evaluate("return sandbox.session.state") == "read-only"
    assert other.output("cat file; echo other > file; cat file") == "one\nother\n"
    assert one.output("cat file") == "one\n"


def test_a_session_is_taken_over(open_session: Open, own_firefox: Firefox, site: str) -> None:
    one = open_session()
    one.evaluate(LISTEN)
    one.output("echo not yet synced > file")
    other = SandboxPage(own_firefox.open(), site)
    other.create({"session": "kept", "access": "take-over"})
    assert other.evaluate("return sandbox.session.state") != "read-only"
    assert other.output("cat file") == "not yet synced\n"
    one.page.wait_for_function("states.at(-1) === 'read-only'")
    one.output("echo lost > file")
    other.output("echo taken > file")
    other.evaluate("await sandbox.files.sync()")
    name, _ = one.fails("await sandbox.files.sync()")
    assert name == "StorageError"
    own_firefox.restart()
    assert open_session().output("cat file") == "taken\n"
