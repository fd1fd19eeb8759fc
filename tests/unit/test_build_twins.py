"""Twin functions: a program that forks in loops, by direct and indirect calls, computes the same."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from wasm.builder import link_passes, names, optimiser, twins
from wasm.builder.console import BuildError

PROGRAM = """
(module
  (import "tabux" "fork" (func $fork (result i32)))
  (memory (export "memory") 2)
  (table 2 funcref)
  (elem (i32.const 0) $twice $step)
  (type $unary (func (param i32) (result i32)))
  (global $calls (mut i32) (i32.const 0))

  ;; Asks fork and uses a parameter and a local after it.
  (func $step (param $x i32) (result i32) (local $before i32)
    (local.set $before (i32.mul (local.get $x) (i32.const 3)))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.add (i32.add (call $fork) (local.get $before)) (local.get $x)))

  (func $twice (param $x i32) (result i32)
    (i32.add (call $step (local.get $x)) (call $step (i32.add (local.get $x) (i32.const 1)))))

  ;; A loop whose state must survive, with a call that does not fork in between.
  (func $loop (param $n i32) (result i32) (local $i i32) (local $sum i32) (local $wide i64)
    (local.set $wide (i64.const 7))
    (loop $again
      (local.set $sum (i32.add (local.get $sum)
        (call_indirect (type $unary) (local.get $i) (i32.and (local.get $i) (i32.const 1)))))
      (local.set $wide (i64.mul (local.get $wide) (i64.const 3)))
      (if (i32.eq (local.get $i) (i32.const 2))
        (then (local.set $sum (i32.add (local.get $sum) (call $pure (local.get $i))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
    (i32.add (local.get $sum) (i32.wrap_i64 (local.get $wide))))

  (func $pure (param $x i32) (result i32) (i32.add (local.get $x) (i32.const 1000)))

  (func $start (export "_start")
    (i32.store (i32.const 65536) (call $loop (i32.const 6)))
    (i32.store (i32.const 65540) (global.get $calls)))
)
"""

# Runs _start; each fork unwinds to here, and the n-th returns 10 n. Prints the result and the steps.
DRIVER = """
const fs = require("fs");
const module = new WebAssembly.Module(fs.readFileSync(process.argv[1]));
const rewinds = process.argv[2] === "rewind";
let forks = 0, forking = false;
const { exports: e } = new WebAssembly.Instance(module, { tabux: { fork() {
  if (!rewinds) return 10 * ++forks;
  if (e.asyncify_get_state() === 2) { e.asyncify_stop_rewind(); return 10 * ++forks; }
  const memory = new DataView(e.memory.buffer);
  memory.setUint32(1024, 1032, true);
  memory.setUint32(1028, 60000, true);
  forking = true;
  e.asyncify_start_unwind(1024);
  return 0;
} } });
for (;;) {
  e._start();
  if (!forking) break;
  forking = false;
  e.asyncify_stop_unwind();
  e.asyncify_start_rewind(1024);
}
const memory = new DataView(e.memory.buffer);
console.log(memory.getInt32(65536, true), memory.getInt32(65540, true));
"""


def binaryen(source: Path, target: Path, *steps: optimiser.Step) -> bytes:
    if not optimiser.BINARYEN.exists():
        pytest.skip("Binaryen is not installed: run `python build.py setup`")
    optimiser.run("test", source, target, steps, names=True)
    return target.read_bytes()


def run(module: bytes, place: Path, mode: str) -> str:
    node = shutil.which("node")
    assert node is not None, "Node is needed to build tabux"
    (place / "run.wasm").write_bytes(module)
    done = subprocess.run(
        [node, "-e", DRIVER, str(place / "run.wasm"), mode], check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    place = tmp_path_factory.mktemp("plain")
    (place / "program.wat").write_text(PROGRAM)
    return binaryen(place / "program.wat", place / "plain.wasm")


@pytest.fixture(scope="module")
def asyncified(plain: bytes, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    place = tmp_path_factory.mktemp("asyncified")
    (place / "plain.wasm").write_bytes(plain)
    settings = {"asyncify-imports": link_passes.FORK_IMPORT}
    asyncify = optimiser.passes("asyncify", level=2, arguments=settings)
    return binaryen(place / "plain.wasm", place / "asyncified.wasm", asyncify)


@pytest.mark.parametrize(("cold", "twinned"), [((), 4), (("ste*",), 3), (("loop", "twice"), 2)])
def test_the_program_computes_the_same(
    plain: bytes, asyncified: bytes, tmp_path: Path, cold: tuple[str, ...], twinned: int
) -> None:
    expected = run(plain, tmp_path, "plain")
    assert run(asyncified, tmp_path, "rewind") == expected
    module, count = twins.add_twins(asyncified, cold)
    assert count == twinned
    assert run(module, tmp_path, "rewind") == expected
    (tmp_path / "twins.wasm").write_bytes(module)
    final = binaryen(tmp_path / "twins.wasm", tmp_path / "final.wasm", optimiser.optimise(4))
    assert run(final, tmp_path, "rewind") == expected


def test_twins_have_names(asyncified: bytes) -> None:
    found = names.function_indices(twins.add_twins(asyncified)[0])
    assert {"step", "step$run", "step$rewind", "loop$run", "pure"} <= set(found)
    assert "pure$run" not in found


def test_without_asyncify_there_is_nothing_to_twin(plain: bytes) -> None:
    with pytest.raises(BuildError, match="no Asyncify"):
        twins.add_twins(plain)
