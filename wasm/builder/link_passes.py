"""What happens to a program after the linker: Binaryen's optimiser, and Asyncify for fork.

    linked -> fuel in loops -> fpcast-emu, -O2 -> Asyncify (only where fork may be on the stack)
           -> twins (fast until there is a fork) -> -O2 or -O4, names stripped
           -> a stack pointer that knows the engine's stack (only where the program asks for it)
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from types import ModuleType

from . import cache, callgraph, engine_stack, names, optimiser, paths, preemption, twins, wasmfile
from .console import megabytes, say
from .recipe import Passes, Program

FORK_IMPORT = "tabux.fork"
FPCAST = optimiser.passes("fpcast-emu", arguments={"max-func-params": "10"})
STRIP = optimiser.passes("strip-debug", "strip-producers")


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
    or is measured ``named.wasm`` is the same with its names.

    Raises:
        BuildError: a pass failed.
    """
    key = _key(program, linked)
    place, made = cache.obtain("program", program.name, key, lambda out: _finish(program, linked, out))
    sizes = json.loads((place / "report.json").read_text())
    if made:
        say(program.name, ", ".join(f"{stage} {megabytes(size)}" for stage, size in sizes.items()))
    return place


def is_finished(program: Program, linked: Path) -> bool:
    """Whether that directory is in the cache."""
    return cache.entry("program", program.name, _key(program, linked)).exists()


def _key(program: Program, linked: Path) -> str:
    passes = program.passes
    modules: list[ModuleType] = [preemption, wasmfile, optimiser]
    if passes.fork == "list":
        modules.append(callgraph)
    if passes.twins:
        modules.append(twins)
    if passes.measured:
        modules.append(engine_stack)
    code = [Path(__file__), optimiser.SERVICE, *(Path(str(m.__file__)) for m in modules)]
    return cache.digest(
        linked.read_bytes(), dataclasses.asdict(passes), sorted(cut_names(passes)),
        optimiser.version(), cache.tree_digest(*code),
    )


class _Stages:
    """The files between the stages of one program, and how large each was."""

    def __init__(self, program: Program, out: Path) -> None:
        self.program = program
        self.out = out
        self.sizes: dict[str, int] = {}

    def write(self, stage: str, module: bytes) -> Path:
        """A file with this module."""
        path = self.out / f"{stage}.wasm"
        path.write_bytes(module)
        return path

    def binaryen(self, source: Path, stage: str, *steps: optimiser.Step, names: bool = True) -> Path:
        """What Binaryen makes of a file, which goes."""
        path = self.out / f"{stage}.wasm"
        features = optimiser.DYNAMIC_FEATURES if self.program.dynamic else optimiser.FEATURES
        what = f"{self.program.name}: {stage}"
        optimiser.run(what, source, path, steps, names=names, features=features)
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
        if program.passes.fork == "none":
            _without_fork(stages, linked.read_bytes())
        else:
            indices = _with_fork(stages, linked.read_bytes())
        stages.count("final", out / "program.wasm")
    (out / "report.json").write_text(json.dumps(stages.sizes))
    (out / "fork.json").write_text(json.dumps(indices, indent=1))


def _without_fork(stages: _Stages, module: bytes) -> None:
    passes = stages.program.passes
    fuelled = stages.write("fuelled", preemption.add_fuel(module, passes.unfuelled))
    fpcast = [FPCAST] if passes.fpcast else []
    if not passes.measured:
        stages.binaryen(fuelled, "program", *fpcast, optimiser.optimise(2), STRIP, names=False)
        return
    named = stages.binaryen(fuelled, "named", *fpcast, optimiser.optimise(2))
    stages.count("optimised", named)
    charged, count = engine_stack.charge(named.read_bytes(), passes.plain)
    say(stages.program.name, f"{count} functions move the stack pointer")
    named.write_bytes(charged)
    (stages.out / "program.wasm").write_bytes(names.stripped(charged))


def _with_fork(stages: _Stages, module: bytes) -> dict[str, int] | None:
    """The functions that may be on the stack at a fork, with their indices; None: Asyncify chose them."""
    passes = stages.program.passes
    # whole-program Asyncify would instrument every function with such a loop: handlers are called indirectly
    whole = passes.fork == "whole"
    fuelled = stages.write("fuelled", module if whole else preemption.add_fuel(module, passes.unfuelled))
    fpcast = [FPCAST] if passes.fpcast else []
    stage = stages.binaryen(fuelled, "optimised", *fpcast, optimiser.optimise(2))
    stages.count("optimised", stage)
    settings = {"asyncify-imports": FORK_IMPORT}
    instrumented: frozenset[str] | None = None
    if passes.fork == "list":
        graph = callgraph.read(stage)
        reach = callgraph.reach_fork(graph, cut_names(passes))
        instrumented = reach.functions
        settings |= {
            "asyncify-ignore-indirect": "1",
            "asyncify-addlist": ",".join(sorted(reach.indirect_callers)),
            "asyncify-propagate-addlist": "1",
        }
    # without a level of 2 it would keep every local variable across a fork
    stage = stages.binaryen(stage, "asyncified", optimiser.passes("asyncify", level=2, arguments=settings))
    stages.count("asyncified", stage)
    level = 2
    if passes.twins:
        # After this it pays to look closer at the functions: so much can be left out of them.
        level = 4
        with_twins, _ = twins.add_twins(stage.read_bytes(), passes.cold)
        stage.unlink()
        stage = stages.write("twins", with_twins)
        stages.count("with twins", stage)
    strip = optimiser.passes("strip-producers")
    named = stages.binaryen(stage, "named", optimiser.optimise(level), strip)
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
