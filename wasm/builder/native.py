"""The compiler of the machine that builds, for the tools of a build (``native = true`` in a recipe)."""

from __future__ import annotations

import platform
import subprocess

from . import process
from .console import BuildError

#: what configure and make are told
VARIABLES = {"CC": "gcc"}


def compiler() -> str:
    """Identifies compiler and machine, for cache keys.

    Raises:
        BuildError: there is no gcc.
    """
    command = [VARIABLES["CC"], "-dumpfullversion"]
    try:
        version = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except FileNotFoundError:
        raise BuildError(process.missing("native tools", command[0])) from None
    return f"gcc {version} {platform.machine()} {' '.join(platform.libc_ver())}"
