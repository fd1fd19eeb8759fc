"""The content-addressed cache: a result is found by everything that went into it.

Entries live outside the checkout and are never changed once there. A result is made in a directory of
its own and renamed into place when it is whole, so an interrupted build leaves nothing half done. Of two
builds at the same time one makes a result and the other waits for it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from . import paths


def digest(*parts: Any) -> str:
    """A hash of JSON-like values (bytes count as themselves)."""
    h = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else json.dumps(part, sort_keys=True).encode()
        h.update(len(data).to_bytes(8, "little") + data)
    return h.hexdigest()


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def tree_digest(*roots: Path) -> str:
    """A hash of the names and contents of all files below some directories (or of single files)."""
    parts: list[Any] = []
    for root in roots:
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.is_file() and "__pycache__" not in path.parts:
                parts += [path.relative_to(root.parent).as_posix(), path.read_bytes()]
    return digest(*parts)


def entry(kind: str, name: str, key: str) -> Path:
    """Where the result with this key is or will be."""
    return paths.CACHE / kind / f"{name}-{key[:20]}"


def work_directory(name: str) -> Path:
    """A new directory to work in; on the file system of the cache, so that results can be renamed."""
    parent = paths.CACHE / "work"
    parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=parent))


def obtain(kind: str, name: str, key: str, make: Callable[[Path], None]) -> tuple[Path, bool]:
    """The directory with a result, made by ``make(directory)`` where it is not there yet.

    Returns:
        The directory, and whether it was made just now.
    """
    place = entry(kind, name, key)
    if place.exists():
        return place, False
    with locked(place):
        if place.exists():
            return place, False
        made = work_directory(f"{kind}-{name}")
        try:
            make(made)
            made.chmod(0o755)
            made.replace(place)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return place, True


@contextlib.contextmanager
def locked(place: Path) -> Iterator[None]:
    """Hold the lock of a cache entry or another place; the operating system frees it if we die."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.with_name(f".{place.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
