/**
 * The sandbox's files for one command of the page: relative paths start from its working directory.
 */

import { Files } from "./files.js";
import * as check from "./options.js";

export class RelativeFiles {
  #files;
  #cwd;

  /** @param {import("./connection.js").Connection} connection @param {string} cwd */
  constructor(connection, cwd) {
    this.#files = new Files(connection);
    this.#cwd = cwd.endsWith("/") ? cwd : `${cwd}/`;
  }

  /** @param {string} path @param {string} name @returns {string} */
  #from(path, name) {
    check.path(path, name);
    return path.startsWith("/") ? path : this.#cwd + path;
  }

  /** @type {Files["write"]} */
  write = (/** @type {any} */ path, /** @type {any} */ data = undefined) =>
    Array.isArray(path)
      ? this.#files.write(path.map((file) => ({ ...file, path: this.#from(file?.path, "files.write: path") })))
      : this.#files.write(this.#from(path, "files.write: path"), data);

  /** @type {Files["read"]} */
  read = (/** @type {string} */ path, /** @type {any} */ options) =>
    /** @type {any} */ (this.#files.read(this.#from(path, "files.read: path"), options));

  /** @type {Files["list"]} */
  list = (path, options) => this.#files.list(this.#from(path, "files.list: path"), options);

  /** @type {Files["info"]} */
  info = (path) => this.#files.info(this.#from(path, "files.info: path"));

  /** @type {Files["exists"]} */
  exists = (path) => this.#files.exists(this.#from(path, "files.exists: path"));

  /** @type {Files["makeDir"]} */
  makeDir = (path) => this.#files.makeDir(this.#from(path, "files.makeDir: path"));

  /** @type {Files["rename"]} */
  rename = (from, to) =>
    this.#files.rename(this.#from(from, "files.rename: from"), this.#from(to, "files.rename: to"));

  /** @type {Files["copy"]} */
  copy = (from, to) =>
    this.#files.copy(this.#from(from, "files.copy: from"), this.#from(to, "files.copy: to"));

  /** @type {Files["chmod"]} */
  chmod = (path, mode) => this.#files.chmod(this.#from(path, "files.chmod: path"), mode);

  /** @type {Files["symlink"]} */
  symlink = (target, path) => this.#files.symlink(target, this.#from(path, "files.symlink: path"));

  /** @type {Files["watch"]} */
  watch = (path, callback, options) =>
    this.#files.watch(this.#from(path, "files.watch: path"), callback, options);

  /** @type {Files["remove"]} */
  remove = (path) => this.#files.remove(this.#from(path, "files.remove: path"));
}
