"""Runs one file of CPython's own tests and prints what came of it as JSON, in both interpreters.

    python3 cpython_file.py test_json

It uses nothing but the standard library and CPython's package `test`, which must lie in it.
"""

import importlib
import json
import os
import sys
import unittest


class Result(unittest.TestResult):
    """Which tests did not succeed."""

    def __init__(self):
        super().__init__()
        self.bad = {}

    def startTest(self, test):
        """Name it: if the process dies, the last name tells where."""
        super().startTest(test)
        print("test", test.id(), file=sys.stderr, flush=True)

    def _note(self, test, error):
        lines = self._exc_info_to_string(error, test).strip().splitlines()
        self.bad.setdefault(getattr(test, "test_case", test).id(), lines[-1][:300] if lines else "")

    def addError(self, test, err):
        """A test that raised something."""
        self._note(test, err)

    def addFailure(self, test, err):
        """A test whose expectation was not met."""
        self._note(test, err)

    def addSubTest(self, test, subtest, err):
        """A part of a test."""
        if err is not None:
            self._note(test, err)

    def addUnexpectedSuccess(self, test):
        """A test that should fail."""
        self.bad.setdefault(test.id(), "unexpected success")


def main(name):
    """What came of the file: "passed", "failed" or "skipped", how many tests ran, and which were bad."""
    from test import support

    support.verbose = 0
    support.use_resources = []
    result = Result()
    try:
        module = importlib.import_module(f"test.{name}")
        suite = unittest.defaultTestLoader.loadTestsFromModule(module)
        suite.run(result)
    except unittest.SkipTest as skip:
        return {"outcome": "skipped", "ran": 0, "reason": str(skip)[:300]}
    outcome = "failed" if result.bad else "passed" if result.testsRun else "skipped"
    return {
        "outcome": outcome,
        "ran": result.testsRun,
        "skipped": len(result.skipped),
        "bad": result.bad,
    }


if __name__ == "__main__":
    answer = main(sys.argv[1])
    print("\nRESULT " + json.dumps(answer), flush=True)
    os._exit(0)  # threads that a test has left behind are not waited for
