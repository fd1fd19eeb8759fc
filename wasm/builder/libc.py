"""The C library: upstream musl with our port, built into a sysroot.

``wasm/libc/musl.toml`` says what is taken, replaced and edited; nothing of musl is committed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from . import cache, paths, process, sources, toolchain
from .console import BuildError, say
from .objects import linkable, symbols
from .recipe import Source, parse_edits, parse_source

CFLAGS = [
    "-std=c99", "-nostdinc", "-ffreestanding", "-D_XOPEN_SOURCE=700",
    "-O2", "-g0", "-w", "-fno-strict-aliasing",
    "-fvisibility=default",  # what is not hidden is for shared libraries, too
]
# Libraries that programs name and that are all inside libc.a.
EMPTY_LIBRARIES = ("m", "pthread", "rt", "dl", "crypt", "util", "resolv", "xnet")
# Objects that the driver links by their names, in front of everything.
START_FILES = {"tabux-start.o": "crt1.o", "tabux-shared.o": "crtshared.o"}
# What the linker or the program defines.
LINKER_DEFINES = ("__wasm_call_ctors", "__heap_base", "__main_void", "__main_argc_argv", "main")
# Names that are not hidden because objects of libc share them, and that nobody else may call.
PRIVATE = ("__wasi_", "__tabux_kernel_", "__zig_", "__main_", "tabux_call_")
LOG = paths.CACHE / "logs" / "libc.log"


def recipe() -> dict[str, Any]:
    """``musl.toml``."""
    return tomllib.loads((paths.LIBC / "musl.toml").read_text())


def source() -> Source:
    """musl's archive."""
    return parse_source(recipe()["source"])


def key() -> str:
    """What decides the sysroot's content."""
    return cache.digest(
        cache.tree_digest(paths.LIBC),
        toolchain.version(), toolchain.MODEL_FLAGS, CFLAGS,
        cache.tree_digest(Path(__file__)),
    )


def sysroot(jobs: int) -> tuple[Path, str]:
    """The sysroot's directory and the digest of its content, built where it is not in the cache.

    Raises:
        BuildError: a file does not compile.
    """
    place, made = cache.obtain("sysroot", "musl", key(), lambda out: _build(out, jobs))
    if not made:
        say("libc", "cached")
    return place, (place / "digest").read_text()


def _build(out: Path, jobs: int) -> None:
    LOG.unlink(missing_ok=True)
    work = cache.work_directory("libc")
    try:
        r = recipe()
        musl = sources.unpack(source(), work)
        _add_port(musl, r)
        sources.apply_edits(parse_edits(r["edit"]), musl)
        _reword(musl, r["messages"])
        _generate_headers(musl)
        _install_headers(musl, out / "include")
        objects = _compile_all(musl, r["sources"]["replaced"], work / "objects", jobs)
        _archive(objects, out / "lib")
        _build_compiler_rt(out / "lib")
        _list_exports(objects, out / "lib")
        shutil.copy(musl / r["licence-files"][0], out / "COPYRIGHT")
        # Packages depend on this, not on the key: a change without effect does not rebuild them.
        (out / "digest").write_text(cache.tree_digest(out / "include", out / "lib"))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _add_port(musl: Path, r: dict[str, Any]) -> None:
    """Lay our architecture and our sources into the tree, as musl has its own."""
    arch = musl / "arch" / "wasm32"
    shutil.copytree(paths.LIBC / "arch", arch)
    shutil.copytree(paths.LIBC / "bits", arch / "bits")
    for name, origin in r["bits"].items():
        shutil.copy(musl / origin, arch / "bits" / name)
    calls = r["syscalls"]
    text = syscall_numbers((musl / calls["numbers"]).read_text(), calls)
    (arch / "bits" / "syscall.h.in").write_text(text)
    shutil.copytree(paths.LIBC / "src", musl / "src" / "tabux")
    shutil.copytree(paths.LIBC / "include", musl / "include", dirs_exist_ok=True)
    for name in r["sources"]["replaced"]:
        if not (musl / name).exists():
            raise BuildError(f"libc: musl.toml replaces {name}, which musl does not have")


def _reword(musl: Path, messages: dict[str, dict[str, str]]) -> None:
    """Give string literals of musl other words: of each file, text there = text instead."""
    for name, words in messages.items():
        text = (musl / name).read_text()
        for old, new in words.items():
            # a literal is quoted whole, or ends in an explicit NUL
            found = re.findall(rf'"{re.escape(old)}(?:\\0)?"', text)
            if len(found) != 1:
                raise BuildError(f"libc: musl.toml rewords {old!r}, which {name} has {len(found)} times")
            text = text.replace(found[0], found[0].replace(old, new))
        (musl / name).write_text(text)


def syscall_numbers(base: str, changes: dict[str, Any]) -> str:
    """musl's list of system calls, changed by the tables ``rename``, ``time64`` and ``add`` of musl.toml."""
    numbers = dict(re.findall(r"#define\s+__NR_(\w+)\s+(\d+)", base))
    for old, new in changes["rename"].items():
        numbers[new] = numbers.pop(old)
    for name, same_as in changes["time64"].items():
        numbers[name] = numbers[same_as]
    numbers.update({name: str(n) for name, n in changes["add"].items()})
    return "".join(f"#define __NR_{name} {n}\n" for name, n in numbers.items())


