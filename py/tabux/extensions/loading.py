"""Wheels with commands: installed by micropip, found by their entry points in the group `tabux.commands`."""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Callable
from typing import Any

GROUP = "tabux.commands"

#: the functions by the names of their commands
functions: dict[str, Callable[..., Any]] = {}


async def load(wheels: list[str]) -> list[str]:
    """Install wheels (addresses, or names that micropip finds); the names of the commands that they bring.

    Raises:
        Exception: whatever micropip or the import of a wheel's module raises; nothing is registered then.
    """
    await importlib.import_module("micropip").install(wheels)
    points = importlib.metadata.entry_points(group=GROUP)
    found = {point.name: point.load() for point in points}
    functions.update(found)
    return sorted(found)
