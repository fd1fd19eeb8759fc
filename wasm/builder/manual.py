"""The index of the manual, which apropos and whatis search."""

from __future__ import annotations

import shutil
from pathlib import Path

from . import cache, paths, process
from .console import say
from .userland import Built

MAN = "usr/share/man"
PACKAGE = "mandoc"


def index(built: list[Built], trees: list[Path]) -> list[Path]:
    """A data tree with the index of all pages in other data trees; none where there is no mandoc.

    The mandoc package makes a program for the machine that builds, too.
    """
    tools = [b.place / "exports/makewhatis" for b in built if b.recipe.name == PACKAGE]
    manuals = [tree / MAN for tree in trees if (tree / MAN).is_dir()]
    if not tools or not manuals:
        return []
    key = cache.digest(cache.tree_digest(Path(__file__), tools[0], *manuals))
    place, made = cache.obtain("manual", "index", key, lambda out: _index(tools[0], manuals, out))
    if made:
        pages = sum(1 for manual in manuals for page in manual.rglob("*.*"))
        say("manual", f"index of {pages} pages")
    return [place]


def _index(tool: Path, manuals: list[Path], out: Path) -> None:
    work = cache.work_directory("manual")
    for manual in manuals:
        shutil.copytree(manual, work, symlinks=True, dirs_exist_ok=True)
    log = paths.CACHE / "logs" / "manual.log"
    log.unlink(missing_ok=True)
    process.run([tool, "-T", "utf8", work], what="manual: makewhatis", log=log)
    (out / MAN).mkdir(parents=True)
    shutil.copyfile(work / "mandoc.db", out / MAN / "mandoc.db")
    shutil.rmtree(work, ignore_errors=True)
