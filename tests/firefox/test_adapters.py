"""Adapters in Firefox: what they ask of the browser is there."""

from __future__ import annotations

from tests.browser.pages import SandboxPage


def test_e2b(fresh: SandboxPage, site: str) -> None:
    code = """const { Sandbox } = await import(arg);
    const e2b = await Sandbox.create();
    await e2b.files.write("a", new Blob(["text"]));
    const cat = await e2b.commands.run("cat a -", { background: true, stdin: true });
    await cat.sendStdin("more");
    await cat.closeStdin();
    const { stdout } = await cat.wait();
    const status = await e2b.commands.run("exit 3").catch((error) => error.exitCode);
    return [stdout, status, await e2b.kill()]"""
    fresh.limit = 60_000
    assert fresh.evaluate(code, f"{site}/adapters/e2b.js") == ["textmore", 3, True]


def test_a_process_of_the_ai_sdk(sandbox: SandboxPage, site: str) -> None:
    code = """const { sandboxSession } = await import(arg);
    const process = await sandboxSession(sandbox).spawn({ command: "cat; seq 300000", stdin: true });
    const writer = process.stdin.getWriter();
    await writer.write(new TextEncoder().encode("in\\n"));
    await writer.close();
    const lines = (await new Response(process.stdout).text()).split("\\n");
    return [lines[0], lines.length, (await process.wait()).exitCode]"""
    assert sandbox.evaluate(code, f"{site}/adapters/ai-sdk.js") == ["in", 300002, 0]


def test_mcp(sandbox: SandboxPage, site: str) -> None:
    code = """const { PortTransport, serveMcp } = await import(arg);
    const { port1, port2 } = new MessageChannel();
    serveMcp(sandbox, new PortTransport(port1));
    const waiting = new Map();
    port2.onmessage = ({ data }) => waiting.get(data.id)?.(data.result);
    const ask = (id, method, params) => new Promise((resolve) => {
        waiting.set(id, resolve);
        port2.postMessage({ jsonrpc: "2.0", id, method, params });
    });
    const clientInfo = { name: "test", version: "1" };
    await ask(1, "initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo });
    port2.postMessage({ jsonrpc: "2.0", method: "notifications/initialized" });
    const call = { name: "bash", arguments: { command: "echo $((6 * 7))" } };
    const { content } = await ask(2, "tools/call", call);
    port2.close();
    return content"""
    assert sandbox.evaluate(code, f"{site}/adapters/mcp.js") == [{"type": "text", "text": "42"}]
