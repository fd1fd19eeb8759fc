"""The guest userland: libc, then all packages in parallel, then each program's link passes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from . import cache, dynamic, libc, link_passes, package, process, sources
from .console import BuildError, say
from .recipe import Program, Recipe, Source, load_all

# Long ones first, so that the last to finish is not one that started late.
ORDER = ("coreutils", "bash", "pcre2", "grep", "gawk", "tar", "findutils")


@dataclass(frozen=True)
class Built:
    """A package that is ready: where its compiled tree is, and its finished programs by name."""

    recipe: Recipe
    place: Path
    programs: dict[str, Path]

    def sizes(self) -> dict[str, dict[str, int]]:
        """Bytes after each stage, by program."""
        return {n: json.loads((p / "report.json").read_text()) for n, p in self.programs.items()}


def jobs() -> int:
    """How many commands to run at once."""
    return os.cpu_count() or 1


def build(only: list[str] | None = None, *, whole: bool = False) -> list[Built]:
    """Build the userland, or only some packages (and what they use) of it; no tools, unless they are named.

    Args:
        only: names of packages.
        whole: large packages too; else only those that are in the cache already.

    Raises:
        BuildError: a package failed, or there is none with a given name.
    """
    recipes = {r.name: r for r in load_all()}
    unknown = [n for n in only or [] if n not in recipes]
    if unknown:
        raise BuildError(f"no package {', '.join(unknown)}; there are {', '.join(recipes)}")
    chosen = [r for r in _closure(only or list(recipes), recipes) if _can_be_built(r)]
    fetched = [r for r in chosen if only or whole or not r.large]
    wanted = dict.fromkeys(r.source for r in fetched if isinstance(r.source, Source))
    patches = dict.fromkeys(r.patches for r in fetched if r.patches)
    sources.fetch([libc.source(), *wanted, *patches])
    sysroot, sysroot_key = libc.sysroot(jobs())
    keys: dict[str, str] = {}
    for r in _by_dependency(chosen, recipes):
        keys[r.name] = package.key(r, sysroot_key, [keys[u] for u in r.uses])
    if not only and not whole:
        chosen = _closure([r.name for r in chosen if not r.large or _is_ready(r, keys[r.name])], recipes)

    with ThreadPoolExecutor(jobs()) as compilers, ThreadPoolExecutor(jobs()) as finishers:
        packages: dict[str, Future[Path]] = {}
        programs: dict[str, list[Future[Path]]] = {}

        def compile_one(r: Recipe) -> Path:
            used = [packages[u].result() for u in r.uses]
            place = package.build(r, sysroot, keys[r.name], used, jobs())
            programs[r.name] = [
                finishers.submit(_finish, p, package.linked(place, p)) for p in r.programs
            ]
            return place

        try:
            # A package is submitted after what it uses, so waiting for that cannot starve the pool.
            for r in _by_dependency(chosen, recipes):
                packages[r.name] = compilers.submit(compile_one, r)
            _all(packages.values())
            _all(f for made in programs.values() for f in made)
        except BaseException:
            compilers.shutdown(cancel_futures=True)
            finishers.shutdown(cancel_futures=True)
            raise
    say("userland", f"{len(packages)} packages ready")
    return [
        Built(r, packages[r.name].result(), {
            p.name: made.result() for p, made in zip(r.programs, programs[r.name], strict=True)
        })
        for r in chosen
        if not r.native or r.name in (only or ())
    ]


def _finish(p: Program, linked: Path) -> Path:
    place = link_passes.finish(p, linked)
    return dynamic.finish(p, place) if p.dynamic else place


def missing(built: Iterable[Built]) -> list[Recipe]:
    """The large packages that were left out."""
    there = {b.recipe.name for b in built}
    return [r for r in load_all() if r.large and r.programs and r.name not in there]


def _all(futures: Iterable[Future[Path]]) -> None:
    """Wait for all, or for the first that fails.

    Raises:
        Exception: its error.
    """
    done, _ = wait(list(futures), return_when=FIRST_EXCEPTION)
    for future in done:
        future.result()


def _is_ready(r: Recipe, k: str) -> bool:
    """Whether a large package is in the cache with its programs."""
    place = cache.entry("package", r.name, k)
    ready = place.exists() and all(link_passes.is_finished(p, package.linked(place, p)) for p in r.programs)
    if not ready and r.programs:
        say(r.name, f"left out: `python build.py python` builds it, in about {r.large} on two cores")
    return ready


def _can_be_built(r: Recipe) -> bool:
    lacking = [command for command in r.needs if not shutil.which(command)]
    for command in lacking:
        say(r.name, process.missing("left out", command))
    return not lacking


def _closure(names: list[str], recipes: dict[str, Recipe]) -> list[Recipe]:
    """The named packages and all that they use."""
    todo, found = list(names), set()
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += recipes[name].uses
    return [recipes[n] for n in sorted(found)]


def _by_dependency(chosen: list[Recipe], recipes: dict[str, Recipe]) -> list[Recipe]:
    """What is used before what uses it; otherwise long builds first."""
    rank = {name: i for i, name in enumerate(ORDER)}
    result: list[Recipe] = []

    def add(r: Recipe) -> None:
        for u in r.uses:
            add(recipes[u])
        if r not in result:
            result.append(r)

    for r in sorted(chosen, key=lambda r: (rank.get(r.name, len(ORDER)), r.name)):
        add(r)
    return result
