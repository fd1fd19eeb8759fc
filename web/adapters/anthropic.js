/**
 * Tools of Anthropic's API that run in the sandbox, for `client.beta.messages.toolRunner` of npm `@anthropic-ai/sdk`:
 * the bash and the text editor tool that the API defines, and the six tools of `agent_toolset_20260401`, which the SDK
 * itself has for Node only.
 *
 *     import { bashTool, textEditorTool } from "./adapters/anthropic.js";
 *     const tools = [bashTool(sandbox), textEditorTool(sandbox)];
 *     const answer = await client.beta.messages.toolRunner({ model, max_tokens, messages, tools });
 *
 * What a tool cannot do it throws, and the runner tells the model.
 */

import { from } from "./agent/paths.js";
import { ShellTool, told } from "./agent/shell-tool.js";
import { EditError, TextEditor } from "./agent/text-editor.js";

/** @typedef {import("../tabux.js").Sandbox} Sandbox */
/** @typedef {import("@anthropic-ai/sdk/lib/tools/BetaRunnableTool").BetaRunnableTool} RunnableTool */
/** @typedef {import("@anthropic-ai/sdk/lib/tools/BetaRunnableTool").BetaToolRunContext} Context */

/**
 * @typedef {object} Options
 * @property {string} [cwd] Where the shell and relative paths start; /home/user if not given.
 * @property {number} [timeoutMs] How long a command may take; 120 s if not given.
 */

/** How much of a file a model is shown, characters. */
const SHOWN = 64 << 10;

/**
 * The API's bash tool: one shell that remembers.
 * @param {Sandbox} sandbox
 * @param {Options} [options]
 * @returns {RunnableTool}
 */
export function bashTool(sandbox, options) {
  return { type: "bash_20250124", name: "bash", ...bash(sandbox, options) };
}

/**
 * The API's text editor.
 * @param {Sandbox} sandbox
 * @param {Options & { maxCharacters?: number }} [options] At most so many characters of a file are shown.
 * @returns {RunnableTool}
 */
export function textEditorTool(sandbox, { cwd, maxCharacters = SHOWN } = {}) {
  const editor = new TextEditor(sandbox, cwd);
  /** @type {Record<string, (input: any) => Promise<string>>} */
  const commands = {
    view: ({ path, view_range }) => editor.view(path, { range: view_range, most: maxCharacters }),
    create: async ({ path, file_text }) => {
      await editor.write(path, file_text);
      return `${path} has been written`;
    },
    str_replace: async ({ path, old_str, new_str = "" }) => {
      await editor.replace(path, old_str, new_str);
      return `${path} has been edited`;
    },
    insert: async ({ path, insert_line, insert_text }) => {
      await editor.insert(path, insert_line, insert_text);
      return `${path} has been edited`;
    },
  };
  return {
    type: "text_editor_20250728",
    name: "str_replace_based_edit_tool",
    max_characters: maxCharacters,
    parse: input,
    run: (given) => {
      if (Object.hasOwn(commands, given.command)) return commands[given.command](given);
      throw new EditError(`there is no command "${given.command}": use view, create, str_replace or insert`);
    },
  };
}

/**
 * The tools of `agent_toolset_20260401`: bash, read, write, edit, glob and grep.
 * @param {Sandbox} sandbox
 * @param {Options} [options]
 * @returns {RunnableTool[]}
 */
