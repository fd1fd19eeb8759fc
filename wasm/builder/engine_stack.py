"""Lets a program measure the engine's stack by its own stack pointer.

A WebAssembly program has two stacks: its own in memory, for what C takes the address of, and the
engine's, with return addresses and local variables, which it cannot see and whose overflow ends it.
Many functions use only the second. CPython decides by the stack pointer whether a recursion is too
deep; so every function that can be part of a recursion here moves the pointer by what its frame may
take of the engine's stack, and back when it returns. The program's stack is then always the deeper
of the two.

Frames are largest in the engine's first, quick compilation, which keeps every local variable in
memory. Nothing is charged for functions that are in no cycle of the call graph: there is an end to
their depth.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from . import names
from . import wasmfile as w
from .console import BuildError

#: bytes of a frame without local variables: return address, frame pointer, instance, operands
FRAME = 112
#: what a local variable or parameter takes, bytes
SLOT = 8
ALIGNMENT = 16
#: a function with more calls that can come back to it moves the pointer once, at its beginning
FEW = 8
#: where signals are taken: what a handler calls is no recursion of the function that it interrupts
SIGNALS = ("__tabux_preempt", "__tabux_syscall")
STACK_POINTER = "__stack_pointer"

#: nodes of the call graph: a function by its index, or all that may be called through a pointer of a type
Node = tuple[str, int]


def charge(module: bytes, plain: Collection[str] = ()) -> tuple[bytes, int]:
    """The module with functions that move the stack pointer, and how many these are.

    Args:
        plain: names of functions whose calls through pointers are never part of a recursion (an allocator's).

    Raises:
        BuildError: there is no stack pointer, or the module has what is not known here.
    """
    body_of = dict(w.sections(module))
    types = w.function_types(body_of[w.TYPE])
    imports, _ = w.imported(body_of[w.IMPORT])
    declared = [*imports, *w.numbers(body_of[w.FUNCTION])]
    bodies = w.bodies(body_of[w.CODE])
    pointer = w.exported_globals(body_of[w.EXPORT]).get(STACK_POINTER)
    if pointer is None:
        raise BuildError(f"the program does not export {STACK_POINTER}")
    indices = names.function_indices(module)
    straight = {indices[name] for name in plain if name in indices}
    graph = _graph(bodies, len(imports), declared, w.table_functions(body_of[w.ELEMENT]), straight)
    for name in indices.keys() & set(SIGNALS):
        graph["function", indices[name]].clear()
    cycle_of = {node: number for number, cycle in enumerate(_cycles(graph)) for node in cycle}
    out = []
    for number, body in enumerate(bodies, len(imports)):
        cycle = cycle_of.get(("function", number))
        if cycle is not None:
            parameters, results = types[declared[number]]
            move = _Move(pointer, FRAME + SLOT * (len(parameters) + w.local_count(body)))
            back = {node for node in graph["function", number] if cycle_of.get(node) == cycle}
            calls, looped = _calls(body, back)
            around = len(calls) <= FEW and not looped
            body = move.around(body, calls) if around else move.throughout(body, results)
        out.append(w.sized(body))
    code = w.uleb(len(out)) + b"".join(out)
    parts = [(n, code if n == w.CODE else body) for n, body in w.sections(module)]
    return w.join(parts), sum(kind == "function" for kind, _ in cycle_of)


def _callee(body: bytes, at: int) -> Node | None:
    """What the instruction there calls."""
    if body[at] == w.CALL:
        return "function", w.leb(body, at + 1)[0]
    if body[at] == w.CALL_INDIRECT:
        return "type", w.leb(body, at + 1)[0]
    return None


def _calls(body: bytes, counted: Collection[Node]) -> tuple[list[tuple[int, int]], bool]:
    """Where calls of these begin and end, and whether one of them is in a loop."""
    found: list[tuple[int, int]] = []
    looped = False
    loops: list[bool] = []
    for at, end in w.instructions(body):
        if body[at] in (w.BLOCK, w.LOOP, w.IF, w.TRY):
            loops.append(body[at] == w.LOOP)
        elif body[at] == w.END and loops:
            loops.pop()
        callee = _callee(body, at)
        if callee in counted:
            found.append((at, end))
            looped = looped or any(loops)
    return found, looped


def _graph(
    bodies: list[bytes], first: int, declared: list[int], table: Collection[int], straight: Collection[int]
) -> dict[Node, set[Node]]:
    graph: dict[Node, set[Node]] = {}
    for number, body in enumerate(bodies, first):
        calls: set[Node] = set()
        for at, _ in w.instructions(body):
            callee = _callee(body, at)
            if callee is not None and (callee[0] == "function" or number not in straight):
                calls.add(callee)
        graph["function", number] = calls
    for index in table:
        graph.setdefault(("type", declared[index]), set()).add(("function", index))
    return graph


def _cycles(graph: dict[Node, set[Node]]) -> Iterator[list[Node]]:
    """The nodes that can be reached from themselves, those together that reach each other.

    (Tarjan 1972, strongly connected components, without recursion.)
    """
    order: dict[Node, int] = {}
    low: dict[Node, int] = {}
    stack: list[Node] = []
    waiting: set[Node] = set()
    for root in graph:
        if root in order:
            continue
        path = [(root, iter(graph[root]))]
        order[root] = low[root] = len(order)
        stack.append(root)
        waiting.add(root)
        while path:
            node, rest = path[-1]
            for callee in rest:
                if callee not in order:
                    order[callee] = low[callee] = len(order)
                    stack.append(callee)
                    waiting.add(callee)
                    path.append((callee, iter(graph.get(callee, ()))))
                    break
                if callee in waiting:
                    low[node] = min(low[node], order[callee])
            else:
                path.pop()
                if path:
                    caller = path[-1][0]
                    low[caller] = min(low[caller], low[node])
                if low[node] == order[node]:
                    component: list[Node] = []
                    while not component or component[-1] != node:
                        component.append(stack.pop())
                        waiting.discard(component[-1])
                    if len(component) > 1 or node in graph.get(node, ()):
                        yield component


class _Move:
    """What moves a stack pointer down by a function's frame, and up again."""

    def __init__(self, pointer: int, frame: int) -> None:
        size = b"\x41" + w.sleb(-(-frame // ALIGNMENT) * ALIGNMENT)
        get, put = bytes([w.GLOBAL_GET]) + w.uleb(pointer), bytes([w.GLOBAL_SET]) + w.uleb(pointer)
        self.down = get + size + bytes([w.I32_SUB]) + put
        self.up = get + size + bytes([w.I32_ADD]) + put

    def around(self, body: bytes, calls: list[tuple[int, int]]) -> bytes:
        """A function body that moves it for these calls."""
        pieces = []
        last = 0
        for at, end in calls:
            pieces += [body[last:at], self.down, body[at:end], self.up]
            last = end
        return b"".join([*pieces, body[last:]])

    def throughout(self, body: bytes, results: bytes) -> bytes:
        """A function body that moves it first, and back where it returns."""
        if len(results) > 1:
            raise BuildError("a function with two results is not known here")
        start = w.first_instruction(body)
        # branches to the end of the function end here, at a block of its own
        pieces = [body[:start], self.down, bytes([w.BLOCK]), results or bytes([w.NO_RESULT])]
        last = start
        for at, _ in w.instructions(body):
            if body[at] == w.RETURN:
                pieces += [body[last:at], self.up]
                last = at
        return b"".join([*pieces, body[last:], self.up, bytes([w.END])])
