"""Allowlists and denylists of commands."""

from __future__ import annotations

import pytest
from tabux.kernel.policy import CommandPolicy

from tests.unit.kernel_support import System


def policy(allow: str | None = None, deny: str = "") -> CommandPolicy:
    return CommandPolicy(None if allow is None else frozenset(allow.split()), frozenset(deny.split()))


@pytest.mark.parametrize(
    ("rules", "path", "found", "permitted"),
    [
        (policy("ls"), "/usr/bin/ls", "/usr/bin/ls", True),
        (policy("ls"), "/bin/ls", "/usr/bin/coreutils", True),
        (policy("ls"), "/usr/bin/rm", "/usr/bin/coreutils", False),
        (policy("ls"), "ls", "/home/user/ls", False),
        (policy("ls"), "./x", "/usr/bin/ls", False),
        (policy(""), "/bin/bash", "/usr/bin/bash", True),
        (policy("git"), "/usr/libexec/git-core/git", "/usr/libexec/git-core/git", True),
        (policy(None, "curl"), "/usr/bin/curl", "/usr/bin/curl", False),
        (policy(None, "curl"), "./x", "/usr/bin/curl", False),
        (policy(None, "curl"), "/usr/bin/ls", "/usr/bin/ls", True),
        (policy("curl ls", "curl"), "/usr/bin/curl", "/usr/bin/curl", False),
    ],
)
def test_what_may_run(rules: CommandPolicy, path: str, found: str, permitted: bool) -> None:
    assert rules.permits(path, found) is permitted


def test_what_is_refused_is_told() -> None:
    s = System()
    s.kernel.policy = policy(None, "true")
    p = s.leader()
    assert s.call("exec_lookup", p, "/usr/bin/true", 0) == "EACCES"
    assert s.gate.refusals == [(p.pid, "/usr/bin/true")]
    assert s.call("exec_lookup", p, "/usr/bin/bash", 0) != "EACCES"
