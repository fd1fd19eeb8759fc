"""Modules of PyPI's wheels for Emscripten: everything that they import is there, in python3 or in libc++.

Nothing is run here. The wheels are fetched by pip as PyPI has them today; without a network the tests are
skipped.
"""

from __future__ import annotations

import functools
import gzip
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from wasm.builder import wasmfile as w

DIST = Path(__file__).parents[2] / "dist"
WHEELS = ("pydantic_core", "msgpack", "jiter", "contourpy")
PLATFORM = ("--platform", "pyemscripten_2026_0_wasm32", "--python-version", "3.14", "--implementation", "cp")
ABI = ("--abi", "cp314", "--only-binary=:all:")
#: what the gate gives every library by itself (web/gate/dynlink-library.js)
GIVEN = {
    "memory", "__indirect_function_table", "__stack_pointer", "__memory_base", "__table_base",
    "__cpp_exception", "__c_longjmp",
}  # fmt: skip


def shipped(path: str) -> bytes:
    """A file of the guest as the site has it."""
    files = json.loads((DIST / "userland.json").read_text())["files"]
    found = next((f for f in files if f["path"] == path), None)
    if found is None:
        pytest.skip(f"the site has no {path}")
    return gzip.decompress((DIST / found["url"]).read_bytes())


def custom_section(module: bytes, name: str) -> bytes:
    for number, body in w.sections(module):
        if number == w.CUSTOM:
            found, at = w.string(body, 0)
            if found == name:
                return body[at:]
    return b""


def imports(module: bytes) -> dict[str, str]:
    """Symbols by name, with the module that each is imported from."""
    body = next(body for number, body in w.sections(module) if number == w.IMPORT)
    found = {}
    count, at = w.leb(body, 0)
    for _ in range(count):
        origin, at = w.string(body, at)
        name, at = w.string(body, at)
        found[name] = origin
        kind = body[at]
        at += 1
        if kind == 0:
            at = w.skip_leb(body, at)
        elif kind in (1, 2):
            at += kind == 1
            limits = body[at]
            at = w.skip_leb(body, at + 1)
            if limits & 1:
                at = w.skip_leb(body, at)
        else:
            at = at + 2 if kind == 3 else w.skip_leb(body, at + 1)
    return found


def exports(module: bytes) -> set[str]:
    body = next(body for number, body in w.sections(module) if number == w.EXPORT)
    found = set()
    count, at = w.leb(body, 0)
    for _ in range(count):
        name, at = w.string(body, at)
        at = w.skip_leb(body, at + 1)
        found.add(name)
    return found


@functools.cache
def provided() -> set[str]:
    symbols = json.loads(custom_section(shipped("/usr/bin/python3.14"), "tabux.symbols"))
    runtime = exports(shipped("/usr/lib/libc++.so.1"))
    return GIVEN | symbols["functions"].keys() | symbols["data"].keys() | runtime


@pytest.mark.parametrize("name", WHEELS)
def test_a_wheel_imports_what_there_is(name: str, tmp_path: Path) -> None:
    provided()
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *PLATFORM]
    fetched = subprocess.run(
        [*command, *ABI, "--dest", tmp_path, name], capture_output=True, text=True, check=False
    )
    if fetched.returncode:
        pytest.skip(f"pip has no such wheel: {fetched.stderr.strip().splitlines()[-1]}")
    modules = 0
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        for member in wheel.namelist():
            if member.endswith(".so"):
                modules += 1
                module = wheel.read(member)
                missing = imports(module).keys() - provided() - exports(module)
                assert not missing, (member, sorted(missing))
    assert modules


def test_libcxx_needs_nothing_that_python_lacks() -> None:
    module = shipped("/usr/lib/libc++.so.1")
    assert not imports(module).keys() - provided()
