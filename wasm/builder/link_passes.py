"""What happens to a program after the linker: Binaryen's optimiser, and Asyncify for fork.

    linked -> fuel in loops -> fpcast-emu, -O2 -> Asyncify (only where fork may be on the stack)
           -> twins (fast until there is a fork) -> -O2 or -O4, names stripped
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from types import ModuleType

from . import cache, callgraph, names, paths, preemption, process, twins, wasmfile
from .console import BuildError, megabytes, say
from .recipe import Passes, Program

# Only what Chromium takes without a flag; tail calls would make Asyncify refuse.
FEATURES = [
    f"--enable-{f}"
    for f in (
        "exception-handling", "reference-types", "bulk-memory", "bulk-memory-opt", "mutable-globals",
        "sign-ext", "simd", "nontrapping-float-to-int", "multivalue", "extended-const",
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
    found: set[str] = set()
    for cut in passes.cuts:
        found |= callgraph.read_names(paths.PACKAGES / "cuts" / cut)
    return frozenset(found)


def finish(program: Program, linked: Path) -> Path:
    """The directory with ``program.wasm``, ``report.json`` and ``fork.json``.

    ``report.json`` has the size in bytes after each stage. ``fork.json`` has the functions that may be on
    the stack at a fork, ``{name: index}`` with the indices of ``program.wasm``: a host can check by it that
    every frame is instrumented. It is null where Asyncify chose the functions itself. ``named.wasm`` is the
    program with its names.

    Raises:
        BuildError: a pass failed.
    """
    passes = program.passes
    modules: list[ModuleType] = [preemption, wasmfile]
    if passes.fork == "list":
        modules.append(callgraph)
    if passes.twins:
        modules.append(twins)
    code = [Path(__file__), *(Path(str(m.__file__)) for m in modules)]
    key = cache.digest(
        linked.read_bytes(), dataclasses.asdict(passes), sorted(cut_names(passes)),
        binaryen_version(), FEATURES, cache.tree_digest(*code),
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
    if program.passes.foreign:
        shutil.copyfile(linked, out / "program.wasm")
        (out / "report.json").write_text(json.dumps(sizes))
        (out / "fork.json").write_text("{}")
        return
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
    instrumented: frozenset[str] | None = frozenset()
    if program.passes.fork != "none":
        arguments = ["-g", "--asyncify", f"--pass-arg=asyncify-imports@{FORK_IMPORT}"]
        instrumented = None
        if program.passes.fork == "list":
            graph = callgraph.read(stage, log)
            reach = callgraph.reach_fork(graph, cut_names(program.passes))
            instrumented = reach.functions
            addlist = out / "addlist"
            addlist.write_text(",".join(sorted(reach.indirect_callers)))
            arguments = [
                "-g", "-ol", "2", *arguments[1:], "--pass-arg=asyncify-ignore-indirect",
                f"--pass-arg=asyncify-addlist@@{addlist}", "--pass-arg=asyncify-propagate-addlist",
            ]
        opt(stage, out / "2.wasm", *arguments)
        stage.unlink()
        stage = out / "2.wasm"
        sizes["asyncified"] = stage.stat().st_size
    level = "-O2"
    if program.passes.twins:
        # After this it pays to look closer at the functions: so much can be left out of them.
        level = "-O4"
        with_twins, _ = twins.add_twins(stage.read_bytes(), program.passes.cold)
        stage.unlink()
        stage = out / "3.wasm"
        stage.write_bytes(with_twins)
        sizes["with twins"] = stage.stat().st_size
    opt(stage, out / "named.wasm", "-g", level, "--strip-producers")
    opt(out / "named.wasm", out / "program.wasm", "--strip-debug")
    for leftover in ("0.wasm", "1.wasm", "2.wasm", "3.wasm", "addlist"):
        (out / leftover).unlink(missing_ok=True)
    sizes["final"] = (out / "program.wasm").stat().st_size
    (out / "report.json").write_text(json.dumps(sizes))
    (out / "fork.json").write_text(json.dumps(_with_indices(instrumented, out / "named.wasm"), indent=1))


def _with_indices(functions: frozenset[str] | None, named: Path) -> dict[str, int] | None:
    """The functions that are still there after optimisation, with their indices."""
    if functions is None:
        return None
    indices = names.function_indices(named.read_bytes())
    variants = ("", twins.RUN, twins.REWIND)
    wanted = (name + variant for name in sorted(functions) for variant in variants)
    return {name: indices[name] for name in wanted if name in indices}
