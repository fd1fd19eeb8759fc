"""Pre-emption: a program looks at a counter in its loops and lets others run when it is used up.

A WebAssembly program that makes no system call cannot be interrupted from outside: ^C, a timeout or
another process would wait for ever. So each loop that contains a call counts down a global, the fuel; at
zero it calls ``__tabux_preempt`` of our libc, which suspends the program once and runs the signal handlers
that are due. Loops without a call are left alone: they are the inner ones of strlen and memcpy, they end, and
they must be fast.

The module is rewritten here, between the linker and Binaryen, because no compiler option counts loops.
The format is that of the WebAssembly core specification, chapter 5, with the legacy exception instructions.
"""

from __future__ import annotations

from collections.abc import Iterator

from .console import BuildError

#: loop iterations between two looks at the world: a few milliseconds of a shell loop
FUEL = 200_000
PREEMPT = "__tabux_preempt"

_IMPORT, _GLOBAL, _EXPORT, _CODE = 2, 6, 7, 10
_MAGIC = b"\0asm\1\0\0\0"

# how many LEB128 immediates an instruction has, where it is not 0
_LEBS = {
    **dict.fromkeys((0x07, 0x08, 0x09, 0x0C, 0x0D, 0x10, 0x12, 0x14, 0x15, 0x18), 1),
    **dict.fromkeys((0x11, 0x13), 2),
    **dict.fromkeys(range(0x20, 0x27), 1),
    **dict.fromkeys((0x3F, 0x40, 0x41, 0x42, 0xD0, 0xD2), 1),
}
_LEBS_FC = {**dict.fromkeys(range(8), 0), 8: 2, 9: 1, 10: 2, 11: 1, 12: 2, 13: 1, 14: 2, 15: 1, 16: 1, 17: 1}
_BLOCK, _LOOP, _IF, _TRY, _DELEGATE, _END = 0x02, 0x03, 0x04, 0x06, 0x18, 0x0B
_BR_TABLE, _SELECT_TYPED, _TRY_TABLE = 0x0E, 0x1C, 0x1F
_CALLS = frozenset((0x10, 0x11, 0x12, 0x13, 0x14, 0x15))
_MEMORY_ACCESS = range(0x28, 0x3F)
_FIXED = {0x43: 4, 0x44: 8}


