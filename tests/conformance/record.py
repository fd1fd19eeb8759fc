"""Records what Debian's own tools print for the conformance cases: run on Debian 12 with the tools installed.

    .venv/bin/python -m tests.conformance.record [PACKAGE…]

What is recorded for a script that has not changed is kept; --again records everything anew.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from typing import Any

from tests.conformance.cases import ENVIRONMENT, TIMEOUT_S, Case, expected, expected_file, load, packages


def main() -> int:
    """Record; the exit status is 1 when a tool is missing here."""
    as_it_is = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_it_is)
    parser.add_argument("package", nargs="*")
    parser.add_argument("--again", action="store_true", help="record everything anew")
    options = parser.parse_args()
    missing = False
    for package in options.package or packages():
        known = {} if options.again else expected(package)
        results: dict[str, dict[str, Any]] = {}
        for case in load(package):
            if case.key in known:
                results[case.key] = known[case.key]
            elif shutil.which(case.command):
                results[case.key] = {"command": case.command, **run(case)}
            else:
                print(f"{package}: the command `{case.command}` is not installed here", file=sys.stderr)
                missing = True
        text = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
        expected_file(package).write_text(text, encoding="utf-8")
        print(f"{package}: {len(results)} results")
    return int(missing)


def run(case: Case) -> dict[str, Any]:
    """Standard output and status of a script by the shell and the tools of this machine, as a plain user."""
    with tempfile.TemporaryDirectory() as place:
        user: dict[str, Any] = {}
        if os.geteuid() == 0:
            os.chown(place, 1000, 1000)
            user = {"user": 1000, "group": 1000, "extra_groups": []}
        done = subprocess.run(
            ["bash", "-c", case.script], cwd=place, stdin=subprocess.DEVNULL, capture_output=True,
            env={**ENVIRONMENT, "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": place}, timeout=TIMEOUT_S,
            check=False, **user,
        )
    print(done.stderr.decode(errors="replace"), end="", file=sys.stderr)
    return {"stdout": done.stdout.decode("utf-8", "backslashreplace"), "status": done.returncode}


if __name__ == "__main__":
    sys.exit(main())
