"""What a start loads, as the build lists it."""

from __future__ import annotations

import ast
import gzip
import json
from pathlib import Path

import pytest

from wasm.builder import bootfiles, cache, compress, environment, paths, snapshot
from wasm.builder.assembly import Tree
from wasm.builder.console import BuildError


@pytest.fixture(autouse=True)
def private_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of the test's own."""
    monkeypatch.setattr(paths, "CACHE", tmp_path / "cache")


@pytest.fixture
def tree() -> Tree:
    """A small dist/."""
    tree = Tree()
    for name in snapshot.INGREDIENTS:
        tree.add(name, name.encode())
    tree.add("userland/bash-1.wasm.gz", b"packed bash")
    bash = {"path": "/usr/bin/bash", "url": "userland/bash-1.wasm.gz", "size": 42, "sha256": "abc"}
    tree.add("userland.json", json.dumps({"files": [{"path": "/etc", "dir": True}, bash]}).encode())
    return tree


def listed(tree: Tree) -> dict:
    """The content of boot.json."""
    bootfiles.add(tree)
    return json.loads(tree.files["kernel/boot.json"])


def test_everything_listed_is_there_with_its_size(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "make", lambda ingredients: snapshot.Snapshot(b"memory", 65536))
    content = listed(tree)
    assets = [
        *content["pyodide"].values(), content["snapshot"], *content["source"].values(), content["manifest"],
        *content["programs"],
    ]  # fmt: skip
    assert len(assets) == 7
    for asset in assets:
        assert len(tree.files[asset["url"]]) == asset["size"]
    assert gzip.decompress(tree.files[content["snapshot"]["url"]]) == b"memory"
    assert content["snapshot"]["memory"] == 65536
    assert (content["programs"][0]["length"], content["programs"][0]["sha256"]) == (42, "abc")


def test_names_change_with_content(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "make", lambda ingredients: None)
    before = listed(tree)["pyodide"]
    tree.add("pyodide/pyodide.asm.wasm", b"another")
    after = listed(tree)["pyodide"]
    assert before["module"]["url"] != after["module"]["url"]
    assert before["script"] == after["script"]


def test_without_chromium_there_is_no_snapshot(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none() -> str:
        raise BuildError("no Chromium")

    monkeypatch.setattr(environment, "chromium", none)
    assert listed(tree)["snapshot"] is None
    assert "no Chromium" in capsys.readouterr().out


def test_a_browser_that_cannot_do_it_does_not_end_the_build(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    browser = tmp_path / "chromium"
    browser.write_text("#!/bin/sh\necho does not start >&2\nexit 1\n")
    browser.chmod(0o755)
    monkeypatch.setattr(environment, "chromium", lambda: str(browser))
    assert listed(tree)["snapshot"] is None
    assert "does not start" in capsys.readouterr().out


def test_a_snapshot_is_taken_once_for_each_browser_and_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []

    def run(argv: list[object], *, what: str, log: Path) -> None:
        if argv[1:] == ["--version"]:
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text(str(argv[0]))
            return
        site, data, notes = (Path(str(argument)) for argument in argv[3:])
        taken.append(sorted(p.relative_to(site).as_posix() for p in site.rglob("*") if p.is_file()))
        data.write_bytes(b"x")
        notes.write_text('{"memory": 1}')

    monkeypatch.setattr(snapshot.process, "run", run)
    browsers = iter(["one", "one", "two", "two"])
    monkeypatch.setattr(environment, "chromium", lambda: next(browsers))
    for kernel in (b"a", b"a", b"a", b"b"):
        assert snapshot.make({"tabux-kernel.zip": kernel}) == snapshot.Snapshot(b"x", 1)
    assert taken == [["snapshot_page.js", "snapshot_prepare.py", "tabux-kernel.zip"]] * 3


def test_gzip_files_depend_on_content_only() -> None:
    packed = compress.gzipped(b"abc" * 1000)
    assert gzip.decompress(packed) == b"abc" * 1000
    assert packed[4:8] == bytes(4), "a time"
    assert compress.gzipped(b"abc" * 1000) == packed
    assert cache.entry("gzip", "data", "").parent.is_dir()


def test_functions_of_the_kernel_import_nothing_new() -> None:
    """After the snapshot there is no library to import from; modules of the package are all in it."""
    found = []
    for path in sorted(paths.KERNEL.rglob("*.py")):
        tree = ast.parse(path.read_text())
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for node in ast.walk(function):
                names = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom):
                    names = [node.module or ""]
                found += [f"{path.name}: {name}" for name in names if name.split(".")[0] != "tabux"]
    assert found == []
