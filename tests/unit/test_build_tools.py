"""The compiler driver's argument handling, the cache and the assembly of a tree."""

from pathlib import Path

import pytest

from wasm.builder import assembly, cache, cc, environment, paths
from wasm.builder.console import BuildError


def test_driver_splits_compiler_and_linker_arguments() -> None:
    args = ["-O2", "-I", "inc", "-DX=1", "a.c", "b.o", "-Llib", "-lfoo"]
    args += ["-Wl,--as-needed", "-Wl,-z,now", "-o", "out"]
    output, flags, sources, inputs = cc.split_arguments(args)
    assert output == "out"
    assert flags == ["-O2", "-I", "inc", "-DX=1"]
    assert sources == ["a.c"]
    assert inputs == ["b.o", "-Llib", "-lfoo", "-z", "now"]


def test_digest_does_not_confuse_neighbours() -> None:
    assert cache.digest("ab", "c") != cache.digest("a", "bc")
    assert cache.digest(b"x") != cache.digest("x")


def test_a_result_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "CACHE", tmp_path)

    def make(out: Path) -> None:
        (out / "file").write_text("made")

    place, made = cache.obtain("kind", "name", "0" * 64, make)
    assert made
    assert (place / "file").read_text() == "made"
    assert cache.obtain("kind", "name", "0" * 64, make) == (place, False)


def test_a_failed_result_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "CACHE", tmp_path)

    def make(out: Path) -> None:
        (out / "file").write_text("half")
        raise ValueError("stopped")

    with pytest.raises(ValueError, match="stopped"):
        cache.obtain("kind", "name", "0" * 64, make)
    assert not cache.entry("kind", "name", "0" * 64).exists()
    assert not list((tmp_path / "work").iterdir())


def test_sync_writes_changes_and_removes_the_rest(tmp_path: Path) -> None:
    tree = assembly.Tree()
    tree.add("a/b.txt", b"1")
    tree.add("c.txt", b"2")
    assert tree.sync(tmp_path) == 2
    (tmp_path / "old" / "deep").mkdir(parents=True)
    (tmp_path / "old" / "deep" / "x").write_text("")
    (tmp_path / "c.txt").write_text("changed")
    assert tree.sync(tmp_path) == 1
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()) == [
        "a/b.txt", "c.txt",
    ]
    assert not (tmp_path / "old").exists()


def test_the_kernel_zip_depends_on_content_only() -> None:
    assert assembly.kernel_zip() == assembly.kernel_zip()


def test_source_maps_are_not_announced(tmp_path: Path) -> None:
    script = tmp_path / "x.mjs"
    script.write_text("export {};\n//# sourceMappingURL=x.mjs.map\n")
    assert assembly.without_source_map(script) == b"export {};\n"


def test_a_system_that_has_no_firefox_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("TABUX_FIREFOX", raising=False)

    def refuse(package: str) -> None:
        raise BuildError(f"{package}: no such package")

    monkeypatch.setattr(environment, "_may_install", lambda: True)
    monkeypatch.setattr(environment, "_apt_install", refuse)
    assert environment.firefox() is None
    told = capsys.readouterr().out
    assert "firefox-esr: no such package" in told
    assert "the tests in it are skipped" in told


def test_firefox_is_installed_where_it_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("TABUX_FIREFOX", raising=False)
    program = tmp_path / "firefox-esr"

    def install(package: str) -> None:
        program.with_name(package).touch(0o755)

    monkeypatch.setattr(environment, "_may_install", lambda: True)
    monkeypatch.setattr(environment, "_apt_install", install)
    assert environment.firefox() == str(program)
