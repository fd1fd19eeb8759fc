"""C++'s run time as one shared library: libc++, libc++abi and unwinding, from the compiler's own sources.

Modules that Emscripten has compiled (Python's wheels) expect it of the program that loads them, in its ABI:
the namespace ``std::__2``, exceptions of WebAssembly, WASI's numbers of errors (docs/abi.md). libc loads it
when a symbol is missing.
"""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import cache, libc, paths, process, toolchain
from .console import say

NAME = "libc++.so.1"
#: other names of the same library, by which modules may need a part of it
SYMLINKS = ("libc++abi.so.1", "libunwind.so.1")
LOG = paths.CACHE / "logs" / "libc++.log"

SOURCES = (
    "libcxx/src/*.cpp", "libcxx/src/filesystem/*.cpp", "libcxx/src/ryu/*.cpp", "libcxxabi/src/*.cpp",
    "libunwind/src/Unwind-wasm.c",
)
# Has the other half of cxa_exception.cpp, for builds without exceptions.
LEFT_OUT = {"cxa_noexception.cpp"}
# What libc++'s __config_site says in other builds.
CONFIGURATION = {
    "_LIBCPP_ABI_VERSION": "2",
    "_LIBCPP_ABI_NAMESPACE": "__2",
    "_LIBCPP_ASSERTION_SEMANTIC_DEFAULT": "_LIBCPP_ASSERTION_SEMANTIC_QUICK_ENFORCE",
    "_LIBCPP_HARDENING_MODE_DEFAULT": "_LIBCPP_HARDENING_MODE_NONE",
    "_LIBCPP_HAS_FILESYSTEM": "1",
    "_LIBCPP_HAS_LOCALIZATION": "1",
    "_LIBCPP_HAS_MONOTONIC_CLOCK": "1",
    "_LIBCPP_HAS_MUSL_LIBC": "1",
    "_LIBCPP_HAS_RANDOM_DEVICE": "1",
    "_LIBCPP_HAS_TERMINAL": "1",
    "_LIBCPP_HAS_THREADS": "1",
    "_LIBCPP_HAS_THREAD_API_C11": "0",
    "_LIBCPP_HAS_THREAD_API_EXTERNAL": "0",
    "_LIBCPP_HAS_THREAD_API_PTHREAD": "1",
    "_LIBCPP_HAS_THREAD_API_WIN32": "0",
    "_LIBCPP_HAS_TIME_ZONE_DATABASE": "0",
    "_LIBCPP_HAS_UNICODE": "1",
    "_LIBCPP_HAS_VENDOR_AVAILABILITY_ANNOTATIONS": "0",
    "_LIBCPP_HAS_WIDE_CHARACTERS": "1",
    "_LIBCPP_INSTRUMENTED_WITH_ASAN": "0",
    "_LIBCPP_LIBC_NEWLIB": "0",
    "_LIBCPP_LIBC_PICOLIBC": "0",
    "_LIBCPP_PSTL_BACKEND_SERIAL": "1",
}
FLAGS = [
    "-fwasm-exceptions", "-fPIC", "-fvisibility=default", "-O2", "-g0", "-w", "-nostdinc", "-DNDEBUG",
    "-D__unix__=1", "-D_GNU_SOURCE=1",
]
CXX_FLAGS = ["-nostdinc++", "-std=c++23"]
BUILDING = [
    "-D_LIBCPP_BUILDING_LIBRARY", "-D_LIBCXXABI_BUILDING_LIBRARY", "-DLIBCXX_BUILDING_LIBCXXABI",
]
C_FLAGS = ["-fdeclspec"]  # how libunwind marks what it exports, where a system is none that it knows
LINK = [
    "-shared", "--experimental-pic", "--unresolved-symbols=import-dynamic", "--gc-sections", "--strip-debug",
]


