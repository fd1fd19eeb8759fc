"""Twin functions: what Asyncify instruments runs at nearly full speed until there is a fork.

Asyncify makes one function of three: one that runs, one that unwinds the stack, one that rewinds it. To be
able to begin in the middle, its code is cut into pieces that each ask for the state first, and that is what
makes it slow. But a stack is rewound from its bottom up by a new call of ``_start``, so a function that is
entered in the normal state never rewinds. This pass, between Asyncify and the last optimisation, makes of
each instrumented function

    f           if the state is "rewinding", f$rewind, else f$run: the table and other callers keep f
    f$rewind    the function as Asyncify made it
    f$run       the same with every question whether the state is "rewinding" answered with no, and
                "normal" with yes; it calls the f$run of others; the optimiser drops what is left over

``f$run`` still unwinds: after a call it asks whether the state is "unwinding" and saves the same values in
the same places, so ``f$rewind`` finds what it would have saved itself. A frame that has been through a fork
goes on in ``f$rewind``, but what it calls from then on are the fast twins again.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence

from . import names
from . import wasmfile as w
from .console import BuildError

RUN, REWIND = "$run", "$rewind"
STATE_GETTER = "asyncify_get_state"
NORMAL, UNWINDING, REWINDING = 0, 1, 2
_I32_CONST_0 = bytes([w.I32_CONST, 0])
_I32_CONST_1 = bytes([w.I32_CONST, 1])
# What may follow where the state is a truth value: its use, or the other operands of it.
_TRUTH = frozenset((w.I32_EQZ, w.IF, w.BR_IF, w.SELECT, w.I32_AND, w.I32_OR, w.LOCAL_GET, w.GLOBAL_GET))


def add_twins(module: bytes, cold: Sequence[str] = ()) -> tuple[bytes, int]:
    """The module with twins, and how many functions have one.

    Args:
        cold: patterns (as of a shell) of names of functions that need none: they are seldom in a hurry,
            and each twin makes the program larger. These stay as Asyncify made them.

    Raises:
        BuildError: there is no Asyncify in it, or its state is used in a way that is not known here.
    """
    parts = list(w.sections(module))
    body_of = dict(parts)
    function_imports, _ = w.imported(body_of[w.IMPORT])
    imports = len(function_imports)
    types = _function_types(body_of[w.FUNCTION])
    parameters = _parameter_counts(body_of[w.TYPE])
    bodies = w.bodies(body_of[w.CODE])
    exports = w.exported_functions(body_of[w.EXPORT])
    state = _state_global(exports, bodies, imports)

    left_out = {index - imports for name, index in exports.items() if name.startswith("asyncify_")}
    for name, index in names.function_indices(module).items():
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in cold):
            left_out.add(index - imports)
    twinned = [i for i, body in enumerate(bodies) if i not in left_out and _uses_global(body, state)]
    rewind_of = {f: len(bodies) + 2 * k for k, f in enumerate(twinned)}
    run_of = {f: rewind_of[f] + 1 for f in twinned}

    new_bodies = list(bodies)
    new_types = list(types)
    for f in twinned:
        new_bodies[f] = _dispatcher(state, parameters[types[f]], imports + rewind_of[f], imports + run_of[f])
        new_bodies += [bodies[f], _run_body(bodies[f], state, imports, run_of)]
        new_types += [types[f], types[f]]

    out = []
    for number, body in parts:
        if number == w.FUNCTION:
            body = w.uleb(len(new_types)) + b"".join(map(w.uleb, new_types))
        elif number == w.CODE:
            body = w.uleb(len(new_bodies)) + b"".join(map(w.sized, new_bodies))
        elif number == w.CUSTOM:
            twins = {imports + f: (imports + rewind_of[f], imports + run_of[f]) for f in twinned}
            body = _name_twins(body, twins)
        out.append((number, body))
    return w.join(out), len(twinned)


def _function_types(section: bytes) -> list[int]:
    """The type of each function that the module defines."""
    types = []
    count, at = w.leb(section, 0)
    for _ in range(count):
        index, at = w.leb(section, at)
        types.append(index)
    return types


def _parameter_counts(section: bytes) -> list[int]:
    """How many parameters each function type has."""
    counts = []
    count, at = w.leb(section, 0)
    for _ in range(count):
        if section[at] != 0x60:
            raise BuildError(f"twins: unknown form of type {section[at]:#x}")
        parameters, at = w.leb(section, at + 1)
        results, at = w.leb(section, at + parameters)
        at += results
        counts.append(parameters)
    return counts


def _state_global(exports: dict[str, int], bodies: list[bytes], imports: int) -> int:
    """The global that holds Asyncify's state: what asyncify_get_state returns."""
    if STATE_GETTER not in exports:
        raise BuildError("twins: the module has no Asyncify")
    body = bodies[exports[STATE_GETTER] - imports]
    at = w.first_instruction(body)
    if body[at] != w.GLOBAL_GET:
        raise BuildError("twins: asyncify_get_state is not what it was")
    return w.leb(body, at + 1)[0]


