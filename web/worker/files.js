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
   * @param {...(string | number)} given what the kernel gets: paths and numbers
   * @returns {Promise<any>}
   * @throws {Error} a typed one
   */
  async #call(operation, path, ...given) {
    const { gate, api } = this.system;
    const attempt = () => {
      gate.report();
      return api[operation](...given.map((one) => (typeof one === "string" ? kernelText(one) : one)));
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

  /**
   * Writes a file as it comes.
   * @param {string} path
   * @param {ReadableStream<Uint8Array | string>} stream
   * @throws {Error} as `writeBlob`; what came before is there
   */
  async writeStream(path, stream) {
    const { gate } = this.system;
    const content = gate.contents.of(await this.#call("write", path, path));
    let error = content.replace(new Uint8Array(0));
    const encoder = new TextEncoder();
    const reader = stream.getReader();
    try {
      for (let at = 0; !error; ) {
        gate.contents.touched(content, 0);
        gate.report();
        const { done, value } = await reader.read();
        if (done) return this.#flush(content, path);
        const bytes = typeof value === "string" ? encoder.encode(value) : value;
        if (gate.contents.byInode.get(content.ino) !== content) throw apiError(-ENOENT, path);
        error = content.write(at, bytes) === bytes.length ? 0 : -ENOSPC;
        at += bytes.length;
      }
      throw apiError(error, path);
    } finally {
      reader.cancel().catch(() => {});
    }
  }

  /** @param {string} path @returns {Promise<Uint8Array>} a copy */
  async read(path) {
    const content = this.system.gate.contents.of(await this.#call("read", path, path));
    return this.#part(content, path, 0, Infinity);
  }

  /**
   * A piece of a file, of at most PIECE bytes.
   * @param {string} path
   * @param {number} from
   * @returns {Promise<Uint8Array>} a copy; empty at the end
   */
  async readPiece(path, from) {
    const content = this.system.gate.contents.of(await this.#call("read", path, path));
    return this.#part(content, path, from, PIECE);
  }

  /**
   * @param {import("../gate/content.js").Content} content
   * @param {string} path for the message
   * @param {number} from
   * @param {number} most bytes
   * @returns {Promise<Uint8Array>} a copy
   */
  async #part(content, path, from, most) {
    let error;
    do {
      error = await new Promise((resolve) => {
        const now = content.demand(from, Math.min(content.size, from + most), () => resolve(BLOCKED));
        if (now !== BLOCKED) resolve(now);
      });
    } while (error === BLOCKED);
    if (error) throw apiError(error, path);
    const bytes = new Uint8Array(Math.max(0, Math.min(content.size - from, most)));
    content.read(from, bytes);
    return bytes;
  }

  /** @param {string} from @param {string} to */
  async copy(from, to) {
    const { contents } = this.system.gate;
    const pairs = JSON.parse(await this.#call("copy", `${from} -> ${to}`, from, to));
    for (let i = 0; i < pairs.length; i += 2) {
      const source = contents.of(pairs[i]);
      const target = contents.of(pairs[i + 1]);
      let error = target.replace(new Uint8Array(0));
      for (let at = 0; !error && at < source.size; at += PIECE) {
        const bytes = await this.#part(source, from, at, PIECE);
        error = target.write(at, bytes) === bytes.length ? 0 : -ENOSPC;
      }
      contents.touched(target, 0);
      this.system.gate.report();
      if (error) throw apiError(error, to);
      await this.#flush(target, to);
    }
  }

  /** @param {string} path @param {number} mode */
  async chmod(path, mode) {
    await this.#call("chmod", path, path, mode);
  }

  /** @param {string} target @param {string} path */
  async symlink(target, path) {
    await this.#call("symlink", path, target, path);
  }

  /** @param {string} path @param {number} depth */
  async list(path, depth) {
    return JSON.parse(await this.#call("list", path, path, depth));
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
