"""The target of a request (RFC 9112, 3.2) as the browser will understand it (the URL standard)."""

from __future__ import annotations

import re

_SINGLE = (".", "%2e")
_DOUBLE = ("..", ".%2e", "%2e.", "%2e%2e")
_VISIBLE = re.compile(r"[!-~]+")


def normal(target: str) -> str | None:
    """The path and query that a browser makes of them, None where they cannot be asked for.

    What is decided about a path must be about the path that is asked for: a browser takes a backslash for a
    slash, and removes segments of dots, encoded or not, before it sends anything.
    """
    if not target.startswith("/") or not _VISIBLE.fullmatch(target) or "#" in target:
        return None
    path, mark, query = target.partition("?")
    segments: list[str] = []
    parts = path.replace("\\", "/").split("/")[1:]
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        lower = part.lower()
        if lower in _DOUBLE:
            if segments:
                segments.pop()
        elif lower not in _SINGLE:
            segments.append(part)
            continue
        if last:
            segments.append("")
    return "/" + "/".join(segments) + mark + query
