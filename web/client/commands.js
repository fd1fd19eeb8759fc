/** `sandbox.commands`: running commands, and those that are functions of the page. */

import { encode } from "./bytes.js";
import { CommandHandle } from "./command-handle.js";
import { CommandResult, abortReason } from "./command-result.js";
import { callable, moved } from "./connection.js";
import { InvalidArgumentError } from "./errors.js";
import * as check from "./options.js";
import { signalNumber } from "./signals.js";
import { ToldOutput } from "./told-output.js";

export { CommandHandle, CommandResult };

/**
 * @callback OnOutput Takes output as it comes. When it returns a promise, the command is made to
 *   wait for it: nothing piles up.
 * @param {string} text
 * @returns {unknown}
 *
 * @callback OnBytes The same, of the bytes as they are.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {unknown}
 *
 * @typedef {object} CommandOptions
 * @property {string} [cwd] Working directory; /home/user if not given.
 * @property {Record<string, string>} [envs] Environment variables, added to the sandbox's.
 * @property {import("./bytes.js").Data | true} [stdin] Standard input; empty if not given. With
 *   `background`, true leaves it open for `sendStdin`.
 * @property {number} [timeoutMs] After this time everything that the command has started gets
 *   SIGTERM; the exit code is then 124 and `timedOut` is true.
 * @property {number} [graceMs] What is still there so long after SIGTERM is killed; 2000 if not
 *   given.
 * @property {number} [maxOutputBytes] So much is kept of each stream, half of it for the head and
 *   half for the tail; 16 MB if not given. The callbacks get all of it.
 * @property {OnOutput} [onStdout]
 * @property {OnOutput} [onStderr]
 * @property {OnBytes} [onStdoutBytes]
 * @property {OnBytes} [onStderrBytes]
 * @property {AbortSignal} [signal] Kills the command; `run` then rejects with the signal's reason,
 *   whose `result` has what there was until then.
 * @property {boolean} [background] Do not wait: give a handle.
 * @property {boolean} [detach] Come back when the shell has ended, although what it has put into
 *   the background may still run. What that prints from then on is dropped.
 */

/** How much is kept of a stream if nobody says otherwise, bytes. */
const KEPT_BYTES = 16 << 20;

const CALLBACKS = {
  maxOutputBytes: check.outputBytes,
  /** @type {typeof check.callback<OnOutput>} */
  onStdout: check.callback,
  /** @type {typeof check.callback<OnOutput>} */
  onStderr: check.callback,
  /** @type {typeof check.callback<OnBytes>} */
  onStdoutBytes: check.callback,
  /** @type {typeof check.callback<OnBytes>} */
  onStderrBytes: check.callback,
};

const OPTIONS = {
  cwd: check.path,
  envs: check.environment,
  stdin: checkStdin,
  timeoutMs: check.positive,
  graceMs: check.notNegative,
  ...CALLBACKS,
  signal: check.abortSignal,
  background: check.flag,
  detach: check.flag,
};

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {true | Uint8Array<ArrayBuffer>}
 */
function checkStdin(value, name) {
  return value === true ? value : encode(value, name);
}

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
   * Makes a function of the page a command in the sandbox, in /usr/local/bin: in pipelines, killable,
   * with a status. It is not kept with a session. A second function of the same name replaces the
   * first.
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
   * Runs `bash -c command` as the user and waits for its end, that of everything that has its
   * output included; with `background` it comes back as soon as the command is started.
   * @overload
   * @param {string} command
   * @param {CommandOptions & { background: true }} options
   * @returns {Promise<CommandHandle>}
   */
  /**
   * @overload
   * @param {string} command
   * @param {CommandOptions & { background?: false }} [options]
   * @returns {Promise<CommandResult>}
   */
  /**
   * @param {string} command
   * @param {CommandOptions} [options]
   * @returns {Promise<CommandResult | CommandHandle>}
   */
  async run(command, options) {
    check.string(command, "commands.run: command");
    const checked = check.checkOptions("commands.run", options, OPTIONS);
    const { onStdout, onStderr, onStdoutBytes, onStderrBytes, ...others } = checked;
    const { stdin, maxOutputBytes = KEPT_BYTES, signal, ...rest } = others;
    const callbacks = { onStdout, onStderr, onStdoutBytes, onStderrBytes };
    if (rest.background && rest.detach) {
      throw new InvalidArgumentError("commands.run: background and detach exclude each other");
    }
    if (stdin === true && !rest.background) {
      throw new InvalidArgumentError("commands.run: stdin: true needs background: true");
    }
    signal?.throwIfAborted();
    const raw = { ...rest, maxOutputBytes, stdin: stdin && stdin !== true ? moved(stdin) : (stdin ?? null) };
    if (rest.background) {
      const handle = new CommandHandle(this.#connection, { maxOutputBytes, signal, ...callbacks });
      const { pid, connection } = await this.#connection.call(() =>
        this.#connection.kernel.commandStart(command, raw, callable(handle.hear)),
      );
      handle.begin(pid, connection);
      return handle;
    }
    return this.#wait(command, raw, new ToldOutput(callbacks), signal);
  }

  /**
   * @param {string} command
   * @param {import("./kernel.js").RunOptions} options
   * @param {ToldOutput} told
   * @param {AbortSignal | undefined} signal
   */
  async #wait(command, options, told, signal) {
    const { kernel } = this.#connection;
    const id = this.#nextId++;
    const cancel = () => void kernel.cancel(id).catch(() => {});
    signal?.addEventListener("abort", cancel);
    try {
      const raw = await this.#connection.call(() =>
        kernel.run(id, command, options, told.wanted ? callable(told.take) : null),
      );
      told.finish();
      const result = new CommandResult(raw);
      if (signal?.aborted) throw abortReason(signal, result);
      return result;
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  /**
   * The commands of this API of which something runs, oldest first.
   * @returns {Promise<import("./kernel.js").CommandInfo[]>}
   */
  async list() {
    return this.#connection.call(() => this.#connection.kernel.commandList());
  }

  /**
   * Sends a signal to everything that a command has started, or to any other process.
   * @param {number} pid
   * @param {string | number} [signal] "SIGKILL" if not given
   * @returns {Promise<boolean>} false when there is none
   */
  async kill(pid, signal = "SIGKILL") {
    check.processId(pid, "commands.kill: pid");
    const number = signalNumber(signal, "commands.kill: signal");
    return this.#connection.call(() => this.#connection.kernel.commandSignal(pid, number));
  }

  /**
   * A handle for a command that runs; it hears what is printed from now on.
   * @param {number} pid
   * @param {Pick<CommandOptions, "onStdout" | "onStderr" | "onStdoutBytes" | "onStderrBytes" | "maxOutputBytes">}
   *   [callbacks]
   * @returns {Promise<CommandHandle>}
   * @throws {NotFoundError} there is no such command, or it has ended
   */
  async connect(pid, callbacks) {
    check.processId(pid, "commands.connect: pid");
    const { maxOutputBytes = KEPT_BYTES, ...told } = check.checkOptions("commands.connect", callbacks, CALLBACKS);
    const handle = new CommandHandle(this.#connection, { maxOutputBytes, ...told });
    const connection = await this.#connection.call(() =>
      this.#connection.kernel.commandConnect(pid, callable(handle.hear)),
    );
    handle.begin(pid, connection);
    return handle;
  }
}
