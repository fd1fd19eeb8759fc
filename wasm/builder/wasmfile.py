"""Reading and writing the binary format of WebAssembly, as far as our own passes need it.

The format is that of the core specification, chapter 5, with the legacy exception instructions.
"""

from __future__ import annotations

from collections.abc import Iterator

from .console import BuildError

MAGIC = b"\0asm\1\0\0\0"

# Sections.
CUSTOM, TYPE, IMPORT, FUNCTION, GLOBAL, EXPORT, ELEMENT, CODE = 0, 1, 2, 3, 6, 7, 9, 10

# Instructions that the passes name.
BLOCK, LOOP, IF, TRY, DELEGATE, END = 0x02, 0x03, 0x04, 0x06, 0x18, 0x0B
BR_IF, BR_TABLE, RETURN, CALL, CALL_INDIRECT, SELECT = 0x0D, 0x0E, 0x0F, 0x10, 0x11, 0x1B
LOCAL_GET, GLOBAL_GET, GLOBAL_SET, I32_CONST = 0x20, 0x23, 0x24, 0x41
I32_EQZ, I32_EQ, I32_NE, I32_ADD, I32_SUB, I32_AND, I32_OR = 0x45, 0x46, 0x47, 0x6A, 0x6B, 0x71, 0x72
CALLS = frozenset((0x10, 0x11, 0x12, 0x13, 0x14, 0x15))
NO_RESULT = 0x40

_SELECT_TYPED, _TRY_TABLE = 0x1C, 0x1F
_MEMORY_ACCESS = range(0x28, 0x3F)
_FIXED = {0x43: 4, 0x44: 8}
# How many LEB128 immediates an instruction has, where it is not 0.
_LEBS = {
    **dict.fromkeys((0x07, 0x08, 0x09, 0x0C, 0x0D, 0x10, 0x12, 0x14, 0x15, 0x18), 1),
    **dict.fromkeys((0x11, 0x13), 2),
    **dict.fromkeys(range(0x20, 0x27), 1),
    **dict.fromkeys((0x3F, 0x40, 0x41, 0x42, 0xD0, 0xD2), 1),
}
_LEBS_FB = dict.fromkeys((20, 21, 22, 23), 1)  # ref.test, ref.cast
_LEBS_FC = {**dict.fromkeys(range(8), 0), 8: 2, 9: 1, 10: 2, 11: 1, 12: 2, 13: 1, 14: 2, 15: 1, 16: 1, 17: 1}


