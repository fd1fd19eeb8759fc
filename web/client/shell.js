/** `sandbox.shell`: shells that remember. */

import { decode, encode } from "./bytes.js";
import { CommandResult, abortReason } from "./command-result.js";
import { callable, moved } from "./connection.js";
import * as check from "./options.js";
import { ToldOutput } from "./told-output.js";

/** @typedef {import("./connection.js").Connection} Connection */
/** @typedef {import("./commands.js").OnOutput} OnOutput */

/**
 * @typedef {object} ShellOptions
 * @property {string} [cwd] Where it begins; /home/user if not given.
 * @property {Record<string, string>} [envs] Environment variables, added to the sandbox's.
 *
 * @typedef {object} ShellRunOptions
 * @property {import("./bytes.js").Data} [stdin] Standard input of this command; empty if not given.
 * @property {number} [timeoutMs] After this time the command is interrupted, as ^C does it; the exit
 *   code is then 124 and `timedOut` is true.
 * @property {number} [graceMs] A command that does not listen is killed so long after that, and if
 *   that does not help either, the shell with it; 2000 if not given.
 * @property {number} [maxOutputBytes] So much is kept of each stream, half of it for the head and
 *   half for the tail; 16 MB if not given. The callbacks get all of it.
 * @property {OnOutput} [onStdout]
 * @property {OnOutput} [onStderr]
 * @property {AbortSignal} [signal] Interrupts the command as a timeout does; `run` then rejects with
 *   the signal's reason, whose `result` has what there was until then.
 */

const OPTIONS = { cwd: check.path, envs: check.environment };

const RUN_OPTIONS = {
  stdin: encode,
  timeoutMs: check.positive,
  graceMs: check.notNegative,
  maxOutputBytes: check.outputBytes,
  /** @type {typeof check.callback<OnOutput>} */
  onStdout: check.callback,
  /** @type {typeof check.callback<OnOutput>} */
  onStderr: check.callback,
  signal: check.abortSignal,
};

/** How much is kept of a stream if nobody says otherwise, bytes. */
const KEPT_BYTES = 16 << 20;

/** What comes of a command of a persistent shell. */
export class ShellResult extends CommandResult {
  /** @param {import("./kernel.js").RawShellResult} raw */
  constructor(raw) {
    super(raw);
    /** The exit statuses of the last pipeline's commands, in order (PIPESTATUS). */
    this.pipeStatus = raw.pipeStatus;
    /** Where the shell is now; null when that directory has been removed. */
    this.cwd = raw.cwd;
    /** Whether the command has ended the shell: the next one gets a fresh one. */
    this.ended = raw.ended;
    /** Whether it ran in a fresh shell, since the one before had ended: nothing is remembered. */
    this.restarted = raw.restarted;
    /** What jobs of earlier commands have printed since the last result, as text. */
    this.background = decode(raw.background);
    /** Streams that the shell itself has closed or sent elsewhere, as by `exec > log`. */
    this.redirected = raw.redirected;
  }
}

export class Shells {
  #connection;

  /** @param {Connection} connection */
  constructor(connection) {
    this.#connection = connection;
  }

  /**
   * Starts a bash that keeps its working directory, variables, functions, options and jobs from one
   * command to the next.
   * @param {ShellOptions} [options]
   * @returns {Promise<Shell>}
   * @throws {NotFoundError} there is no such directory
   */
  async create(options) {
    const checked = check.checkOptions("shell.create", options, OPTIONS);
    const id = await this.#connection.call(() => this.#connection.kernel.shellCreate(checked));
    return new Shell(this.#connection, id);
  }
}

/** One persistent shell. */
export class Shell {
  #connection;
  #id;
  #nextRun = 1;

  /**
   * @param {Connection} connection
   * @param {number} id
   */
  constructor(connection, id) {
    this.#connection = connection;
    this.#id = id;
  }

  /**
   * Executes a command in the shell, when those before are over. The text is complete in itself: an
   * unclosed quote is an error and not the beginning of the next command.
   * @param {string} command
   * @param {ShellRunOptions} [options]
   * @returns {Promise<ShellResult>}
   */
  async run(command, options) {
    check.string(command, "shell.run: command");
    const checked = check.checkOptions("shell.run", options, RUN_OPTIONS);
    const { stdin, maxOutputBytes = KEPT_BYTES, onStdout, onStderr, signal, ...rest } = checked;
    signal?.throwIfAborted();
    const { kernel } = this.#connection;
    const id = this.#nextRun++;
    const told = new ToldOutput({ onStdout, onStderr });
    const cancel = () => void kernel.shellCancel(this.#id, id).catch(() => {});
    signal?.addEventListener("abort", cancel);
    try {
      const raw = await this.#connection.call(() =>
        kernel.shellRun(
          this.#id,
          id,
          command,
          { ...rest, maxOutputBytes, stdin: stdin ? moved(stdin) : null },
          told.wanted ? callable(told.take) : null,
        ),
      );
      told.finish();
      const result = new ShellResult(raw);
      if (signal?.aborted) throw abortReason(signal, result);
      return result;
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  /**
   * Interrupts the command that runs, as ^C does; without effect when none does.
   * @returns {Promise<void>}
   */
  async interrupt() {
    await this.#connection.call(() => this.#connection.kernel.shellInterrupt(this.#id));
  }

  /**
   * Kills the shell with everything that it has started, and starts a fresh one.
   * @returns {Promise<void>}
   */
  async restart() {
    await this.#connection.call(() => this.#connection.kernel.shellRestart(this.#id));
  }

  /**
   * Kills the shell with everything that it has started. Later calls fail with NotFoundError.
   * @returns {Promise<void>}
   */
  async close() {
    await this.#connection.call(() => this.#connection.kernel.shellClose(this.#id));
  }
}
