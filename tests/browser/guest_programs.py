"""The C programs of tests/guest, built as the userland is."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from wasm.builder import cache, cxx, dynamic, libc, link_passes, toolchain, userland
from wasm.builder.recipe import Passes, Program

SOURCES = Path(__file__).parents[1] / "guest"
SHARED = ("-shared", "-fPIC", "-O1", "-w")


def build(name: str, place: Path = SOURCES, fork: str = "whole") -> bytes:
    """The program of ``tests/guest/NAME.c``; from the cache where nothing has changed.

    It may fork, but not be interrupted where it makes no call; the other way round with ``fork="none"``.
    """
    linked = _compile(name, ["-O1", "-w", place / f"{name}.c"])
    program = Program(name, name, f"/usr/local/bin/{name}", passes=Passes(fork=fork))
    return (link_passes.finish(program, linked) / "program.wasm").read_bytes()


def build_host(name: str, fork: str = "none") -> bytes:
    """The program of ``tests/guest/dynlink/NAME.c``, which can load libraries."""
    linked = _compile(name, ["-O1", "-w", SOURCES / "dynlink" / f"{name}.c"], dynamic=True)
    program = Program(name, name, f"/usr/local/bin/{name}", passes=Passes(fork=fork), dynamic=True)
    return (dynamic.finish(program, link_passes.finish(program, linked)) / "program.wasm").read_bytes()


def build_library(name: str, *flags: str) -> bytes:
    """The shared library of ``tests/guest/dynlink/NAME.c``."""
    return _library(name, *flags).read_bytes()


def build_with(package: str, name: str) -> bytes:
    """The same, with the headers that a package of the userland exports."""
    place = userland.build([package])[0].place
    return _library(name, f"-I{place / 'exports'}").read_bytes()


def build_linked(name: str, *needed: str) -> bytes:
    """The same, linked with others, which it then loads by their names, ``NAME.so``."""
    with tempfile.TemporaryDirectory() as place:
        paths = []
        for other in needed:
            paths.append(Path(place) / f"{other}.so")
            paths[-1].write_bytes(build_library(other))
        output = Path(place) / "made"
        _cc(Path(place), [], [*SHARED, SOURCES / "dynlink" / f"{name}.c", *paths, "-o", output])
        return output.read_bytes()


def build_foreign(name: str) -> bytes:
    """The library of ``tests/guest/dynlink/NAME.cpp`` as another compiler would make it."""
    sysroot, _ = libc.sysroot(os.cpu_count() or 1)
    source = SOURCES / "dynlink" / f"{name}.cpp"
    with tempfile.TemporaryDirectory() as text:
        place = Path(text)
        cxx.write_headers(place / "include")
        compiler = cxx.command(source, sysroot, place / "include")
        subprocess.run([*compiler, "-c", source, "-o", place / "made.o"], check=True)
        linker = [toolchain.zig(), "wasm-ld", *cxx.LINK]
        subprocess.run([*linker, place / "made.o", "-o", place / "made.so"], check=True)
        return (place / "made.so").read_bytes()


def _library(name: str, *flags: str) -> Path:
    return _compile(name, [*SHARED, *flags, SOURCES / "dynlink" / f"{name}.c"])


def _compile(name: str, arguments: list[str | Path], dynamic: bool = False) -> Path:
    _, sysroot_key = libc.sysroot(os.cpu_count() or 1)
    key = cache.digest(
        cache.tree_digest(SOURCES), name, [str(a) for a in arguments[:-1]], dynamic, sysroot_key,
        cache.tree_digest(toolchain.DRIVER),
    )

    def make(out: Path) -> None:
        _cc(out, [name] if dynamic else [], [*arguments, "-o", out / name])

    return cache.obtain("guest-test", name, key, make)[0] / name


def _cc(place: Path, dynamic_programs: list[str], arguments: list[str | Path]) -> None:
    """Run our compiler."""
    sysroot, _ = libc.sysroot(os.cpu_count() or 1)
    drivers = toolchain.write_drivers(place / "bin", sysroot, dynamic_programs)
    subprocess.run([drivers["CC"], *arguments], check=True)
