"""Which functions can be on the stack at a fork: the call graph of a wasm program.

Direct calls are exact. An indirect call may reach every function in the table, unless its caller is in a
cut list: a function whose indirect calls are declared never to fork (``wasm/packages/cuts/``).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from . import optimiser

FORK_IMPORT = ("tabux", "fork")
THUNK = "byn$fpcast-emu$"


@dataclass
class CallGraph:
    """Functions by name (as Binaryen prints them, without ``$``)."""

    functions: set[str] = field(default_factory=set)
    calls: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    indirect: set[str] = field(default_factory=set)
    table: set[str] = field(default_factory=set)
    fork: str | None = None


@dataclass(frozen=True)
class Reach:
    """The functions from which fork can be reached, and those of them that get there by an indirect call."""

    functions: frozenset[str]
    indirect_callers: frozenset[str]


def read(program: Path) -> CallGraph:
    """The call graph of a wasm file with names."""
    text = program.with_suffix(".wat")
    optimiser.run(f"{program}: the call graph", program, text, names=True, text=True)
    try:
        with text.open() as lines:
            return parse(lines)
    finally:
        text.unlink()


_NAME = r'\$"?([^\s()"]+)"?'
_IMPORT = re.compile(rf'\(import "(\w+)" "(\w+)" \(func {_NAME}')
_FUNC = re.compile(rf"\(func {_NAME}")
_CALL = re.compile(rf"\(call {_NAME}")
_ELEM = re.compile(_NAME)


def parse(lines: Iterable[str]) -> CallGraph:
    """The call graph of WebAssembly text as Binaryen prints it: one space before each top-level form."""
    g = CallGraph()
    current = ""
    for line in lines:
        if line.startswith(" ("):
            current = ""
            if line.startswith(" (import"):
                m = _IMPORT.search(line)
                if m and (m[1], m[2]) == FORK_IMPORT:
                    g.fork = m[3]
            elif line.startswith(" (elem"):
                g.table.update(_ELEM.findall(line))
            elif line.startswith(" (func") and (m := _FUNC.search(line)):
                current = m[1]
                g.functions.add(current)
        if current:
            g.calls[current].update(_CALL.findall(line))
            if "(call_indirect" in line:
                g.indirect.add(current)
    return g


def reach_fork(g: CallGraph, cuts: frozenset[str]) -> Reach:
    """Everything that can be on the stack below a call of fork.

    Args:
        cuts: functions whose indirect calls never fork; a thunk made by fpcast-emu counts as its function.
    """
    if g.fork is None:
        return Reach(frozenset(), frozenset())
    callers: dict[str, set[str]] = defaultdict(set)
    for caller, callees in g.calls.items():
        for callee in callees:
            callers[callee].add(caller)
    indirect = frozenset(f for f in g.indirect if f.removeprefix(THUNK) not in cuts)
    reached: set[str] = set()
    through_table = False
    work = [g.fork]
    while work:
        function = work.pop()
        new = callers[function]
        if function in g.table:
            through_table = True
            new = new | indirect
        for caller in new - reached:
            reached.add(caller)
            work.append(caller)
    return Reach(frozenset(reached), indirect if through_table else frozenset())


def read_names(path: Path) -> set[str]:
    """Function names separated by white space; ``#`` begins a comment."""
    return {name for line in path.read_text().splitlines() for name in line.partition("#")[0].split()}
