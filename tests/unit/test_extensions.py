"""Commands in Python on plain CPython: what comes of one run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tabux.abi.errno import ENOENT
from tabux.extensions import running


class Bridge:
    """The process's side: what it has, what it was given, and whether it has ended."""

    def __init__(self, stdin: list[str]) -> None:
        self.stdin = stdin
        self.out: list[str] = []
        self.err: list[str] = []
        self.files: dict[str, str] = {}
        self.dead = False

    async def read(self, most: int) -> str:
        return self.stdin.pop(0)[:most] if self.stdin else ""

    async def write(self, text: str) -> None:
        self.out.append(text)

    async def error(self, text: str) -> None:
        self.err.append(text)

    async def readFile(self, path: str) -> str | int:
        return self.files.get(path, ENOENT)

    async def writeFile(self, path: str, text: str) -> None:
        self.files[path] = text

    def ended(self) -> bool:
        return self.dead


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    yield
    running.functions.clear()


def outcome(function: Any, bridge: Bridge) -> int:
    """Run a function to its end; the exit status."""
    running.functions["f"] = function

    async def run() -> int:
        return await running.start("f", json.dumps({"argv": ["f"], "env": {}, "cwd": "/"}), bridge)

    # (in a thread: the browser tests leave an event loop in this one)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, run()).result()


def test_streams_are_bytes() -> None:
    async def double(stdin: Any, stdout: Any, **_: Any) -> None:
        async for chunk in stdin:
            await stdout.write(chunk * 2)
        await stdout.write("ä")

    bridge = Bridge(["\xff", "b"])
    assert outcome(double, bridge) == 0
    assert bridge.out == ["\xff\xff", "bb", "\xc3\xa4"]


def test_text_of_the_input() -> None:
    async def tell(stdin: Any, stdout: Any, **_: Any) -> int:
        await stdout.write(repr(await stdin.text()))
        return 256 + 5

    bridge = Bridge(["\xc3", "\xa4\xff"])
    assert outcome(tell, bridge) == 5
    assert bridge.out == ["'\xc3\xa4\xef\xbf\xbd'"]


def test_files_and_their_errors() -> None:
    async def copy(files: Any, **_: Any) -> None:
        await files.write("b", await files.read("a"))
        await files.read("none")

    bridge = Bridge([])
    bridge.files["a"] = "\xff"
    assert outcome(copy, bridge) == 1
    assert bridge.files["b"] == "\xff"
    assert bridge.err == ["f: FileNotFoundError: [Errno 2] No such file or directory: 'none'\n"]


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [
        (ValueError("no"), 1, ["f: ValueError: no\n"]),
        (SystemExit(7), 7, []),
        (SystemExit(), 0, []),
        (SystemExit("gone"), 1, ["gone\n"]),
        (KeyboardInterrupt(), 130, []),
        (asyncio.CancelledError(), 137, []),
        (BaseException("low"), 1, ["f: BaseException: low\n"]),
    ],
)
def test_whatever_it_raises(raised: BaseException, status: int, said: list[str]) -> None:
    def fail(**_: Any) -> None:
        raise raised

    bridge = Bridge([])
    assert outcome(fail, bridge) == status
    assert bridge.err == said


def test_recursion_without_end() -> None:
    def deeper(**given: Any) -> int:
        return deeper(**given)

    bridge = Bridge([])
    assert outcome(deeper, bridge) == 1
    assert bridge.err[0].startswith("f: RecursionError: ")


def test_a_dead_process_is_told_nothing() -> None:
    async def late(**_: Any) -> None:
        bridge.dead = True
        raise ValueError("nobody listens")

    bridge = Bridge([])
    assert outcome(late, bridge) == 137
    assert bridge.err == []