def leb(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number and the position after it."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def skip_leb(data: bytes, at: int) -> int:
    """The position after a LEB128 number of either kind."""
    while data[at] & 0x80:
        at += 1
    return at + 1


def uleb(value: int) -> bytes:
    """An unsigned LEB128 number."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def sleb(value: int) -> bytes:
    """A signed LEB128 number."""
    out = bytearray()
    while not -0x40 <= value < 0x40:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)


def string(data: bytes, at: int) -> tuple[str, int]:
    """A name and the position after it."""
    length, at = leb(data, at)
    return data[at : at + length].decode(), at + length


def sized(body: bytes) -> bytes:
    """A vector of bytes with its length in front."""
    return uleb(len(body)) + body


def sections(module: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and content of each section."""
    at = len(MAGIC)
    while at < len(module):
        number = module[at]
        length, at = leb(module, at + 1)
        yield number, module[at : at + length]
        at += length


def join(parts: list[tuple[int, bytes]]) -> bytes:
    """The module with these sections."""
    return MAGIC + b"".join(bytes([number]) + sized(body) for number, body in parts)


def imported(section: bytes) -> tuple[list[int], int]:
    """From the import section: the types of the functions, and the number of globals."""
    functions: list[int] = []
    globals_ = 0
    count, at = leb(section, 0)
    for _ in range(count):
        _, at = string(section, at)
        _, at = string(section, at)
        kind = section[at]
        at += 1
        if kind == 0:
            index, at = leb(section, at)
            functions.append(index)
        elif kind in (1, 2):
            at += kind == 1
            limits = section[at]
            at = skip_leb(section, at + 1)
            if limits & 1:
                at = skip_leb(section, at)
        elif kind == 3:
            globals_ += 1
            at += 2
        else:
            at = skip_leb(section, at + 1)
    return functions, globals_


def exported_functions(section: bytes) -> dict[str, int]:
    """From the export section: the index of each exported function."""
    return _exported(section, 0)


def exported_globals(section: bytes) -> dict[str, int]:
    """From the export section: the index of each exported global."""
    return _exported(section, 3)


def _exported(section: bytes, wanted: int) -> dict[str, int]:
    found = {}
    count, at = leb(section, 0)
    for _ in range(count):
        name, at = string(section, at)
        kind = section[at]
        index, at = leb(section, at + 1)
        if kind == wanted:
            found[name] = index
    return found


def function_types(section: bytes) -> list[tuple[bytes, bytes]]:
    """From the type section: the types of parameters and of results, a byte each.

    Raises:
        BuildError: a type that is no function's.
    """
    found = []
    count, at = leb(section, 0)
    for _ in range(count):
        if section[at] != 0x60:
            raise BuildError(f"unknown type {section[at]:#x}")
        length, at = leb(section, at + 1)
        parameters = section[at : at + length]
        length, at = leb(section, at + length)
        found.append((parameters, section[at : at + length]))
        at += length
    return found


def numbers(section: bytes) -> list[int]:
    """A vector of numbers, such as the function section, which has the type of each function."""
    found = []
    count, at = leb(section, 0)
    for _ in range(count):
        number, at = leb(section, at)
        found.append(number)
    return found


def table_functions(section: bytes) -> set[int]:
    """From the element section: the functions that are put into the table when the program starts.

    Raises:
        BuildError: a segment of another kind than compilers of C make.
    """
    found: set[int] = set()
    count, at = leb(section, 0)
    for _ in range(count):
        kind = section[at]
        if kind not in (0, 3):
            raise BuildError(f"unknown kind of element segment: {kind}")
        # after it comes the offset, an expression; or, where functions are only declared, what they are
        at = at + 2 if kind == 3 else skip_immediates(section, section[at + 1], at + 2) + 1
        length, at = leb(section, at)
        for _ in range(length):
            index, at = leb(section, at)
            found.add(index)
    return found


def local_count(body: bytes) -> int:
    """How many local variables a function body declares."""
    groups, at = leb(body, 0)
    total = 0
    for _ in range(groups):
        count, at = leb(body, at)
        total += count
        at += 1
    return total


def bodies(section: bytes) -> list[bytes]:
    """From the code section: locals and instructions of each function."""
    found = []
    count, at = leb(section, 0)
    for _ in range(count):
        length, at = leb(section, at)
        found.append(section[at : at + length])
        at += length
    return found


def first_instruction(body: bytes) -> int:
    """The position after a body's locals."""
    groups, at = leb(body, 0)
    for _ in range(groups):
        at = skip_leb(body, at) + 1
    return at


def instructions(body: bytes) -> Iterator[tuple[int, int]]:
    """Where each instruction of a function body begins and ends.

    Raises:
        BuildError: an instruction that is not known here.
    """
    at = first_instruction(body)
    while at < len(body):
        end = skip_immediates(body, body[at], at + 1)
        yield at, end
        at = end


def skip_immediates(code: bytes, opcode: int, at: int) -> int:
    """The position after the immediates of an instruction.

    Raises:
        BuildError: an instruction that is not known here.
    """
    lebs = _LEBS.get(opcode)
    if lebs is not None:
        for _ in range(lebs):
            at = skip_leb(code, at)
    elif opcode in _MEMORY_ACCESS:
        at = _skip_memory_access(code, at)
    elif opcode in (BLOCK, LOOP, IF, TRY):
        at = skip_leb(code, at)
    elif opcode in _FIXED:
        at += _FIXED[opcode]
    elif opcode == BR_TABLE:
        count, at = leb(code, at)
        for _ in range(count + 1):
            at = skip_leb(code, at)
    elif opcode == _SELECT_TYPED:
        count, at = leb(code, at)
        at += count
    elif opcode in (0xFB, 0xFC):
        lebs_of = _LEBS_FB if opcode == 0xFB else _LEBS_FC
        extended, at = leb(code, at)
        if extended not in lebs_of:
            raise BuildError(f"unknown instruction {opcode:#x} {extended}")
        for _ in range(lebs_of[extended]):
            at = skip_leb(code, at)
    elif opcode == 0xFD:
        at = _skip_vector_immediates(code, at)
    elif opcode == _TRY_TABLE or opcode > 0xD2:
        raise BuildError(f"unknown instruction {opcode:#x}")
    return at


def _skip_memory_access(code: bytes, at: int) -> int:
    alignment, at = leb(code, at)
    if alignment & 0x40:
        at = skip_leb(code, at)
    return skip_leb(code, at)


def _skip_vector_immediates(code: bytes, at: int) -> int:
    """The same for an instruction with the vector prefix, at its number."""
    extended, at = leb(code, at)
    if extended < 12 or extended in (92, 93):  # loads and stores
        return _skip_memory_access(code, at)
    if 84 <= extended <= 91:  # of one lane
        return _skip_memory_access(code, at) + 1
    if extended in (12, 13):  # v128.const, i8x16.shuffle
        return at + 16
    return at + (21 <= extended <= 34)  # the lane to extract or replace
