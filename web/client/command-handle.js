/** A command that runs in the background. */

import { KeptOutput } from "../output/kept-output.js";
import { decode, encode } from "./bytes.js";
import { CommandResult, abortReason } from "./command-result.js";
import { moved } from "./connection.js";
import { signalNumber } from "./signals.js";
import { ToldOutput, piecesOf } from "./told-output.js";

/** @typedef {import("./connection.js").Connection} Connection */
/** @typedef {import("./kernel.js").CommandEvent} CommandEvent */
/** @typedef {Omit<import("./kernel.js").RawResult, "stdout" | "stderr">} Ending */

/**
 * @typedef {object} Keeping
 * @property {number} maxOutputBytes
 * @property {AbortSignal} [signal]
 *
 * @typedef {Keeping & import("./told-output.js").OutputCallbacks} HandleOptions
 */

/** What `commands.run` gives for `background: true`, and `commands.connect`. */
export class CommandHandle {
  #connection;
  #id = 0;
  #kept;
  #told;
  #signal;
  /** @type {(ending: Ending) => void} */
  #end = () => {};
  /** @type {Promise<CommandResult>} */
  #result;
  /** @type {CommandResult | null} what it was in the end */
  #last = null;

  /** The process id of its shell, which names the command as a whole. */
  pid = 0;

  /** The exit status; undefined while it runs. @type {number | undefined} */
  exitCode = undefined;

  /**
   * @param {Connection} connection
   * @param {HandleOptions} options
   */
  constructor(connection, { maxOutputBytes, signal, ...callbacks }) {
    this.#connection = connection;
    this.#kept = [new KeptOutput(maxOutputBytes), new KeptOutput(maxOutputBytes)];
    this.#told = new ToldOutput(callbacks);
    this.#signal = signal;
    /** @type {Promise<Ending>} */
    const ended = new Promise((resolve) => (this.#end = resolve));
    this.#result = connection.call(() => ended).then((ending) => this.#resultOf(ending));
    this.#result.catch(() => {}); // nobody has to wait for it
  }

  /**
   * The command has been started, or connected to.
   * @param {number} pid
   * @param {number} id the connection's
   */
  begin(pid, id) {
    this.pid = pid;
    this.#id = id;
    this.#signal?.addEventListener("abort", this.#abort);
    if (this.#signal?.aborted) this.#abort();
  }

  #abort = () => void this.kill().catch(() => {});

  /**
   * Called by the worker.
   * @param {CommandEvent} event
   * @returns {Promise<unknown>}
   */
  hear = async (event) => {
    if ("ended" in event) return this.#end(event.ended);
    for (const { fd, chunk } of piecesOf(event.parcel)) this.#kept[fd - 1].add(chunk);
    return this.#told.take(event.parcel);
  };

  /** @param {Ending} ending @returns {CommandResult} */
  #resultOf(ending) {
    this.#told.finish();
    this.#signal?.removeEventListener("abort", this.#abort);
    const { stdoutFile, stderrFile } = ending;
    const [stdout, stderr] = this.#kept;
    const result = new CommandResult({
      ...ending,
      truncated: stdout.truncated || stderr.truncated,
      stdout: stdout.take(stdoutFile),
      stderr: stderr.take(stderrFile),
    });
    this.exitCode = ending.exitCode;
    this.#last = result;
    if (this.#signal?.aborted) throw abortReason(this.#signal, result);
    return result;
  }

  /** Standard output so far, as text; of more than `maxOutputBytes` the head and the tail. */
  get stdout() {
    return this.#last?.stdout ?? decode(this.#kept[0].whole(null));
  }

  /** Standard error so far, in the same way. */
  get stderr() {
    return this.#last?.stderr ?? decode(this.#kept[1].whole(null));
  }

  /**
   * Waits for its end.
   * @returns {Promise<CommandResult>} with the output that this handle has heard
   */
  wait() {
    return this.#result;
  }

  /**
   * Sends a signal to everything that the command has started.
   * @param {string | number} [signal] "SIGKILL" if not given
   * @returns {Promise<boolean>} false when nothing of it runs any more
   */
  async kill(signal = "SIGKILL") {
    const number = signalNumber(signal, "kill: signal");
    return this.#connection.call(() => this.#connection.kernel.commandSignal(this.pid, number));
  }

  /**
   * Writes to its standard input, which it must have been started with: `stdin: true`.
   * @param {import("./bytes.js").Data} data
   * @returns {Promise<void>} Fulfilled when all of it is in the pipe: while nobody reads it waits.
   * @throws {NotFoundError} it has ended, or has closed its standard input
   * @throws {InvalidArgumentError} its standard input is not open
   */
  async sendStdin(data) {
    const bytes = encode(data, "sendStdin: data");
    const { kernel } = this.#connection;
    await this.#connection.call(() => kernel.commandWrite(this.pid, moved(bytes)));
  }

  /**
   * Ends its standard input: what reads it finds the end.
   * @returns {Promise<void>}
   */
  async closeStdin() {
    await this.#connection.call(() => this.#connection.kernel.commandCloseStdin(this.pid));
  }

  /**
   * Hears no more of the command, which goes on; `wait` is never fulfilled then.
   * @returns {Promise<void>}
   */
  async disconnect() {
    this.#signal?.removeEventListener("abort", this.#abort);
    await this.#connection.call(() => this.#connection.kernel.commandDisconnect(this.#id));
  }
}
