/**
 * The sandbox for Vercel's AI SDK: a sandbox session of AI SDK 7 (npm `ai` 7.x, `experimental_sandbox`), and what
 * npm `bash-tool` takes for its `sandbox`.
 *
 *     import { sandboxSession } from "./adapters/ai-sdk.js";
 *     const result = await generateText({ model, tools, experimental_sandbox: sandboxSession(sandbox), prompt });
 *
 * The session is experimental upstream: their types are what this file is checked against.
 */

import { TOOL_OUTPUT_BYTES } from "./agent/limits.js";
import { from } from "./agent/paths.js";

/** @typedef {import("../tabux.js").Sandbox} Sandbox */
/** @typedef {import("../client/command-handle.js").CommandHandle} CommandHandle */
/** @typedef {import("ai").Experimental_SandboxSession} SandboxSession */

const HOME = "/home/user";

/**
 * @param {Sandbox} sandbox
 * @param {{ cwd?: string, maxOutputBytes?: number }} [options] `cwd` is where relative paths and commands start; of
 *   the output of `run` so many bytes of each stream are kept, half from the head and half from the tail (128 KB).
 * @returns {SandboxSession}
 */
export function sandboxSession(sandbox, { cwd = HOME, maxOutputBytes = TOOL_OUTPUT_BYTES } = {}) {
  const { files } = sandbox;
  const at = (/** @type {string} */ path) => from(cwd, path);

  /** @type {SandboxSession["readBinaryFile"]} */
  const readBinaryFile = ({ path, abortSignal }) =>
    unless(abortSignal, () => orNull(files.read(at(path), { format: "bytes" })));

  /** @type {SandboxSession["writeBinaryFile"]} */
  const writeBinaryFile = ({ path, content, abortSignal }) =>
    unless(abortSignal, () => files.write(at(path), content));

  /** @type {SandboxSession["spawn"]} */
  const spawn = /** @type {any} */ (
    async (/** @type {Parameters<SandboxSession["spawn"]>[0]} */ options) => {
      const { command, workingDirectory, env, stdin, abortSignal } = options;
      const stdout = new Output();
      const stderr = new Output();
      const handle = await sandbox.commands.run(command, {
        cwd: at(workingDirectory ?? "."),
        envs: env,
        stdin: stdin || undefined,
        background: true,
        maxOutputBytes: 1, // (it is in the streams)
        onStdoutBytes: stdout.take,
        onStderrBytes: stderr.take,
        signal: abortSignal,
      });
      return running(handle, stdout, stderr, stdin);
    }
  );

  return {
    description:
      "tabux, a Linux-like system in the browser: GNU bash, coreutils, grep, sed, awk, git, make, python3 and more. " +
      `Commands are run by bash as the user "user" and start in ${cwd}. There is no package manager but pip, and the ` +
      "network is what the page allows.",
    readBinaryFile,
    writeBinaryFile,
    spawn,
    readFile: ({ path, abortSignal }) =>
      unless(abortSignal, () => orNull(files.read(at(path), { format: "stream" }))),
    readTextFile: async ({ path, encoding = "utf-8", startLine, endLine, abortSignal }) => {
      const bytes = await readBinaryFile({ path, abortSignal });
      if (bytes === null) return null;
      const text = new TextDecoder(encoding).decode(bytes);
      return startLine === undefined && endLine === undefined ? text : lines(text, startLine, endLine);
    },
    writeFile: ({ path, content, abortSignal }) => unless(abortSignal, () => files.write(at(path), content)),
    writeTextFile: async ({ path, content, encoding, abortSignal }) => {
      if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) {
        throw new TypeError(`writeTextFile: encoding "${encoding}" is not there; it writes utf-8`);
      }
      await writeBinaryFile({ path, content: new TextEncoder().encode(content), abortSignal });
    },
    stat: ({ path, abortSignal }) => unless(abortSignal, () => stat(sandbox, at(path))),
    listDirectory: ({ path, abortSignal }) =>
      unless(abortSignal, async () => {
        const listed = await orNull(files.list(at(path)));
        return listed && listed.map(({ name, type }) => ({ name, type: type === "dir" ? "directory" : type }));
      }),
    deleteFile: ({ path, abortSignal }) =>
      unless(abortSignal, async () => {
        const { type } = (await orNull(files.info(at(path)))) ?? {};
        if (type === undefined) return false;
        if (type === "dir") throw new TypeError(`${path} is a directory`);
        await files.remove(at(path));
        return true;
      }),
    run: async ({ command, workingDirectory, env, abortSignal }) => {
      const options = { cwd: at(workingDirectory ?? "."), envs: env, maxOutputBytes, signal: abortSignal };
      const { exitCode, stdout, stderr } = await sandbox.commands.run(command, options);
      return { exitCode, stdout, stderr };
    },
  };
}

