"""The compiler: PyPI's ziglang as a plain clang, wasm-ld and ar, with our flags."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from . import paths
from .console import BuildError

DRIVER = Path(__file__).with_name("cc.py")

# setjmp by WebAssembly exception handling; needed by everything that is linked together.
MODEL_FLAGS = ["--target=wasm32-unknown-unknown", "-mexception-handling", "-mllvm", "-wasm-enable-sjlj"]


@functools.cache
def zig_directory() -> Path:
    """Where the ziglang package is in the .venv."""
    found = sorted(paths.VENV.glob("lib/python3.*/site-packages/ziglang"))
    if not found:
        raise BuildError("toolchain: no ziglang in .venv: run `python build.py setup`")
    return found[0]


def zig() -> Path:
    """The zig executable: clang, wasm-ld and ar in one."""
    return zig_directory() / "zig"


@functools.cache
def version() -> str:
    """Identifies the compiler and our driver, for cache keys."""
    clang = subprocess.run([zig(), "clang", "--version"], capture_output=True, text=True, check=True).stdout
    return clang.splitlines()[0] + " " + zig_version()


@functools.cache
def zig_version() -> str:
    """The version of the ziglang package."""
    return subprocess.run([zig(), "version"], capture_output=True, text=True, check=True).stdout.strip()


def environment() -> dict[str, str]:
    """Keeps zig's own caches inside ours."""
    place = str(paths.CACHE / "zig")
    return {"ZIG_GLOBAL_CACHE_DIR": place, "ZIG_LOCAL_CACHE_DIR": place}


def write_drivers(place: Path, sysroot: Path, dynamic: Iterable[str] = ()) -> dict[str, str]:
    """Make the commands that a package's build calls, in ``place``.

    Args:
        dynamic: names of the programs that are to load shared libraries.

    Returns:
        The make variables CC, AR and RANLIB.
    """
    place.mkdir(parents=True, exist_ok=True)
    variables = environment() | ({"TABUX_DYNAMIC": " ".join(dynamic)} if dynamic else {})
    settings = "".join(f"export {k}='{v}'\n" for k, v in variables.items())
    commands = {
        "cc": f'exec "{sys.executable}" -IS "{DRIVER}" "{zig()}" "{sysroot}" "$@"',
        "ar": f'exec "{zig()}" ar "$@"',
        "ranlib": f'exec "{zig()}" ranlib "$@"',
    }
    for name, line in commands.items():
        path = place / name
        path.write_text(f"#!/bin/sh\n{settings}{line}\n")
        path.chmod(0o755)
    return {"CC": str(place / "cc"), "AR": str(place / "ar"), "RANLIB": str(place / "ranlib")}
