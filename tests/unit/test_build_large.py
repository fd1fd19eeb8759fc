"""Large packages are left out until they are built; tools of the machine that builds are never shipped."""

from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from wasm.builder import (
    background,
    cache,
    libc,
    link_passes,
    package,
    paths,
    recipe,
    sources,
    userland,
)

RECIPE = """
name = "{name}"
version = "1"
licence = "MIT"
licence-files = ["LICENSE"]
{more}
[source]
file = "{name}.tar"
sha256 = "0"
"""
PROGRAM = """
[[program]]
name = "{name}"
output = "{name}"
path = "/usr/bin/{name}"
"""


def load(place: Path, name: str, more: str = "", program: bool = True) -> recipe.Recipe:
    path = place / f"{name}.toml"
    path.write_text(RECIPE.format(name=name, more=more) + (PROGRAM.format(name=name) if program else ""))
    return recipe.load(path)


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was compiled, of a small program, a large one, and a tool that the large one uses."""
    compiled: list[str] = []
    recipes = [
        load(tmp_path, "huge", 'large = "an hour"\nuses = ["tool"]'),
        load(tmp_path, "small"),
        load(tmp_path, "tool", 'large = "a minute"\nnative = true', program=False),
    ]

    def build(r: recipe.Recipe, sysroot: Path, k: str, used: list[Path], jobs: int) -> Path:
        compiled.append(r.name)
        place = cache.entry("package", r.name, k)
        place.mkdir(parents=True, exist_ok=True)
        return place

    monkeypatch.setattr(paths, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(userland, "load_all", lambda: recipes)
    monkeypatch.setattr(sources, "fetch", lambda wanted: compiled.extend(f"fetch {s.file}" for s in wanted))
    monkeypatch.setattr(libc, "source", lambda: recipe.Source("libc.tar", "0"))
    monkeypatch.setattr(libc, "sysroot", lambda jobs: (tmp_path, "key"))
    monkeypatch.setattr(package, "key", lambda r, *rest: r.name * 20)
    monkeypatch.setattr(package, "build", build)
    monkeypatch.setattr(link_passes, "finish", lambda program, linked: linked)
    monkeypatch.setattr(link_passes, "is_finished", lambda program, linked: True)
    return compiled


def test_a_large_package_is_left_out_with_its_tools(
    built: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    result = userland.build()
    assert [b.recipe.name for b in result] == ["small"]
    assert built == ["fetch libc.tar", "fetch small.tar", "small"]
    assert [r.name for r in userland.missing(result)] == ["huge"]
    said = "huge: left out: `python build.py python` builds it, in about an hour on two cores"
    assert said in capsys.readouterr().out


def test_it_is_built_where_everything_is_wanted_and_then_it_stays(built: list[str]) -> None:
    result = userland.build(whole=True)
    assert [b.recipe.name for b in result] == ["huge", "small"]
    assert built.index("tool") < built.index("huge")
    assert not userland.missing(result)
    assert [b.recipe.name for b in userland.build()] == ["huge", "small"]


def test_a_tool_is_what_the_build_of_its_name_gives(built: list[str]) -> None:
    assert [b.recipe.name for b in userland.build(["tool"])] == ["tool"]


def test_a_tool_is_compiled_natively(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "CACHE", tmp_path / "cache")
    tree = tmp_path / "tool-1"
    tree.mkdir()
    (tree / "LICENSE").write_text("free")
    (tree / "tool.c").write_text('#include <stdio.h>\nint main(void) { puts("native"); return 0; }\n')
    (tree / "Makefile").write_text("tool: tool.c\n\t$(CC) $(CFLAGS) -o $@ $<\n")
    (tree / "configure").write_text("#!/bin/sh\necho \"$@\" > arguments\n")
    (tree / "configure").chmod(0o755)
    with tarfile.open(tmp_path / "tool.tar", "w") as archive:
        archive.add(tree, "tool-1")
    more = 'native = true\ncflags = "-O1"\nexports = { tool = "tool", arguments = "arguments" }'
    r = load(tmp_path, "tool", more + '\n[configure]\nargs = ["--quiet"]', program=False)
    monkeypatch.setattr(sources, "cached", lambda source: tmp_path / "tool.tar")
    place = package.build(r, tmp_path / "no-sysroot", package.key(r, "", []), [], 1)
    assert (place / "exports/arguments").read_text() == "--quiet\n"
    out = subprocess.run([place / "exports/tool"], capture_output=True, text=True, check=True).stdout
    assert out == "native\n"
    assert package.key(r, "one libc", []) == package.key(r, "another", [])


@pytest.mark.parametrize(("status", "said"), [(0, "is there: reload the page"), (1, "FAILED to build")])
def test_what_is_built_meanwhile_is_told(
    status: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    (tmp_path / "build.py").write_text(
        f"import os, sys; open('said', 'w').write(f'{{os.nice(0)}} {{sys.argv[1:]}}'); sys.exit({status})"
    )
    background.build([load(tmp_path, "huge", 'large = "an hour"')]).join()
    assert (tmp_path / "said").read_text() == f"{min(19, os.nice(0) + 19)} ['python']"
    assert said in capsys.readouterr().out

