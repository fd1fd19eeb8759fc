"""The sandbox as tools of the AI SDK, of Anthropic's and of OpenAI's packages, which are on the page too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from .npm_modules import load
from .pages import SandboxPage

PACKAGES = """
export { runRunnableTool } from "@anthropic-ai/sdk/lib/tools/BetaRunnableTool";
export { applyDiff } from "@openai/agents-core";
export { createBashTool } from "bash-tool";
export { generateText, tool, jsonSchema, stepCountIs } from "ai";
export { MockLanguageModelV4 } from "ai/test";
"""


@pytest.fixture(scope="module")
def module_page(browser: Browser, browser_context_args: dict[str, Any], site: str) -> Iterator[SandboxPage]:
    page = browser.new_page(**browser_context_args)
    opened = SandboxPage(page, site)
    opened.create()
    load(page, "npm", PACKAGES)
    opened.evaluate(
        """for (const name of ["ai-sdk", "anthropic", "openai"]) {
            Object.assign(window.adapters ??= {}, await import(`${arg}/adapters/${name}.js`));
        }""",
        site,
    )
    yield opened
    page.close()


@pytest.fixture
def tools(module_page: SandboxPage) -> SandboxPage:
    module_page.evaluate("await sandbox.files.remove('w').catch(() => {}); await sandbox.files.makeDir('w')")
    return module_page


# AI SDK

SESSION = "const session = adapters.sandboxSession(sandbox, { cwd: '/home/user/w' });"


def test_a_session_of_the_ai_sdk(tools: SandboxPage) -> None:
    told = tools.evaluate(
        SESSION
        + """const said = [];
        await session.writeTextFile({ path: "d/text", content: "1\\n2\\n3\\n" });
        await session.writeBinaryFile({ path: "bin", content: new Uint8Array([1, 255]) });
        await session.writeFile({ path: "stream", content: new Blob(["streamed"]).stream() });
        said.push(await session.readTextFile({ path: "d/text", startLine: 2, endLine: 2 }));
        said.push(await session.readBinaryFile({ path: "bin" }));
        said.push(await new Response(await session.readFile({ path: "stream" })).text());
        await session.run({ command: "ln -s d link; ln -s none broken; mkfifo fifo" });
        for (const path of ["d", "link", "bin", "fifo", "broken", "none"]) {
            said.push(await session.stat({ path }));
        }
        const listed = await session.listDirectory({ path: "." });
        said.push(listed.map(({ name, type }) => `${name}:${type}`).sort());
        for (const path of ["none", "bin/x"]) said.push(await session.readFile({ path }));
        said.push(await session.listDirectory({ path: "none" }));
        said.push(await session.deleteFile({ path: "link" }), await session.deleteFile({ path: "link" }));
        said.push(await session.deleteFile({ path: "d" }).catch((error) => error.name));
        said.push(await session.writeTextFile({ path: "d", content: "" }).catch((error) => error.name));
        const command = "echo $A; pwd; exit 3";
        said.push(await session.run({ command, env: { A: "b" }, workingDirectory: "d" }));
        return said"""
    )
    assert told[:3] == ["2\n", [1, 255], "streamed"]
    kinds = [None if stat is None else stat["type"] for stat in told[3:9]]
    assert kinds == ["directory", "directory", "file", "other", None, None]
    assert told[9] == [
        "bin:file", "broken:symlink", "d:directory", "fifo:other", "link:symlink", "stream:file",
    ]  # fmt: skip
    assert told[10:13] == [None, None, None]
    assert told[13:17] == [True, False, "TypeError", "IsADirectoryError"]
    assert told[17] == {"exitCode": 3, "stdout": "b\n/home/user/w/d\n", "stderr": ""}


def test_processes_of_the_ai_sdk(tools: SandboxPage) -> None:
    told = tools.evaluate(
        SESSION
        + """const cat = await session.spawn({ command: "cat; printf '\\\\377' >&2", stdin: true });
        const writer = cat.stdin.getWriter();
        await writer.write(new TextEncoder().encode("through"));
        await writer.close();
        const bytes = async (stream) => [...new Uint8Array(await new Response(stream).arrayBuffer())];
        const said = [await new Response(cat.stdout).text(), await bytes(cat.stderr), await cat.wait()];
        const sleep = await session.spawn({ command: "sleep 60" });
        await sleep.kill();
        said.push(await sleep.wait(), sleep.pid > 1);
        // what nobody reads waits, and comes in the end
        const flood = await session.spawn({ command: "seq 1000000" });
        const lines = (await new Response(flood.stdout).text()).split("\\n");
        said.push(lines.length, lines.at(-2));
        const controller = new AbortController();
        const aborted = await session.spawn({ command: "sleep 60", abortSignal: controller.signal });
        controller.abort();
        said.push(await aborted.wait().then(String, (error) => error.name));
        return said"""
    )
    assert told == [
        "through", [255], {"exitCode": 0}, {"exitCode": 137}, True, 1000001, "1000000", "AbortError",
    ]  # fmt: skip


def test_a_model_of_the_ai_sdk_uses_the_session(tools: SandboxPage) -> None:
    """`generateText` hands the session to a tool, and the model is told what came of it."""
    told = tools.evaluate(
        SESSION
        + """const usage = {
            inputTokens: { total: 1 }, outputTokens: { total: 1 },
        };
        const heard = [];
        const model = new npm.MockLanguageModelV4({
            doGenerate: async ({ prompt }) => {
                heard.push(JSON.stringify(prompt.at(-1)));
                const call = {
                    type: "tool-call", toolCallId: "1", toolName: "sh",
                    input: JSON.stringify({ command: "echo $((6 * 7))" }),
                };
                const first = prompt.length === 1;
                return {
                    content: first ? [call] : [{ type: "text", text: "done" }],
                    finishReason: { unified: first ? "tool-calls" : "stop" }, usage, warnings: [],
                };
            },
        });
        const sh = npm.tool({
            description: "runs a command",
            inputSchema: npm.jsonSchema({ type: "object", properties: { command: { type: "string" } } }),
            execute: ({ command }, { experimental_sandbox }) => experimental_sandbox.run({ command }),
        });
        const { text } = await npm.generateText({
            model, tools: { sh }, prompt: "go", stopWhen: npm.stepCountIs(3), experimental_sandbox: session,
        });
        return [text, heard[1].includes('"stdout":"42\\\\n"')]"""
    )
    assert told == ["done", True]


def test_bash_tool(tools: SandboxPage) -> None:
    told = tools.evaluate(
        """await sandbox.files.write("w/a.txt", "text");
        const { tools } = await npm.createBashTool({
            sandbox: adapters.bashToolSandbox(sandbox),
            destination: "/home/user/w",
        });
        const options = { toolCallId: "1", messages: [] };
        const run = await tools.bash.execute({ command: "cat a.txt; nothing_like_it" }, options);
        await tools.writeFile.execute({ path: "b/c.txt", content: "more" }, options);
        return [run.stdout, run.exitCode, run.stderr.includes("There is no such command"),
                (await tools.readFile.execute({ path: "b/c.txt" }, options)).content]"""
    )
    assert told == ["text", 127, True, "more"]


# Anthropic

USE = """
const use = async (tool, input) => {
    const toolUse = { id: "1", name: tool.name, input, type: "tool_use" };
    const { content, isError } = await npm.runRunnableTool(tool, input, { toolUse });
    return isError ? `ERROR ${content}` : content;
};
"""


def test_the_bash_tool_of_anthropic(tools: SandboxPage) -> None:
    told = tools.evaluate(
        USE
        + """const tool = adapters.bashTool(sandbox, { cwd: "/home/user/w", timeoutMs: 5000 });
        const said = [tool.type, tool.name];
        const commands = ["x=5; cd /tmp", "echo $x; pwd", "echo oops >&2; false", "exit 3", "echo [$x]"];
        for (const command of commands) {
            said.push(await use(tool, { command }));
        }
        said.push(await use(tool, { restart: true }), await use(tool, {}));
        await tool.close();
        return said"""
    )
    fresh = "[this ran in a fresh shell: variables and the working directory of before are gone]"
    assert told == [
        "bash_20250124", "bash", "[no output]", "5\n/tmp", "oops\n[exit status 1]",
        "[exit status 3]\n[the shell has ended; the next command gets a fresh one]", f"[]\n{fresh}",
        "the shell has been restarted", "ERROR Error: command is missing",
    ]  # fmt: skip


def test_long_output_for_a_model(tools: SandboxPage) -> None:
    told = tools.evaluate(
        USE
        + """const tool = adapters.bashTool(sandbox);
        const text = await use(tool, { command: "seq 1000000" });
        await tool.close();
        return [text.length < 140000, text.startsWith("1\\n2\\n"), text.includes("\\n1000000\\n"),
                text.includes("[Output is left out: look at /run/tabux/output/")]"""
    )
    assert told == [True, True, True, True]


def test_the_text_editor_of_anthropic(tools: SandboxPage) -> None:
    told = tools.evaluate(
        USE
        + """const tool = adapters.textEditorTool(sandbox, { cwd: "/home/user/w", maxCharacters: 40 });
        const said = [];
        for (const input of [
            { command: "create", path: "a.txt", file_text: "one\\ntwo\\none\\n" },
            { command: "view", path: "a.txt" },
            { command: "view", path: "/home/user/w/a.txt", view_range: [2, -1] },
            { command: "view", path: "a.txt", view_range: [4, 5] },
            { command: "str_replace", path: "a.txt", old_str: "two", new_str: "$& 2" },
            { command: "str_replace", path: "a.txt", old_str: "one", new_str: "1" },
            { command: "str_replace", path: "a.txt", old_str: "three" },
            { command: "insert", path: "a.txt", insert_line: 0, insert_text: "zero\\n" },
            { command: "insert", path: "a.txt", insert_line: 9, insert_text: "x" },
            { command: "view", path: "." },
            { command: "view", path: "none" },
            { command: "undo_edit", path: "a.txt" },
        ]) said.push(await use(tool, input));
        await sandbox.files.write("w/wide", "x".repeat(100));
        said.push(await use(tool, { command: "view", path: "wide" }), await sandbox.files.read("w/a.txt"));
        return said"""
    )
    assert told[:3] == ["a.txt has been written", "1\tone\n2\ttwo\n3\tone", "2\ttwo\n3\tone"]
    assert told[3].startswith("ERROR Error: view_range must be two line numbers from 1 to 3")
    assert told[4] == "a.txt has been edited"
    assert "contains that text 2 times" in told[5] and "does not contain that text" in told[6]
    assert told[7] == "a.txt has been edited"
    assert "insert_line must be a whole number from 0 to 4" in told[8]
    assert told[9] == "/home/user/w/a.txt"
    assert told[10].startswith("ERROR ") and told[11].startswith("ERROR ")
    assert told[12] == "1\t" + "x" * 38 + "\n[62 more characters: view a range of lines]"
    assert told[13] == "zero\none\n$& 2\none\n"


def test_the_agent_toolset_of_anthropic(tools: SandboxPage) -> None:
    told = tools.evaluate(
        USE
        + """const tools = adapters.agentToolset(sandbox, { cwd: "/home/user/w" });
        const [bash, read, write, edit, glob, grep] = tools;
        const said = [tools.map(({ name }) => name).join()];
        said.push(await use(write, { file_path: "d/a.txt", content: "one\\ntwo\\ntwo\\n" }));
        said.push(await use(read, { file_path: "d/a.txt" }));
        said.push(await use(read, { file_path: "d/a.txt", view_range: [2, 2] }));
        const file_path = "d/a.txt";
        said.push(await use(edit, { file_path, old_string: "two", new_string: "2", replace_all: true }));
        said.push(await use(glob, { pattern: "**/*.txt" }), await use(glob, { pattern: "$(touch hacked)*" }));
        said.push(await use(grep, { pattern: "^(one|2)$", path: "d" }), await use(grep, { pattern: "none" }));
        said.push(await use(grep, { pattern: "(" }));
        said.push(await use(bash, { command: "ls; sleep 60", timeout_ms: 300 }));
        await bash.close();
        return said"""
    )
    assert told[:2] == ["bash,read,write,edit,glob,grep", "d/a.txt has been written"]
    assert told[2:4] == ["one\ntwo\ntwo\n", "2\ttwo"]
    assert told[4:7] == ["d/a.txt has been edited in 2 places", "d/a.txt", "[nothing found]"]
    assert told[7:9] == ["d/a.txt:1:one\nd/a.txt:2:2\nd/a.txt:3:2", "[nothing found]"]
    assert told[9].startswith("ERROR ") and "grep" in told[9]
    assert told[10].startswith("d\n[the command was ended because its time was over]")


# OpenAI


def test_the_shell_of_openai(tools: SandboxPage) -> None:
    told = tools.evaluate(
        """const shell = adapters.shell(sandbox, { cwd: "/home/user/w" });
        const run = await shell.run({ commands: ["pwd", "echo no >&2; exit 4"], timeoutMs: 5000 });
        const call = { call_id: "c", type: "shell_call", action: {
            commands: ["echo x; sleep 60", "echo never"], timeout_ms: 200, max_output_length: 1000,
        } };
        return [run, await adapters.shellCallOutput(sandbox, call)]"""
    )
    assert told == [
        {"output": [
            {"stdout": "/home/user/w\n", "stderr": "", "outcome": {"type": "exit", "exitCode": 0}},
            {"stdout": "", "stderr": "no\n", "outcome": {"type": "exit", "exitCode": 4}},
        ]},
        {"type": "shell_call_output", "call_id": "c", "max_output_length": 1000,
         "output": [{"stdout": "x\n", "stderr": "", "outcome": {"type": "timeout"}}]},
    ]  # fmt: skip


def test_the_editor_of_openai(tools: SandboxPage) -> None:
    told = tools.evaluate(
        """const { applyDiff } = npm;
        const apply = (operation) => adapters.applyPatchCallOutput(
            sandbox, applyDiff, { call_id: "c", operation }, { cwd: "/home/user/w" },
        );
        const said = [await apply({ type: "create_file", path: "a.txt", diff: "+one\\n+two" })];
        said.push(await apply({ type: "update_file", path: "a.txt", diff: "@@\\n one\\n-two\\n+2" }));
        said.push(await sandbox.files.read("w/a.txt"));
        const wrong = await apply({ type: "update_file", path: "a.txt", diff: "@@\\n-three\\n+3" });
        said.push(wrong.status, (await apply({ type: "update_file", path: "none", diff: "" })).status);
        said.push((await apply({ type: "delete_file", path: "a.txt" })).output);
        return [...said, await sandbox.files.exists("w/a.txt")]"""
    )
    done = {"type": "apply_patch_call_output", "call_id": "c", "status": "completed"}
    assert told[0] == {**done, "output": "a.txt has been written"}
    assert told[1] == {**done, "output": "a.txt has been edited"}
    assert told[2].split() == ["one", "2"]
    assert told[3:] == ["failed", "failed", "a.txt has been removed", False]