export function agentToolset(sandbox, options = {}) {
  const { cwd = "/home/user" } = options;
  const editor = new TextEditor(sandbox, cwd);
  const shell = bash(sandbox, options);
  return [
    tool("bash", "Run a command in a bash that keeps its working directory, variables and functions.", {
      command: { type: "string", description: "The command" },
      restart: { type: "boolean", description: "Begin with a fresh shell" },
      timeout_ms: { type: "integer", description: "How long it may take, in milliseconds" },
    }, [], shell.run, shell.close),
    tool("read", "Read a text file.", {
      file_path: { type: "string" },
      view_range: { type: "array", items: { type: "integer" }, description: "The first and the last line, from 1" },
    }, ["file_path"], async ({ file_path, view_range }) =>
      view_range ? editor.view(file_path, { range: view_range }) : editor.read(file_path)),
    tool("write", "Write a file, replacing what was there; missing directories are made.", {
      file_path: { type: "string" },
      content: { type: "string" },
    }, ["file_path", "content"], async ({ file_path, content }) => {
      await editor.write(file_path, content);
      return `${file_path} has been written`;
    }),
    tool("edit", "Replace a text in a file. It must be there exactly once, unless replace_all is given.", {
      file_path: { type: "string" },
      old_string: { type: "string" },
      new_string: { type: "string" },
      replace_all: { type: "boolean" },
    }, ["file_path", "old_string", "new_string"], async ({ file_path, old_string, new_string, replace_all }) => {
      const count = await editor.replace(file_path, old_string, new_string, { all: replace_all });
      return `${file_path} has been edited in ${count} ${count === 1 ? "place" : "places"}`;
    }),
    tool("glob", "List files whose paths match a pattern; ** stands for any directories.", {
      pattern: { type: "string" },
      path: { type: "string", description: "Where to look" },
    }, ["pattern"], ({ pattern, path = "." }, context) => search(sandbox, GLOB, {
      cwd: from(cwd, path),
      envs: { PATTERN: pattern },
    }, context)),
    tool("grep", "Search in files by a regular expression of grep -E.", {
      pattern: { type: "string" },
      path: { type: "string", description: "Where to look" },
    }, ["pattern"], ({ pattern, path = "." }, context) => search(sandbox, GREP, {
      cwd,
      envs: { PATTERN: pattern, WHERE: path },
    }, context)),
  ];
}

/** A pattern is expanded by bash, and cannot be anything but a pattern. */
const GLOB = `shopt -s globstar nullglob dotglob; IFS=; set -- $PATTERN; [ $# = 0 ] || printf '%s\\n' "$@"`;
const GREP = 'grep -rnIE --exclude-dir=.git -e "$PATTERN" -- "$WHERE"; [ $? -lt 2 ]';

/**
 * @param {Sandbox} sandbox
 * @param {string} command
 * @param {{ cwd: string, envs: Record<string, string> }} where
 * @param {Context} [context]
 * @returns {Promise<string>}
 */
async function search(sandbox, command, where, context) {
  const { stdout, stderr, exitCode, hint } = await sandbox.commands.run(command, {
    ...where,
    timeoutMs: 60_000,
    maxOutputBytes: SHOWN,
    signal: context?.signal ?? undefined,
  });
  if (exitCode !== 0) throw new EditError(stderr || hint || `exit status ${exitCode}`);
  return [stdout.replace(/\n$/, ""), hint].filter(Boolean).join("\n") || "[nothing found]";
}

/**
 * @param {Sandbox} sandbox
 * @param {Options} [options]
 * @returns {Pick<Required<RunnableTool>, "parse" | "run" | "close">}
 */
function bash(sandbox, options) {
  const shell = new ShellTool(sandbox, options);
  return {
    parse: input,
    close: () => shell.close(),
    run: async ({ command, restart, timeout_ms }, context) => {
      if (restart) await shell.restart();
      if (command) return told(await shell.run(command, { timeoutMs: timeout_ms, signal: context?.signal }));
      if (restart) return "the shell has been restarted";
      throw new EditError("command is missing");
    },
  };
}

/**
 * @param {string} name
 * @param {string} description
 * @param {Record<string, object>} properties
 * @param {string[]} required
 * @param {(input: any, context?: Context) => any} run
 * @param {RunnableTool["close"]} [close]
 * @returns {RunnableTool}
 */
function tool(name, description, properties, required, run, close) {
  const input_schema = { type: /** @type {const} */ ("object"), properties, required };
  return { name, description, input_schema, parse: input, run, ...(close && { close }) };
}

/** @param {unknown} given @returns {any} */
function input(given) {
  if (typeof given === "object" && given !== null) return given;
  throw new EditError("the input must be an object");
}
