// Output of commands as files of the sandbox: what a result or a handle has no room for.
import { apiError } from "./errors.js";

/** @typedef {import("./boot.js").System} System */

/** In memory, and in no session, snapshot or export. */
const PLACE = "/run/tabux/output";
/** One file has at most so much, bytes; all together at most so much, and so many there are. */
const FILE_LIMIT = 16 << 20;
const TOTAL_LIMIT = 64 << 20;
const MOST_FILES = 100;

/** The beginning of one stream, in a file that belongs to the user. */
export class OutputFile {
  bytes = 0;
  /** Whether nothing more comes. */
  closed = false;
  #gate;
  #content;

  /**
   * @param {System} system
   * @param {string} path
   * @throws {Error} a typed one: it cannot be made
   */
  constructor({ gate, api }, path) {
    this.#gate = gate;
    this.path = path;
    gate.report();
    const ino = api.write(path);
    if (ino < 0) throw apiError(ino, path);
    this.#content = gate.contents.of(ino);
    this.#content.replace(new Uint8Array(0));
  }

  /** @returns {boolean} whether somebody in the sandbox has removed it */
  get gone() {
    return this.#gate.contents.byInode.get(this.#content.ino) !== this.#content;
  }

  /** @param {Uint8Array} chunk is written as far as there is room */
  add(chunk) {
    const room = FILE_LIMIT - this.bytes;
    if (room <= 0 || this.closed || this.gone) return;
    const count = this.#content.write(this.bytes, chunk.subarray(0, room));
    if (count <= 0) return;
    this.bytes += count;
    this.#gate.contents.touched(this.#content, 0);
  }

  /** @returns {import("../output/kept-output.js").OutputFile | null} null where it is of no use */
  get told() {
    return this.bytes && !this.gone ? { path: this.path, bytes: this.bytes } : null;
  }
}

/** All of them, oldest first. */
export class OutputFiles {
  /** @type {OutputFile[]} */
  #files = [];

  /** @param {System} system */
  constructor(system) {
    this.system = system;
  }

  /**
   * Makes a file, for which the oldest of those that are finished may have to go.
   * @param {string} name
   * @returns {OutputFile | null} null where that cannot be: the sandbox has no room for it
   */
  open(name) {
    this.#files = this.#files.filter((file) => !file.gone);
    let total = FILE_LIMIT;
    for (const { bytes } of this.#files) total += bytes;
    for (const file of [...this.#files]) {
      if (total <= TOTAL_LIMIT && this.#files.length < MOST_FILES) break;
      if (!file.closed) continue;
      total -= file.bytes;
      this.#files.splice(this.#files.indexOf(file), 1);
      this.system.gate.report();
      this.system.api.remove(file.path);
    }
    try {
      const file = new OutputFile(this.system, `${PLACE}/${name}`);
      this.#files.push(file);
      return file;
    } catch (error) {
      console.warn("tabux: output is kept in no file:", error);
      return null;
    }
  }
}