def _uses_global(body: bytes, index: int) -> bool:
    wanted = bytes([w.GLOBAL_GET]) + w.uleb(index)
    return wanted in body and any(body[a:b] == wanted for a, b in w.instructions(body))


def _dispatcher(state: int, parameters: int, rewind: int, run: int) -> bytes:
    arguments = b"".join(bytes([w.LOCAL_GET]) + w.uleb(p) for p in range(parameters))
    call = bytes([w.CALL])
    return (
        w.uleb(0)
        + bytes([w.GLOBAL_GET]) + w.uleb(state) + bytes([w.I32_CONST, REWINDING, w.I32_EQ, w.IF, w.NO_RESULT])
        + arguments + call + w.uleb(rewind) + bytes([w.RETURN, w.END])
        + arguments + call + w.uleb(run) + bytes([w.END])
    )


def _run_body(body: bytes, state: int, imports: int, run_of: dict[int, int]) -> bytes:
    """The body with the state known not to be "rewinding", and calls of twinned functions to their twins."""
    get_state = bytes([w.GLOBAL_GET]) + w.uleb(state)
    code = [body[a:b] for a, b in w.instructions(body)]
    out = [body[: w.first_instruction(body)]]
    i = 0
    while i < len(code):
        instruction = code[i]
        if instruction == get_state:
            replacement, used = _answer(code, i)
            out.append(replacement)
            i += used
            continue
        if instruction[0] == w.CALL:
            callee, _ = w.leb(instruction, 1)
            if callee - imports in run_of:
                instruction = bytes([w.CALL]) + w.uleb(imports + run_of[callee - imports])
        out.append(instruction)
        i += 1
    return b"".join(out)


def _answer(code: list[bytes], i: int) -> tuple[bytes, int]:
    """What a question about the state at ``code[i]`` becomes, and of how many instructions it consists.

    The state is 0, normal, or 1, unwinding. The second is only asked for explicitly, right after a call. All
    other questions are whether it is 0, before a piece of the function's own work; the optimiser uses the
    state itself as the truth value then, also in ``select`` (``cond ? state : 1``).
    """
    following = code[i + 1]
    if following[0] == w.I32_CONST and code[i + 2][0] in (w.I32_EQ, w.I32_NE):
        asked = following[1]
        if asked == UNWINDING:
            return code[i] + following + code[i + 2], 3
        if asked in (NORMAL, REWINDING):
            return (_I32_CONST_1 if (asked == NORMAL) == (code[i + 2][0] == w.I32_EQ) else _I32_CONST_0), 3
    elif following[0] in _TRUTH or following == _I32_CONST_1:
        return _I32_CONST_0, 1
    raise BuildError(f"twins: the state of Asyncify is used in an unknown way, before {following.hex()}")


def _name_twins(section: bytes, twins: dict[int, tuple[int, int]]) -> bytes:
    """The name section with names for the twins; another custom section as it is."""
    name, at = w.string(section, 0)
    if name != "name":
        return section
    out = bytearray(section[:at])
    while at < len(section):
        kind = section[at]
        length, start = w.leb(section, at + 1)
        at = start + length
        body = section[start:at]
        if kind == 1:
            body = _with_twin_names(body, twins)
        out += bytes([kind]) + w.sized(body)
    return bytes(out)


def _with_twin_names(body: bytes, twins: dict[int, tuple[int, int]]) -> bytes:
    name_of = {}
    count, at = w.leb(body, 0)
    for _ in range(count):
        index, at = w.leb(body, at)
        name_of[index], at = w.string(body, at)
    for index, (rewind, run) in twins.items():
        if index in name_of:
            name_of[rewind] = name_of[index] + REWIND
            name_of[run] = name_of[index] + RUN
    entries = (w.uleb(i) + w.sized(name.encode()) for i, name in sorted(name_of.items()))
    return w.uleb(len(name_of)) + b"".join(entries)
