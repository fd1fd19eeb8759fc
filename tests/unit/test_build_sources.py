"""Sources: apt configuration text, edits, and the numbers taken from musl."""

import tarfile
from pathlib import Path

import pytest

from wasm.builder import libc, sources
from wasm.builder.console import BuildError
from wasm.builder.recipe import Edit, Source, parse_edits


def test_stanzas_become_deb_src() -> None:
    text = "Types: deb\nURIs: http://a.invalid/debian\nSuites: s\n\nTypes: deb deb-src\nSuites: x\n"
    assert sources.as_source_stanzas(text).count("Types: deb-src\n") == 2
    assert "URIs: http://a.invalid/debian" in sources.as_source_stanzas(text)


def test_one_line_sources_become_deb_src() -> None:
    text = "# deb http://a.invalid x\ndeb [arch=amd64] http://b.invalid y main\ndeb-src http://c.invalid z"
    assert sources.as_source_lines(text) == "deb-src [arch=amd64] http://b.invalid y main\n"


def test_an_edit_must_match_once(tmp_path: Path) -> None:
    (tmp_path / "f.c").write_text("one two two\n")
    sources.apply_edits([Edit("f.c", "one", "1")], tmp_path)
    assert (tmp_path / "f.c").read_text() == "1 two two\n"
    for find in ("two", "three"):
        with pytest.raises(BuildError, match="occurs"):
            sources.apply_edits([Edit("f.c", find, "")], tmp_path)


def test_a_file_of_ours_takes_no_place_of_upstreams(tmp_path: Path) -> None:
    (added,) = parse_edits([{"file": "tls.c", "new": "wget/browser-tls.c"}])
    sources.apply_edits([added], tmp_path)
    assert "ssl_init" in (tmp_path / "tls.c").read_text()
    with pytest.raises(BuildError, match="upstream has a file of that name"):
        sources.apply_edits([added], tmp_path)


def test_debians_patches_come_in_the_order_of_their_series(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patches = tmp_path / "debian" / "patches"
    patches.mkdir(parents=True)
    for name, old, new in (("b", "one", "two"), ("a", "two", "three"), ("bad", "nine", "ten")):
        (patches / name).write_text(f"--- x/f.c\n+++ y/f.c\n@@ -1 +1 @@\n-{old}\n+{new}\n")
    source = Source("p.tar.xz", "0" * 64)
    monkeypatch.setattr(sources, "cached", lambda source: tmp_path / source.file)
    for series, content in (("b\n# no\na  # yes\n", "three\n"), ("bad\n", "")):
        (patches / "series").write_text(series)
        with tarfile.open(tmp_path / source.file, "w:xz") as archive:
            archive.add(tmp_path / "debian", "debian")
        tree = tmp_path / f"tree{len(series)}"
        tree.mkdir()
        (tree / "f.c").write_text("one\n")
        if content:
            sources.apply_patches(source, tree, tmp_path / "log")
            assert (tree / "f.c").read_text() == content
        else:
            with pytest.raises(BuildError, match="bad"):
                sources.apply_patches(source, tree, tmp_path / "log")


def test_system_call_numbers_are_renamed_aliased_and_added() -> None:
    base = "#define __NR_lseek 62\n#define __NR_ppoll 73\n"
    changes = {
        "rename": {"lseek": "_llseek"}, "time64": {"ppoll_time64": "ppoll"}, "add": {"tabux_init": 1004},
    }
    assert libc.syscall_numbers(base, changes).splitlines() == [
        "#define __NR_ppoll 73",
        "#define __NR__llseek 62",
        "#define __NR_ppoll_time64 73",
        "#define __NR_tabux_init 1004",
    ]


def test_where_archives_are() -> None:
    text = (
        "Types: deb\n# URIs: http://no.example/debian\n"
        "URIs: http://a.example/debian/ http://b.example/debian\nSuites: x\n"
        "deb [arch=amd64 signed-by=/k] https://c.example/d x main\ndeb-src http://a.example/debian x main\n"
    )
    assert sources.archive_roots(text) == [
        "http://a.example/debian", "http://b.example/debian", "https://c.example/d"
    ]
    for name, file, path in (
        ("sed", "sed_4.9.orig.tar.xz", "pool/main/s/sed/sed_4.9.orig.tar.xz"),
        ("libzstd", "libzstd_1+dfsg.orig.tar.xz", "pool/main/libz/libzstd/libzstd_1%2Bdfsg.orig.tar.xz"),
    ):
        assert sources.pool_path(Source(file, "", name)) == path
