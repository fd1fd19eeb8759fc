// The owner's file operations: the kernel finds and makes the files, the bytes pass here.
import { BLOCKED } from "../gate/errno.js";
import { apiError } from "./errors.js";
import { kernelText } from "./launch.js";

/** @typedef {import("./boot.js").System} System */

/** Files as the sandbox's owner sees them. */
export class FileAccess {
  /** @param {System} system */
  constructor(system) {
    this.system = system;
  }

  /**
   * @param {string} operation
   * @param {string} path for the message
   * @param {...string} paths what the kernel gets
   * @returns {any}
   * @throws {Error} a typed one
   */
  #call(operation, path, ...paths) {
    const { gate, api } = this.system;
    gate.report();
    const result = api[operation](...paths.map(kernelText));
    if (typeof result === "number" && result < 0) throw apiError(result, path);
    return result;
  }

  /** @param {string} path @param {Uint8Array} data */
  write(path, data) {
    const { gate } = this.system;
    const content = gate.contents.of(this.#call("write", path, path));
    const error = content.replace(data);
    if (error) throw apiError(error, path);
    gate.contents.touched(content, 0);
    gate.report();
  }

  /** @param {string} path @returns {Promise<Uint8Array>} a copy */
  async read(path) {
    const content = this.system.gate.contents.of(this.#call("read", path, path));
    let error;
    do {
      error = await new Promise((resolve) => {
        const now = content.demand(0, content.size, () => resolve(BLOCKED));
        if (now !== BLOCKED) resolve(now);
      });
    } while (error === BLOCKED);
    if (error) throw apiError(error, path);
    const bytes = new Uint8Array(content.size);
    content.read(0, bytes);
    return bytes;
  }

  /** @param {string} path */
  list(path) {
    return JSON.parse(this.#call("list", path, path));
  }

  /** @param {string} path */
  info(path) {
    return JSON.parse(this.#call("info", path, path));
  }

  /** @param {string} path */
  exists(path) {
    return this.#call("exists", path, path) === 1;
  }

  /** @param {string} path */
  makeDir(path) {
    this.#call("make_dir", path, path);
  }

  /** @param {string} from @param {string} to */
  rename(from, to) {
    this.#call("rename", `${from} -> ${to}`, from, to);
  }

  /** @param {string} path */
  remove(path) {
    this.#call("remove", path, path);
  }
}
