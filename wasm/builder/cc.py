"""The C compiler that packages see: ``cc.py ZIG SYSROOT ARGS…``, by zig's clang and wasm-ld.

A program of its own, run some thousand times by configure and make: it imports next to nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

MODEL = ["--target=wasm32-unknown-unknown", "-mexception-handling", "-mllvm", "-wasm-enable-sjlj"]
# GNU sources ask for Linux where they mean musl's world.
LINUX = ["-D__linux__=1", "-D__unix__=1", "-D__gnu_linux__=1", "-Dlinux=1", "-Dunix=1"]
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
TAKES_VALUE = {"-I", "-D", "-U", "-isystem", "-include", "-MF", "-MT", "-MQ", "-x", "-idirafter", "-mllvm"}
STACK_SIZE = 1 << 20
LINK = [
    "--import-memory", "--export=__stack_pointer", "--table-base=4", "--stack-first",
    "-z", f"stack-size={STACK_SIZE}", "--gc-sections", "--strip-debug",
]


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
        elif a.startswith(("-L", "-l")) or (a.endswith((".o", ".a")) and not a.startswith("-")):
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
    compile_flags = [*LINUX, *headers, "-fno-strict-aliasing", *TOLERANCE]
    if COMPILE_ONLY.intersection(args):
        kept = [a for a in args if a not in IGNORED]
        os.execv(zig, [*clang, *compile_flags, *kept])

    output, flags, sources, inputs = split_arguments(args)
    with tempfile.TemporaryDirectory() as place:
        objects = []
        for i, source in enumerate(sources):
            objects.append(f"{place}/{i}.o")
            status = subprocess.call([*clang, *compile_flags, *flags, "-c", source, "-o", objects[-1]])
            if status:
                return status
        return subprocess.call(
            [
                zig, "wasm-ld", "-o", output or "a.out", f"{sysroot}/lib/crt1.o", *objects, *inputs,
                f"-L{sysroot}/lib", "-lc", "-lcompiler_rt", *LINK,
            ]
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
