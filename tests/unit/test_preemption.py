"""The fuel check in loops: which loops get it, and that the module still runs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from wasm.builder import preemption
from wasm.builder.console import BuildError


def leb(value: int) -> bytes:
    return bytes([value]) if value < 0x80 else bytes([value & 0x7F | 0x80]) + leb(value >> 7)


def section(number: int, *items: bytes) -> bytes:
    body = leb(len(items)) + b"".join(items)
    return bytes([number]) + leb(len(body)) + body


def function(code: bytes) -> bytes:
    body = b"\x00" + code + b"\x0b"
    return leb(len(body)) + body


def name(text: str) -> bytes:
    return leb(len(text)) + text.encode()


#: counts a global down from 10, calling function 1 in each round when `call`
def countdown(call: bool) -> bytes:
    return (
        b"\x41\x0a\x24\x00\x03\x40"
        + (b"\x10\x01" if call else b"")
        + b"\x23\x00\x41\x01\x6b\x24\x00\x23\x00\x0d\x00\x0b"
    )


def module(body: bytes, export: str = preemption.PREEMPT) -> bytes:
    """Imports env.tick (function 0); function 1 is empty, 2 is what is exported as the check, 3 is `run`."""
    return b"\0asm\1\0\0\0" + b"".join(
        [
            section(1, b"\x60\x00\x00"),
            section(2, name("env") + name("tick") + b"\x00\x00"),
            section(3, b"\x00", b"\x00", b"\x00"),
            section(6, b"\x7f\x01\x41\x00\x0b"),
            section(7, name(export) + b"\x00\x02", name("run") + b"\x00\x03"),
            section(10, function(b""), function(b"\x10\x00"), function(body)),
        ]
    )


def ticks(wasm: bytes, tmp_path: Path) -> int:
    """How often `run` calls env.tick, by Node."""
    node = shutil.which("node")
    assert node is not None, "Node is needed to build tabux"
    path = tmp_path / "module.wasm"
    path.write_bytes(wasm)
    script = (
        "let n = 0; const m = new WebAssembly.Module(require('fs').readFileSync(process.argv[1]));"
        "new WebAssembly.Instance(m, {env: {tick() { n++ }}}).exports.run(); console.log(n)"
    )
    return int(subprocess.run([node, "-e", script, path], check=True, capture_output=True, text=True).stdout)


def test_a_loop_with_a_call_is_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(preemption, "FUEL", 3)
    assert ticks(module(countdown(call=True)), tmp_path) == 0
    assert ticks(preemption.add_fuel(module(countdown(call=True))), tmp_path) == 10 // 3


def test_a_loop_without_a_call_is_left_alone() -> None:
    before = module(countdown(call=False))
    after = preemption.add_fuel(before)
    # the fuel global is there, the code is the same
    assert after[after.index(countdown(call=False)) :] == before[before.index(countdown(call=False)) :]


def test_a_call_in_an_inner_block_counts_for_all_loops_around_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(preemption, "FUEL", 1)
    nested = b"\x03\x40\x03\x40\x02\x40\x10\x01\x0b\x0b\x0b"
    assert ticks(preemption.add_fuel(module(nested)), tmp_path) == 2


def named(wasm: bytes, *function_names: str) -> bytes:
    """With a name section, which names the functions from 0 on."""
    entries = b"".join(leb(i) + name(text) for i, text in enumerate(function_names))
    listed = leb(len(function_names)) + entries
    body = name("name") + b"\x01" + leb(len(listed)) + listed
    return wasm + b"\x00" + leb(len(body)) + body


def test_a_function_may_be_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(preemption, "FUEL", 3)
    wasm = named(module(countdown(call=True)), "tick", "empty", "check", "run")
    assert ticks(preemption.add_fuel(wasm, ["empty"]), tmp_path) == 10 // 3
    assert ticks(preemption.add_fuel(wasm, ["run"]), tmp_path) == 0
    with pytest.raises(BuildError, match="is called nobody"):
        preemption.add_fuel(wasm, ["run", "nobody"])


def test_a_program_without_our_libc_is_unchanged() -> None:
    foreign = module(countdown(call=True), export="something")
    assert preemption.add_fuel(foreign) == foreign


def test_an_unknown_instruction_is_an_error() -> None:
    with pytest.raises(BuildError, match="unknown instruction 0xfe"):
        preemption.add_fuel(module(b"\x03\x40\xfe\x00\x0b"))
