"""The C compiler that packages see: ``cc.py ZIG SYSROOT ARGS…``, by zig's clang and wasm-ld.

With ``-shared`` it links a shared library (docs/abi.md). A program whose name is in the environment variable
TABUX_DYNAMIC (separated by spaces) can load such ones: it has all that they may need of it, and exports that.

A program of its own, run some thousand times by configure and make: it imports next to nothing.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile

MODEL = ["--target=wasm32-unknown-unknown", "-mexception-handling", "-mllvm", "-wasm-enable-sjlj"]
# GNU sources ask for Linux where they mean musl's world.
LINUX = ["-D__linux__=1", "-D__unix__=1", "-D__gnu_linux__=1", "-Dlinux=1", "-Dunix=1"]
# Thread-local variables are ordinary ones to LLVM here: libc exchanges the section when threads change.
THREAD_LOCAL = [
    f'-D{word}=__attribute__((__section__("tabux_tls")))' for word in ("_Thread_local", "__thread")
]
# C as the packages of the nineties wrote it; clang 22 takes these for errors.
TOLERANCE = [
    "-Wno-implicit-function-declaration", "-Wno-implicit-int", "-Wno-int-conversion",
    "-Wno-incompatible-pointer-types", "-Wno-incompatible-function-pointer-types", "-Wno-return-type",
    "-Wno-deprecated-non-prototype",
]
COMPILE_ONLY = {"-c", "-E", "-S", "-M", "-MM"}
QUESTIONS = ("-v", "--version", "-V", "-qversion", "-print", "-dump")
# What ELF linkers understand and wasm-ld does not, or needs no saying.
IGNORED = {
    "-rdynamic", "-pthread", "-s", "-static", "-Wl,--as-needed", "-Wl,--no-as-needed", "-Wl,--export-dynamic",
}
#: what a library and a program that loads it show each other: all that is not hidden
VISIBLE = "-fvisibility=default"
TAKES_VALUE = {"-I", "-D", "-U", "-isystem", "-include", "-MF", "-MT", "-MQ", "-x", "-idirafter", "-mllvm"}
STACK_SIZE = 1 << 20
LINK = [
    "--import-memory", "--export=__stack_pointer", "--table-base=4", "--stack-first",
    "-z", f"stack-size={STACK_SIZE}", "--gc-sections", "--strip-debug",
]
LINK_SHARED = [
    "-shared", "--experimental-pic", "--unresolved-symbols=import-dynamic", "--gc-sections", "--strip-debug",
]
LINK_DYNAMIC = ["--export-table", "--growable-table", "--export-dynamic", "--error-limit=0"]
# (functions of other types are no duplicates to the linker)
REPLACED = re.compile(r">>> defined (?:as .*)?in .*libc\.a\((.*)\)")


def split_arguments(args: list[str]) -> tuple[str | None, list[str], list[str], list[str]]:
    """The output, the compiler's flags, the C sources, and the linker's inputs in order."""
    output, flags, sources, inputs = None, [], [], []
    rest = iter(args)
    for a in rest:
        if a == "-o":
            output = next(rest, None)
        elif a in TAKES_VALUE:
            flags += [a, next(rest, "")]
        elif a == "-Xlinker":
            next(rest, None)
        elif a in IGNORED:
            pass
        elif a.startswith("-Wl,"):
            inputs += a[4:].split(",")
        elif a in ("-L", "-l"):
            inputs.append(a + next(rest, ""))
        elif a.startswith(("-L", "-l")) or (a.endswith((".o", ".a", ".so")) and not a.startswith("-")):
            inputs.append(a)
        elif a.endswith((".c", ".s", ".S")) and not a.startswith("-"):
            sources.append(a)
        else:
            flags.append(a)
    return output, flags, sources, inputs


def main(zig: str, sysroot: str, args: list[str]) -> int:
    """Run the compiler, and the linker where the arguments ask for a program."""
    own_headers = zig.removesuffix("zig") + "lib/include"
    headers = ["-nostdinc", "-isystem", f"{sysroot}/include", "-isystem", own_headers]
    clang = [zig, "clang", *MODEL]
    if any(a.startswith(QUESTIONS) for a in args):
        os.execv(zig, [*clang, *args])
    compile_flags = [*LINUX, *THREAD_LOCAL, *headers, "-fno-strict-aliasing", *TOLERANCE]
    dynamic = os.environ.get("TABUX_DYNAMIC", "").split()
    if dynamic or "-fPIC" in args or "-fpic" in args or "-shared" in args:
        compile_flags.append(VISIBLE)
    if COMPILE_ONLY.intersection(args):
        kept = [a for a in args if a not in IGNORED]
        os.execv(zig, [*clang, *compile_flags, *kept])

    output, flags, sources, inputs = split_arguments(args)
    shared = "-shared" in flags
    if shared:
        flags = [*(f for f in flags if f != "-shared"), "-fPIC"]
    with tempfile.TemporaryDirectory() as place:
        objects = []
        for i, source in enumerate(sources):
            objects.append(f"{place}/{i}.o")
            status = subprocess.call([*clang, *compile_flags, *flags, "-c", source, "-o", objects[-1]])
            if status:
                return status
        wasm_ld = [zig, "wasm-ld", "-o", output or "a.out", f"-L{sysroot}/lib"]
        if shared:
            return subprocess.call(
                [*wasm_ld, f"{sysroot}/lib/crtshared.o", *objects, *inputs, *LINK_SHARED]
            )
        command = [*wasm_ld, f"{sysroot}/lib/crt1.o", *objects, *inputs, "-lc", "-lcompiler_rt", *LINK]
        if (output or "a.out").rpartition("/")[2] in dynamic:
            return link_dynamic(command, f"{sysroot}/lib/exports")
        return subprocess.call(command)


def link_dynamic(command: list[str], exports: str) -> int:
    """Link a program with all of libc, but for those parts that it has something of itself instead."""
    with open(exports) as lines:  # noqa: PTH123 (pathlib takes as long to import as all the rest)
        names = {line.split()[0]: line.split()[1:] for line in lines}
    while True:
        wanted = [f"--export={name}" for member in names.values() for name in member]
        result = subprocess.run([*command, *LINK_DYNAMIC, *wanted], stderr=subprocess.PIPE, text=True)
        replaced = names.keys() & set(REPLACED.findall(result.stderr))
        if not replaced:
            sys.stderr.write(result.stderr)
            return result.returncode
        for member in replaced:
            del names[member]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
