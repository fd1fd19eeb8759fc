"""The MCP server in the page, asked by the official client and by mcp-b's and ext-apps' transports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType

from .npm_modules import load
from .pages import SandboxPage

PACKAGES = """
export { Client } from "@modelcontextprotocol/client";
export { IframeParentTransport, TabClientTransport } from "@mcp-b/transports";
export { PostMessageTransport } from "@modelcontextprotocol/ext-apps";
export { initializeWebMCPPolyfill } from "@mcp-b/webmcp-polyfill";
"""

HELPERS = """
const { Client } = npm;
const info = { name: "test", version: "1" };
/** A client of the server, over a MessageChannel. */
const connected = async (options, served) => {
    const { port1, port2 } = new MessageChannel();
    mcp.serveMcp(sandbox, new mcp.PortTransport(port1), served);
    const client = new Client(info, options);
    await client.connect(new mcp.PortTransport(port2));
    return client;
};
const call = async (client, name, input) => {
    const { content, isError } = await client.callTool({ name, arguments: input });
    return (isError ? "ERROR " : "") + content[0].text;
};
"""


@pytest.fixture(scope="module")
def module_page(browser: Browser, browser_context_args: dict[str, Any], site: str) -> Iterator[SandboxPage]:
    page = browser.new_page(**browser_context_args)
    opened = SandboxPage(page, site)
    opened.create()
    load(page, "npm", PACKAGES)
    page.evaluate(
        """async (site) => {
            window.mcp = await import(`${site}/adapters/mcp.js`);
            window.webmcp = await import(`${site}/adapters/webmcp.js`);
        }""",
        site,
    )
    yield opened
    page.close()


@pytest.fixture
def page(module_page: SandboxPage) -> SandboxPage:
    module_page.evaluate("await sandbox.files.remove('w').catch(() => {}); await sandbox.files.makeDir('w')")
    return module_page


ERAS = {
    "2025": ("{}", "legacy"),
    "2026": ("{ versionNegotiation: { mode: { pin: '2026-07-28' } } }", "modern"),
    "auto": ("{ versionNegotiation: { mode: 'auto' } }", "modern"),
}


@pytest.mark.parametrize("era", ERAS)
def test_both_eras(page: SandboxPage, era: str) -> None:
    options, spoken = ERAS[era]
    told = page.evaluate(
        HELPERS
        + f"""const client = await connected({options});
        const {{ tools }} = await client.listTools();
        const ran = await call(client, "bash", {{ command: "echo $((6 * 7))" }});
        const told = [client.getProtocolEra(), tools.map(({{ name }}) => name), ran];
        await client.close();
        return told"""
    )
    names = ["bash", "read_file", "write_file", "edit_file", "list_files", "sessions", "snapshot"]
    assert told == [spoken, names, "42"]


def test_the_shell_remembers_for_each_client(page: SandboxPage) -> None:
    told = page.evaluate(
        HELPERS
        + """const [one, two] = [await connected(), await connected()];
        await call(one, "bash", { command: "x=1; cd /tmp" });
        const command = "echo [$x]; pwd";
        const told = [await call(one, "bash", { command }), await call(two, "bash", { command })];
        await one.close();
        told.push(await call(two, "bash", { command: "exit 3" }), await call(two, "bash", { restart: true }));
        const timed = await call(two, "bash", { command: "sleep 60", timeout_ms: 200 });
        await two.close();
        return [...told, timed.includes("[the command was ended because its time was over]")]"""
    )
    ended = "[exit status 3]\n[the shell has ended; the next command gets a fresh one]"
    assert told == ["[1]\n/tmp", "[]\n/home/user", ended, "the shell has been restarted", True]


def test_files(page: SandboxPage) -> None:
    told = page.evaluate(
        HELPERS
        + """const client = await connected({}, { cwd: "/home/user/w" });
        const told = [];
        for (const [name, input] of [
            ["write_file", { path: "a b/c.txt", content: "one\\ntwo\\n" }],
            ["edit_file", { path: "a b/c.txt", old_text: "two", new_text: "2" }],
            ["edit_file", { path: "a b/c.txt", old_text: "three", new_text: "3" }],
            ["read_file", { path: "a b/c.txt", first_line: 2 }],
            ["read_file", { path: "none" }],
            ["list_files", { depth: 2 }],
            ["read_file", {}],
            ["nothing", {}],
        ]) told.push(await call(client, name, input).catch((error) => `REJECTED ${error.message}`));
        await client.close();
        return told"""
    )
    assert told[:2] == ["a b/c.txt has been written", "a b/c.txt has been edited in 1 place"]
    assert told[2] == "ERROR a b/c.txt does not contain that text; view the file and copy it exactly"
    assert told[3] == "2\t2"
    assert told[4].startswith("ERROR ") and "Look for the right path with files.list" in told[4]
    assert told[5].splitlines()[-1] == "file\t6\t/home/user/w/a b/c.txt"
    assert "path" in told[6] and told[6].startswith(("ERROR", "REJECTED"))
    assert "nothing" in told[7] and told[7].startswith(("ERROR", "REJECTED"))


def test_resources(page: SandboxPage) -> None:
    told = page.evaluate(
        HELPERS
        + """await sandbox.files.write("w/ä b.txt", "text");
        await sandbox.files.write("w/bin", new Uint8Array([0, 255]));
        await sandbox.files.write("w/.hidden", "x");
        const client = await connected({}, { cwd: "/home/user/w" });
        const { resources } = await client.listResources();
        const read = async (uri) => (await client.readResource({ uri })).contents[0];
        const told = [resources.map(({ name }) => name)];
        for (const { uri } of resources) told.push(await read(uri));
        told.push((await read("file:///etc/hostname")).text.length > 0);
        told.push(await read("file:///none").then(() => "there is one", () => "none"));
        await client.close();
        return told"""
    )
    uris = ["file:///home/user/w/bin", "file:///home/user/w/%C3%A4%20b.txt"]
    assert sorted(told[0]) == ["/home/user/w/bin", "/home/user/w/ä b.txt"]
    contents = {each["uri"]: each.get("text", each.get("blob")) for each in told[1:3]}
    assert contents == {uris[0]: "AP8=", uris[1]: "text"}
    assert told[3:] == [True, "none"]


def test_snapshots_and_sessions(page: SandboxPage) -> None:
    told = page.evaluate(
        HELPERS
        + """const client = await connected();
        await sandbox.files.write("w/f", "before");
        await call(client, "bash", { command: "cd /tmp" });
        const id = await call(client, "snapshot", { action: "create", name: "mine" });
        await sandbox.files.write("w/f", "after");
        const listed = JSON.parse(await call(client, "snapshot", { action: "list" }));
        const told = [listed.some((each) => each.id === id && each.name === "mine")];
        await call(client, "snapshot", { action: "restore", id });
        told.push(await call(client, "bash", { command: "cat w/f; pwd" }));
        await call(client, "snapshot", { action: "delete", id });
        told.push((await call(client, "snapshot", { action: "restore", id })).startsWith("ERROR"));
        told.push(JSON.parse(await call(client, "sessions", {})).current);
        await client.close();
        return told"""
    )
    assert told == [True, "before/home/user", True, {"name": None, "state": "volatile"}]


def test_a_call_that_is_cancelled(page: SandboxPage) -> None:
    """The command is interrupted, and the shell is there for the next."""
    told = page.evaluate(
        HELPERS
        + """const client = await connected();
        await call(client, "bash", { command: "x=kept" });
        const controller = new AbortController();
        const watched = Promise.withResolvers();
        const stop = sandbox.on("exec", ({ argv }) => argv[0] === "sleep" && watched.resolve());
        const input = { name: "bash", arguments: { command: "sleep 600" } };
        const running = client.callTool(input, { signal: controller.signal });
        running.catch(() => {});
        await watched.promise;
        stop();
        controller.abort();
        const rejected = await running.then(() => false, () => true);
        const next = await call(client, "bash", { command: "echo $x" });
        await client.close();
        return [rejected, next]"""
    )
    assert told == [True, "kept"]


FRAME = """
<!doctype html><title>framed</title>
<script type="module">
    const { Sandbox } = await import("SITE/tabux.js");
    const { WindowTransport, serveMcp } = await import("SITE/adapters/mcp.js");
    const sandbox = await Sandbox.create();
    serveMcp(sandbox, new WindowTransport({ allowedOrigins: [ALLOWED] }));
    document.title = "ready";
    parent.postMessage("frame is ready", "*");
