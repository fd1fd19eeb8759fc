// An archive of files: headers from the kernel, contents from the gate, through gzip into a Blob.
import { CHUNK } from "../gate/chunk.js";
import { BLOCKED } from "../gate/errno.js";
import { fromLatin1 } from "../gate/latin1.js";
import { passed, still } from "../gate/still.js";
import { afterEvents } from "../gate/turn.js";
import { apiError } from "./errors.js";

/** @typedef {import("./boot.js").System} System */
/** @typedef {import("../gate/content.js").Content} Content */

/** So many bytes go into the compressor at once: 1 to 3 ms. */
const PIECE = 65536;
/** So many compressed bytes become a part of the Blob: the browser may put those on disk. */
const PART = 1 << 20;
/** So much of a file that is in the store is loaded at once. */
const AHEAD = 1 << 20;
const BLOCK = 512;

/**
 * Packs what the kernel finds.
 * @param {System} system
 * @param {number} number of the archive, as the kernel's `pack` answered
 * @returns {Promise<{ blob: Blob, notes: string[] }>}
 * @throws {Error} StorageError when a content cannot be had
 */
export async function pack(system, number) {
  const compressor = new CompressionStream("gzip");
  const blob = collected(compressor.readable);
  const pieces = new Pieces(compressor.writable.getWriter());
  /** @type {string[]} */
  let notes = [];
  try {
    await members(system, number, pieces);
    await pieces.end();
  } catch (error) {
    blob.catch(() => {});
    await pieces.abort(error);
    throw error;
  } finally {
    notes = JSON.parse(system.api.pack_end(number));
  }
  return { blob: await blob, notes };
}

/**
 * @param {System} system
 * @param {number} number
 * @param {Pieces} pieces
 */
async function members({ gate, api }, number, pieces) {
  for (;;) {
    gate.report();
    const text = api.pack_next(number);
    if (typeof text === "number") throw apiError(text, "the archive");
    if (!text) return;
    const line = text.indexOf("\n");
    const [ino, , ...places] = text.slice(0, line).split(" ").map(Number);
    // (before anybody can write)
    const content = ino ? still(gate.contents.of(ino)) : null;
    await pieces.put(fromLatin1(text.slice(line + 1)));
    if (!content) continue;
    let length = 0;
    for (let i = 0; i < places.length; i += 2) {
      await copy(content, places[i], places[i] + places[i + 1], pieces);
      length += places[i + 1];
    }
    await pieces.put(new Uint8Array(-length & (BLOCK - 1)));
  }
}

/**
 * @param {Content} content
 * @param {number} from
 * @param {number} to
 * @param {Pieces} pieces
 */
async function copy(content, from, to, pieces) {
  for (let at = from; at < to; ) {
    const target = pieces.room();
    const count = Math.min(target.length, to - at);
    await here(content, at, Math.min(to, at + AHEAD));
    content.read(at, target.subarray(0, count));
    at += count;
    // (of what the store has, only so much is here at a time)
    if (at % CHUNK < count) passed(content, at);
    await pieces.took(count);
  }
}

/**
 * Waits until bytes are here.
 * @param {Content} content
 * @param {number} from
 * @param {number} to
 */
async function here(content, from, to) {
  for (;;) {
    /** @type {() => void} */
    let ready = () => {};
    const settled = new Promise((resolve) => (ready = () => resolve(undefined)));
    const result = content.demand(from, to, ready);
    if (result === 0) return;
    if (result !== BLOCKED) throw unreadable();
    await settled;
  }
}

/** @returns {Error} */
function unreadable() {
  const error = new Error("part of a file could not be loaded; the console tells more");
  error.name = "StorageError";
  return error;
}

/** Cuts bytes into equal pieces, and gives way to events after each. */
class Pieces {
  #piece = new Uint8Array(PIECE);
  #length = 0;

  /** @param {WritableStreamDefaultWriter<BufferSource>} writer */
  constructor(writer) {
    this.writer = writer;
  }

  /** @param {Uint8Array} bytes */
  async put(bytes) {
    for (let at = 0; at < bytes.length; ) {
      const target = this.room();
      const count = Math.min(target.length, bytes.length - at);
      target.set(bytes.subarray(at, at + count));
      await this.took(count);
      at += count;
    }
  }

  /** @returns {Uint8Array} where the next bytes go; at least one */
  room() {
    return this.#piece.subarray(this.#length);
  }

  /** @param {number} count so many are in the room now */
  async took(count) {
    this.#length += count;
    if (this.#length === PIECE) await this.#flush();
  }

  async #flush() {
    const piece = this.#piece.subarray(0, this.#length);
    this.#piece = new Uint8Array(PIECE);
    this.#length = 0;
    await this.writer.ready;
    this.writer.write(piece).catch(() => {}); // whoever reads the other side hears of it
    await new Promise((resolve) => afterEvents(() => resolve(undefined)));
  }

  async end() {
    if (this.#length) await this.#flush();
    await this.writer.close();
  }

  /** @param {unknown} reason */
  async abort(reason) {
    await this.writer.abort(reason).catch(() => {});
  }
}

/**
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream
 * @returns {Promise<Blob>}
 */
async function collected(stream) {
  /** @type {BlobPart[]} */
  const parts = [];
  /** @type {Uint8Array<ArrayBuffer>[]} */
  let part = [];
  let length = 0;
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (value) {
      part.push(value);
      length += value.length;
    }
    if (done || length >= PART) {
      parts.push(new Blob(part));
      part = [];
      length = 0;
    }
    if (done) return new Blob(parts, { type: "application/gzip" });
  }
}
