"""How many columns a character takes on the terminal."""

from __future__ import annotations

from unicodedata import category, east_asian_width


def width(utf8: str) -> int:
    """Columns of one UTF-8 character given as its bytes (latin-1): 0, 1 or 2; 1 when it is malformed."""
    if len(utf8) == 1:
        return 1
    try:
        char = utf8.encode("latin-1").decode()
    except UnicodeDecodeError:
        return 1
    if len(char) != 1:
        return 1
    if east_asian_width(char) in "WF":
        return 2
    return 0 if category(char) in ("Mn", "Me", "Cf") else 1
