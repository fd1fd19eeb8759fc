"""What the browser tests see: the public module on a page, and the site's terminal."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Page

CONFIG = runpy.run_path(str(Path(__file__).parents[2] / "playwright.config.py"))


class SandboxPage:
    """A page with the public module loaded, and a sandbox once `create` was called.

    JavaScript given to `evaluate` and `fails` sees `sandbox`, `tabux` (the module) and `arg`. What it returns
    must be plain data; typed arrays become lists of numbers.
    """

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.limit: int = CONFIG["STEP_TIMEOUT"]
        page.goto(site + CONFIG["BLANK_PAGE"])
        page.evaluate(
            """async (url) => {
                window.module = await import(url);
                window.sandbox = null;
                const AsyncFunction = (async () => {}).constructor;
                const inTime = (promise, limit) => Promise.race([promise, new Promise((_, reject) => {
                    setTimeout(() => reject(new Error(`no answer within ${limit} ms`)), limit);
                })]);
                window.perform = (code, arg, limit) =>
                    inTime(new AsyncFunction("tabux", "sandbox", "arg", code)(module, sandbox, arg), limit);
                window.plain = (value) =>
                    JSON.parse(JSON.stringify(value ?? null, (_, v) => (ArrayBuffer.isView(v) ? [...v] : v)));
            }""",
            f"{site}/tabux.js",
        )

    def create(self, options: object = None) -> None:
        """Start the sandbox."""
        self.limit = CONFIG["BOOT_TIMEOUT"]
        self.evaluate("window.sandbox = await tabux.Sandbox.create(arg)", options)
        self.limit = CONFIG["STEP_TIMEOUT"]

    def alive(self) -> bool:
        """Whether the sandbox still answers, and at once."""
        try:
            code = "return (await perform(arg, null, 2000)).exitCode"
            return bool(self.evaluate(code, "return await sandbox.commands.run('true')") == 0)
        except Error:
            return False

    def quiet(self) -> bool:
        """End what earlier tests have left running; whether that has worked."""
        code = """const end = performance.now() + 2000;
        while ((await sandbox.metrics()).processes > 0) {
            if (performance.now() > end) return false;
            await sandbox.commands.run("kill -KILL -1");
        }
        return true"""
        return bool(self.evaluate(code))

    def evaluate(self, code: str, arg: object = None) -> Any:
        """The value that the body of an async function returns."""
        return self.page.evaluate("async (args) => plain(await perform(...args))", [code, arg, self.limit])

    def fails(self, code: str, arg: object = None) -> tuple[str, str]:
        """Name and message of the error that the body of an async function throws."""
        outcome = self.page.evaluate(
            """async (args) => {
                try {
                    return { value: JSON.stringify(await perform(...args)) ?? "undefined" };
                } catch (error) {
                    return { name: error.name, message: error.message };
                }
            }""",
            [code, arg, self.limit],
        )
        assert "name" in outcome, f"no error, but {outcome['value']}"
        return outcome["name"], outcome["message"]

    def run(self, command: str, **options: object) -> dict[str, Any]:
        """What `commands.run` gives, for options that are plain data."""
        result = self.evaluate("return await sandbox.commands.run(arg[0], arg[1])", [command, options])
        assert isinstance(result, dict)
        return result

    def output(self, command: str, **options: object) -> str:
        """Standard output of a command that must succeed without a word on standard error."""
        result = self.run(command, **options)
        assert (result["exitCode"], result["stderr"]) == (0, ""), result
        return str(result["stdout"])


# The text on the terminal. Spaces before the cursor count, as after a prompt; others at a line's end do not.
SCREEN = """() => {
    const buffer = window.tabux.terminal.buffer.active;
    const lines = [];
    for (let i = 0; i < buffer.length; i++) {
        const line = buffer.getLine(i);
        const wraps = Boolean(buffer.getLine(i + 1)?.isWrapped);
        const whole = line.translateToString(false);
        const cursor = i === buffer.baseY + buffer.cursorY ? buffer.cursorX : 0;
        const text = wraps ? whole : whole.slice(0, Math.max(whole.trimEnd().length, cursor));
        if (line.isWrapped) lines[lines.length - 1] += text;
        else lines.push(text);
    }
    return lines.join("\\n");
}"""


class TerminalPage:
    """The site's page: typing into its terminal and reading its screen."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        page.goto(url)

    def wait_for_prompt(self) -> None:
        """Wait until the first shell has printed its prompt."""
        self.page.wait_for_function(
            "() => window.tabux?.pty && window.tabux.terminal.buffer.active.cursorX > 0",
            timeout=CONFIG["BOOT_TIMEOUT"],
        )
        self.wait_for("$ ")

    def type(self, text: str) -> None:
        """Type text as a keyboard would; a newline is the Enter key."""
        self.page.keyboard.type(text)

    def press(self, *keys: str) -> None:
        """Press keys one after the other, by Playwright's names: "Control+c", "ArrowUp"."""
        for key in keys:
            self.page.keyboard.press(key)

    def screen(self) -> str:
        """All lines, those scrolled out included; wrapped ones joined."""
        text = self.page.evaluate(f"() => ({SCREEN})()")
        assert isinstance(text, str)
        return text

    def wait_for(self, text: str, count: int = 1) -> None:
        """Wait until the screen contains a text (so many times)."""
        try:
            self.page.wait_for_function(
                f"([text, count]) => ({SCREEN})().split(text).length > count", arg=[text, count]
            )
        except Exception as error:
            raise AssertionError(f"{text!r} did not appear {count} times on:\n{self.screen()}") from error

    def wait_until_gone(self, text: str) -> None:
        """Wait until the screen does not contain a text any more."""
        try:
            self.page.wait_for_function(f"(text) => !({SCREEN})().includes(text)", arg=text)
        except Exception as error:
            raise AssertionError(f"{text!r} is still on:\n{self.screen()}") from error

    def wait_for_line(self, line: str, count: int = 1) -> None:
        """Wait until the screen has a line that is exactly this (so many times)."""
        try:
            self.page.wait_for_function(
                f"([line, count]) => ({SCREEN})().split('\\n').filter((l) => l === line).length >= count",
                arg=[line, count],
            )
        except Exception as error:
            raise AssertionError(f"no line {line!r} ({count} times) on:\n{self.screen()}") from error
