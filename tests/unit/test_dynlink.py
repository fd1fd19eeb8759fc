"""Shared libraries without a browser: a program's symbols, and how the gate rewrites libraries, by node."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from wasm.builder import dynamic, objects
from wasm.builder import wasmfile as w
from wasm.builder.console import BuildError

WEB = Path(__file__).parents[2] / "web"
needs_node = pytest.mark.skipif(not shutil.which("node"), reason="there is no node")


def vector(*items: bytes) -> bytes:
    return w.uleb(len(items)) + b"".join(items)


def name(text: str) -> bytes:
    return w.sized(text.encode())


def function(code: bytes) -> bytes:
    return w.sized(b"\0" + code + b"\x0b")


def run(script: str, *arguments: object) -> object:
    """What a module of JavaScript prints, which is JSON."""
    command = ["node", "--input-type=module", "-e", script, *(str(a) for a in arguments)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def program(exports: list[bytes]) -> bytes:
    """Function 0 is in the table at 4, 1 and 2 are not; global 0 is 1234, 1 can be changed."""
    return w.join(
        [
            (1, vector(b"\x60\0\0", b"\x60\0\1\x7f")),
            (w.FUNCTION, vector(b"\1", b"\1", b"\0")),
            (4, vector(b"\x70\0\5")),
            (w.GLOBAL, vector(b"\x7f\0\x41" + w.sleb(1234) + b"\x0b", b"\x7f\1\x41\0\x0b")),
            (w.EXPORT, vector(*exports)),
            (9, vector(b"\0\x41\4\x0b" + vector(b"\0"))),
            (w.CODE, vector(function(b"\x41\x0a"), function(b"\x41\x0b"), function(b""))),
        ]
    )


EXPORTS = [
    name("in_table") + b"\0\0", name("other") + b"\0\1", name("same_as_other") + b"\0\1",
    name(dynamic.PREEMPT) + b"\0\2", name("_start") + b"\0\2", name("data") + b"\3\0",
    name("__stack_pointer") + b"\3\1", name("__indirect_function_table") + b"\1\0",
]


@needs_node
def test_a_programs_symbols_are_places_in_its_table(tmp_path: Path) -> None:
    path = tmp_path / "program.wasm"
    path.write_bytes(dynamic.with_symbols(_with_imports(program(EXPORTS)), "program"))
    script = """
        import { readFileSync } from "node:fs";
        const module = new WebAssembly.Module(readFileSync(process.argv[1]));
        const [section] = WebAssembly.Module.customSections(module, "tabux.symbols");
        const { functions, data } = JSON.parse(new TextDecoder().decode(section));
        const { exports } = new WebAssembly.Instance(module);
        const call = (name) => exports.__indirect_function_table.get(functions[name])();
        console.log(JSON.stringify({
            exports: Object.keys(exports), slots: functions, data,
            in_table: call("in_table"), other: call("other"),
            preempt: exports.__indirect_function_table.get(3) === exports._start,
        }));
    """
    found = run(script, path)
    assert found == {
        "exports": ["_start", "__stack_pointer", "__indirect_function_table"],
        "slots": {"in_table": 4, "other": 5, "same_as_other": 5, dynamic.PREEMPT: 6},
        "data": {"data": 1234},
        "in_table": 10,
        "other": 11,
        "preempt": True,
    }


def _with_imports(module: bytes) -> bytes:
    """The module with an import section, as every program has one."""
    sections = list(w.sections(module))
    return w.join([sections[0], (w.IMPORT, vector()), *sections[1:]])


def test_a_program_that_is_not_linked_for_it_is_refused() -> None:
    with pytest.raises(BuildError, match="program: not linked with"):
        dynamic.with_symbols(_with_imports(program(EXPORTS[:-1])), "program")


# ---- libraries

TABLE = name("env") + name("__indirect_function_table") + b"\1\x70\0\0"
TICK = name("env") + name("tick") + b"\0\0"
DYLINK = (0, name("dylink.0") + b"\1\4\0\0\0\0")

#: run(n) calls tick n times
CALLS = b"\x03\x40\x10\0\x20\0\x41\x01\x6b\x22\0\x0d\0\x0b"
#: the same without a call
COUNTS = b"\x03\x40\x20\0\x41\x01\x6b\x22\0\x0d\0\x0b"
#: a loop in a loop, of which the inner one calls nothing; each round of the outer one calls
NESTED = b"\x03\x40\x10\0\x03\x40\x0b\x20\0\x41\x01\x6b\x22\0\x0d\0\x0b"
#: what other compilers write: br_table, select with a type, vectors, floating point, try
OTHERS = (
    b"\x02\x40\x41\0\x0e\2\0\0\0\x0b" + b"\x41\0\x41\0\x41\0\x1c\1\x7f\x1a"
    + b"\xfd\x0c" + bytes(16) + b"\x1a" + b"\x43\0\0\x0b\x0b\x1a" + b"\x44" + b"\x0b" * 8 + b"\x1a"
    + b"\x06\x40\x10\0\x19\x0b" + CALLS
)  # fmt: skip


def library(code: bytes, *imports: bytes) -> bytes:
    return w.join(
        [
            DYLINK,
            (1, vector(b"\x60\0\0", b"\x60\1\x7f\0")),
            (w.IMPORT, vector(TICK, *imports)),
            (w.FUNCTION, vector(b"\1")),
            (w.EXPORT, vector(name("run") + b"\0\1")),
            (w.CODE, vector(function(code))),
        ]
    )


@needs_node
@pytest.mark.parametrize("imports", [[], [TABLE]])
@pytest.mark.parametrize(
    ("code", "rounds", "looks"),
    [(CALLS, 1000, 0), (CALLS, 400_000, 2), (COUNTS, 400_000, 0), (NESTED, 200_000, 1), (OTHERS, 600_000, 3)],
)
def test_loops_in_libraries_look_at_the_world(
    tmp_path: Path, code: bytes, imports: list[bytes], rounds: int, looks: int
) -> None:
    path = tmp_path / "library.so"
    path.write_bytes(library(code, *imports))
    script = """
        import { readFileSync } from "node:fs";
        const { readLibrary } = await import(process.argv[1]);
        const { bytes } = readLibrary(readFileSync(process.argv[2]));
        let looks = 0;
        const wrap = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([
            0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0,
            2, 7, 1, 1, 101, 1, 102, 0, 0, 7, 5, 1, 1, 102, 0, 0,
        ])), { e: { f: () => { looks++; } } }).exports.f;
        const table = new WebAssembly.Table({ initial: 4, element: "anyfunc" });
        table.set(3, wrap);
        const env = { tick: () => {}, __indirect_function_table: table };
        new WebAssembly.Instance(new WebAssembly.Module(bytes), { env }).exports.run(Number(process.argv[3]));
        console.log(JSON.stringify(looks));
    """
    assert run(script, WEB / "gate/dynlink-library.js", path, rounds) == looks


# ---- object files


def object_file(*symbols: bytes) -> bytes:
    """Imports env.needed (function 0) and defines two functions."""
    table = w.sized(vector(*symbols))
    return w.join(
        [
            (1, vector(b"\x60\0\0")),
            (w.IMPORT, vector(name("env") + name("needed") + b"\0\0")),
            (w.FUNCTION, vector(b"\0", b"\0")),
            (w.CODE, vector(function(b""), function(b""))),
            (0, name("linking") + b"\2" + b"\x08" + table),
        ]
    )


PUBLIC = b"\0\0\1" + name("public")
HIDDEN = b"\0\4\2" + name("hidden")
NEEDED = b"\0\x10\0"
DATA = b"\1\0" + name("data") + b"\0\0\4"
LOCAL = b"\1\2" + name("local") + b"\0\0\4"
MISSING_DATA = b"\1\x10" + name("elsewhere")


def test_the_symbols_of_an_object_file() -> None:
    found = objects.symbols(object_file(PUBLIC, HIDDEN, NEEDED, DATA, LOCAL, MISSING_DATA))
    assert (found.public, found.hidden, found.needed) == (
        {"public", "data"}, {"hidden"}, {"needed", "elsewhere"},
    )  # fmt: skip


def test_what_needs_what_nobody_defines_cannot_be_linked() -> None:
    files = {
        "a": objects.Symbols(public={"a"}, needed={"b", "given"}),
        "b": objects.Symbols(hidden={"b"}),
        "c": objects.Symbols(public={"c"}, needed={"nowhere"}),
        "d": objects.Symbols(public={"d"}, needed={"c"}),
    }
    assert objects.linkable(files, {"given"}) == {"a", "b"}
