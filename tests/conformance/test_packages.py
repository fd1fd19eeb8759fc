"""Every command: the version is the recipe's, and scripts print what they print on Debian."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import pytest

from tests.browser.pages import SandboxPage
from tests.conformance.cases import ENVIRONMENT, TIMEOUT_S, Case, expected, load, packages
from wasm.builder import manifest, paths, recipe

CASES = [case for package in packages() for case in load(package)]
RECIPES = {r.name: r for r in recipe.load_all()}
PROGRAMS = [(r, program) for r in RECIPES.values() for program in r.programs]


def name(case: Case) -> str:
    return f"{case.package}-{case.number}-{case.command}"


def skip_unless_built(package: str) -> None:
    """Skips what was left out: something it needs was missing, or it is large and nobody waited for it."""
    r = RECIPES[package]
    if (r.needs or r.large) and f'"{package}"' not in (paths.DIST / "licenses/index.json").read_text():
        pytest.skip(f"{package} was left out of this build")


def version_script(program: recipe.Program) -> str | None:
    """What makes a program tell its version; None where it cannot."""
    names = (program.path, Path(program.path).name)
    scripts = [case.version for case in CASES if case.command in names and case.version is not None]
    return (scripts[0] or None) if scripts else f"{program.path} --version"


@pytest.mark.parametrize(("r", "program"), PROGRAMS, ids=[program.path for _, program in PROGRAMS])
def test_version(sandbox: SandboxPage, r: recipe.Recipe, program: recipe.Program) -> None:
    skip_unless_built(r.name)
    script = version_script(program)
    if script is None:
        pytest.skip("has no way to tell its version")
    result = sandbox.run(script, envs=ENVIRONMENT, timeoutMs=TIMEOUT_S * 1000)
    found = result["stdout"] + result["stderr"]
    assert re.search(rf"(?<![\d.]){re.escape(r.version)}(?!\d)", found), f"{r.version} is not in: {found}"


@pytest.mark.parametrize("case", CASES, ids=name)
def test_script(sandbox: SandboxPage, case: Case) -> None:
    skip_unless_built(case.package)
    recorded = expected(case.package).get(case.key)
    assert recorded, f"nothing is recorded for this script: python -m tests.conformance.record {case.package}"
    place = f"/home/user/{name(case)}"
    sandbox.evaluate("await sandbox.files.makeDir(arg)", place)
    environment = {**ENVIRONMENT, "HOME": place}
    result = sandbox.run(case.script, cwd=place, envs=environment, timeoutMs=TIMEOUT_S * 1000)
    sandbox.run(f"chmod -R u+rwx {place}; rm -rf {place}")
    found = f"{result['stdout']}[status {result['exitCode']}]"
    wanted = f"{recorded['stdout']}[status {recorded['status']}]"
    lines = difflib.unified_diff(wanted.splitlines(), found.splitlines(), "Debian", "tabux", lineterm="")
    if found != wanted:
        pytest.fail("\n".join([*lines, "standard error:", result["stderr"]]), pytrace=False)


@pytest.mark.parametrize("r", [r for r in RECIPES.values() if r.programs], ids=lambda r: r.name)
def test_every_command_is_compared(r: recipe.Recipe) -> None:
    scripts = "\n".join(case.script for case in CASES if case.package == r.name)
    for program in r.programs:
        for path in (program.path, *(manifest.sibling(program.path, other) for other in program.links)):
            command = re.escape(Path(path).name)
            assert re.search(rf"(?<![\w.-]){command}(?![\w.=-])", scripts), f"no case runs {path}"
