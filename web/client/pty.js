/** `sandbox.pty`: terminal sessions. */

import { encode } from "./bytes.js";
import { callable, moved } from "./connection.js";
import { InvalidArgumentError } from "./errors.js";
import * as check from "./options.js";

/**
 * @typedef {object} PtyOptions
 * @property {number} [cols] Columns; 80 if not given.
 * @property {number} [rows] Rows; 24 if not given.
 * @property {string} [cwd] Working directory; /home/user if not given.
 * @property {Record<string, string>} [envs] Environment variables, added to the sandbox's.
 * @property {string} [command] What `bash -c` is to run instead of a login shell.
 * @property {OnData} onData
 *
 * @callback OnData Takes what the terminal is to show. It may return a promise, fulfilled when it has been
 *   shown: programs are made to wait while much is on its way.
 * @param {Uint8Array<ArrayBuffer>} data
 * @returns {unknown}
 */

const OPTIONS = {
  cols: check.cells,
  rows: check.cells,
  cwd: check.path,
  envs: check.environment,
  command: check.string,
  /** @type {typeof check.callback<OnData>} */
  onData: check.callback,
};

export class Ptys {
  #connection;

  /** @param {import("./connection.js").Connection} connection */
  constructor(connection) {
    this.#connection = connection;
  }

  /**
   * Starts a login shell on a terminal of its own.
   * @param {PtyOptions} options
   * @returns {Promise<Pty>}
   */
  async create(options) {
    const checked = check.checkOptions("pty.create", options, OPTIONS);
    const { cols = 80, rows = 24, cwd, envs, command, onData } = checked;
    if (!onData) throw new InvalidArgumentError("pty.create: onData is required");
    const { kernel } = this.#connection;
    /** @type {number | undefined} */
    let id;
    let early = 0;
    /** @param {number} bytes */
    const acknowledge = (bytes) => {
      // The first output may arrive before the answer that tells the terminal's number.
      if (id === undefined) early += bytes;
      else kernel.ptyAck(id, bytes).catch(() => {});
    };
    const show = callable((/** @type {Uint8Array<ArrayBuffer>} */ chunk) => {
      const { length } = chunk;
      // Bytes count as shown even when the consumer fails: it will not get them again.
      new Promise((resolve) => resolve(onData(chunk))).finally(() => acknowledge(length));
    });
    /** @type {Pty | undefined} */
    let pty;
    let busyEarly = false;
    const setBusy = callable((/** @type {boolean} */ busy) => {
      if (pty) pty.busy = busy;
      else busyEarly = busy;
    });
    const request = { cols, rows, cwd, envs, command };
    const made = await this.#connection.call(() => kernel.ptyCreate(request, show, setBusy));
    id = made.id;
    if (early) acknowledge(early);
    pty = new Pty(this.#connection, made);
    pty.busy = busyEarly;
    return pty;
  }
}

/** One terminal session. */
export class Pty {
  #connection;
  #id;

  /**
   * The exit status of the session's first process, when it has ended.
   * @type {Promise<number>}
   */
  exited;

  /** Whether a job is in the foreground rather than the shell: what would be lost by closing the terminal. */
  busy = false;

  /**
   * @param {import("./connection.js").Connection} connection
   * @param {{ id: number, pid: number }} made
   */
  constructor(connection, { id, pid }) {
    this.#connection = connection;
    this.#id = id;
    /** The process id of the session's first process. */
    this.pid = pid;
    this.exited = connection.call(() => connection.kernel.ptyWait(id)).finally(() => {
      this.busy = false;
    });
    this.exited.catch(() => {}); // nobody has to wait for it
  }

  /**
   * Types something.
   * @param {import("./bytes.js").Data} data
   * @returns {Promise<void>} Fulfilled when the terminal has taken it.
   * @throws {NotFoundError} The session has ended.
   */
  async write(data) {
    const bytes = encode(data, "pty.write: data");
    await this.#connection.call(() => this.#connection.kernel.ptyWrite(this.#id, moved(bytes)));
  }

  /**
   * Where the program in the foreground is: at a prompt the shell, else the job that runs.
   * @returns {Promise<string>} a path
   * @throws {NotFoundError} the directory has been removed, or the terminal has ended
   */
  async cwd() {
    return this.#connection.call(() => this.#connection.kernel.ptyCwd(this.#id));
  }

  /**
   * @param {number} cols
   * @param {number} rows
   * @returns {Promise<void>}
   */
  async resize(cols, rows) {
    check.cells(cols, "pty.resize: cols");
    check.cells(rows, "pty.resize: rows");
    await this.#connection.call(() => this.#connection.kernel.ptyResize(this.#id, cols, rows));
  }

  /**
   * Hangs up and kills what runs on the terminal.
   * @returns {Promise<void>}
   */
  async kill() {
    await this.#connection.call(() => this.#connection.kernel.ptyKill(this.#id));
  }
}