def _generate_headers(musl: Path) -> None:
    """What musl's Makefile generates: alltypes.h, syscall.h and version.h."""
    bits = musl / "obj" / "include" / "bits"
    bits.mkdir(parents=True)
    alltypes = subprocess.run(
        ["sed", "-f", musl / "tools/mkalltypes.sed", musl / "arch/wasm32/bits/alltypes.h.in",
         musl / "include/alltypes.h.in"],
        capture_output=True, text=True, check=True,
    ).stdout
    (bits / "alltypes.h").write_text(alltypes)
    numbers = (musl / "arch/wasm32/bits/syscall.h.in").read_text()
    (bits / "syscall.h").write_text(numbers + numbers.replace("__NR_", "SYS_"))
    internal = musl / "obj" / "src" / "internal"
    internal.mkdir(parents=True)
    (internal / "version.h").write_text(f'#define VERSION "{(musl / "VERSION").read_text().strip()}"\n')


def _install_headers(musl: Path, include: Path) -> None:
    shutil.copytree(musl / "include", include, ignore=shutil.ignore_patterns("*.in"))
    for bits in ("arch/generic/bits", "arch/wasm32/bits", "obj/include/bits"):
        shutil.copytree(
            musl / bits, include / "bits", dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.in")
        )


def _compile_all(musl: Path, replaced: list[str], objects: Path, jobs: int) -> list[Path]:
    """Compile every portable file of musl and of the port; the object files.

    All paths given to the compiler are relative, so that the objects are the same anywhere.
    """
    includes = [
        f"-I{d}"
        for d in ("arch/wasm32", "arch/generic", "obj/src/internal", "src/include", "src/internal",
                  "obj/include", "include", "src/process", "src/tabux")
    ]
    left_out = [musl / name for name in replaced]
    files = [f for f in sorted(musl.glob("src/*/*.c")) if f not in left_out and f.parent not in left_out]
    files += sorted((musl / "src/tabux").glob("*.s"))
    objects.mkdir()
    say("libc", f"compiling {len(files)} files")

    def compile_one(file: Path) -> Path:
        out = objects / f"{file.parent.name}-{file.stem}.o"
        flags = [*CFLAGS, *includes] if file.suffix == ".c" else []
        name = file.relative_to(musl)
        process.run(
            [toolchain.zig(), "clang", *toolchain.MODEL_FLAGS, *flags, "-c", name, "-o", out],
            what=f"libc: {name}", log=objects / f"{out.stem}.log", env=toolchain.environment(), cwd=musl,
        )
        return out

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(compile_one, files))


def _archive(objects: list[Path], lib: Path) -> None:
    lib.mkdir()
    for name, installed in START_FILES.items():
        shutil.copy(next(o for o in objects if o.name == name), lib / installed)
    names = lib / "objects"
    names.write_text("\n".join(str(o) for o in objects if o.name not in START_FILES))
    process.run(
        [toolchain.zig(), "ar", "rcsD", lib / "libc.a", f"@{names}"],
        what="libc: ar", log=LOG, env=toolchain.environment(),
    )
    names.unlink()
    for name in EMPTY_LIBRARIES:
        (lib / f"lib{name}.a").write_bytes(b"!<arch>\n")


def _build_compiler_rt(lib: Path) -> None:
    """What the compiler calls for arithmetic that wasm lacks: 128-bit integers, long double."""
    target = ["-target", "wasm32-freestanding", "-mcpu=generic", "-O", "ReleaseSmall"]
    source_file = toolchain.zig_directory() / "lib" / "compiler_rt.zig"
    compiled = lib / "compiler_rt.o"
    zig = str(toolchain.zig())
    for argv in (
        # An object and an archive of it: zig's own archives have the time in them.
        [zig, "build-obj", *target, str(source_file), f"-femit-bin={compiled.name}"],
        [zig, "ar", "rcsD", "libcompiler_rt.a", compiled.name],
    ):
        process.run(argv, what="libc: compiler_rt", log=LOG, env=toolchain.environment(), cwd=lib)


def _list_exports(objects: list[Path], lib: Path) -> None:
    """Write what a program shows to shared libraries: all that is not hidden, a line for each object file."""
    files = {o.name: symbols(o.read_bytes()) for o in objects}
    arithmetic = symbols((lib / "compiler_rt.o").read_bytes())
    (lib / "compiler_rt.o").unlink()
    hidden = arithmetic.public | arithmetic.hidden
    members = {"compiler_rt.o": {name for name in hidden if name.startswith("__")}}
    for file in linkable(files, {*hidden, *LINKER_DEFINES}) - START_FILES.keys():
        members[file] = files[file].public
    lines = [
        " ".join([file, *sorted(n for n in names if not n.startswith(PRIVATE))]) + "\n"
        for file, names in sorted(members.items())
    ]
    (lib / "exports").write_text("".join(lines))
