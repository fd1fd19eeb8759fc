/** The sandbox as tools with JSON schemas, for whoever hands them to a model (MCP, WebMCP, a chat). */

import { ShellTool, told } from "./shell-tool.js";
import { TextEditor } from "./text-editor.js";

/** @typedef {import("../../tabux.js").Sandbox} Sandbox */

/**
 * @typedef {object} AgentTool
 * @property {string} name
 * @property {string} title
 * @property {string} description
 * @property {{ type: "object", properties: Record<string, any>, required?: string[], additionalProperties: false }}
 *   inputSchema JSON Schema
 * @property {boolean} readOnly Whether it changes nothing.
 * @property {(input: any, signal?: AbortSignal) => Promise<string>} run What it gives is for a model; what it throws,
 *   too.
 *
 * @typedef {object} AgentTools
 * @property {AgentTool[]} tools
 * @property {() => Promise<void>} close Ends the shell of `bash`.
 */

/** How much of a file a model is shown, characters. */
const SHOWN = 64 << 10;
/** How many files are listed. */
const LISTED = 1000;

const text = (/** @type {string} */ description) => ({ type: "string", description });
const whole = (/** @type {string} */ description) => ({ type: "integer", description });

/**
 * @param {Sandbox} sandbox
 * @param {{ cwd?: string, timeoutMs?: number }} [options] `cwd` is where the shell and relative paths start;
 *   `timeoutMs` is how long a command may take if the model does not say.
 * @returns {AgentTools}
 */
export function agentTools(sandbox, options = {}) {
  const { cwd = "/home/user" } = options;
  const shell = new ShellTool(sandbox, options);
  const editor = new TextEditor(sandbox, cwd);
  const path = text(`A path; relative ones start from ${cwd}`);
  /** @type {AgentTool[]} */
  const tools = [
    {
      name: "bash",
      title: "Run a command",
      description:
        "Runs a command in a bash that keeps its working directory, variables, functions and jobs from one call to the " +
        "next. GNU tools, git, make, vim, sqlite3 and python3 are there. It ends after timeout_ms.",
      inputSchema: schema({
        command: text("The command"),
        timeout_ms: whole("How long it may take, in milliseconds"),
        restart: { type: "boolean", description: "Begin with a fresh shell" },
      }),
      readOnly: false,
      async run({ command, timeout_ms, restart }, signal) {
        if (restart) await shell.restart();
        if (command) return told(await shell.run(command, { timeoutMs: timeout_ms, signal }));
        if (restart) return "the shell has been restarted";
        throw new Error("command is missing");
      },
    },
    {
      name: "read_file",
      title: "Read a file",
      description: "Gives a text file with the numbers of its lines, or what is in a directory.",
      inputSchema: schema(
        { path, first_line: whole("The first line to give, from 1"), last_line: whole("The last one; -1: all") },
        ["path"],
      ),
      readOnly: true,
      run: (input) =>
        editor.view(input.path, { range: [input.first_line ?? 1, input.last_line ?? -1], most: SHOWN }),
    },
    {
      name: "write_file",
      title: "Write a file",
      description: "Writes a text file, replacing what was there. Missing directories are made.",
      inputSchema: schema({ path, content: text("All of the new content") }, ["path", "content"]),
      readOnly: false,
      async run(input) {
        await editor.write(input.path, input.content);
        return `${input.path} has been written`;
      },
    },
    {
      name: "edit_file",
      title: "Edit a file",
      description: "Replaces a text in a file. It must be there exactly once, unless replace_all is true.",
      inputSchema: schema(
        {
          path,
          old_text: text("The text to replace, exactly as it is in the file"),
          new_text: text("What comes in its place"),
          replace_all: { type: "boolean", description: "Replace it wherever it is" },
        },
        ["path", "old_text", "new_text"],
      ),
      readOnly: false,
      async run(input) {
        const count = await editor.replace(input.path, input.old_text, input.new_text, { all: input.replace_all });
        return `${input.path} has been edited in ${count} ${count === 1 ? "place" : "places"}`;
      },
    },
    {
      name: "list_files",
      title: "List files",
      description: "Lists a directory with the kinds and sizes of what is in it.",
      inputSchema: schema({ path, depth: whole("How many levels; 1 if not given") }),
      readOnly: true,
      async run({ path: directory = cwd, depth = 1 }) {
        const listed = await sandbox.files.list(editor.at(directory), { depth });
        const lines = listed.slice(0, LISTED).map((file) => `${file.type}\t${file.size}\t${file.path}`);
        if (listed.length > LISTED) lines.push(`[${listed.length - LISTED} more: list a directory below]`);
        return lines.join("\n") || "[empty]";
      },
    },
    {
      name: "sessions",
      title: "List sessions",
      description: "Tells which session this sandbox is, and which others this site has in this browser.",
      inputSchema: schema({}),
      readOnly: true,
      async run() {
        const { sessions } = /** @type {typeof import("../../tabux.js").Sandbox} */ (sandbox.constructor);
        const { name, state } = sandbox.session;
        return JSON.stringify({ current: { name, state }, sessions: await sessions.list() }, null, 1);
      },
    },
    {
      name: "snapshot",
      title: "Keep or restore files",
      description:
        "Keeps all files as they are now (create), lists what is kept (list), makes the files what they were " +
        "(restore: this ends all programs) or forgets a snapshot (delete).",
      inputSchema: schema(
        {
          action: { enum: ["create", "list", "restore", "delete"] },
          id: text("The snapshot to restore or delete"),
          name: text("A name for a new one"),
        },
        ["action"],
      ),
      readOnly: false,
      async run({ action, id, name }) {
        if (action === "create") return sandbox.snapshot({ name });
        if (action === "list") return JSON.stringify(await sandbox.snapshots.list(), null, 1);
        if (action === "restore") {
          await shell.close();
          await sandbox.restore(id);
          return "the files are what they were; the shell is a fresh one";
        }
        await sandbox.snapshots.delete(id);
        return "the snapshot has been forgotten";
      },
    },
  ];
  return { tools: tools.map(hinting), close: () => shell.close() };
}

/**
 * @param {Record<string, object>} properties
 * @param {string[]} [required]
 * @returns {AgentTool["inputSchema"]}
 */
function schema(properties, required = []) {
  return { type: "object", properties, ...(required.length && { required }), additionalProperties: false };
}

/** @param {AgentTool} tool @returns {AgentTool} the same, whose errors say what to do next */
function hinting(tool) {
  return {
    ...tool,
    async run(input, signal) {
      try {
        return await tool.run(input, signal);
      } catch (error) {
        const { message, hint } = /** @type {Error & { hint?: string }} */ (error);
        if (!hint) throw error;
        throw new Error(`${message}\n${hint}`, { cause: error });
      }
    },
  };
}
