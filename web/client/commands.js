/** `sandbox.commands`: running a command and collecting what it prints; commands that are functions of the page. */

import { decode, encode, streamDecoder } from "./bytes.js";
import { callable, moved } from "./connection.js";
import * as check from "./options.js";

/**
 * @typedef {object} CommandOptions
 * @property {string} [cwd] Working directory; /home/user if not given.
 * @property {Record<string, string>} [envs] Environment variables, added to the sandbox's.
 * @property {import("./bytes.js").Data} [stdin] Standard input; empty if not given.
 * @property {number} [timeoutMs] After this time the command is killed and its exit code is 124.
 * @property {(text: string) => void} [onStdout] Called with standard output as it comes.
 * @property {(text: string) => void} [onStderr] Called with standard error as it comes.
 * @property {AbortSignal} [signal] Kills the command; `run` then rejects with the signal's reason.
 */

/** What came of a command. A non-zero exit code is a result like any other. */
export class CommandResult {
  /** @type {Uint8Array<ArrayBuffer>} */
  #stdout;
  /** @type {Uint8Array<ArrayBuffer>} */
  #stderr;

  /** @param {import("./kernel.js").RawResult} raw */
  constructor(raw) {
    this.#stdout = raw.stdout;
    this.#stderr = raw.stderr;
    /** Standard output as text. */
    this.stdout = decode(raw.stdout);
    /** Standard error as text. */
    this.stderr = decode(raw.stderr);
    /** The exit status; 128 and the signal's number if one ended the command; 124 after a timeout. */
    this.exitCode = raw.exitCode;
    /** How long the command ran, in milliseconds. */
    this.durationMs = raw.durationMs;
  }

  /** Standard output, exactly. */
  get stdoutBytes() {
    return this.#stdout;
  }

  /** Standard error, exactly. */
  get stderrBytes() {
    return this.#stderr;
  }
}

const OPTIONS = {
  cwd: check.path,
  envs: check.environment,
  stdin: encode,
  timeoutMs: check.positive,
  /** @type {typeof check.callback<(text: string) => void>} */
  onStdout: check.callback,
  /** @type {typeof check.callback<(text: string) => void>} */
  onStderr: check.callback,
  signal: check.abortSignal,
};

export class Commands {
  #connection;
  #host;
  #nextId = 1;

  /**
   * @param {import("./connection.js").Connection} connection
   * @param {import("./host.js").Host} host
   */
  constructor(connection, host) {
    this.#connection = connection;
    this.#host = host;
  }

  /**
   * Makes a function of the page a command in the sandbox, in /usr/local/bin: in pipelines, killable, with a status.
   * It is not kept with a session. A second function of the same name replaces the first.
   * @param {string} name
   * @param {import("./host.js").CommandFunction} run
   * @returns {Promise<void>}
   * @throws {FileExistsError} something else is in that place
   */
  async register(name, run) {
    check.commandName(name, "commands.register: name");
    check.callback(run, "commands.register: run");
    await this.#connection.call(() => this.#connection.kernel.commandsRegister(name));
    this.#host.functions.set(name, run);
  }

  /**
   * Takes away a command that `register` has made. One that runs goes on.
   * @param {string} name
   * @returns {Promise<boolean>} Whether there was one.
   */
  async unregister(name) {
    check.commandName(name, "commands.unregister: name");
    const known = await this.#connection.call(() => this.#connection.kernel.commandsUnregister(name));
    this.#host.functions.delete(name);
    return known;
  }

  /**
   * Runs `bash -c command` as the user and waits for its end.
   * @param {string} command
   * @param {CommandOptions} [options]
   * @returns {Promise<CommandResult>}
   */
  async run(command, options) {
    check.string(command, "commands.run: command");
    const { cwd, envs, stdin, timeoutMs, onStdout, onStderr, signal } = checkRunOptions(options);
    signal?.throwIfAborted();
    const id = this.#nextId++;
    const output = onStdout || onStderr ? new Output(onStdout, onStderr) : null;
    const running = this.#connection.call(() =>
      this.#connection.kernel.run(
        id,
        command,
        { cwd, envs, stdin: stdin ? moved(stdin) : null, timeoutMs },
        output ? callable(output.take) : null,
      ),
    );
    const raw = signal ? await this.#abortable(id, running, signal) : await running;
    output?.finish(raw);
    return new CommandResult(raw);
  }

  /**
   * Waits for a command, or for the signal: then the command is killed first.
   * @template T
   * @param {number} id
   * @param {Promise<T>} running
   * @param {AbortSignal} signal
   * @returns {Promise<T>}
   */
  async #abortable(id, running, signal) {
    /** @type {() => void} */
    let stop = () => {};
    const aborted = new Promise((_resolve, reject) => {
      stop = () => {
        const rejectWithReason = () => reject(signal.reason);
        this.#connection.call(() => this.#connection.kernel.cancel(id)).then(rejectWithReason, reject);
      };
    });
    signal.addEventListener("abort", stop);
    try {
      const result = await Promise.race([running, aborted]);
      // The end of the killed command may be told before the answer to the kill.
      return signal.aborted ? /** @type {T} */ (await aborted) : result;
    } finally {
      signal.removeEventListener("abort", stop);
      running.catch(() => {});
      aborted.catch(() => {});
    }
  }
}

/** @param {CommandOptions | undefined} options */
function checkRunOptions(options) {
  return check.checkOptions("commands.run", options, OPTIONS);
}

/** Hands output to the callbacks as it comes. */
class Output {
  #streams;
  #finished = false;

  /**
   * @param {((text: string) => void) | undefined} onStdout
   * @param {((text: string) => void) | undefined} onStderr
   */
  constructor(onStdout, onStderr) {
    this.#streams = [new Stream(onStdout), new Stream(onStderr)];
  }

  /**
   * Called by the worker.
   * @param {number} fd
   * @param {Uint8Array} chunk
   */
  take = (fd, chunk) => {
    if (!this.#finished) this.#streams[fd - 1].take(chunk);
  };

  /**
   * Hands over what has not come yet: chunks and the result travel apart and may overtake each other.
   * @param {import("./kernel.js").RawResult} raw
   */
  finish(raw) {
    this.#finished = true;
    this.#streams[0].finish(raw.stdout);
    this.#streams[1].finish(raw.stderr);
  }
}

/** One output stream, as text. */
class Stream {
  #callback;
  #decoder = streamDecoder();
  #taken = 0;

  /** @param {((text: string) => void) | undefined} callback */
  constructor(callback) {
    this.#callback = callback;
  }

  /** @param {Uint8Array} chunk */
  take(chunk) {
    this.#taken += chunk.length;
    this.#give(this.#decoder.decode(chunk, { stream: true }));
  }

  /** @param {Uint8Array} whole All that the stream ever had. */
  finish(whole) {
    this.#give(this.#decoder.decode(whole.subarray(this.#taken)));
  }

  /** @param {string} text */
  #give(text) {
    if (!text || !this.#callback) return;
    try {
      this.#callback(text);
    } catch (error) {
      reportError(error); // the caller's fault is not the command's
    }
  }
}
