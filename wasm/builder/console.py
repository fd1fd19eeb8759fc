"""What the person at the terminal sees: one line a step, with the time since the start."""

from __future__ import annotations

import sys
import threading
import time

_start = time.monotonic()
_lock = threading.Lock()


class BuildError(Exception):
    """A step failed. The message says which, and what to do about it."""


def say(subject: str, text: str) -> None:
    """Print a progress line such as ``[  12.3s] bash: configure``."""
    with _lock:
        print(f"[{time.monotonic() - _start:7.1f}s] {subject}: {text}", flush=True)


def fail(error: BuildError) -> None:
    """Print the error that ends the build."""
    with _lock:
        print(f"\nbuild.py: {error}", file=sys.stderr, flush=True)


def megabytes(size: int) -> str:
    """A size in bytes for people: ``1.23 MB``."""
    return f"{size / 1e6:.2f} MB"
