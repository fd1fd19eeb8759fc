/**
 * The sandbox as tools of the page for the browser's own agent: WebMCP, `document.modelContext`. The draft changes from
 * month to month, and this file is all that knows of it.
 *
 *     import { registerWebMcp } from "./adapters/webmcp.js";
 *     const registered = await registerWebMcp(sandbox);
 */

import { agentTools } from "./agent/tools.js";

/** @typedef {import("../tabux.js").Sandbox} Sandbox */

/** @returns {boolean} whether this browser has it */
export function hasWebMcp() {
  return "modelContext" in document;
}

/**
 * @param {Sandbox} sandbox
 * @param {{ cwd?: string, timeoutMs?: number, prefix?: string, tools?: string[] }} [options] `prefix` is put before the
 *   names of the tools ("tabux_"); `tools` are the names of those that are offered, without the prefix; all if not given.
 * @returns {Promise<{ names: string[], close(): Promise<void> }>} `close` takes the tools away.
 * @throws {TypeError} the browser has no WebMCP
 */
export async function registerWebMcp(sandbox, { prefix = "tabux_", tools: offered, ...options } = {}) {
  if (!hasWebMcp()) {
    throw new TypeError("registerWebMcp: this browser has no document.modelContext; hasWebMcp tells");
  }
  const { modelContext } = /** @type {{ modelContext: any }} */ (/** @type {unknown} */ (document));
  const { tools, close } = agentTools(sandbox, options);
  const registration = new AbortController();
  const names = [];
  try {
    for (const { name, title, description, inputSchema, readOnly, run } of tools) {
      if (offered && !offered.includes(name)) continue;
      await modelContext.registerTool(
        {
          name: prefix + name,
          title,
          description,
          inputSchema,
          // (what commands print and files hold is not the page's own word)
          annotations: { readOnlyHint: readOnly, untrustedContentHint: true },
          execute: async (/** @type {any} */ input, /** @type {{ signal?: AbortSignal } | undefined} */ client) => ({
            content: [{ type: "text", text: await run(input ?? {}, client?.signal) }],
          }),
        },
        { signal: registration.signal },
      );
      names.push(prefix + name);
    }
  } catch (error) {
    registration.abort(); // all or nothing
    throw error;
  }
  return {
    names,
    close: async () => {
      registration.abort();
      await close();
    },
  };
}
