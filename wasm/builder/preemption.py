"""Pre-emption: a program looks at a counter in its loops and lets others run when it is used up.

A WebAssembly program that makes no system call cannot be interrupted from outside: ^C, a timeout or
another process would wait for ever. So each loop that contains a call counts down a global, the fuel; at
zero it calls ``__tabux_preempt`` of our libc, which suspends the program once and runs the signal handlers
that are due. Loops without a call are left alone: they are the inner ones of strlen and memcpy, they end, and
they must be fast.

The module is rewritten here, between the linker and Binaryen, because no compiler option counts loops.
"""

from __future__ import annotations

from collections.abc import Collection

from . import names
from . import wasmfile as w
from .console import BuildError

#: loop iterations between two looks at the world: a few milliseconds of a shell loop
FUEL = 200_000
PREEMPT = "__tabux_preempt"


def _loops_with_calls(code: bytes, at: int) -> list[int]:
    """Where in a function body such loops begin: positions just after their block type."""
    found: list[int] = []
    # of each open block: where its loop begins (-1 for other blocks), and whether it contains a call
    starts: list[int] = []
    called: list[bool] = []
    while at < len(code):
        opcode = code[at]
        at = w.skip_immediates(code, opcode, at + 1)
        if opcode in (w.BLOCK, w.LOOP, w.IF, w.TRY):
            starts.append(at if opcode == w.LOOP else -1)
            called.append(False)
        elif opcode in w.CALLS:
            if called:
                called[-1] = True
        elif opcode in (w.END, w.DELEGATE) and starts:
            start, has_call = starts.pop(), called.pop()
            if has_call:
                if start >= 0:
                    found.append(start)
                if called:
                    called[-1] = True
    return sorted(found)


def add_fuel(module: bytes, unfuelled: Collection[str] = ()) -> bytes:
    """The module with a fuel check in each loop that contains a call; unchanged where it has no libc of ours.

    Args:
        unfuelled: names of functions without fuel.

    Raises:
        BuildError: an instruction it does not know, or a function without fuel that is not there.
    """
    indices = names.function_indices(module) if unfuelled else {}
    if lost := sorted(set(unfuelled) - indices.keys()):
        raise BuildError(f"no function without fuel is called {', '.join(lost)}")
    exempt = {indices[name] for name in unfuelled}
    first = 0
    sections = list(w.sections(module))
    preempt: int | None = None
    imported_globals = 0
    global_count = 0
    for number, body in sections:
        if number == w.IMPORT:
            functions, imported_globals = w.imported(body)
            first = len(functions)
        elif number == w.GLOBAL:
            global_count = w.leb(body, 0)[0]
        elif number == w.EXPORT:
            preempt = w.exported_functions(body).get(PREEMPT)
    if preempt is None:
        return module
    fuel = w.uleb(imported_globals + global_count)
    check = (
        b"\x23" + fuel + b"\x41\x01\x6b\x24" + fuel  # fuel = fuel - 1
        + b"\x23" + fuel + b"\x45\x04\x40"  # if fuel == 0
        + b"\x41" + w.sleb(FUEL) + b"\x24" + fuel  # fuel = FUEL
        + b"\x10" + w.uleb(preempt) + b"\x0b"  # __tabux_preempt(), end
    )
    out = bytearray(w.MAGIC)
    for number, body in sections:
        if number == w.GLOBAL:
            count, at = w.leb(body, 0)
            body = w.uleb(count + 1) + body[at:] + b"\x7f\x01\x41" + w.sleb(FUEL) + b"\x0b"
        elif number == w.CODE:
            body = _instrument(body, check, {index - first for index in exempt})
        out.append(number)
        out += w.uleb(len(body)) + body
    return bytes(out)


def _instrument(section: bytes, check: bytes, exempt: Collection[int]) -> bytes:
    """The code section with the check in its loops, but for some functions, by their number in it."""
    count, at = w.leb(section, 0)
    out = bytearray(w.uleb(count))
    for number in range(count):
        length, at = w.leb(section, at)
        body = section[at : at + length]
        at += length
        groups, start = w.leb(body, 0)
        for _ in range(groups):
            start = w.skip_leb(body, start) + 1
        pieces = []
        last = 0
        for place in [] if number in exempt else _loops_with_calls(body, start):
            pieces += [body[last:place], check]
            last = place
        body = b"".join([*pieces, body[last:]])
        out += w.uleb(len(body)) + body
    return bytes(out)
