"""The committed recipes, answers, cuts and the root file system's tree hold together."""

import re
import stat

import pytest

from wasm.builder import callgraph, manifest, paths, recipe
from wasm.builder.console import BuildError

RECIPES = recipe.load_all()


@pytest.mark.parametrize("r", RECIPES, ids=lambda r: r.name)
def test_recipe_is_complete(r: recipe.Recipe) -> None:
    if isinstance(r.source, recipe.Source):
        assert re.fullmatch(r"[0-9a-f]{64}", r.source.sha256)
    assert r.licence_files
    for d in r.data:
        assert re.match("/usr/(share|lib)/[^/]", d.path)
    for p in r.programs:
        assert p.path.startswith("/usr/")
        assert p.passes.fork in ("none", "whole", "list")
        for cut in p.passes.cuts:
            assert callgraph.read_names(paths.PACKAGES / "cuts" / cut)


def test_no_path_is_installed_twice() -> None:
    seen: set[str] = {e["path"] for e in manifest.skeleton(paths.ROOTFS)}
    for r in RECIPES:
        names = [f.path for f in r.files]
        for p in r.programs:
            names += [p.path, *(manifest.sibling(p.path, n) for n in (*p.links, *p.symlinks))]
        for name in names:
            assert name not in seen, name
            seen.add(name)


def test_a_broken_recipe_is_named(tmp_path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text('name = "broken"\n')
    with pytest.raises(BuildError, match=r"broken\.toml"):
        recipe.load(path)


def test_answers_are_facts_about_the_target_only() -> None:
    for file in (paths.PACKAGES / "answers").iterdir():
        for name in recipe.read_answers(file):
            assert not re.match(r"ac_cv_(path|prog|env|build|host)_", name), f"{file.name}: {name}"


def test_skeleton_lists_directories_before_their_content() -> None:
    entries = manifest.skeleton(paths.ROOTFS)
    known = {"/"}
    for e in entries:
        parent = e["path"].rpartition("/")[0] or "/"
        assert parent in known, e["path"]
        known.add(e["path"])


def test_special_files_exist_and_belong_to_somebody_known() -> None:
    entries = {e["path"]: e for e in manifest.skeleton(paths.ROOTFS)}
    assert entries["/home/user/.bashrc"]["uid"] == 1000
    assert entries["/usr/bin/which"]["mode"] == 0o755
    assert stat.S_IMODE(entries["/tmp"]["mode"]) == 0o1777
    assert entries["/bin"] == {"path": "/bin", "symlink": "usr/bin"}
    assert "user:x:1000:1000:" in entries["/etc/passwd"]["text"]
