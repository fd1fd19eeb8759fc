"""Extension modules that are shared libraries: what they may do, and what is no module."""

from __future__ import annotations

import base64

import pytest

from .guest_programs import build_library
from .pages import SandboxPage

PLACE = "/tmp/extensions"


def put(sandbox: SandboxPage, name: str, content: bytes) -> None:
    """Write a file where the tests import from."""
    code = "await sandbox.files.write(arg[0], Uint8Array.from(atob(arg[1]), (c) => c.charCodeAt(0)))"
    sandbox.evaluate(code, [f"{PLACE}/{name}", base64.b64encode(content).decode()])


@pytest.fixture
def spam(sandbox: SandboxPage) -> SandboxPage:
    """A sandbox with the module of tests/guest/dynlink/spam.c."""
    put(sandbox, "spam.cpython-314-wasm32-emscripten.so", build_library("spam"))
    return sandbox


def python(sandbox: SandboxPage, code: str) -> str:
    """The output of a program that must succeed."""
    return sandbox.output(f"cd {PLACE}; python3 -c '{code}'")


def test_functions_are_called(spam: SandboxPage) -> None:
    code = "import spam; print(spam.answer(), spam.twice(21), spam.answer(), spam.__file__)"
    file = f"{PLACE}/spam.cpython-314-wasm32-emscripten.so"
    assert python(spam, code) == f"42 42 42 {file}\n"


def test_errors_come_back(spam: SandboxPage) -> None:
    code = """
import spam, errno
try: spam.fail()
except BlockingIOError as e: print(e.errno == errno.EAGAIN, e)
try: spam.twice("x")
except TypeError as e: print(e)
"""
    assert python(spam, code) == (
        "True [Errno 11] Resource temporarily unavailable\n'str' object cannot be interpreted as an integer\n"
    )


def test_a_process_may_be_waited_for_below_a_module(spam: SandboxPage) -> None:
    code = "import spam, subprocess; print(spam.call(lambda: subprocess.check_output([\"echo\", \"below\"])))"
    assert python(spam, code) == "b'below\\n'\n"


def test_a_recursion_through_a_module_is_an_error(spam: SandboxPage) -> None:
    code = """
import spam, sys
sys.setrecursionlimit(10**6)
def f(): return spam.call(f)
try: f()
except RecursionError: print("RecursionError")
"""
    assert python(spam, code) == "RecursionError\n"


def test_a_loop_in_a_module_can_be_ended(spam: SandboxPage) -> None:
    result = spam.run(f"cd {PLACE}; timeout 0.5 python3 -c 'import spam; spam.spin()'")
    assert result["exitCode"] == 124


def test_missing_symbols_are_named(sandbox: SandboxPage) -> None:
    put(sandbox, "lacking.so", build_library("lacking"))
    result = sandbox.run(f"cd {PLACE}; python3 -c 'import lacking'")
    assert result["exitCode"] == 1
    assert "ImportError" in result["stderr"]
    assert "first_missing" in result["stderr"]


@pytest.mark.parametrize("content", [b"", b"not a module", b"\x7fELF\x02\x01\x01" + bytes(57)])
def test_what_is_no_module(sandbox: SandboxPage, content: bytes) -> None:
    put(sandbox, "broken.so", content)
    result = sandbox.run(f"cd {PLACE}; python3 -c 'import broken'")
    assert result["exitCode"] == 1
    assert "ImportError: " in result["stderr"]
    assert "broken.so" in result["stderr"]


def test_a_module_without_its_function(sandbox: SandboxPage) -> None:
    put(sandbox, "base.so", build_library("base"))
    result = sandbox.run(f"cd {PLACE}; python3 -c 'import base'")
    assert "dynamic module does not define module export function (PyInit_base)" in result["stderr"]
