"""sqlite3's extensions, which are shared libraries: in the command and in Python's module."""

from __future__ import annotations

import base64

import pytest

from .guest_programs import build_with
from .pages import SandboxPage


@pytest.fixture
def words(sandbox: SandboxPage) -> SandboxPage:
    """A sandbox with the extension `words.so` in the home directory."""
    write = "await sandbox.files.write('words.so', Uint8Array.from(atob(arg), (c) => c.charCodeAt(0)))"
    sandbox.evaluate(write, base64.b64encode(build_with("sqlite3", "sqlite_words")).decode())
    return sandbox


def test_the_command_loads_them(words: SandboxPage) -> None:
    script = """.load ./words
select words('three words here'), words('');
select value from json_each('["bbb","z","aa"]') order by value collate length;
"""
    assert words.output("sqlite3", stdin=script) == "3|0\nz\naa\nbbb\n"
    query = "select load_extension(\"./words.so\"); select words(\"a b\")"
    assert words.output(f"sqlite3 :memory: '{query}'") == "\n2\n"


def test_errors(words: SandboxPage) -> None:
    null = words.run("sqlite3 :memory: '.load ./words' 'select words(null)'")
    assert (null["stderr"], null["exitCode"]) == ("Error: stepping, words() wants a text\n", 1)
    absent = words.run("sqlite3 :memory: '.load ./absent'")
    assert absent["stderr"] == (
        "Error: ./absent.so: cannot open shared object file: No such file or directory\n"
    )


def test_python_loads_them(words: SandboxPage) -> None:
    if words.run("command -v python3")["exitCode"]:
        pytest.skip("the site has no python3")
    code = """import sqlite3
db = sqlite3.connect(":memory:")
try:
    db.load_extension("./words")
except sqlite3.OperationalError as error:
    print(error)
db.enable_load_extension(True)
db.load_extension("./words")
print(db.execute("select words('from python too')").fetchone())"""
    assert words.output("python3 -", stdin=code) == "not authorized\n(3,)\n"
