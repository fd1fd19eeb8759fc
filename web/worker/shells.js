// The persistent shells of one kernel, by numbers that are used once.
import { ESRCH } from "../gate/errno.js";
import { apiError } from "./errors.js";
import { Shell } from "./shell.js";

/** @typedef {import("../client/kernel.js").ShellRunOptions} ShellRunOptions */
/** @typedef {import("./listener.js").Parcel} Parcel */

export class ShellKeeper {
  #last = 0;
  /** @type {Map<number, Shell>} */
  #shells = new Map();

  /**
   * @param {import("./boot.js").System} system
   * @param {import("./output-files.js").OutputFiles} files
   */
  constructor(system, files) {
    this.system = system;
    this.files = files;
  }

  /**
   * @param {{ cwd?: string, envs?: Record<string, string> }} options
   * @returns {Promise<number>}
   * @throws {Error} a typed one: the directory is not there, or there are too many processes
   */
  async create(options) {
    const shell = new Shell(this.system, this.files, options);
    await shell.start();
    this.#shells.set(++this.#last, shell);
    return this.#last;
  }

  /** @param {number} id @returns {Shell} @throws {Error} NotFoundError when it has been closed */
  get(id) {
    const shell = this.#shells.get(id);
    if (!shell) throw apiError(-ESRCH, "the shell");
    return shell;
  }

  /** @param {number} id */
  close(id) {
    this.#shells.get(id)?.kill();
    this.#shells.delete(id);
  }
}
