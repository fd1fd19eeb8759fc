"""Files that are distributed gzipped, because a static host may not compress what it serves."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

from . import cache


def gzipped(data: bytes) -> bytes:
    """The data as a gzip file that is the same for the same data; kept in the cache."""

    def make(place: Path) -> None:
        (place / "data.gz").write_bytes(gzip.compress(data, 9, mtime=0))

    place, _ = cache.obtain("gzip", "data", hashlib.sha256(data).hexdigest(), make)
    return (place / "data.gz").read_bytes()
