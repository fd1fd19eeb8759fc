/**
 * The sandbox as a backend of LangChain's Deep Agents for JavaScript (npm `deepagents` 1.x, of which the page has
 * `deepagents/browser`): their own base class with tabux for what it needs.
 *
 *     import { BaseSandbox, createDeepAgent } from "deepagents/browser";
 *     import { deepAgentsBackend } from "./adapters/deep-agents.js";
 *     const agent = createDeepAgent({ model, backend: deepAgentsBackend(BaseSandbox, sandbox) });
 */

import { TOOL_OUTPUT_BYTES } from "./agent/limits.js";
import { from } from "./agent/paths.js";

/** @typedef {import("../tabux.js").Sandbox} Sandbox */
/** @typedef {import("deepagents/browser").SandboxBackendProtocolV2} SandboxBackendProtocol */
/** @typedef {import("deepagents/browser").FileOperationError} FileOperationError */

/**
 * What the backend offers beyond the protocol: `uploadFiles` and `downloadFiles` are always there.
 * @typedef {SandboxBackendProtocol
 *   & Required<Pick<SandboxBackendProtocol, "uploadFiles" | "downloadFiles" | "delete">>} Backend
 */

/** By the names of tabux's errors. @type {Record<string, FileOperationError>} */
const CODES = {
  NotFoundError: "file_not_found",
  NotADirectoryError: "invalid_path",
  InvalidArgumentError: "invalid_path",
  IsADirectoryError: "is_directory",
  PermissionDeniedError: "permission_denied",
};

/**
 * @param {typeof import("deepagents/browser").BaseSandbox} BaseSandbox
 * @param {Sandbox} sandbox
 * @param {{ cwd?: string, timeoutMs?: number, id?: string }} [options] `cwd` is where commands and relative paths
 *   start; a command is ended after `timeoutMs` (120 s); `id` is the session's name or a random one, if not given.
 * @returns {Backend}
 */
export function deepAgentsBackend(BaseSandbox, sandbox, options = {}) {
  const { cwd = "/home/user", timeoutMs = 120_000, id = sandbox.session.name ?? crypto.randomUUID() } = options;

  class TabuxSandbox extends BaseSandbox {
    id = id;

    /** @param {string} command */
    async execute(command) {
      const result = await sandbox.commands.run(command, { cwd, timeoutMs, maxOutputBytes: TOOL_OUTPUT_BYTES });
      const { stdout, stderr, exitCode, truncated, timedOut, hint } = result;
      const said = timedOut || truncated ? hint : null;
      return { output: said ? `${stdout}${stderr}\n${said}` : stdout + stderr, exitCode, truncated };
    }

    /** @param {[string, Uint8Array][]} files */
    async uploadFiles(files) {
      const written = [];
      for (const [path, content] of files) {
        written.push({ path, error: await codeOf(sandbox.files.write(from(cwd, path), content)) });
      }
      return written;
    }

    /** @param {string[]} paths */
    async downloadFiles(paths) {
      return Promise.all(
        paths.map(async (path) => {
          const reading = sandbox.files.read(from(cwd, path), { format: "bytes" });
          const error = await codeOf(reading);
          return { path, content: error ? null : await reading, error };
        }),
      );
    }
  }
  return new TabuxSandbox();
}

/**
 * @param {Promise<unknown>} act
 * @returns {Promise<FileOperationError | null>} null when it has been done
 */
async function codeOf(act) {
  try {
    await act;
    return null;
  } catch (error) {
    const code = error instanceof Error ? CODES[error.name] : undefined;
    if (code) return code;
    throw error;
  }
}
