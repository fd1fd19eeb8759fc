"""Servers that are scripts of Node: they print their port, and then JSON for each thing that happens."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NODE_MODULES = Path(__file__).parents[2] / "web/node_modules"


@contextmanager
def node_server(name: str, directory: Path, hear: Callable[[dict[str, Any]], None]) -> Iterator[int]:
    """The port of such a server while the context lasts, and `hear` is called with what it prints.

    The script, of this directory, is put into `directory`, beside the packages of npm.
    """
    script = directory / name
    shutil.copy(Path(__file__).with_name(name), script)
    (directory / "node_modules").symlink_to(NODE_MODULES)
    process = subprocess.Popen(
        ["node", str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )
    assert process.stdin is not None and process.stdout is not None
    lines = process.stdout
    port = int(lines.readline())

    def listen() -> None:
        for line in lines:
            hear(json.loads(line))

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield port
    finally:
        process.stdin.close()
        process.wait(10)
        listener.join(10)
        lines.close()
