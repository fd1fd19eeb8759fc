/**
 * OpenAI's shell and apply_patch tools in the sandbox: for `shellTool` and `applyPatchTool` of npm `@openai/agents`, and
 * for the items of the Responses API (npm `openai`).
 *
 *     import { applyDiff, shellTool, applyPatchTool } from "@openai/agents";
 *     import { editor, shell } from "./adapters/openai.js";
 *     const tools = [shellTool({ shell: shell(sandbox) }), applyPatchTool({ editor: editor(sandbox, applyDiff) })];
 */

import { TOOL_OUTPUT_BYTES } from "./agent/limits.js";
import { from } from "./agent/paths.js";

/** @typedef {import("../tabux.js").Sandbox} Sandbox */
/** @typedef {import("openai/resources/responses/responses").ResponseInputItem.ShellCallOutput} ShellOutput */
/** @typedef {import("openai/resources/responses/responses").ResponseInputItem.ApplyPatchCallOutput} PatchOutput */
/** @typedef {import("openai/resources/responses/responses").ResponseFunctionShellToolCall} ShellCall */
/** @typedef {import("openai/resources/responses/responses").ResponseApplyPatchToolCall} PatchCall */

const HOME = "/home/user";
/** How long a command may take if the model does not say, milliseconds. */
const TIMEOUT_MS = 120_000;

/**
 * The shell of the Agents SDK. Commands are run one after the other, each in a shell of its own.
 * @param {Sandbox} sandbox
 * @param {{ cwd?: string }} [options]
 * @returns {import("@openai/agents-core").Shell}
 */
export function shell(sandbox, { cwd = HOME } = {}) {
  return {
    async run({ commands, timeoutMs, maxOutputLength }) {
      const output = [];
      for (const command of commands) {
        const { stdout, stderr, exitCode, timedOut } = await sandbox.commands.run(command, {
          cwd,
          timeoutMs: timeoutMs || TIMEOUT_MS,
          maxOutputBytes: maxOutputLength || TOOL_OUTPUT_BYTES,
        });
        /** @type {{ type: "timeout" } | { type: "exit", exitCode: number }} */
        const outcome = timedOut ? { type: "timeout" } : { type: "exit", exitCode };
        output.push({ stdout, stderr, outcome });
        if (timedOut) break; // the rest would be run against what nobody expects
      }
      return { output, ...(maxOutputLength && { maxOutputLength }) };
    },
  };
}

/**
 * What the Responses API is answered for a `shell_call`.
 * @param {Sandbox} sandbox
 * @param {ShellCall} call
 * @param {{ cwd?: string }} [options]
 * @returns {Promise<ShellOutput>}
 */
export async function shellCallOutput(sandbox, { call_id, action }, options) {
  const { commands, timeout_ms, max_output_length } = action;
  const request = { commands, timeoutMs: timeout_ms ?? undefined, maxOutputLength: max_output_length ?? undefined };
  const { output } = await shell(sandbox, options).run(request);
  return {
    type: "shell_call_output",
    call_id,
    max_output_length,
    output: output.map(({ stdout, stderr, outcome }) => ({
      stdout,
      stderr,
      outcome: outcome.type === "exit" ? { type: "exit", exit_code: outcome.exitCode ?? 1 } : { type: "timeout" },
    })),
  };
}

/**
 * The editor of the Agents SDK.
 * @param {Sandbox} sandbox
 * @param {typeof import("@openai/agents-core").applyDiff} applyDiff the SDK's own
 * @param {{ cwd?: string }} [options]
 * @returns {import("@openai/agents-core").Editor}
 */
export function editor(sandbox, applyDiff, { cwd = HOME } = {}) {
  const { files } = sandbox;
  return {
    createFile: ({ path, diff }) =>
      outcome(async () => {
        await files.write(from(cwd, path), applyDiff("", diff, "create"));
        return `${path} has been written`;
      }),
    updateFile: ({ path, diff }) =>
      outcome(async () => {
        await files.write(from(cwd, path), applyDiff(await files.read(from(cwd, path)), diff));
        return `${path} has been edited`;
      }),
    deleteFile: ({ path }) =>
      outcome(async () => {
        await files.remove(from(cwd, path));
        return `${path} has been removed`;
      }),
  };
}

/**
 * What the Responses API is answered for an `apply_patch_call`.
 * @param {Sandbox} sandbox
 * @param {typeof import("@openai/agents-core").applyDiff} applyDiff of `@openai/agents`
 * @param {PatchCall} call
 * @param {{ cwd?: string }} [options]
 * @returns {Promise<PatchOutput>}
 */
export async function applyPatchCallOutput(sandbox, applyDiff, { call_id, operation }, options) {
  const edits = editor(sandbox, applyDiff, options);
  const done = await (operation.type === "create_file"
    ? edits.createFile(operation)
    : operation.type === "update_file"
      ? edits.updateFile(operation)
      : edits.deleteFile(operation));
  return { type: "apply_patch_call_output", call_id, status: done?.status ?? "completed", output: done?.output };
}

/**
 * @param {() => Promise<string>} act
 * @returns {Promise<import("@openai/agents-core").ApplyPatchResult>} A failure is told to the model.
 */
async function outcome(act) {
  try {
    return { status: "completed", output: await act() };
  } catch (error) {
    return { status: "failed", output: error instanceof Error ? error.message : String(error) };
  }
}
