"""One run of a command in Python.

Bytes cross the bridge as text of one character for each.
"""

from __future__ import annotations

import asyncio
import errno
import inspect
import json
import os
from collections.abc import AsyncIterator, Callable
from typing import Any

from tabux.abi import errno as numbers
from tabux.extensions.loading import functions

CHUNK = 65536
#: the kernel's numbers of errors
NAMES = {number: name for name, number in vars(numbers).items() if isinstance(number, int)}
#: statuses of a shell: 128 and the signal's number
INTERRUPTED, KILLED = 130, 137


class Input:
    """Standard input. Iterating gives chunks as they come."""

    def __init__(self, read: Callable[[int], Any]) -> None:
        self._read = read

    async def read(self, most: int = CHUNK) -> bytes:
        """Wait for something to read, at most so many bytes; empty at the end."""
        text: str = await self._read(most)
        return text.encode("latin-1")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while chunk := await self.read():
            yield chunk

    async def text(self) -> str:
        """All that is to come, as UTF-8; what is not becomes U+FFFD."""
        return b"".join([chunk async for chunk in self]).decode(errors="replace")


class Output:
    """Standard output or error."""

    def __init__(self, write: Callable[[str], Any]) -> None:
        self._write = write

    async def write(self, data: str | bytes) -> None:
        """Write all of it, text as UTF-8; waits while the reader is behind."""
        content = data.encode() if isinstance(data, str) else data
        await self._write(content.decode("latin-1"))


class Files:
    """Files, with the rights of the process; relative paths start from its working directory."""

    def __init__(self, read: Callable[[str], Any], write: Callable[[str, str], Any]) -> None:
        self._read = read
        self._write = write

    async def read(self, path: str) -> bytes:
        """All of a file.

        Raises:
            OSError: it cannot be read.
        """
        text: str = await _answered(self._read(path), path)
        return text.encode("latin-1")

    async def write(self, path: str, data: str | bytes) -> None:
        """Make a file have this content, text as UTF-8.

        Raises:
            OSError: it cannot be written.
        """
        content = data.encode() if isinstance(data, str) else data
        await _answered(self._write(path, content.decode("latin-1")), path)


async def _answered(promise: Any, path: str) -> Any:
    """What an answer of the gate is; its numbers of errors become an OSError."""
    answer = await promise
    if isinstance(answer, int):
        # this interpreter counts errors in another way than the kernel
        name = NAMES.get(answer, "EIO")
        number = getattr(errno, name)
        raise OSError(number, os.strerror(number), path)
    return answer


def start(name: str, words: str, bridge: Any) -> asyncio.Task[int]:
    """Begin a command; cancelling the task is what kills it.

    Args:
        words: JSON of `argv`, `env` and `cwd`.
        bridge: `read`, `write`, `error`, `readFile` and `writeFile` of the process, in JavaScript.

    Returns:
        A task that never fails: its outcome is the exit status.
    """
    return asyncio.ensure_future(_run(functions[name], name, json.loads(words), bridge))


async def _run(function: Callable[..., Any], name: str, words: dict[str, Any], bridge: Any) -> int:
    stderr = Output(bridge.error)
    try:
        status = function(
            argv=words["argv"],
            stdin=Input(bridge.read),
            stdout=Output(bridge.write),
            stderr=stderr,
            env=words["env"],
            cwd=words["cwd"],
            files=Files(bridge.readFile, bridge.writeFile),
        )
        if inspect.isawaitable(status):
            status = await status
        return await _status(status, name, stderr)
    except asyncio.CancelledError:
        return KILLED
    except SystemExit as e:
        if isinstance(e.code, str):
            await stderr.write(f"{e.code}\n")
            return 1
        return await _status(e.code, name, stderr)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BaseException as e:  # whatever it is: the kernel goes on
        if bridge.ended():
            return KILLED
        await stderr.write(f"{name}: {type(e).__name__}: {e}\n")
        return 1


async def _status(status: object, name: str, stderr: Output) -> int:
    if status is None:
        return 0
    if isinstance(status, int):
        return status & 255
    await stderr.write(f"{name}: the status must be a number, not {type(status).__name__}\n")
    return 1
