"""The name section of a wasm file."""

from wasm.builder import names

HEADER = b"\0asm\1\0\0\0"


def section(number: int, body: bytes) -> bytes:
    return bytes([number, len(body)]) + body


def test_indices_of_named_functions() -> None:
    functions = b"\x02" + b"\x00\x04fork" + b"\x05\x04main"
    name_section = b"\x04name" + section(0, b"\x01m") + section(1, functions)
    module = HEADER + section(0, b"\x05other123") + section(0, name_section)
    assert names.function_indices(module) == {"fork": 0, "main": 5}


def test_without_names_there_are_none() -> None:
    assert names.function_indices(HEADER + section(1, b"\x00")) == {}
