"""The C programs of tests/guest, built as the userland is."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from wasm.builder import cache, libc, link_passes, toolchain
from wasm.builder.recipe import Passes, Program

SOURCES = Path(__file__).parents[1] / "guest"


def build(name: str) -> bytes:
    """The program of ``tests/guest/NAME.c``, which may fork; from the cache where nothing has changed."""
    sysroot, sysroot_key = libc.sysroot(os.cpu_count() or 1)
    key = cache.digest(cache.tree_digest(SOURCES), name, sysroot_key, cache.tree_digest(toolchain.DRIVER))

    def make(out: Path) -> None:
        drivers = toolchain.write_drivers(out / "bin", sysroot)
        command = [drivers["CC"], "-O1", "-w", "-o", out / "linked.wasm", SOURCES / f"{name}.c"]
        subprocess.run(command, check=True)

    place, _ = cache.obtain("guest-test", name, key, make)
    program = Program(name, name, f"/usr/local/bin/{name}", passes=Passes(fork="whole"))
    return (link_passes.finish(program, place / "linked.wasm") / "program.wasm").read_bytes()
