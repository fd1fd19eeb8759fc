"""Object files of clang for WebAssembly: the symbols of their ``linking`` section.

Source: the tool conventions of WebAssembly, Linking.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from . import wasmfile as w

_SYMBOL_TABLE = 8
_FUNCTION, _DATA, _GLOBAL, _SECTION, _TAG, _TABLE = range(6)
_WEAK, _LOCAL, _HIDDEN, _UNDEFINED, _EXPLICIT_NAME = 0x01, 0x02, 0x04, 0x10, 0x40


@dataclass
class Symbols:
    """The names of functions, data and tags of an object file.

    Attributes:
        public: defined for everybody.
        hidden: defined for what it is linked with.
        needed: not defined here; without them it cannot be linked.
    """

    public: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    needed: set[str] = field(default_factory=set)


def symbols(module: bytes) -> Symbols:
    """The symbols of an object file."""
    imports: dict[int, list[str]] = {}
    for section, body in w.sections(module):
        if section == w.IMPORT:
            imports = _imports(body)
        elif section == w.CUSTOM:
            name, at = w.string(body, 0)
            if name == "linking":
                _, at = w.leb(body, at)  # its version
                return _in_linking(body, at, imports)
    return Symbols()


def linkable(files: dict[str, Symbols], known: set[str]) -> set[str]:
    """Those of some object files, by name, of which all that they need is defined: in another, or known."""
    left = dict(files)
    while True:
        defined = known.union(*(s.public | s.hidden for s in left.values()))
        lacking = [name for name, s in left.items() if not s.needed <= defined]
        if not lacking:
            return set(left)
        for name in lacking:
            del left[name]


def _imports(body: bytes) -> dict[int, list[str]]:
    """The names of an import section by what they are; the numbers of kinds are those of the section."""
    found: dict[int, list[str]] = {}
    count, at = w.leb(body, 0)
    for _ in range(count):
        _, at = w.string(body, at)
        name, at = w.string(body, at)
        kind = body[at]
        found.setdefault(kind, []).append(name)
        at += 1
        if kind == 0:
            at = w.skip_leb(body, at)
        elif kind in (1, 2):
            at += kind == 1
            limits = body[at]
            at = w.skip_leb(body, at + 1)
            if limits & 1:
                at = w.skip_leb(body, at)
        else:  # a global, or a tag
            at += 1
            at = at + 1 if kind == 3 else w.skip_leb(body, at)
    return found


def _in_linking(body: bytes, at: int, imports: dict[int, list[str]]) -> Symbols:
    while at < len(body):
        kind = body[at]
        length, at = w.leb(body, at + 1)
        if kind == _SYMBOL_TABLE:
            return _table(body, at, imports)
        at += length
    return Symbols()


def _table(body: bytes, at: int, imports: dict[int, list[str]]) -> Symbols:
    found = Symbols()
    count, at = w.leb(body, at)
    for _ in range(count):
        kind = body[at]
        flags, at = w.leb(body, at + 1)
        name = ""
        if kind == _DATA:
            name, at = w.string(body, at)
            if not flags & _UNDEFINED:
                for _ in range(3):  # segment, offset, size
                    _, at = w.leb(body, at)
        else:
            index, at = w.leb(body, at)
            if kind != _SECTION and (not flags & _UNDEFINED or flags & _EXPLICIT_NAME):
                name, at = w.string(body, at)
            elif kind in (_FUNCTION, _TAG):  # imported, under its name
                name = imports[0 if kind == _FUNCTION else 4][index]
        if kind not in (_FUNCTION, _DATA, _TAG) or flags & _LOCAL:
            continue
        if not flags & _UNDEFINED:
            (found.hidden if flags & _HIDDEN else found.public).add(name)
        elif not flags & _WEAK and not flags & _EXPLICIT_NAME:  # (with one: an import of the program)
            found.needed.add(name)
    return found
