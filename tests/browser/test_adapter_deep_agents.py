"""The sandbox as a backend of Deep Agents: the cases that their sandboxes have to pass.

Their suite (`libs/standard-tests` of deepagentsjs) is in no registry; `deep_agents_cases.js` has its cases in
words of our own, run with the package's own `BaseSandbox` in the browser. Its cases of `isRunning` are left
out: that is no part of the protocol.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from .npm_modules import load
from .pages import SandboxPage

CASES = Path(__file__).with_name("deep_agents_cases.js")
NAMES = re.findall(r'^  "(.*)": \[$', CASES.read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def deep(browser: Browser, browser_context_args: dict[str, Any], site: str) -> Iterator[SandboxPage]:
    page = browser.new_page(**browser_context_args)
    opened = SandboxPage(page, site)
    opened.create()
    load(page, "deepagents", 'export { BaseSandbox, isSandboxBackend } from "deepagents/browser";')
    load(page, "standard", f'export * from "{CASES}";')
    opened.evaluate(
        """const { deepAgentsBackend } = await import(arg);
        standard.use(deepAgentsBackend(deepagents.BaseSandbox, sandbox))""",
        f"{site}/adapters/deep-agents.js",
    )
    yield opened
    page.close()


@pytest.mark.parametrize("name", NAMES)
def test_standard(deep: SandboxPage, name: str) -> None:
    code = "const [act, outcome] = standard.CASES[arg]; return { came: await act(), outcome }"
    told = deep.evaluate(code, name)
    assert told["came"] == told["outcome"]


def test_each_case_is_run(deep: SandboxPage) -> None:
    assert deep.evaluate("return Object.keys(standard.CASES)") == NAMES