</script>
"""

FRAMED = """
const frame = document.createElement("iframe");
const ready = new Promise((resolve) => {
    addEventListener("message", ({ data, source }) => {
        if (data === "frame is ready" && source === frame.contentWindow) resolve();
    });
});
frame.src = arg;
"""

CLIENTS = {
    "mcp-b": "new npm.IframeParentTransport({ iframe: frame, targetOrigin: origin })",
    "ext-apps": "new npm.PostMessageTransport(frame.contentWindow, frame.contentWindow)",
}


def frame_page(page: SandboxPage, site: str, allowed: str) -> str:
    html = FRAME.replace("SITE", site).replace("ALLOWED", allowed)
    address = f"{site}/framed.html"
    page.page.unroute_all()
    page.page.route("**/framed.html", lambda route: route.fulfill(body=html, content_type="text/html"))
    return address


@pytest.mark.parametrize("wire", CLIENTS)
def test_a_server_in_a_frame(page: SandboxPage, site: str, wire: str) -> None:
    address = frame_page(page, site, "location.origin")
    told = page.evaluate(
        HELPERS
        + FRAMED
        + f"""const {{ origin }} = location;
        document.body.append(frame);
        await ready;
        const client = new Client(info);
        await client.connect({CLIENTS[wire]});
        const told = [await call(client, "bash", {{ command: "echo framed" }})];
        await client.close();
        frame.remove();
        return told""",
        address,
    )
    assert told == ["framed"]


def test_a_frame_does_not_hear_other_origins(page: SandboxPage, site: str) -> None:
    """What a page of an origin that is not allowed sends is not answered: an allowed one is, later."""
    address = frame_page(page, site, '"https://elsewhere.example"')
    told = page.evaluate(
        FRAMED
        + """document.body.append(frame);
        await ready;
        const heard = [];
        addEventListener("message", ({ data, source }) => source === frame.contentWindow && heard.push(data));
        const ping = { jsonrpc: "2.0", id: 1, method: "ping" };
        const envelope = { channel: "mcp-iframe", type: "mcp", direction: "client-to-server", payload: ping };
        for (const message of [ping, envelope, { ...envelope, payload: "mcp-check-ready" }]) {
            frame.contentWindow.postMessage(message, "*");
        }
        // what the frame answers by itself comes after what it would have answered to these
        const echo = new Promise((resolve) => {
            addEventListener("message", ({ data }) => data === "frame echoes" && resolve());
        });
        frame.contentWindow.eval(`addEventListener("message", ({ data, source }) => {
            if (data === "echo") source.postMessage("frame echoes", "*");
        })`);
        frame.contentWindow.postMessage("echo", "*");
        await echo;
        await new Promise((resolve) => setTimeout(resolve, 0));
        frame.remove();
        return heard.filter((data) => data !== "frame echoes")""",
        address,
    )
    assert told == []


def test_a_page_to_itself(page: SandboxPage) -> None:
    told = page.evaluate(
        HELPERS
        + """const { origin } = location;
        mcp.serveMcp(sandbox, new mcp.WindowTransport({ allowedOrigins: [origin], peer: window }));
        const client = new Client(info);
        await client.connect(new npm.TabClientTransport({ targetOrigin: origin }));
        const told = await call(client, "bash", { command: "echo itself" });
        await client.close();
        return told"""
    )
    assert told == "itself"


def test_origins_must_be_named(page: SandboxPage) -> None:
    name, message = page.fails("new mcp.WindowTransport({ allowedOrigins: [] })")
    assert name == "TypeError" and "allowedOrigins" in message


def test_webmcp(page: SandboxPage) -> None:
    """By the polyfill where the browser has none of its own; the tools go when they are taken away."""
    told = page.evaluate(
        """const told = [webmcp.hasWebMcp()];
        if (!told[0]) {
            const error = await webmcp.registerWebMcp(sandbox).catch((error) => error.name);
            told[0] = error;
            npm.initializeWebMCPPolyfill();
        }
        const { modelContext } = document;
        const { names, close } = await webmcp.registerWebMcp(sandbox, { tools: ["bash", "read_file"] });
        told.push(names);
        const tools = await modelContext.getTools();
        const bash = tools.find(({ name }) => name === "tabux_bash");
        const input = JSON.stringify({ command: "echo web" });
        told.push(tools.length, await modelContext.executeTool(bash, input));
        await close();
        told.push((await modelContext.getTools()).length);
        return told"""
    )
    assert told[0] in (True, "TypeError")
    assert told[1:3] == [["tabux_bash", "tabux_read_file"], 2]
    assert "web" in told[3] and told[4] == 0


def test_webmcp_of_the_browser(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], site: str
) -> None:
    """Chromium's own, behind its flag, with Playwright as the agent."""
    flagged = [*browser_type_launch_args["args"], "--enable-features=WebMCP"]
    with browser_type.launch(**{**browser_type_launch_args, "args": flagged}) as browser:
        opened = SandboxPage(browser.new_page(), site)
        opened.create()
        names = opened.evaluate(
            "const { registerWebMcp } = await import(arg); return (await registerWebMcp(sandbox)).names",
            f"{site}/adapters/webmcp.js",
        )
        assert sorted(tool["name"] for tool in opened.page.webmcp.tools()) == sorted(names)
        ran = opened.page.webmcp.call_tool("tabux_bash", {"command": "echo native"})
        assert ran == {"content": [{"type": "text", "text": "native"}]}
