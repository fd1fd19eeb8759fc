"""Data files are packed into chunks that the kernel finds its way in."""

from __future__ import annotations

from pathlib import Path

import pytest
from tabux.fs import bundle
from tabux.fs.credentials import ROOT
from tabux.fs.inode import Inode

from tests.unit.fs_support import new_vfs
from wasm.builder import bundles
from wasm.builder.console import BuildError


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    place = tmp_path / "usr/share/app"
    (place / "deep/er").mkdir(parents=True)
    (place / "deep/er/a.txt").write_text("same")
    (place / "b.txt").write_text("same")
    (place / "run").write_text("#!/bin/sh\n")
    (place / "run").chmod(0o755)
    (place / "empty").touch()
    (place / "link").symlink_to("b.txt")
    (place / "ünder").write_bytes(b"\xff" * bundles.CHUNK)
    (place / "z").write_text("last")
    return tmp_path


def test_what_is_packed_comes_out_again(tree: Path) -> None:
    shipped: dict[str, bytes] = {}

    def ship(name: str, chunk: bytes) -> bundles.Entry:
        shipped[name] = chunk
        return {"url": name, "size": len(chunk), "sha256": ""}

    (entry,) = bundles.entries([tree], ship)
    assert entry["path"] == "/usr/share/app"
    assert list(shipped) == ["app-0", "app-1"]
    contents: dict[int, bytes] = {}

    def supply(inode: Inode, part: bundle.Part) -> None:
        contents[inode.ino] = shipped[part.chunk["url"]][part.offset : part.offset + part.length]

    vfs = new_vfs()
    top = vfs.mkdir(vfs.root, "app", 0o755, ROOT)
    bundle.fill(vfs, top, entry["bundle"], supply)
    assert bundle.subdirectories(entry["bundle"]) == 1
    for path in (tree / "usr/share/app").rglob("*"):
        name = path.relative_to(tree / "usr/share/app").as_posix().encode().decode("latin-1")
        inode = vfs.lookup(top, name, ROOT, False)
        if path.is_symlink():
            assert inode.target == "b.txt"
        elif path.is_file():
            assert contents.get(inode.ino, b"") == path.read_bytes()
            assert inode.mode & 0o777 == path.stat().st_mode & 0o755
    assert vfs.lookup(top, "b.txt", ROOT) is vfs.lookup(top, "deep/er/a.txt", ROOT)


def test_data_elsewhere_and_data_of_two_are_refused(tree: Path, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"two packages install /usr/share/app/b\.txt"):
        list(bundles.entries([tree, tree], lambda name, chunk: {}))
    (tree / "etc").mkdir()
    (tree / "etc/x").touch()
    with pytest.raises(BuildError, match="below /usr/share"):
        list(bundles.entries([tree], lambda name, chunk: {}))


def test_data_may_be_below_lib(tmp_path: Path) -> None:
    (tmp_path / "usr/lib/app/x").mkdir(parents=True)
    (tmp_path / "usr/lib/app/x/f").write_text("f")
    (entry,) = bundles.entries([tmp_path], lambda _, chunk: {"size": len(chunk)})
    assert entry == {"path": "/usr/lib/app", "bundle": {"chunks": [{"size": 1}], "index": "x/\nx/f\t1\n"}}


def test_files_that_are_read_together_come_together(tmp_path: Path) -> None:
    place = tmp_path / "usr/lib/app"
    compiled = ("a/__pycache__/m.cpython-314.pyc", "hot/__pycache__/z.c.pyc")
    for name in (*compiled, "a/m.py", "a/only.py", "hot/z.py", "z"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(name)
    first = ["/usr/lib/app/z", "/usr/lib/app/hot/__py*", "/elsewhere/*"]
    (entry,) = bundles.entries([tmp_path], lambda *_: {}, first)
    names = [line.split("\t")[0] for line in entry["bundle"]["index"].splitlines() if "\t" in line]
    assert names == [
        "z", "hot/__pycache__/z.c.pyc", "a/__pycache__/m.cpython-314.pyc", "a/only.py", "a/m.py", "hot/z.py",
    ]
