"""The agent of examples/agent.html, from end to end with a scripted model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from .model_endpoint import Move, serving
from .pages import CONFIG

SECRET = "key-of-the-visitor"
AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """A first command loads its program: what is expected may come late on a slow machine."""
    expect.set_options(timeout=CONFIG["STEP_TIMEOUT"])
    yield
    expect.set_options(timeout=5000)


def open_agent(page: Page, site: str, protocol: str, url: str, approval: str = "ask") -> None:
    page.goto(f"{site}/examples/agent.html")
    page.get_by_label("Protocol").select_option(protocol)
    page.get_by_label("Base address").fill(url)
    page.get_by_label("Model", exact=True).fill("scripted")
    page.get_by_label("Your key").fill(SECRET)
    page.get_by_label("Commands").select_option(approval)
    expect(page.get_by_role("status")).to_have_text("ready", timeout=CONFIG["BOOT_TIMEOUT"])


def say(page: Page, text: str) -> None:
    page.get_by_label("Message").fill(text)
    page.get_by_label("Message").press("Enter")


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
def test_a_task(page: Page, site: str, protocol: str) -> None:
    """The model writes a file and runs it, with leave; the shell remembers; the key stays outside."""
    moves: list[Move] = [
        ("write_file", {"path": "sum.sh", "content": "echo $((6 * 7))\n"}),
        ("bash", {"command": "cd /tmp; bash ~/sum.sh; false"}),
        ("bash", {"command": "pwd; env"}),
        "It is 42.",
        "You are welcome.",
    ]
    with serving(moves) as endpoint:
        base = {"openai": f"{endpoint.url}/v1", "anthropic": endpoint.url}[protocol]
        open_agent(page, site, protocol, base)
        say(page, "What is six times seven?")
        steps = page.get_by_role("list", name="Conversation").get_by_role("listitem")
        for number in (1, 2, 3):
            expect(steps).to_have_count(number + 1)
            page.get_by_role("button", name="Allow").click()
            expect(steps.nth(number)).to_contain_text("done")
        expect(steps.nth(4)).to_have_text("It is 42.")
        expect(steps.nth(2)).to_contain_text("42\n[exit status 1]")
        expect(steps.nth(3)).to_contain_text("/tmp")
        expect(steps.nth(3)).not_to_contain_text(SECRET)
        say(page, "Thank you")
        expect(steps.nth(6)).to_have_text("You are welcome.")
    path, headers, body = endpoint.asked[-1]
    if protocol == "openai":
        assert (path, headers["authorization"]) == ("/v1/chat/completions", f"Bearer {SECRET}")
        roles = ["system", "user", *["assistant", "tool"] * 3, "assistant", "user"]
        told = body["messages"][5]["content"]
    else:
        assert (path, headers["x-api-key"]) == ("/v1/messages", SECRET)
        roles = ["user", *["assistant", "user"] * 4]
        told = body["messages"][4]["content"][0]["content"]
    assert [message["role"] for message in body["messages"]] == roles
    assert told == "42\n[exit status 1]"
    assert len(body["tools"]) == 7


def test_what_is_refused_is_not_run(page: Page, site: str) -> None:
    commands: list[Move] = [("bash", {"command": command}) for command in ("touch refused", "ls -a")]
    moves = [*commands, "As you like."]
    with serving(moves) as endpoint:
        open_agent(page, site, "openai", endpoint.url)
        say(page, "go")
        page.get_by_role("button", name="Refuse").click()
        steps = page.get_by_role("list", name="Conversation").get_by_role("listitem")
        expect(steps.nth(1)).to_contain_text("not allowed")
        expect(steps.nth(2)).to_contain_text("may it?")
        page.get_by_role("button", name="Allow").click()
        expect(steps.nth(3)).to_have_text("As you like.")
        expect(steps.nth(2)).to_contain_text(".bashrc")
        expect(steps.nth(2)).not_to_contain_text("refused")
    assert "has not allowed" in endpoint.asked[1][2]["messages"][-1]["content"]


def test_stopping(page: Page, site: str) -> None:
    """A command is interrupted; the conversation is as it was before, and goes on."""
    moves: list[Move] = [("bash", {"command": "echo begun; sleep 600"}), "Again."]
    with serving(moves) as endpoint:
        open_agent(page, site, "anthropic", endpoint.url, "all")
        say(page, "first")
        steps = page.get_by_role("list", name="Conversation").get_by_role("listitem")
        expect(steps.nth(1)).to_contain_text("sleep 600")
        page.get_by_role("button", name="Stop").click()
        expect(steps.nth(2)).to_have_text("stopped")
        say(page, "second")
        expect(steps.nth(4)).to_have_text("Again.")
    assert [message["content"] for message in endpoint.asked[-1][2]["messages"]] == ["second"]


def test_trouble(page: Page, site: str) -> None:
    """What the endpoint says is shown, or that there is none; the message is there to be sent again."""
    with serving([]) as endpoint:
        open_agent(page, site, "openai", endpoint.url)
        say(page, "hello")
        steps = page.get_by_role("list", name="Conversation").get_by_role("listitem")
        expect(steps.nth(1)).to_contain_text("answers 500: the script is at its end")
        expect(page.get_by_label("Message")).to_have_value("hello")
    page.get_by_text("Model", exact=True).first.click()
    page.get_by_label("Base address").fill("http://127.0.0.1:9")
    page.get_by_label("Message").press("Enter")
    expect(steps.nth(3)).to_contain_text("cannot be reached")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(page: Page, site: str, scheme: Literal["light", "dark"]) -> None:
    """axe-core finds nothing, with all kinds of steps on the page."""
    page.emulate_media(color_scheme=scheme)
    edit: Move = ("edit_file", {"path": "a", "old_text": "x\ny", "new_text": "z"})
    with serving([("bash", {"command": "seq 100"}), "text", edit]) as endpoint:
        open_agent(page, site, "openai", endpoint.url, "all")
        say(page, "first")
        steps = page.get_by_role("list", name="Conversation").get_by_role("listitem")
        expect(steps.nth(2)).to_have_text("text")
        page.locator("#settings summary").click()
        page.get_by_label("Commands").select_option("ask")
        say(page, "second")
        expect(page.get_by_role("button", name="Allow")).to_be_visible()
        page.evaluate(AXE.read_text())
        assert page.evaluate("async () => (await axe.run()).violations") == []
        page.get_by_role("button", name="Stop").click()
        expect(steps.last).to_have_text("stopped")
