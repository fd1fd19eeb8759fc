"""What is built while ``serve`` serves: the packages that nobody should have to wait for."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence

from . import paths
from .console import say
from .recipe import Recipe

#: the build is this much nicer than the server and the browser beside it (nice(1))
NICENESS = 19


def build(missing: Sequence[Recipe]) -> threading.Thread:
    """Start ``build.py python`` in a process of its own; say when a reload of the page shows its work.

    It ends with this process: both are interrupted by the terminal. What it has done so far is kept.
    The thread that waits for it is what is returned.
    """
    names = ", ".join(r.name for r in missing)
    say(names, f"is being built meanwhile, in {' and '.join(str(r.large) for r in missing)} or more")
    command = ["nice", "-n", str(NICENESS), sys.executable, str(paths.ROOT / "build.py"), "python"]
    process = subprocess.Popen(command, cwd=paths.ROOT, stdin=subprocess.DEVNULL)
    thread = threading.Thread(target=_tell, args=(process, names), daemon=True)
    thread.start()
    return thread


def _tell(process: subprocess.Popen[bytes], names: str) -> None:
    if process.wait() == 0:
        say(names, "is there: reload the page")
    else:
        say(names, "FAILED to build: `python build.py python` tries again; the page works without")
