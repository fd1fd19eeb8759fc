// The owner's file operations: the kernel finds and makes the files, the bytes pass here.
import { BLOCKED, ENOENT, ENOSPC } from "../gate/errno.js";
import { apiError } from "./errors.js";
import { kernelText } from "./launch.js";

/** @typedef {import("./boot.js").System} System */

/** So much of a file from outside is read at once, bytes. */
const PIECE = 4 << 20;

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
   * @returns {Promise<any>}
   * @throws {Error} a typed one
   */
  async #call(operation, path, ...paths) {
    const { gate, api } = this.system;
    const attempt = () => {
      gate.report();
      return api[operation](...paths.map(kernelText));
    };
    let result = attempt();
    if (result === BLOCKED) result = await gate.mounts.settled(attempt, BLOCKED);
    if (typeof result === "number" && result < 0) throw apiError(result, path);
    return result;
  }

  /** @param {string} path @param {Uint8Array} data */
  async write(path, data) {
    const { gate } = this.system;
    const content = gate.contents.of(await this.#call("write", path, path));
    const error = content.replace(data);
    if (error) throw apiError(error, path);
    gate.contents.touched(content, 0);
    gate.report();
    await this.#flush(content, path);
  }

  /**
   * Waits until somebody else who keeps the file has what was written.
   * @param {import("../gate/content.js").Content} content
   * @param {string} path
   */
  async #flush(content, path) {
    const error = await content.flush();
    if (error) throw apiError(error, path);
  }

  /**
   * Writes a file in pieces, between which programs run.
   * @param {string} path
   * @param {Blob} blob
   * @throws {Error} NotFoundError when the file is removed meanwhile, or the blob cannot be read
   */
  async writeBlob(path, blob) {
    const { gate } = this.system;
    const content = gate.contents.of(await this.#call("write", path, path));
    let error = content.replace(new Uint8Array(0));
    for (let from = 0; !error; from += PIECE) {
      gate.contents.touched(content, 0);
      gate.report();
      if (from >= blob.size) return this.#flush(content, path);
      let bytes;
      try {
        bytes = new Uint8Array(await blob.slice(from, from + PIECE).arrayBuffer());
      } catch (reason) {
        const error = new Error(`${path}: what came from outside cannot be read: ${reason}`);
        error.name = "NotFoundError";
        throw error;
      }
      if (gate.contents.byInode.get(content.ino) !== content) throw apiError(-ENOENT, path);
      // (fewer are written only where space has run out)
      error = content.write(from, bytes) === bytes.length ? 0 : -ENOSPC;
    }
    throw apiError(error, path);
  }

  /** @param {string} path @returns {Promise<Uint8Array>} a copy */
  async read(path) {
    const content = this.system.gate.contents.of(await this.#call("read", path, path));
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
  async list(path) {
    return JSON.parse(await this.#call("list", path, path));
  }

  /** @param {string} path */
  async info(path) {
    return JSON.parse(await this.#call("info", path, path));
  }

  /** @param {string} path */
  async exists(path) {
    return (await this.#call("exists", path, path)) === 1;
  }

  /** @param {string} path */
  async makeDir(path) {
    await this.#call("make_dir", path, path);
  }

  /** @param {string} from @param {string} to */
  async rename(from, to) {
    await this.#call("rename", `${from} -> ${to}`, from, to);
  }

  /** @param {string} path */
  async remove(path) {
    await this.#call("remove", path, path);
  }

  /**
   * Waits until everything written so far to host mounts is there.
   * @throws {Error} a provider has failed
   */
  async syncMounts() {
    const error = await this.system.gate.mounts.flush();
    if (error) throw apiError(error, "a host mount");
  }
}
