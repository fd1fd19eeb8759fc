/** E2B's `sandbox.pty` on tabux's: terminals that are named by their process. */

import { CommandHandle } from "./commands.js";
import { NotFoundError, checkUser, translated } from "./errors.js";

/** @typedef {import("../../client/pty.js").Pty} NativePty */
/** @typedef {import("./commands.js").RequestOptions} RequestOptions */
/** @typedef {(data: Uint8Array) => void | Promise<void>} OnData */

/**
 * @typedef {object} PtyStart
 * @property {number} cols
 * @property {number} rows
 * @property {OnData} onData
 * @property {number} [timeoutMs] 60 seconds if not given; 0: none.
 * @property {string} [user] "user", which it is in any case.
 * @property {Record<string, string>} [envs]
 * @property {string} [cwd]
 *
 * @typedef {object} Terminal
 * @property {NativePty} native
 * @property {Set<OnData>} listeners
 * @property {string} [cwd]
 */

/** What E2B gives a terminal. */
const TIMEOUT_MS = 60_000;

export class Pty {
  #native;
  /** @type {Map<number, Terminal>} those that have not ended, by pid */
  #terminals = new Map();

  /** @param {import("../../tabux.js").Sandbox} native */
  constructor(native) {
    this.#native = native;
  }

  /**
   * Starts a login shell on a terminal.
   * @param {PtyStart & RequestOptions} opts
   * @returns {Promise<CommandHandle>}
   */
  async create(opts) {
    checkUser(opts);
    const { cols, rows, cwd, envs, onData, timeoutMs = TIMEOUT_MS } = opts;
    const listeners = new Set([onData]);
    const told = (/** @type {Uint8Array} */ data) => Promise.all([...listeners].map((listener) => listener(data)));
    const native = await translated(this.#native.pty.create({ cols, rows, cwd, envs, onData: told }));
    const terminal = { native, listeners, cwd };
    this.#terminals.set(native.pid, terminal);
    const forget = () => this.#terminals.delete(native.pid);
    native.exited.then(forget, forget);
    return new CommandHandle(source(terminal, onData), timeoutMs);
  }

  /**
   * @param {number} pid
   * @param {{ onData?: OnData, timeoutMs?: number } & RequestOptions} [opts]
   * @returns {Promise<CommandHandle>} It hears what comes from now on.
   */
  async connect(pid, { onData, timeoutMs = TIMEOUT_MS } = {}) {
    const terminal = this.#terminal(pid);
    if (onData) terminal.listeners.add(onData);
    return new CommandHandle(source(terminal, onData), timeoutMs);
  }

  /** @param {number} pid @param {Uint8Array} data @param {RequestOptions} [_] @returns {Promise<void>} */
  async sendInput(pid, data, _) {
    await translated(this.#terminal(pid).native.write(data));
  }

  /**
   * @param {number} pid
   * @param {{ cols: number, rows: number }} size
   * @param {RequestOptions} [_]
   * @returns {Promise<void>}
   */
  async resize(pid, { cols, rows }, _) {
    await translated(this.#terminal(pid).native.resize(cols, rows));
  }

  /** @param {number} pid @param {RequestOptions} [_] @returns {Promise<boolean>} false when it has ended */
  async kill(pid, _) {
    const terminal = this.#terminals.get(pid);
    if (!terminal) return false;
    await translated(terminal.native.kill());
    return true;
  }

  /** Those that run, as `commands.list` tells of them. @returns {import("./commands.js").ProcessInfo[]} */
  processes() {
    return [...this.#terminals].map(([pid, { cwd }]) => ({ pid, cmd: "/bin/bash", args: ["-l"], envs: {}, cwd }));
  }

  /** @param {number} pid @returns {Terminal} */
  #terminal(pid) {
    const terminal = this.#terminals.get(pid);
    if (!terminal) throw new NotFoundError(`there is no terminal of the process ${pid}`);
    return terminal;
  }
}

/**
 * A terminal as what a handle is made of: its output goes to the listeners alone.
 * @param {Terminal} terminal
 * @param {OnData | undefined} listener this handle's
 * @returns {import("./commands.js").HandleSource}
 */
function source({ native, listeners }, listener) {
  return {
    pid: native.pid,
    stdout: "",
    stderr: "",
    wait: async () => ({ exitCode: await native.exited, stdout: "", stderr: "" }),
    disconnect: async () => void (listener && listeners.delete(listener)),
    kill: () => native.kill().then(() => true),
    sendStdin: (data) => native.write(data),
    closeStdin: () => native.write("\x04"),
  };
}
