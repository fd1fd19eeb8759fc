"""The conformance cases: for each package a file in cases/, and what Debian's tools printed in expected/.

A file `cases/<package>.toml` has sections

    [[case]]
    command = "bzip2"                        # what it is about; a path where it is not in PATH
    version = "bzip2 --help 2>&1 | head -1"  # where --version does not tell it; "": nothing does
    script = '''…'''                         # what is compared: standard output and exit status

A script runs in an empty working directory, which is HOME too. It must not depend on pids, on the clock, on
the user's name or on the path of that directory.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ENVIRONMENT = {"LANG": "C.UTF-8", "TZ": "UTC", "TERM": "xterm-256color"}
TIMEOUT_S = 15


@dataclass(frozen=True)
class Case:
    """One script of a package's file; `number` counts them from 1."""

    package: str
    number: int
    command: str
    version: str | None
    script: str

    @property
    def key(self) -> str:
        """What the recorded result is found by: it goes with exactly this script."""
        return hashlib.sha256(self.script.encode()).hexdigest()[:16]


def packages() -> list[str]:
    """The packages that have cases."""
    return sorted(path.stem for path in (HERE / "cases").glob("*.toml"))


def load(package: str) -> list[Case]:
    """The cases of a package."""
    table = tomllib.loads((HERE / "cases" / f"{package}.toml").read_text())
    return [
        Case(package, number, c["command"], c.get("version"), c["script"])
        for number, c in enumerate(table["case"], 1)
    ]


def expected_file(package: str) -> Path:
    """Where the recorded results of a package are: {key: {"command", "stdout", "status"}}."""
    return HERE / "expected" / f"{package}.json"


def expected(package: str) -> dict[str, dict[str, Any]]:
    """The recorded results of a package."""
    path = expected_file(package)
    results: dict[str, dict[str, Any]] = json.loads(path.read_text()) if path.exists() else {}
    return results
