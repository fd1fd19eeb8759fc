"""Binaryen as a service: a few node processes that work on one module after the other (optimiser.mjs).

wasm-opt is itself a large wasm program, so that each start of it costs seconds before it is fast; a build has
hundreds of runs.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from . import paths, process
from .console import BuildError

BINARYEN = paths.NODE_MODULES / "binaryen"
SERVICE = Path(__file__).with_suffix(".mjs")
LOG = paths.CACHE / "logs" / "optimiser.log"
# Only what Chromium takes without a flag; tail calls would make Asyncify refuse. Programs that load
# libraries may ask for the type of a function (<tabux/call_fewer.h>), which is part of GC.
FEATURES = (
    "ExceptionHandling", "ReferenceTypes", "BulkMemory", "BulkMemoryOpt", "MutableGlobals", "SignExt",
    "SIMD128", "NontrappingFPToInt", "Multivalue", "ExtendedConst",
)
DYNAMIC_FEATURES = (*FEATURES, "GC")

Step = dict[str, Any]

_idle: list[subprocess.Popen[str]] = []
_lock = threading.Lock()


def version() -> str:
    """The version that npm installed.

    Raises:
        BuildError: there is none.
    """
    package = BINARYEN / "package.json"
    if not package.exists():
        raise BuildError("link passes: no binaryen in web/node_modules: run `python build.py setup`")
    return str(json.loads(package.read_text())["version"])


def optimise(level: int) -> Step:
    """Binaryen's usual optimisations, as ``-O<level>`` does them."""
    return {"optimise": level}


def passes(*names: str, level: int = 0, arguments: Mapping[str, str] | None = None) -> Step:
    """Single passes by name; some ask which level of optimisation they are part of."""
    return {"passes": names, "level": level, "arguments": dict(arguments or {})}


def run(
    what: str,
    source: Path,
    target: Path,
    steps: Sequence[Step] = (),
    *,
    names: bool = False,
    text: bool = False,
    features: Sequence[str] = FEATURES,
) -> None:
    """Work on a module.

    Args:
        what: the step of the build, for the error message.
        source: a module, or WebAssembly text if it is called ``.wat``.
        names: keep the names of functions.
        text: write WebAssembly text instead of a module.
        features: what the module may use, by Binaryen's names.

    Raises:
        BuildError: Binaryen refused, or there is no node.
    """
    job = {
        "input": str(source), "output": str(target), "steps": steps, "names": names, "text": text,
        "features": features,
    }
    with _lock:
        service = _idle.pop() if _idle else None
    service = service or _start(what)
    stdin, stdout = service.stdin, service.stdout
    assert stdin
    assert stdout
    try:
        stdin.write(json.dumps(job) + "\n")
        stdin.flush()
        answer = stdout.readline()
    except BrokenPipeError:
        answer = ""
    if not answer:
        raise BuildError(f"{what}: Binaryen ended with status {service.wait()}\n  log: {LOG}")
    with _lock:
        _idle.append(service)
    if error := cast(dict[str, str], json.loads(answer)).get("error"):
        raise BuildError(f"{what}: {error}\n  log: {LOG}")


def _start(what: str) -> subprocess.Popen[str]:
    LOG.parent.mkdir(parents=True, exist_ok=True)
    command = ["node", str(SERVICE), str(BINARYEN / "index.js")]
    try:
        with LOG.open("ab") as log:
            # ends by itself when our end of its standard input is closed
            return subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, encoding="utf-8"
            )
    except FileNotFoundError:
        raise BuildError(process.missing(what, "node")) from None
