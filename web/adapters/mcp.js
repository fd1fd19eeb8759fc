/**
 * An MCP server in the page, whose tools are the sandbox: for clients in the same page, in the page that frames it, or
 * wherever a transport leads. Made of the official SDK (npm `@modelcontextprotocol/server`), which is part of this file;
 * it serves clients of the 2025 protocol and of 2026-07-28.
 *
 *     import { PortTransport, serveMcp } from "./adapters/mcp.js";
 *     const { port1, port2 } = new MessageChannel();
 *     serveMcp(sandbox, new PortTransport(port1));
 *     await client.connect(new PortTransport(port2)); // a client of npm `@modelcontextprotocol/client`
 */

import { McpServer, ResourceTemplate, fromJsonSchema } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

import { agentTools } from "./agent/tools.js";

export { PortTransport, WindowTransport } from "./mcp/transports.js";

/** @typedef {import("../tabux.js").Sandbox} Sandbox */

/** How many files of the working directory are listed as resources. */
const LISTED = 1000;

/**
 * Serves one connection, until its transport is closed or `close` is called.
 * @param {Sandbox} sandbox
 * @param {import("@modelcontextprotocol/server").Transport} transport
 * @param {{ cwd?: string, timeoutMs?: number, tools?: string[], onerror?: (error: Error) => void }} [options] `cwd` is
 *   where the shell and relative paths start; a command may take `timeoutMs` (120 s); `tools` are the names of those
 *   that are offered, all if not given.
 * @returns {{ close(): Promise<void> }}
 */
export function serveMcp(sandbox, transport, options = {}) {
  const { onerror, ...rest } = options;
  // (it is for any transport that belongs to one client; that it is named for stdio does not matter)
  return serveStdio(() => mcpServer(sandbox, rest), { transport, onerror });
}

/**
 * The server alone, for transports that are not for one client.
 * @param {Sandbox} sandbox
 * @param {{ cwd?: string, timeoutMs?: number, tools?: string[] }} [options]
 * @returns {McpServer} Its shell ends when it is closed.
 */
export function mcpServer(sandbox, options = {}) {
  const { cwd = "/home/user", tools: offered } = options;
  const server = new McpServer(
    { name: "tabux", title: "tabux", version: "1.0.0" },
    {
      instructions:
        "A Unix in the visitor's browser: GNU bash and tools, git, make, python3. Files in /home/user and /tmp are the " +
        "user's. There is no network but what the page allows.",
    },
  );
  const { tools, close } = agentTools(sandbox, options);
  for (const { name, title, description, inputSchema, readOnly, run } of tools) {
    if (offered && !offered.includes(name)) continue;
    server.registerTool(
      name,
      {
        title,
        description,
        inputSchema: fromJsonSchema(inputSchema),
        annotations: { readOnlyHint: readOnly, destructiveHint: !readOnly, openWorldHint: false },
      },
      async (/** @type {any} */ input, context) => ({
        content: [{ type: "text", text: await run(input, context.mcpReq.signal) }],
      }),
    );
  }
  registerFiles(server, sandbox, cwd);
  server.server.onclose = () => void close().catch(() => {}); // (the sandbox may have ended before)
  return server;
}

/**
 * Files as resources: any by its path, and a list of those in the working directory.
 * @param {McpServer} server
 * @param {Sandbox} sandbox
 * @param {string} cwd
 */
function registerFiles(server, { files }, cwd) {
  const list = async () => {
    const listed = await files.list(cwd, { depth: Infinity });
    const shown = listed.filter(({ type, path }) => type === "file" && !path.slice(cwd.length).includes("/."));
    return {
      resources: shown.slice(0, LISTED).map(({ path, size }) => ({ uri: uriOf(path), name: path, size })),
    };
  };
  server.registerResource(
    "file",
    new ResourceTemplate("file:///{+path}", { list }),
    { title: "Files of the sandbox", description: "A file by its path" },
    async (uri) => {
      const bytes = await files.read(decodeURIComponent(uri.pathname), { format: "bytes" });
      return { contents: [{ uri: uri.href, ...content(bytes) }] };
    },
  );
}

/** @param {string} path @returns {string} */
function uriOf(path) {
  return `file://${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {{ text: string } | { blob: string }} bytes as base64 */
function content(bytes) {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    let binary = "";
    for (const byte of bytes) binary += String.fromCharCode(byte);
    return { blob: btoa(binary) };
  }
}
