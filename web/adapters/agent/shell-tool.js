/** A persistent shell as a tool for a model, and what it is told of a command. */

import { TOOL_OUTPUT_BYTES } from "./limits.js";

/** @typedef {import("../../tabux.js").Sandbox} Sandbox */
/** @typedef {import("../../client/shell.js").ShellResult} ShellResult */

/** How long a command may take if nobody says otherwise, milliseconds. */
const TIMEOUT_MS = 120_000;

/** One bash of a sandbox, which is started when it is first used. */
export class ShellTool {
  #sandbox;
  #options;
  /** @type {Promise<import("../../client/shell.js").Shell> | null} */
  #shell = null;

  /**
   * @param {Sandbox} sandbox
   * @param {import("../../client/shell.js").ShellOptions & { timeoutMs?: number }} [options]
   */
  constructor(sandbox, { timeoutMs = TIMEOUT_MS, ...options } = {}) {
    this.#sandbox = sandbox;
    this.#options = options;
    this.timeoutMs = timeoutMs;
  }

  /** @returns {Promise<import("../../client/shell.js").Shell>} */
  #started() {
    this.#shell ??= this.#sandbox.shell.create(this.#options).catch((error) => {
      this.#shell = null; // the next command tries again
      throw error;
    });
    return this.#shell;
  }

  /**
   * @param {string} command
   * @param {{ timeoutMs?: number | null, signal?: AbortSignal | null }} [options]
   * @returns {Promise<ShellResult>}
   */
  async run(command, { timeoutMs, signal } = {}) {
    return (await this.#started()).run(command, {
      timeoutMs: timeoutMs || this.timeoutMs,
      maxOutputBytes: TOOL_OUTPUT_BYTES,
      signal: signal ?? undefined,
    });
  }

  /** Goes on in a fresh shell. @returns {Promise<void>} */
  async restart() {
    await (await this.#started()).restart();
  }

  /** Ends the shell with all that it has started. @returns {Promise<void>} */
  async close() {
    const shell = this.#shell;
    this.#shell = null;
    await (await shell)?.close();
  }
}

/**
 * A result as text for a model: the output, then in brackets what it must know besides.
 * @param {ShellResult} result
 * @returns {string}
 */
export function told(result) {
  const { stdout, stderr, background, exitCode, timedOut, signal, restarted, ended, redirected, hint } = result;
  const notes = [
    restarted && "this ran in a fresh shell: variables and the working directory of before are gone",
    background && `printed by background jobs:\n${background}`,
    timedOut ? "the command was ended because its time was over" : signal && `ended by ${signal}`,
    exitCode !== 0 && !timedOut && `exit status ${exitCode}`,
    ended && "the shell has ended; the next command gets a fresh one",
    redirected.length > 0 && `the shell has sent its ${redirected.join(" and ")} elsewhere`,
    hint,
  ];
  const output = [stdout, stderr].filter(Boolean).map((text) => text.replace(/\n$/, ""));
  const said = notes.filter(Boolean).map((note) => `[${note}]`);
  return [...output, ...said].join("\n") || "[no output]";
}
