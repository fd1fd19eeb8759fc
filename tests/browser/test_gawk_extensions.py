"""gawk's extensions, which are shared libraries; what they print is what Debian's gawk prints."""

from __future__ import annotations

import pytest

from .pages import SandboxPage


@pytest.mark.parametrize(
    ("command", "output"),
    [
        ("gawk -l ordchr 'BEGIN { print ord(\"A\"), chr(66) }'", "65 B\n"),
        ("gawk '@load \"fnmatch\"\nBEGIN { print fnmatch(\"*.c\", \"a.c\", 0) }'", "0\n"),
        ("gawk -l intdiv 'BEGIN { intdiv(17, 5, r); print r[\"quotient\"], r[\"remainder\"] }'", "3 2\n"),
        # (a warning says that it is obsolete)
        ("gawk -l time 'BEGIN { print (gettimeofday() > 1e9), sleep(0.001) }' 2> /dev/null", "1 0\n"),
        ("gawk -l filefuncs 'BEGIN { print stat(\"/usr\", s), s[\"type\"] }'", "0 directory\n"),
        ("printf 'two words' > f; gawk -l readfile 'BEGIN { print length(readfile(\"f\")) }'", "9\n"),
        (
            "mkdir -p d; : > d/one; : > d/two; "
            "gawk -l readdir -F/ '$2 !~ /^\\./ { print $2, $3 }' d | sort",
            "one f\ntwo f\n",
        ),
        ("printf 'a b\\nc d\\n' > g; gawk -i inplace '{ print $2 }' g; cat g", "b\nd\n"),
        (
            "gawk -l rwarray 'BEGIN { a[1] = 2; a[\"x\"] = \"y\"; writea(\"h\", a); delete a; "
            "print reada(\"h\", a), a[1], a[\"x\"] }'",
            "1 2 y\n",
        ),
        ("gawk -l revoutput 'BEGIN { REVOUT = 1; print \"abc\" > \"/dev/stdout\" }'", "cba\n"),
    ],
)  # fmt: skip
def test_an_extension(sandbox: SandboxPage, command: str, output: str) -> None:
    assert sandbox.output(f"mkdir -p /tmp/gawk; cd /tmp/gawk; {command}") == output


def test_processes_beside_an_extension(sandbox: SandboxPage) -> None:
    both_ways = 'print "x" |& "cat"; close("cat", "to"); "cat" |& getline y'
    script = f'BEGIN {{ {both_ways}; "echo z" | getline z; print y z }}'
    assert sandbox.output(f"gawk -l filefuncs '{script}'") == "xz\n"


def test_a_fork_in_an_extension_is_refused(sandbox: SandboxPage) -> None:
    result = sandbox.run("gawk -l fork 'BEGIN { print fork(), ERRNO }'")
    assert result["stdout"] == "-1 Function not implemented\n", result


def test_an_extension_that_is_not_there(sandbox: SandboxPage) -> None:
    result = sandbox.run("gawk -l nothing 'BEGIN { }'")
    assert result["exitCode"] == 2
    assert "fatal: cannot open shared library `nothing' for reading" in result["stderr"]
