"""Functions of a recursion move the stack pointer, put it back, and compute what they did."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from wasm.builder import engine_stack, optimiser
from wasm.builder.console import BuildError

PROGRAM = """
(module
  (import "env" "see" (func $see (param i32)))
  (type $unary (func (param i32) (result i32)))
  (global $sp (mut i32) (i32.const 65536))
  (export "__stack_pointer" (global $sp))
  (table 2 funcref)
  (elem (i32.const 0) $through $below)
  (func $look (call $see (global.get $sp)))

  ;; In no cycle.
  (func $straight (export "straight") (param $n i32) (result i32)
    (call $look) (i32.add (local.get $n) (i32.const 1)))

  ;; Leaves by return, by a branch to its end and at its end.
  (func $direct (export "direct") (param $n i32) (result i32) (local $a i64) (local $b i32)
    (call $look)
    (if (i32.eqz (local.get $n)) (then (return (i32.const 100))))
    (local.set $b (call $direct (i32.sub (local.get $n) (i32.const 1))))
    (drop (br_if 0 (i32.add (local.get $b) (i32.const 10)) (i32.and (local.get $n) (i32.const 1))))
    (i32.add (local.get $b) (i32.const 1)))

  ;; Calls another through a pointer, which calls it.
  (func $through (export "through") (param $n i32) (result i32)
    (call $look)
    (if (result i32) (local.get $n)
      (then (call_indirect (type $unary) (i32.sub (local.get $n) (i32.const 1)) (i32.const 1)))
      (else (i32.const 7))))
  (func $below (param $n i32) (result i32) (call $through (local.get $n)))
)
"""

DRIVER = """
const module = new WebAssembly.Module(require("fs").readFileSync(process.argv[1]));
const seen = [], result = {};
const { exports: e } = new WebAssembly.Instance(module, { env: { see(sp) { seen.push(sp) } } });
for (const name of ["straight", "direct", "through"]) {
  seen.length = 0;
  result[name] = [e[name](5), 65536 - e.__stack_pointer.value, seen.map((sp) => 65536 - sp)];
}
console.log(JSON.stringify(result));
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    place = tmp_path_factory.mktemp("stack")
    (place / "program.wat").write_text(PROGRAM)
    optimiser.run("test", place / "program.wat", place / "program.wasm", names=True)
    return (place / "program.wasm").read_bytes()


def run(module: bytes, tmp_path: Path) -> dict[str, Any]:
    node = shutil.which("node")
    assert node is not None, "Node is needed to build tabux"
    (tmp_path / "m.wasm").write_bytes(module)
    command = [node, "-e", DRIVER, str(tmp_path / "m.wasm")]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result: dict[str, Any] = json.loads(out)
    return result


def test_a_recursion_moves_the_pointer_and_puts_it_back(program: bytes, tmp_path: Path) -> None:
    before = run(program, tmp_path)
    charged, count = engine_stack.charge(program)
    after = run(charged, tmp_path)
    assert count == 3  # not $straight, $look
    for name, (value, moved, _) in after.items():
        assert value == before[name][0], name
        assert moved == 0, name
    assert after["straight"][2] == [0]
    one, *more = after["direct"][2]
    assert one >= engine_stack.FRAME + 3 * engine_stack.SLOT
    assert one % engine_stack.ALIGNMENT == 0
    assert more == [one * depth for depth in range(2, 7)]
    assert len(set(after["through"][2])) == 6  # two functions a level, both charged
    assert after["through"][2][-1] >= 11 * engine_stack.FRAME


def test_calls_through_pointers_of_plain_functions_are_no_recursion(program: bytes, tmp_path: Path) -> None:
    charged, count = engine_stack.charge(program, ["$through", "through"])
    assert count == 1
    assert run(charged, tmp_path)["through"][2] == [0] * 6


def test_a_program_without_a_stack_pointer_is_refused(program: bytes) -> None:
    with pytest.raises(BuildError, match="does not export __stack_pointer"):
        engine_stack.charge(program.replace(b"__stack_pointer", b"__other_pointer"))
