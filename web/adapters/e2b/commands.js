/** E2B's `sandbox.commands` on tabux's. */

import { CommandExitError, TimeoutError, checkUser, translated } from "./errors.js";

/** @typedef {import("../../tabux.js").Sandbox} Native */
/** @typedef {import("../../client/commands.js").CommandHandle} NativeHandle */

/**
 * @typedef {object} CommandResult
 * @property {number} exitCode
 * @property {string} [error] What has ended it, if that was no exit.
 * @property {string} stdout
 * @property {string} stderr
 *
 * @typedef {object} RequestOptions
 * @property {number} [requestTimeoutMs] Without effect: there are no requests.
 * @property {AbortSignal} [signal]
 *
 * @typedef {object} Callbacks
 * @property {(text: string) => void | Promise<void>} [onStdout]
 * @property {(text: string) => void | Promise<void>} [onStderr]
 * @property {number} [timeoutMs] 60 seconds if not given; 0: none.
 *
 * @typedef {object} Start
 * @property {string} [cwd]
 * @property {string} [user] "user", which it is in any case.
 * @property {Record<string, string>} [envs]
 * @property {boolean} [stdin] Whether standard input stays open for `sendStdin`.
 *
 * @typedef {RequestOptions & Callbacks & Start & { background?: boolean }} StartOptions
 *
 * @typedef {object} ProcessInfo
 * @property {number} pid
 * @property {string} [tag]
 * @property {string} cmd
 * @property {string[]} args
 * @property {Record<string, string>} envs
 * @property {string} [cwd]
 */

/** What E2B gives a command. */
const TIMEOUT_MS = 60_000;

/** A handle of E2B on one of tabux, or on a terminal. */
export class CommandHandle {
  #native;
  #limitMs;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {CommandResult | undefined} */
  #result;
  /** @type {Promise<CommandResult>} */
  #ended;

