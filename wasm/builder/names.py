"""Function names and indices of a wasm file: its name section (WebAssembly core specification, appendix)."""

from __future__ import annotations

_CUSTOM = 0
_FUNCTION_NAMES = 1


def function_indices(module: bytes) -> dict[str, int]:
    """Index by name, as engines number functions in a stack trace; empty without a name section."""
    at = 8
    while at < len(module):
        section = module[at]
        length, at = _leb(module, at + 1)
        end = at + length
        if section == _CUSTOM:
            name, body = _string(module, at)
            if name == "name":
                return _function_names(module, body, end)
        at = end
    return {}


def _function_names(module: bytes, at: int, end: int) -> dict[str, int]:
    while at < end:
        kind = module[at]
        length, at = _leb(module, at + 1)
        if kind == _FUNCTION_NAMES:
            names = {}
            count, at = _leb(module, at)
            for _ in range(count):
                index, at = _leb(module, at)
                name, at = _string(module, at)
                names[name] = index
            return names
        at += length
    return {}


def _leb(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number and the position after it."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def _string(data: bytes, at: int) -> tuple[str, int]:
    length, at = _leb(data, at)
    return data[at : at + length].decode(), at + length
