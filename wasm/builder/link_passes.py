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
    every frame is instrumented. It is null where Asyncify chose the functions itself. Of a program that forks
    ``named.wasm`` is the same with its names.

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


class _Stages:
    """The files between the stages of one program, and how large each was."""

    def __init__(self, program: Program, out: Path) -> None:
        self.program = program
        self.out = out
        self.log = paths.CACHE / "logs" / f"{program.name}.passes.log"
        self.log.unlink(missing_ok=True)
        self.sizes: dict[str, int] = {}

    def write(self, stage: str, module: bytes) -> Path:
        """A file with this module."""
        path = self.out / f"{stage}.wasm"
        path.write_bytes(module)
        return path

    def optimise(self, source: Path, stage: str, *arguments: str) -> Path:
        """What wasm-opt makes of a file, which goes."""
        path = self.out / f"{stage}.wasm"
        process.run(
            ["node", WASM_OPT, *FEATURES, source, *arguments, "-o", path],
            what=f"{self.program.name}: wasm-opt", log=self.log,
        )
        source.unlink()
        return path

    def count(self, stage: str, file: Path) -> None:
        """Note the size of a file for the report."""
        self.sizes[stage] = file.stat().st_size


def _finish(program: Program, linked: Path, out: Path) -> None:
    stages = _Stages(program, out)
    stages.count("linked", linked)
    indices: dict[str, int] | None = {}
    if program.passes.foreign:
        shutil.copyfile(linked, out / "program.wasm")
    else:
        say(program.name, "link passes")
        if program.passes.fork == "none":
            _without_fork(stages, linked.read_bytes())
        else:
            indices = _with_fork(stages, linked.read_bytes())
        stages.count("final", out / "program.wasm")
    (out / "report.json").write_text(json.dumps(stages.sizes))
    (out / "fork.json").write_text(json.dumps(indices, indent=1))


def _without_fork(stages: _Stages, module: bytes) -> None:
    fuelled = stages.write("fuelled", preemption.add_fuel(module))
    fpcast = FPCAST if stages.program.passes.fpcast else []
    # as often as a program that forks is optimised, but in one run
    stages.optimise(fuelled, "program", *fpcast, "-O2", "-O2", "--strip-debug", "--strip-producers")


def _with_fork(stages: _Stages, module: bytes) -> dict[str, int] | None:
    """The functions that may be on the stack at a fork, with their indices; None: Asyncify chose them."""
    passes = stages.program.passes
    # whole-program Asyncify would instrument every function with such a loop: handlers are called indirectly
    fuelled = stages.write("fuelled", module if passes.fork == "whole" else preemption.add_fuel(module))
    stage = stages.optimise(fuelled, "optimised", "-g", *(FPCAST if passes.fpcast else []), "-O2")
    stages.count("optimised", stage)
    asyncify = ["--asyncify", f"--pass-arg=asyncify-imports@{FORK_IMPORT}"]
    instrumented: frozenset[str] | None = None
    if passes.fork == "list":
        reach = callgraph.reach_fork(callgraph.read(stage, stages.log), cut_names(passes))
        instrumented = reach.functions
        addlist = stages.out / "addlist"
        addlist.write_text(",".join(sorted(reach.indirect_callers)))
        asyncify = [
            "-ol", "2", *asyncify, "--pass-arg=asyncify-ignore-indirect",
            f"--pass-arg=asyncify-addlist@@{addlist}", "--pass-arg=asyncify-propagate-addlist",
        ]
    stage = stages.optimise(stage, "asyncified", "-g", *asyncify)
    stages.count("asyncified", stage)
    (stages.out / "addlist").unlink(missing_ok=True)
    level = "-O2"
    if passes.twins:
        # After this it pays to look closer at the functions: so much can be left out of them.
        level = "-O4"
        with_twins, _ = twins.add_twins(stage.read_bytes(), passes.cold)
        stage.unlink()
        stage = stages.write("twins", with_twins)
        stages.count("with twins", stage)
    named = stages.optimise(stage, "named", "-g", level, "--strip-producers")
    (stages.out / "program.wasm").write_bytes(names.stripped(named.read_bytes()))
    return _with_indices(instrumented, named)


def _with_indices(functions: frozenset[str] | None, named: Path) -> dict[str, int] | None:
    """The functions that are still there after optimisation, with their indices."""
    if functions is None:
        return None
    indices = names.function_indices(named.read_bytes())
    variants = ("", twins.RUN, twins.REWIND)
    wanted = (name + variant for name in sorted(functions) for variant in variants)
    return {name: indices[name] for name in wanted if name in indices}
