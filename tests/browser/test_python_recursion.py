"""A recursion that is too deep is a RecursionError, also where it is C code that fills the engine's stack."""

from __future__ import annotations

import pytest

from .pages import SandboxPage

#: each ends in a RecursionError, or (where None is printed) is deep and works
RECURSIONS = {
    "python": "def f(): f()\nf()",
    "python through C": "sys.setrecursionlimit(10**6)\ndef f(x): return sorted([1, 2], key=f)\nf(0)",
    "repr": "repr(deep([]))",
    "compare": "deep([]) == deep([])",
    "hash": "hash(deep(()))",
    "json.dumps": "import json; json.dumps(deep([]))",
    "json.loads": "import json; json.loads('[' * 100000)",
    "pickle": "import pickle; pickle.dumps(deep([]))",
    "copy": "import copy; copy.deepcopy(deep([]))",
    "marshal": "import marshal; marshal.loads(b'(\\x01\\x00\\x00\\x00' * 100000 + b'N')",
    "str is repr": "class A: pass\nA.__str__ = A.__repr__ = lambda self: str(self)\nstr(A())",
    "getattr": "class A:\n def __getattr__(self, name): return getattr(self, name + 'x')\nA().x",
    "call": "class A: pass\nA.__call__ = A()\nA()()",
    "isinstance": "isinstance(1, deep(()))",
    "parser": "compile('(' * 100000, 'x', 'eval')",
    "unary": "compile('-' * 100000 + '1', 'x', 'eval')",
    "ast": "import ast; ast.literal_eval('-' * 100000 + '1')",
    "regular expression": "import re; re.compile('(?:' * 5000 + ')' * 5000)",
}
PROGRAM = """
def deep(value):
    for _ in range(100000):
        value = type(value)([value])
    return value
import sys
for code in {codes!r}:
    sys.setrecursionlimit(1000)
    try:
        exec(code, {{"deep": deep, "sys": sys}})
        print("no error")
    except (RecursionError, MemoryError, SyntaxError, ValueError) as e:
        print(type(e).__name__)
"""
#: where something else than RecursionError is what CPython has always said
OTHERWISE = {
    "parser": "SyntaxError",
    "unary": "MemoryError",
    "ast": "MemoryError",
    "marshal": "ValueError",
}


@pytest.mark.parametrize("name", RECURSIONS)
def test_cold(sandbox: SandboxPage, name: str) -> None:
    result = sandbox.run(
        "cat > /tmp/r.py; python3 /tmp/r.py", stdin=PROGRAM.format(codes=[RECURSIONS[name]])
    )
    assert (result["stdout"].strip(), result["exitCode"]) == (
        OTHERWISE.get(name, "RecursionError"),
        0,
    )


def test_warm(sandbox: SandboxPage) -> None:
    """After the engine has compiled the interpreter well, whose frames then are others."""
    sandbox.limit = 240_000
    work = "def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)\nfib(26)\n"
    work += "import json, pickle\nx = pickle.dumps((2,))\n"
    work += "for _ in range(300): repr(json.loads(json.dumps([[[1, {'a': pickle.loads(x)}]]] * 99)))\n"
    program = work + PROGRAM.format(codes=list(RECURSIONS.values()) * 2)
    result = sandbox.run("cat > /tmp/r.py; python3 /tmp/r.py", stdin=program, timeoutMs=240_000)
    told = [OTHERWISE.get(name, "RecursionError") for name in RECURSIONS]
    assert (result["stdout"].split(), result["exitCode"]) == (told * 2, 0)


def test_what_was_deep_is_freed(sandbox: SandboxPage) -> None:
    code = 'l = []\nfor _ in range(10**6): l = [l]\ndel l\nprint("freed")'
    assert sandbox.output(f"python3 -c '{code}'") == "freed\n"
