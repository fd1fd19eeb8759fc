"""python3 in Firefox, whose engine has other frames on its stacks, and other stacks."""

from __future__ import annotations

import pytest

from tests.browser.pages import SandboxPage
from tests.browser.test_python_recursion import OTHERWISE, PROGRAM, RECURSIONS


@pytest.mark.parametrize("name", RECURSIONS)
def test_a_recursion_is_an_error(sandbox: SandboxPage, name: str) -> None:
    """Twice in one process: before and after the engine has compiled what it needs well."""
    sandbox.limit = 120_000
    program = PROGRAM.format(codes=[RECURSIONS[name]] * 2)
    result = sandbox.run("cat > /tmp/r.py; python3 /tmp/r.py", stdin=program, timeoutMs=110_000)
    assert (result["stdout"].split(), result["exitCode"]) == ([OTHERWISE.get(name, "RecursionError")] * 2, 0)


def test_processes_threads_and_signals(sandbox: SandboxPage) -> None:
    code = """
import signal, subprocess, threading
def run(): print(subprocess.check_output(["echo", "child"]))
t = threading.Thread(target=run)
t.start()
t.join()
class Late(Exception): pass
def late(number, frame): raise Late
signal.signal(signal.SIGALRM, late)
signal.setitimer(signal.ITIMER_REAL, 0.1)
try:
    while True: pass
except Late:
    print("late")
"""
    assert sandbox.output("cat > /tmp/p.py; python3 /tmp/p.py", stdin=code) == "b'child\\n'\nlate\n"