/**
 * What `createBashTool({ sandbox })` of npm `bash-tool` takes.
 * @param {Sandbox} sandbox
 * @param {{ cwd?: string, timeoutMs?: number }} [options] A command is ended after `timeoutMs`; 120 s if not given.
 * @returns {import("bash-tool").Sandbox}
 */
export function bashToolSandbox(sandbox, { cwd = HOME, timeoutMs = 120_000 } = {}) {
  return {
    async executeCommand(command) {
      const options = { cwd, timeoutMs, maxOutputBytes: TOOL_OUTPUT_BYTES };
      const { stdout, stderr, exitCode, hint } = await sandbox.commands.run(command, options);
      return { stdout, stderr: hint ? `${stderr}${hint}\n` : stderr, exitCode };
    },
    readFile: (path) => sandbox.files.read(from(cwd, path)),
    writeFiles: (files) =>
      sandbox.files.write(files.map(({ path, content }) => ({ path: from(cwd, path), data: content }))),
  };
}

/**
 * @param {CommandHandle} handle
 * @param {Output} stdout
 * @param {Output} stderr
 * @param {boolean | undefined} stdin
 */
function running(handle, stdout, stderr, stdin) {
  const ended = handle.wait().finally(() => {
    stdout.end();
    stderr.end();
  });
  ended.catch(() => {}); // nobody has to wait for it
  const input = () =>
    new WritableStream({
      write: (/** @type {Uint8Array} */ bytes) => handle.sendStdin(bytes),
      close: () => handle.closeStdin(),
      abort: () => handle.closeStdin(),
    });
  return {
    pid: handle.pid,
    stdout: stdout.stream,
    stderr: stderr.stream,
    ...(stdin && { stdin: input() }),
    wait: async () => ({ exitCode: (await ended).exitCode }),
    kill: async () => void (await handle.kill()),
  };
}

/** How much a reader may be behind before the command is made to wait, bytes. */
const BEHIND = 1 << 20;

/** Output as a stream. */
class Output {
  /** @type {ReadableStreamDefaultController<Uint8Array>} */
  #controller = /** @type {any} */ (null);
  /** @type {() => void} */
  #wanted = () => {};
  #ended = false;

  stream = new ReadableStream(
    {
      start: (/** @type {ReadableStreamDefaultController<Uint8Array>} */ controller) => {
        this.#controller = controller;
      },
      pull: () => this.#wanted(),
      cancel: () => {
        this.#ended = true;
        this.#wanted();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: BEHIND }),
  );

  /** @param {Uint8Array} bytes @returns {Promise<void> | undefined} when there is room for more */
  take = (bytes) => {
    if (this.#ended) return undefined;
    this.#controller.enqueue(bytes);
    if ((this.#controller.desiredSize ?? 0) > 0) return undefined;
    return new Promise((resolve) => (this.#wanted = resolve));
  };

  end() {
    if (!this.#ended) this.#controller.close();
    this.#ended = true;
    this.#wanted();
  }
}

/**
 * @param {Sandbox} sandbox
 * @param {string} path
 * @returns {Promise<import("ai").Experimental_SandboxFileStat | null>} of what a link leads to
 */
async function stat(sandbox, path) {
  const own = await orNull(sandbox.files.info(path));
  if (own?.type !== "symlink") return own && kind(own);
  const { stdout, exitCode } = await sandbox.commands.run('readlink -e -n -- "$LINK"', { envs: { LINK: path } });
  return exitCode === 0 ? kind(await sandbox.files.info(stdout)) : null;
}

/**
 * @param {import("../tabux.js").FileInfo} info
 * @returns {import("ai").Experimental_SandboxFileStat}
 */
function kind({ type, size }) {
  return { type: type === "dir" ? "directory" : type === "file" ? "file" : "other", size };
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T | null>} null where there is no such file
 */
async function orNull(promise) {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Error && (error.name === "NotFoundError" || error.name === "NotADirectoryError")) return null;
    throw error;
  }
}

/**
 * @template T
 * @param {AbortSignal | undefined} signal
 * @param {() => Promise<T>} act
 * @returns {Promise<T>}
 */
async function unless(signal, act) {
  signal?.throwIfAborted();
  return act();
}

/** @param {string} text @param {number} [first] @param {number} [last] both count from 1 and are included */
function lines(text, first = 1, last = Infinity) {
  return (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).slice(first - 1, last).join("");
}