def library(jobs: int) -> Path:
    """The directory with the library and the licences of its parts.

    Raises:
        BuildError: a file does not compile.
    """
    sysroot, _ = libc.sysroot(jobs)
    key = cache.digest(
        toolchain.version(), toolchain.MODEL_FLAGS, SOURCES, CONFIGURATION,
        FLAGS, CXX_FLAGS, C_FLAGS, BUILDING, LINK,
        cache.tree_digest(sysroot / "include"), cache.tree_digest(Path(__file__)), error_numbers(),
    )
    return cache.obtain("libc++", "libc++", key, lambda out: _build(out, sysroot, jobs))[0]


def version() -> str:
    """The version of LLVM that the sources are of."""
    configuration = (toolchain.zig_directory() / "lib/libcxx/include/__config").read_text()
    number = int(re.findall(r"define _LIBCPP_VERSION (\d+)", configuration)[0])
    return f"{number // 10000}.{number // 100 % 100}.{number % 100}"


def error_numbers() -> str:
    """A header ``bits/errno.h`` with the numbers that Emscripten has, as errno_foreign.c knows them."""
    table = (paths.LIBC / "src/errno_foreign.c").read_text()
    numbers = dict(re.findall(r"\[(E\w+)\] = (\d+)", table))
    same = {"EWOULDBLOCK": "EAGAIN", "EDEADLOCK": "EDEADLK", "ENOTSUP": "EOPNOTSUPP"}
    numbers |= {name: other for name, other in same.items() if name not in numbers}
    return "".join(f"#define {name} {number}\n" for name, number in numbers.items())


def write_headers(place: Path) -> None:
    """Make the headers that such code is compiled with instead of libc's."""
    (place / "bits").mkdir(parents=True)
    (place / "bits/errno.h").write_text(error_numbers())


def command(file: Path, sysroot: Path, headers: Path) -> list[str | Path]:
    """The compiler for such code, in C++ or C; ``headers`` are those of ``write_headers``."""
    origin = toolchain.zig_directory() / "lib"
    arguments: list[str | Path] = [toolchain.zig(), "clang", *toolchain.MODEL_FLAGS, *FLAGS]
    if file.suffix == ".cpp":
        arguments += [*CXX_FLAGS, *(f"-D{name}={value}" for name, value in CONFIGURATION.items())]
        arguments += [f"-isystem{origin / 'libcxx/include'}", f"-isystem{origin / 'libcxxabi/include'}"]
    else:
        arguments += C_FLAGS
    return [*arguments, *(f"-isystem{d}" for d in (headers, sysroot / "include", origin / "include"))]


def _build(out: Path, sysroot: Path, jobs: int) -> None:
    LOG.unlink(missing_ok=True)
    work = cache.work_directory("libc++")
    try:
        origin = toolchain.zig_directory() / "lib"
        headers = work / "include"
        write_headers(headers)
        files = sorted(f for p in SOURCES for f in origin.glob(p) if f.name not in LEFT_OUT)
        say("libc++", f"compiling {len(files)} files")
        own = [f"-I{origin / d}" for d in ("libcxx/src", "libcxxabi/src", "libcxx/libc", "libunwind/include")]

        def compile_one(file: Path) -> Path:
            target = work / f"{file.parent.name}-{file.stem}.o"
            process.run(
                [*command(file, sysroot, headers), *BUILDING, *own, "-c", file, "-o", target],
                what=f"libc++: {file.name}", log=LOG, env=toolchain.environment(), cwd=work,
            )
            return target

        with ThreadPoolExecutor(jobs) as pool:
            made = list(pool.map(compile_one, files))
        process.run(
            [toolchain.zig(), "wasm-ld", *LINK, "-o", out / NAME, *made],
            what="libc++: wasm-ld", log=LOG, env=toolchain.environment(), cwd=work,
        )
        (out / "licences").mkdir()
        for part in ("libcxx", "libcxxabi"):
            shutil.copy(origin / part / "LICENSE.TXT", out / "licences" / f"{part}.txt")
    finally:
        shutil.rmtree(work, ignore_errors=True)
