// Standard output or error of a command: kept within a limit, told to whoever listens, the rest in
// a file. Programs wait while a listener is behind; without one they never do.
import { KeptOutput } from "../output/kept-output.js";

/**
 * @typedef {import("./listener.js").Listener} Listener
 * @typedef {import("./output-files.js").OutputFile} OutputFile
 */

/** A sink (web/gate/sink.js). */
export class OutputStream {
  /** @type {Set<import("../gate/thread.js").Thread>} */
  waiters = new Set();
  /** @type {Set<Listener>} */
  listeners = new Set();
  /** @type {OutputFile | null} */
  #file = null;
  /** @type {KeptOutput | null} */
  #kept;
  #openFile;
  #over = false;

  /** Called when nobody writes to it any more. */
  closed = () => {};

  /**
   * @param {number} fd 1 or 2
   * @param {number | null} limit how much of it is kept, bytes; null: nothing, all is in a file
   * @param {() => OutputFile | null} openFile makes the file for it
   */
  constructor(fd, limit, openFile) {
    this.fd = fd;
    this.#kept = limit === null ? null : new KeptOutput(limit);
    this.#openFile = openFile;
  }

  get full() {
    for (const listener of this.listeners) if (listener.room === 0) return true;
    return false;
  }

  /** @param {Uint8Array} data @returns {number} */
  take(data) {
    if (this.#over) return data.length;
    let count = data.length;
    for (const listener of this.listeners) count = Math.min(count, listener.room);
    if (count === 0) return 0;
    if (count < data.length) data = data.subarray(0, count);
    for (const listener of this.listeners) listener.push(this.fd, data);
    this.#keep(data);
    return count;
  }

  /** @param {Uint8Array} data */
  #keep(data) {
    const kept = this.#kept;
    if (!kept) {
      this.#file ??= this.#openFile();
      this.#file?.add(data);
      return;
    }
    const before = kept.total;
    if (!this.#file && before + data.length > kept.limit) {
      this.#file = this.#openFile();
      this.#file?.add(kept.whole(null));
    }
    this.#file?.add(data);
    kept.add(data);
  }

  /** Nothing more is wanted: what still comes is dropped. */
  end() {
    this.#over = true;
    if (this.#file) this.#file.closed = true;
  }

  get truncated() {
    return this.#kept?.truncated ?? false;
  }

  /** @returns {import("../output/kept-output.js").OutputFile | null} */
  get file() {
    return this.#file?.told ?? null;
  }

  /** @returns {Uint8Array<ArrayBuffer>} what is kept, to be given away */
  takeKept() {
    return this.#kept?.take(this.file) ?? new Uint8Array(0);
  }
}