  /**
   * @param {HandleSource} native
   * @param {number} [limitMs] kills it after this time; for what has no limit of its own
   */
  constructor(native, limitMs = 0) {
    this.#native = native;
    this.#limitMs = limitMs;
    let late = false;
    if (limitMs > 0) {
      this.#timer = setTimeout(() => {
        late = true;
        void native.kill().catch(() => {});
      }, limitMs);
    }
    this.#ended = this.#end(() => late);
    this.#ended.catch(() => {}); // nobody has to wait for it
  }

  /** @param {() => boolean} late @returns {Promise<CommandResult>} */
  async #end(late) {
    try {
      const result = await translated(this.#native.wait());
      const { exitCode, stdout, stderr } = result;
      const error = result.signal ? `signal: ${result.signal}` : undefined;
      this.#result = { exitCode, stdout, stderr, error };
      if (result.timedOut || late()) throw timeout(this.#limitMs);
      if (exitCode !== 0) throw new CommandExitError(this.#result);
      return this.#result;
    } finally {
      clearTimeout(this.#timer);
    }
  }

  get pid() {
    return this.#native.pid;
  }

  get exitCode() {
    return this.#result?.exitCode;
  }

  get error() {
    return this.#result?.error;
  }

  get stdout() {
    return this.#native.stdout;
  }

  get stderr() {
    return this.#native.stderr;
  }

  /**
   * @returns {Promise<CommandResult>}
   * @throws {CommandExitError} its status is not 0
   * @throws {TimeoutError} `timeoutMs` is over
   */
  wait() {
    return this.#ended;
  }

  /** Hears no more of it; it goes on. @returns {Promise<void>} */
  async disconnect() {
    clearTimeout(this.#timer);
    await translated(this.#native.disconnect());
  }

  /** @returns {Promise<boolean>} false when nothing of it runs any more */
  kill() {
    return translated(this.#native.kill());
  }

  /**
   * @param {string | Uint8Array} data
   * @param {RequestOptions} [_]
   * @returns {Promise<void>}
   */
  async sendStdin(data, _) {
    await translated(this.#native.sendStdin(data));
  }

  /** @param {RequestOptions} [_] @returns {Promise<void>} */
  async closeStdin(_) {
    await translated(this.#native.closeStdin());
  }
}

/**
 * What a handle is made of: the handle of a command, or a terminal.
 * @typedef {Pick<NativeHandle, "pid" | "stdout" | "stderr" | "kill" | "disconnect" | "sendStdin" | "closeStdin">
 *   & { wait(): Promise<CommandResult & { signal?: string | null, timedOut?: boolean }> }} HandleSource
 */

/** @param {number} limitMs @returns {TimeoutError} */
function timeout(limitMs) {
  const after = limitMs > 0 ? ` after ${limitMs} ms` : "";
  return new TimeoutError(`the command was ended${after}: give it a longer timeoutMs, or 0 for no limit`);
}

export class Commands {
  #native;
  #ptys;
  /** @type {Map<number, NativeHandle>} those whose standard input was left open, by pid */
  #fed = new Map();

  /**
   * @param {Native} native
   * @param {import("./pty.js").Pty} ptys
   */
  constructor(native, ptys) {
    this.#native = native;
    this.#ptys = ptys;
  }

  get supportsStdinClose() {
    return true;
  }

  /**
   * Runs a command and waits for it, or with `background` gives a handle.
   * @overload
   * @param {string} cmd
   * @param {StartOptions & { background?: false }} [opts]
   * @returns {Promise<CommandResult>}
   */
  /**
   * @overload
   * @param {string} cmd
   * @param {StartOptions & { background: true }} opts
   * @returns {Promise<CommandHandle>}
   */
  /**
   * @overload
   * @param {string} cmd
   * @param {StartOptions} [opts]
   * @returns {Promise<CommandHandle | CommandResult>}
   */
  /**
   * @param {string} cmd
   * @param {StartOptions} [opts]
   * @returns {Promise<CommandHandle | CommandResult>}
   * @throws {CommandExitError} its status is not 0
   * @throws {TimeoutError} `timeoutMs` is over
   */
  async run(cmd, opts = {}) {
    checkUser(opts);
    const { background, cwd, envs, onStdout, onStderr, stdin = false, timeoutMs = TIMEOUT_MS, signal } = opts;
    const options = { cwd, envs, onStdout, onStderr, signal, timeoutMs: timeoutMs || undefined };
    const native = await translated(
      this.#native.commands.run(cmd, { ...options, background: true, stdin: stdin || undefined }),
    );
    if (stdin) this.#feed(native);
    const handle = new CommandHandle(native);
    return background ? handle : handle.wait();
  }

  /** @param {NativeHandle} native */
  #feed(native) {
    this.#fed.set(native.pid, native);
    const forget = () => this.#fed.delete(native.pid);
    native.wait().then(forget, forget);
  }

  /** @param {RequestOptions} [_] @returns {Promise<ProcessInfo[]>} commands and terminals */
  async list(_) {
    const commands = await translated(this.#native.commands.list());
    return [
      ...commands.map(({ pid, command, cwd }) => ({ pid, cmd: "/bin/bash", args: ["-c", command], envs: {}, cwd })),
      ...this.#ptys.processes(),
    ];
  }

  /**
   * @param {number} pid
   * @param {string | Uint8Array} data
   * @param {RequestOptions} [_]
   * @returns {Promise<void>}
   */
  async sendStdin(pid, data, _) {
    await translated((await this.#handle(pid)).sendStdin(data));
  }

  /** @param {number} pid @param {RequestOptions} [_] @returns {Promise<void>} */
  async closeStdin(pid, _) {
    await translated((await this.#handle(pid)).closeStdin());
  }

  /** @param {number} pid @returns {Promise<NativeHandle>} */
  async #handle(pid) {
    return this.#fed.get(pid) ?? (await translated(this.#native.commands.connect(pid)));
  }

  /** @param {number} pid @param {RequestOptions} [_] @returns {Promise<boolean>} */
  async kill(pid, _) {
    return translated(this.#native.commands.kill(pid));
  }

  /**
   * @param {number} pid
   * @param {RequestOptions & Callbacks} [opts] `timeoutMs`: how long this handle hears of it; the command goes on
   * @returns {Promise<CommandHandle>}
   */
  async connect(pid, { onStdout, onStderr } = {}) {
    return new CommandHandle(await translated(this.#native.commands.connect(pid, { onStdout, onStderr })));
  }
}
