"""A battery of what people type, in Firefox, whose engine has its own ways to compile and suspend."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.browser.pages import SandboxPage

BATTERY = tomllib.loads(Path(__file__).with_name("battery.toml").read_text())["case"]


@pytest.mark.parametrize("case", BATTERY, ids=[case["name"] for case in BATTERY])
def test_a_script_prints_what_it_should(sandbox: SandboxPage, case: dict[str, str]) -> None:
    assert sandbox.output(f"cd $(mktemp -d)\n{case['script']}") == case["output"]


@pytest.mark.parametrize("names", ["[!d-z]*", "[d-f]*", "[g-k]*", "[l-o]*", "[p-s]*", "[t-z]*"])
def test_every_program_starts(sandbox: SandboxPage, names: str) -> None:
    """The engine compiles and starts each, and none traps (a signal) or hangs (124)."""
    script = f"""cd /usr/bin; for p in {names}; do
        [ -L $p ] || [ "$(head -c4 $p | od -An -c | tr -d ' ')" != '\\0asm' ] && continue
        timeout 15 $p --version < /dev/null > /dev/null 2>&1; s=$?
        case $s in 12[467] | 13[0-9]) echo $p: $s ;; esac
        ((n++))
    done; echo $n programs"""
    assert re.fullmatch(r"\d\d programs\n", sandbox.output(script))
