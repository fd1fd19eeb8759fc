"""What the documentation shows works as it is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .pages import CONFIG

ROOT = Path(__file__).parents[2]


def modules_of(document: str) -> list[str]:
    """The JavaScript modules that a document shows."""
    return re.findall(r"```js\n(import .*?)```", (ROOT / document).read_text(), re.DOTALL)


DOCUMENTED = [
    pytest.param(document, source, id=f"{document}-{number}")
    for document in sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/*.md"))
    for number, source in enumerate(modules_of(document), 1)
]


@pytest.mark.parametrize(("document", "source"), DOCUMENTED)
def test_a_documented_module(page: Page, site: str, document: str, source: str) -> None:
    """It runs to its end, and logs what its comments say: texts in quotes, true, false and numbers."""
    page.goto(site + CONFIG["BLANK_PAGE"])
    logged = page.evaluate(
        """async ([source, site]) => {
            const logged = [];
            console.log = (...words) => logged.push(words.join(" "));
            const code = source.replaceAll('from "./', `from "${site}/`);
            await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
            return logged;
        }""",
        [source, site],
    )
    for line in re.findall(r"console\.log\(.*?\); // (.*)", source):
        expected = re.findall(r'"(.*?)"|\b(true|false)\b', line)
        if not line.startswith("["):
            assert " ".join(text or word for text, word in expected) in logged


def test_the_example_page_runs_commands(page: Page, site: str) -> None:
    page.goto(f"{site}/examples/run.html")
    output = page.locator("#output")
    expect(output).to_have_text("ready")
    page.get_by_role("button", name="Run").click()
    expect(output).to_contain_text("1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10")
    expect(output).to_contain_text("exit status 0")
    page.get_by_label("Command").fill("echo oops >&2; exit 3")
    page.get_by_role("button", name="Run").click()
    expect(output).to_contain_text("oops")
    expect(output).to_contain_text("exit status 3")


def test_the_module_in_ten_lines_of_the_readme(page: Page, site: str) -> None:
    snippet = re.search(r"```html\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert snippet is not None
    html = "<!doctype html><title>snippet</title>" + snippet[1]
    page.route("**/snippet.html", lambda route: route.fulfill(body=html, content_type="text/html"))
    with page.expect_console_message(lambda message: message.type == "log") as logged:
        page.goto(f"{site}/snippet.html")
    stdout, status = (argument.json_value() for argument in logged.value.args)
    assert stdout.startswith("2\n") and "todo.txt" in stdout
    assert status == 0
