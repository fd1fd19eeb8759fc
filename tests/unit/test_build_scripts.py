"""The site's scripts as they are bundled."""

from __future__ import annotations

from pathlib import Path

import pytest

from wasm.builder import assembly, paths, scripts
from wasm.builder.console import BuildError

BOOT = b'{"name": "of this build"}'


@pytest.fixture(scope="module")
def site() -> dict[str, str]:
    """The scripts of the checkout."""
    made = scripts.bundled({**assembly.libraries(), assembly.BOOT: BOOT})
    return {name: script.decode() for name, script in made.items()}


def imports(script: str) -> set[str]:
    """What a script asks for besides itself."""
    found = (part.split('"')[1] for part in script.split("from")[1:] if part.startswith('"'))
    return {name for name in found if name.startswith(".")}


def test_each_script_is_whole(site: dict[str, str]) -> None:
    of_the_page = {"page/main.js", "page/search.js", "page/watchdog.js"}
    adapters = {name for name in site if name.startswith("adapters/")}
    others = {"tabux.js", "kernel-worker.js", "net/network.js", "net/box.js"}
    embedded = {"embed.js", "embed/frame.js", "embed/screen.js"}
    assert set(site) == {*others, *of_the_page, *adapters, *embedded}
    assert adapters == {f"adapters/{path.name}" for path in (paths.WEB / "adapters").glob("*.js")}
    assert 'import("./net/network.js")' in site["kernel-worker.js"], "loaded when it is needed"
    for name in ("tabux.js", "kernel-worker.js", "net/network.js", "net/box.js"):
        assert imports(site[name]) == set()
    assert imports(site["page/main.js"]) == {"../tabux.js"}, "one Sandbox class for the page and its guests"
    assert imports(site["embed/frame.js"]) <= {"../embed.js"}
    assert imports(site["embed.js"]) <= {"./tabux.js"}, "its terminal comes when one is needed"
    assert imports(site["embed/screen.js"]) == set()
    for name in adapters:
        assert imports(site[name]) <= {"../tabux.js"}, "and for adapters"


def test_what_the_build_writes_is_in_it(site: dict[str, str]) -> None:
    assert "of this build" in site["kernel-worker.js"]


def test_names_stay(site: dict[str, str]) -> None:
    assert "SessionInUseError" in site["tabux.js"]
    assert "Gate=class" in site["kernel-worker.js"]


def test_a_module_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in scripts.ENTRIES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text('import "./nowhere.js";\n')
    monkeypatch.setattr(paths, "WEB", tmp_path)
    with pytest.raises(BuildError, match=r"scripts: tabux\.js failed[\s\S]*\./nowhere\.js"):
        scripts.bundled({})