def _leb(data: bytes, at: int) -> tuple[int, int]:
    """(unsigned value, position after it)."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def _skip_leb(data: bytes, at: int) -> int:
    while data[at] & 0x80:
        at += 1
    return at + 1


def _uleb(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _sleb(value: int) -> bytes:
    out = bytearray()
    while not -0x40 <= value < 0x40:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)


def _sections(module: bytes) -> Iterator[tuple[int, bytes]]:
    at = len(_MAGIC)
    while at < len(module):
        number = module[at]
        length, at = _leb(module, at + 1)
        yield number, module[at : at + length]
        at += length


def _imported_globals(section: bytes) -> int:
    """How many globals are imported."""
    globals_ = 0
    count, at = _leb(section, 0)
    for _ in range(count):
        for _ in range(2):
            length, at = _leb(section, at)
            at += length
        kind = section[at]
        at += 1
        if kind == 0:
            at = _skip_leb(section, at)
        elif kind in (1, 2):
            at += kind == 1
            limits = section[at]
            at = _skip_leb(section, at + 1)
            if limits & 1:
                at = _skip_leb(section, at)
        elif kind == 3:
            globals_ += 1
            at += 2
        else:
            at = _skip_leb(section, at + 1)
    return globals_


def _exported_function(section: bytes, wanted: str) -> int | None:
    """The index of an exported function, None where there is none of that name."""
    count, at = _leb(section, 0)
    for _ in range(count):
        length, at = _leb(section, at)
        name = section[at : at + length]
        kind = section[at + length]
        index, at = _leb(section, at + length + 1)
        if kind == 0 and name == wanted.encode():
            return index
    return None


def _skip_immediates(code: bytes, opcode: int, at: int) -> int:
    """The position after the immediates of an instruction."""
    lebs = _LEBS.get(opcode)
    if lebs is not None:
        for _ in range(lebs):
            at = _skip_leb(code, at)
    elif opcode in _MEMORY_ACCESS:
        alignment, at = _leb(code, at)
        if alignment & 0x40:
            at = _skip_leb(code, at)
        at = _skip_leb(code, at)
    elif opcode in (_BLOCK, _LOOP, _IF, _TRY):
        at = _skip_leb(code, at)
    elif opcode in _FIXED:
        at += _FIXED[opcode]
    elif opcode == _BR_TABLE:
        count, at = _leb(code, at)
        for _ in range(count + 1):
            at = _skip_leb(code, at)
    elif opcode == _SELECT_TYPED:
        count, at = _leb(code, at)
        at += count
    elif opcode == 0xFC:
        extended, at = _leb(code, at)
        if extended not in _LEBS_FC:
            raise BuildError(f"pre-emption: unknown instruction 0xfc {extended}")
        for _ in range(_LEBS_FC[extended]):
            at = _skip_leb(code, at)
    elif opcode == 0xFD:
        at = _skip_vector_immediates(code, at)
    elif opcode == _TRY_TABLE or opcode > 0xD2:
        raise BuildError(f"pre-emption: unknown instruction {opcode:#x}")
    return at


def _skip_vector_immediates(code: bytes, at: int) -> int:
    """The same for an instruction with the vector prefix, at its number."""
    extended, at = _leb(code, at)
    if extended < 12 or 84 <= extended <= 93:  # loads and stores
        at = _skip_immediates(code, _MEMORY_ACCESS[0], at)
        return at + (extended < 92 and extended >= 84)  # the lane
    if extended in (12, 13):  # v128.const, i8x16.shuffle
        return at + 16
    return at + (21 <= extended <= 34)  # the lane to extract or replace


def _loops_with_calls(code: bytes, at: int) -> list[int]:
    """Where in a function body such loops begin: positions just after their block type."""
    found: list[int] = []
    # of each open block: where its loop begins (-1 for other blocks), and whether it contains a call
    starts: list[int] = []
    called: list[bool] = []
    while at < len(code):
        opcode = code[at]
        at = _skip_immediates(code, opcode, at + 1)
        if opcode in (_BLOCK, _LOOP, _IF, _TRY):
            starts.append(at if opcode == _LOOP else -1)
            called.append(False)
        elif opcode in _CALLS:
            if called:
                called[-1] = True
        elif opcode in (_END, _DELEGATE) and starts:
            start, has_call = starts.pop(), called.pop()
            if has_call:
                if start >= 0:
                    found.append(start)
                if called:
                    called[-1] = True
    return sorted(found)


def add_fuel(module: bytes) -> bytes:
    """The module with a fuel check in each loop that contains a call; unchanged where it has no libc of ours.

    Raises:
        BuildError: an instruction it does not know.
    """
    sections = list(_sections(module))
    preempt: int | None = None
    imported_globals = 0
    global_count = 0
    for number, body in sections:
        if number == _IMPORT:
            imported_globals = _imported_globals(body)
        elif number == _GLOBAL:
            global_count = _leb(body, 0)[0]
        elif number == _EXPORT:
            preempt = _exported_function(body, PREEMPT)
    if preempt is None:
        return module
    fuel = _uleb(imported_globals + global_count)
    check = (
        b"\x23" + fuel + b"\x41\x01\x6b\x24" + fuel  # fuel = fuel - 1
        + b"\x23" + fuel + b"\x45\x04\x40"  # if fuel == 0
        + b"\x41" + _sleb(FUEL) + b"\x24" + fuel  # fuel = FUEL
        + b"\x10" + _uleb(preempt) + b"\x0b"  # __tabux_preempt(), end
    )
    out = bytearray(_MAGIC)
    for number, body in sections:
        if number == _GLOBAL:
            count, at = _leb(body, 0)
            body = _uleb(count + 1) + body[at:] + b"\x7f\x01\x41" + _sleb(FUEL) + b"\x0b"
        elif number == _CODE:
            body = _instrument(body, check)
        out.append(number)
        out += _uleb(len(body)) + body
    return bytes(out)


def _instrument(section: bytes, check: bytes) -> bytes:
    count, at = _leb(section, 0)
    out = bytearray(_uleb(count))
    for _ in range(count):
        length, at = _leb(section, at)
        body = section[at : at + length]
        at += length
        groups, start = _leb(body, 0)
        for _ in range(groups):
            start = _skip_leb(body, start) + 1
        pieces = []
        last = 0
        for place in _loops_with_calls(body, start):
            pieces += [body[last:place], check]
            last = place
        body = b"".join([*pieces, body[last:]])
        out += _uleb(len(body)) + body
    return bytes(out)
