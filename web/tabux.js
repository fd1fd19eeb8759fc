/**
 * tabux: a Unix in a browser tab. The public module; see README.md for how to use it.
 *
 *     import { Sandbox } from "./tabux.js";
 *     const sandbox = await Sandbox.create();
 *     const { stdout } = await sandbox.commands.run("ls /usr/bin | wc -l");
 */

import { encode } from "./client/bytes.js";
import { Commands } from "./client/commands.js";
import { Connection, callable } from "./client/connection.js";
import { BootError, InvalidArgumentError, SandboxKilledError, TabuxError } from "./client/errors.js";
import { Files } from "./client/files.js";
import * as check from "./client/options.js";
import { Ptys } from "./client/pty.js";
import { requireSupport } from "./client/support.js";

export * from "./client/errors.js";
export { isSupported } from "./client/support.js";

/** @typedef {import("./client/kernel.js").FileInfo} FileInfo */
/** @typedef {import("./client/kernel.js").Progress} Progress */
/** @typedef {import("./client/commands.js").CommandOptions} CommandOptions */
/** @typedef {import("./client/commands.js").CommandResult} CommandResult */
/** @typedef {import("./client/pty.js").Pty} Pty */
/** @typedef {import("./client/pty.js").PtyOptions} PtyOptions */

/**
 * @typedef {object} SandboxOptions
 * @property {Record<string, string>} [envs] Environment variables for everything that runs in the sandbox.
 * @property {Record<string, number>} [limits]
 * @property {Record<string, import("./client/bytes.js").Data>} [files] Files to begin with: contents by path.
 * @property {(progress: Progress) => void} [onProgress] Called while the sandbox is loading.
 */

const OPTIONS = {
  envs: check.environment,
  limits: check.limits,
  files: checkFiles,
  /** @type {typeof check.callback<(progress: Progress) => void>} */
  onProgress: check.callback,
  session: check.notYet,
  network: check.notYet,
};

/** A Unix system of its own, in a worker. Make one by `Sandbox.create`. */
export class Sandbox {
  #connection;

  /**
   * @param {Connection} connection
   * @param {import("./client/kernel.js").BootResult} result
   */
  constructor(connection, { bootMs, bootInfo }) {
    this.#connection = connection;
    /** How long the start took, in milliseconds. */
    this.bootMs = bootMs;
    /** How it went. */
    this.bootInfo = bootInfo;
    this.commands = new Commands(connection);
    this.files = new Files(connection);
    this.pty = new Ptys(connection);
  }

  /**
   * Starts a sandbox.
   * @param {SandboxOptions} [options]
   * @returns {Promise<Sandbox>}
   */
  static async create(options) {
    const { envs, limits, files = {}, onProgress } = check.checkOptions("Sandbox.create", options, OPTIONS);
    requireSupport();
    const connection = new Connection(new URL("./kernel-worker.js", import.meta.url));
    try {
      const result = await connection.call(() =>
        connection.kernel.boot({ envs, files, limits }, onProgress ? callable(onProgress) : null),
      );
      connection.booted();
      return new Sandbox(connection, result);
    } catch (error) {
      const reason = error instanceof TabuxError ? error : new BootError(String(error), { cause: error });
      connection.close(reason);
      throw reason;
    }
  }

  /**
   * Ends the sandbox and everything in it at once. What is under way fails with SandboxKilledError.
   * @returns {Promise<void>}
   */
  async kill() {
    this.#connection.close(new SandboxKilledError("The sandbox has been killed"));
  }
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {Record<string, Uint8Array<ArrayBuffer>>}
 */
function checkFiles(value, name) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidArgumentError(`${name} must be an object of contents by path`);
  }
  return Object.fromEntries(
    Object.entries(value).map(([path, data]) => [check.path(path, name), encode(data, `${name}["${path}"]`)]),
  );
}
