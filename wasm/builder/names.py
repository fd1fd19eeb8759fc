"""Function names and indices of a wasm file: its name section (WebAssembly core specification, appendix)."""

from __future__ import annotations

from . import wasmfile as w

_FUNCTION_NAMES = 1


def function_indices(module: bytes) -> dict[str, int]:
    """Index by name, as engines number functions in a stack trace; empty without a name section."""
    for section, body in w.sections(module):
        if section == w.CUSTOM:
            name, at = w.string(body, 0)
            if name == "name":
                return _function_names(body, at)
    return {}


def stripped(module: bytes) -> bytes:
    """The module without its custom sections, names among them."""
    return w.join([(section, body) for section, body in w.sections(module) if section != w.CUSTOM])


def _function_names(body: bytes, at: int) -> dict[str, int]:
    while at < len(body):
        kind = body[at]
        length, at = w.leb(body, at + 1)
        if kind == _FUNCTION_NAMES:
            found = {}
            count, at = w.leb(body, at)
            for _ in range(count):
                index, at = w.leb(body, at)
                name, at = w.string(body, at)
                found[name] = index
            return found
        at += length
    return {}
