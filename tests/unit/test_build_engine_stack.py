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

  ;; Calls itself in a loop: the pointer is moved once, before it.
  (func $loops (export "loops") (param $n i32) (result i32) (local $i i32)
    (call $look)
    (loop $again
      (if (local.get $n) (then (drop (call $loops (i32.sub (local.get $n) (i32.const 5))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 3))))
    (local.get $i))

  ;; Where a signal comes is no recursion, whatever its handler calls.
  (func $handled (export "handled") (param $n i32) (result i32)
    (call $look) (call $__tabux_preempt) (local.get $n))
  (func $__tabux_preempt (drop (call $handled (i32.const 1))))
)
"""

DRIVER = """
const module = new WebAssembly.Module(require("fs").readFileSync(process.argv[1]));
const seen = [], result = {};
const { exports: e } = new WebAssembly.Instance(module, { env: { see(sp) { seen.push(sp) } } });
for (const name of ["straight", "direct", "through", "loops"]) {
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


def charged(program: bytes, before: dict[str, Any], tmp_path: Path) -> dict[str, list[int]]:
    """Where the pointer was at each call; the functions must compute what they did, and put it back."""
    result, count = engine_stack.charge(program)
    assert count == 4  # not $straight, $look, $handled
    after = run(result, tmp_path)
    for name, (value, moved, _) in after.items():
        assert value == before[name][0], name
        assert moved == 0, name
    return {name: seen for name, (_, _, seen) in after.items()}


def test_the_pointer_is_moved_for_calls_that_may_come_back(program: bytes, tmp_path: Path) -> None:
    seen = charged(program, run(program, tmp_path), tmp_path)
    assert seen["straight"] == [0]
    first, one, *more = seen["direct"]
    assert first == 0
    assert one >= engine_stack.FRAME + 3 * engine_stack.SLOT
    assert one % engine_stack.ALIGNMENT == 0
    assert more == [one * depth for depth in range(2, 6)]
    assert len(set(seen["through"])) == 6  # two functions a level, both charged
    assert seen["through"][-1] >= 10 * engine_stack.FRAME
    outer, *inner = seen["loops"]
    assert outer >= engine_stack.FRAME, "throughout, since its calls are in a loop"
    assert inner == [2 * outer] * 3


def test_with_many_such_calls_it_is_moved_at_the_beginning(
    program: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_stack, "FEW", 0)
    seen = charged(program, run(program, tmp_path), tmp_path)
    assert seen["straight"] == [0]
    one, *more = seen["direct"]
    assert one >= engine_stack.FRAME + 3 * engine_stack.SLOT
    assert one % engine_stack.ALIGNMENT == 0
    assert more == [one * depth for depth in range(2, 7)]
    assert seen["through"][-1] >= 11 * engine_stack.FRAME


def test_calls_through_pointers_of_plain_functions_are_no_recursion(program: bytes, tmp_path: Path) -> None:
    result, count = engine_stack.charge(program, ["$through", "through"])
    assert count == 2
    assert run(result, tmp_path)["through"][2] == [0] * 6


def test_a_program_without_a_stack_pointer_is_refused(program: bytes) -> None:
    with pytest.raises(BuildError, match="does not export __stack_pointer"):
        engine_stack.charge(program.replace(b"__stack_pointer", b"__other_pointer"))
