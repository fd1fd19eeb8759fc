"""Data files from PyPI packages, and the index of the manual."""

from __future__ import annotations

from pathlib import Path

import pytest

from wasm.builder import manual, package, paths, recipe, userland
from wasm.builder.console import BuildError

RECIPE = """
name = "zones"
version = "{}"
licence = "MIT"
licence-files = ["licenses/LICENSE"]
[pypi]
package = "zonepack"
[[data]]
output = "zonepack/data"
path = "/usr/share/zones"
exclude = ["*.py"]
"""


def make(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


@pytest.fixture
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(paths, "VENV", tmp_path / "venv")
    make(tmp_path / "venv/lib/python3.11/site-packages", {
        "zonepack/data/a/b": "zone",
        "zonepack/data/__init__.py": "",
        "zonepack-1.0.dist-info/RECORD": "",
        "zonepack-1.0.dist-info/licenses/LICENSE": "yours",
    })
    return tmp_path


def zones(place: Path, version: str) -> recipe.Recipe:
    (place / "zones.toml").write_text(RECIPE.format(version))
    return recipe.load(place / "zones.toml")


def test_data_are_taken_out_of_a_pypi_package(surroundings: Path) -> None:
    r = zones(surroundings, "1.0")
    place = package.build(r, surroundings, package.key(r, "", []), [], 1)
    assert [p.relative_to(place).as_posix() for p in sorted(place.rglob("*")) if p.is_file()] == [
        "data/usr/share/zones/a/b", "licences/LICENSE",
    ]


def test_another_version_is_not_taken(surroundings: Path) -> None:
    with pytest.raises(BuildError, match=r"no zonepack-1\.1\.dist-info"):
        package.key(zones(surroundings, "1.1"), "", [])


def test_the_index_is_made_of_all_manuals(surroundings: Path) -> None:
    tool = surroundings / "mandoc/exports/makewhatis"
    make(surroundings, {
        "mandoc/exports/makewhatis": '#!/bin/sh\ncd "$3" && find man[0-9] -type f | sort >mandoc.db\n',
        "one/usr/share/man/man1/one.1": "",
        "two/usr/share/man/man5/two.5": "",
        "three/usr/share/zones/a": "",
    })
    tool.chmod(0o755)
    r = recipe.load(paths.PACKAGES / "mandoc.toml")
    built = [userland.Built(r, surroundings / "mandoc", {})]
    trees = [surroundings / name for name in ("one", "two", "three")]
    (place,) = manual.index(built, trees)
    assert (place / "usr/share/man/mandoc.db").read_text() == "man1/one.1\nman5/two.5\n"
    assert manual.index([], trees) == []
