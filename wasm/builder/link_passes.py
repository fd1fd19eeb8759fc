"""What happens to a program after the linker: Binaryen's optimiser, and Asyncify for fork.

    linked -> fuel in loops -> fpcast-emu, -O2 -> asyncify (only where fork may be on the stack) -> -O2,
    names stripped
"""

from __future__ import annotations

import json
from pathlib import Path

from . import cache, callgraph, paths, preemption, process
from .console import BuildError, megabytes, say
from .recipe import Passes, Program

# Only what Chromium takes without a flag; tail calls would make Asyncify refuse.
FEATURES = [
    f"--enable-{f}"
    for f in (
        "exception-handling", "reference-types", "bulk-memory", "bulk-memory-opt", "mutable-globals",
        "sign-ext", "nontrapping-float-to-int", "multivalue", "extended-const",
    )
]
FORK_IMPORT = "tabux.fork"
FPCAST = ["--pass-arg=max-func-params@10", "--fpcast-emu"]
WASM_OPT = paths.NODE_MODULES / "binaryen" / "bin" / "wasm-opt"


def binaryen_version() -> str:
    """The version that npm installed."""
    package = paths.NODE_MODULES / "binaryen" / "package.json"
    if not package.exists():
        raise BuildError("link passes: no binaryen in web/node_modules: run `python build.py setup`")
    return str(json.loads(package.read_text())["version"])


def cut_names(passes: Passes) -> frozenset[str]:
    """The functions whose indirect calls are declared never to reach fork."""
    names: set[str] = set()
    for cut in passes.cuts:
        names |= callgraph.read_names(paths.PACKAGES / "cuts" / cut)
    return frozenset(names)


def finish(program: Program, linked: Path) -> Path:
    """The directory with ``program.wasm``, ``report.json`` and ``instrumented.json``.

    ``report.json`` has the size in bytes after each stage; ``instrumented.json`` the functions that
    Asyncify may have on the stack at a fork, or null where it chose them itself.

    Raises:
        BuildError: a pass failed.
    """
    passes = program.passes
    here = [Path(__file__)] + ([Path(callgraph.__file__)] if passes.fork == "list" else [])
    key = cache.digest(
        linked.read_bytes(), passes.fork, passes.fpcast, sorted(cut_names(passes)),
        binaryen_version(), FEATURES, cache.tree_digest(*here),
    )
    place, made = cache.obtain("program", program.name, key, lambda out: _finish(program, linked, out))
    sizes = json.loads((place / "report.json").read_text())
    if made:
        say(program.name, ", ".join(f"{stage} {megabytes(size)}" for stage, size in sizes.items()))
    return place


def _finish(program: Program, linked: Path, out: Path) -> None:
    log = paths.CACHE / "logs" / f"{program.name}.passes.log"
    log.unlink(missing_ok=True)
    sizes = {"linked": linked.stat().st_size}
    stage = out / "1.wasm"

    def opt(source: Path, target: Path, *arguments: str) -> None:
        process.run(
            ["node", WASM_OPT, *FEATURES, source, *arguments, "-o", target],
            what=f"{program.name}: wasm-opt", log=log,
        )

    say(program.name, "link passes")
    fuelled = out / "0.wasm"
    # whole-program Asyncify would instrument every function with such a loop: handlers are called indirectly
    module = linked.read_bytes()
    fuelled.write_bytes(module if program.passes.fork == "whole" else preemption.add_fuel(module))
    opt(fuelled, stage, "-g", *(FPCAST if program.passes.fpcast else []), "-O2")
    sizes["optimised"] = stage.stat().st_size
    instrumented: list[str] | None = []
    if program.passes.fork != "none":
        arguments = ["-g", "--asyncify", f"--pass-arg=asyncify-imports@{FORK_IMPORT}"]
        instrumented = None
        if program.passes.fork == "list":
            graph = callgraph.read(stage, log)
            reach = callgraph.reach_fork(graph, cut_names(program.passes))
            instrumented = sorted(reach.functions)
            names = out / "addlist"
            names.write_text(",".join(sorted(reach.indirect_callers)))
            arguments = [
                "-g", "-ol", "2", *arguments[1:], "--pass-arg=asyncify-ignore-indirect",
                f"--pass-arg=asyncify-addlist@@{names}", "--pass-arg=asyncify-propagate-addlist",
            ]
        opt(stage, out / "2.wasm", *arguments)
        stage.unlink()
        stage = out / "2.wasm"
        sizes["asyncified"] = stage.stat().st_size
    opt(stage, out / "named.wasm", "-g", "-O2", "--strip-producers")
    opt(out / "named.wasm", out / "program.wasm", "--strip-debug")
    for leftover in ("0.wasm", "1.wasm", "2.wasm", "addlist"):
        (out / leftover).unlink(missing_ok=True)
    sizes["final"] = (out / "program.wasm").stat().st_size
    (out / "report.json").write_text(json.dumps(sizes))
    (out / "instrumented.json").write_text(json.dumps(instrumented))
