"""The last step of a program that loads shared libraries: its symbols by name, without exports.

An engine makes an object for each export whenever a program starts; two thousand would cost more than
the start itself. So the functions that the linker has exported are put into the function table, behind those
that are there for the program's own pointers (a function that has a place keeps it: a pointer to it is the
same for everybody), and a custom section names the places of functions and the addresses of data:

    tabux.symbols   JSON: {"functions": {name: index in the table}, "data": {name: address}}

The gate reads it when the program first calls dlopen (docs/abi.md).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import cache, wasmfile
from . import wasmfile as w
from .console import BuildError
from .recipe import Program

SECTION = "tabux.symbols"
PREEMPT = "__tabux_preempt"
#: where in the table libraries find PREEMPT, which their loops call: no address of a function is so low
PREEMPT_SLOT = 3
#: what the gate itself calls, besides Asyncify's functions (docs/abi.md)
ENTRIES = ("_start", "__tabux_thread_start")
TABLE, ELEMENT = 4, 9
_FUNCTION, _TABLE, _MEMORY, _GLOBAL, _TAG = range(5)


def finish(program: Program, place: Path) -> Path:
    """The directory like link_passes.finish's, with the program of that in this form.

    Raises:
        BuildError: it was not linked as a program that loads libraries.
    """
    module = place / "program.wasm"
    key = cache.digest(module.read_bytes(), cache.tree_digest(Path(__file__), Path(wasmfile.__file__)))

    def make(out: Path) -> None:
        shutil.copytree(place, out, dirs_exist_ok=True)
        (out / "program.wasm").write_bytes(with_symbols(module.read_bytes(), program.name))

    return cache.obtain("dynamic", program.name, key, make)[0]


@dataclass(frozen=True)
class _Export:
    name: str
    kind: int
    index: int


def with_symbols(module: bytes, name: str) -> bytes:
    """A linked program with its symbols named in a section; ``name`` is for errors."""
    sections = list(w.sections(module))
    found = dict(sections)  # (custom sections apart, there is one of each)
    exports = list(_exports(found[w.EXPORT]))
    if _TABLE not in (e.kind for e in exports) or TABLE not in found or ELEMENT not in found:
        raise BuildError(f"{name}: not linked with -rdynamic: is its output what the recipe says?")
    imported_globals = w.imported(found[w.IMPORT])[1]
    constants = _constants(found[w.GLOBAL], imported_globals)
    slots = _slots(found[ELEMENT])
    size = _table_size(found[TABLE])
    functions: dict[str, int] = {}
    data: dict[str, int] = {}
    kept: list[_Export] = []
    added: list[int] = []
    preempt: int | None = None
    for e in exports:
        if e.kind == _FUNCTION and e.name not in ENTRIES and not e.name.startswith("asyncify_"):
            if e.name == PREEMPT:
                preempt = e.index
            if e.index not in slots:
                slots[e.index] = size + len(added)
                added.append(e.index)
            functions[e.name] = slots[e.index]
        elif e.kind == _GLOBAL and e.index in constants:
            data[e.name] = constants[e.index] & 0xFFFFFFFF
        else:
            kept.append(e)
    if preempt is None:
        raise BuildError(f"{name}: has no {PREEMPT}")
    segments = [_segment(PREEMPT_SLOT, [preempt]), _segment(size, added)]
    out: list[tuple[int, bytes]] = []
    for number, body in sections:
        if number == TABLE:
            body = b"\x01\x70\x00" + w.uleb(size + len(added))
        elif number == w.EXPORT:
            body = w.uleb(len(kept)) + b"".join(
                w.sized(e.name.encode()) + bytes([e.kind]) + w.uleb(e.index) for e in kept
            )
        elif number == ELEMENT:
            count, at = w.leb(body, 0)
            body = w.uleb(count + len(segments)) + body[at:] + b"".join(segments)
        out.append((number, body))
    text = json.dumps({"functions": functions, "data": data}, separators=(",", ":"), sort_keys=True)
    out.append((w.CUSTOM, w.sized(SECTION.encode()) + text.encode()))
    return w.join(out)


def _exports(body: bytes) -> Iterator[_Export]:
    count, at = w.leb(body, 0)
    for _ in range(count):
        name, at = w.string(body, at)
        kind = body[at]
        index, at = w.leb(body, at + 1)
        yield _Export(name, kind, index)


def _constants(body: bytes, imported: int) -> dict[int, int]:
    """The immutable globals that are an i32.const: addresses of data."""
    found = {}
    count, at = w.leb(body, 0)
    for index in range(imported, imported + count):
        kind, mutable = body[at], body[at + 1]
        at += 2
        if kind == 0x7F and not mutable and body[at] == w.I32_CONST:
            found[index] = _sleb(body, at + 1)
        while body[at] != w.END:
            at = w.skip_immediates(body, body[at], at + 1)
        at += 1
    return found


def _sleb(body: bytes, at: int) -> int:
    value, end = w.leb(body, at)
    bits = 7 * (end - at)
    return value - (1 << bits) if value >> (bits - 1) & 1 else value


def _table_size(body: bytes) -> int:
    count, at = w.leb(body, 0)
    if count != 1 or body[at] != 0x70:
        raise BuildError("a program has one table, of functions")
    return w.leb(body, at + 2)[0]


def _slots(body: bytes) -> dict[int, int]:
    """The first place of each function in the table, from the element section.

    Raises:
        BuildError: a kind of segment that Binaryen does not write.
    """
    found: dict[int, int] = {}
    count, at = w.leb(body, 0)
    for _ in range(count):
        flags, at = w.leb(body, at)
        if flags not in (0, 3):
            raise BuildError(f"an element segment of kind {flags}")
        slot = 0
        if flags == 0:
            slot = _sleb(body, at + 1)
            at = w.skip_leb(body, at + 1) + 1
        else:  # only declares functions that are referred to
            at += 1
        length, at = w.leb(body, at)
        for i in range(length):
            index, at = w.leb(body, at)
            if flags == 0:
                found.setdefault(index, slot + i)
    return found


def _segment(slot: int, functions: list[int]) -> bytes:
    """An active element segment of the only table."""
    offset = bytes([0, w.I32_CONST]) + w.sleb(slot) + bytes([w.END])
    return offset + w.uleb(len(functions)) + b"".join(w.uleb(f) for f in functions)
