// Contents that are stored, and come when they are first read.
import { sessionError } from "./errors.js";

/** @typedef {import("./backend-idb.js").Backend} Backend */
/** @typedef {import("../gate/chunk.js").Chunk} Chunk */
/** @typedef {import("../gate/content.js").Content} Content */
/** @typedef {import("../gate/content-store.js").ContentStore} ContentStore */
/** @typedef {import("./rows.js").Stored} Stored */
/** @typedef {import("./rows.js").Ref} Ref */

/**
 * So many blobs that several files share are kept, once read: files that were written together are
 * read so.
 */
const KEPT_PACKS = 8;
/** So many chunks are read at once: 4 MiB. */
const CHUNKS_AT_ONCE = 32;
const NOTHING = new Uint8Array(0);

/**
 * Gives a content the chunks of a row; those whose bytes are not here come when they are asked for.
 * @param {ContentStore} contents
 * @param {number} ino
 * @param {Stored | null} stored
 */
export function attach(contents, ino, stored) {
  const content = contents.of(ino);
  const pieces = /** @type {[number, number, Ref][]} */ ([]);
  for (const [i, ref] of stored?.refs ?? []) pieces.push([i, ref.blocks, ref]);
  content.keptIn(stored?.size ?? 0, pieces);
  for (const chunk of content.chunks.values()) {
    const { bytes } = /** @type {Ref} */ (chunk.saved);
    if (bytes) content.arrived(chunk, bytes, true);
  }
}

/** Reads chunks from the backend. */
export class Loader {
  /**
   * @type {Map<number, Uint8Array>} blobs that several files share, the one used last at the end
   */
  #packs = new Map();
  /** @type {Map<number, Promise<Uint8Array | undefined>>} blobs on their way */
  #coming = new Map();

  /** @param {() => Backend | null} backend the one that is open now */
  constructor(backend) {
    this.backend = backend;
  }

  /**
   * Brings the bytes of some chunks.
   * @param {Content} content
   * @param {Chunk[]} chunks
   * @returns {Promise<void>}
   * @throws {Error} SessionDamagedError when some are lost, StorageError when they cannot be read
   *   now
   */
  async load(content, chunks) {
    for (let at = 0; at < chunks.length; at += CHUNKS_AT_ONCE) {
      await this.#loadSome(content, chunks.slice(at, at + CHUNKS_AT_ONCE));
    }
  }

  /**
   * @param {Content} content
   * @param {Chunk[]} chunks
   */
  async #loadSome(content, chunks) {
    const refs = chunks.map(({ saved }) => /** @type {Ref} */ (saved));
    const blobs = new Set();
    for (const ref of refs) if (!ref.bytes && !this.#packs.has(ref.blob)) blobs.add(ref.blob);
    this.#fetch([...blobs].filter((blob) => blob && !this.#coming.has(blob)));
    const found = await Promise.all(refs.map((ref) => this.bytesOf(ref)));
    // (some may have been cut off meanwhile)
    const there = new Set(content.chunks.values());
    chunks.forEach((chunk, i) => {
      if (there.has(chunk)) content.arrived(chunk, found[i], found[i] === refs[i].bytes);
    });
  }

  /**
   * @param {Ref} ref
   * @returns {Promise<Uint8Array>} its bytes; the caller's own, or frozen when they are those of
   *   `ref`
   */
  async bytesOf(ref) {
    if (ref.bytes) return ref.bytes;
    if (!ref.length) return NOTHING;
    if (ref.offset < 0)
      throw sessionError(
        "SessionDamagedError",
        "these bytes are lost: the browser has deleted them",
      );
    let pack = this.#packs.get(ref.blob);
    if (!pack) {
      if (!this.#coming.has(ref.blob)) this.#fetch([ref.blob]);
      pack = await this.#coming.get(ref.blob);
    }
    if (!pack || ref.offset + ref.length > pack.length) {
      throw sessionError(
        "SessionDamagedError",
        `blob ${ref.blob} of the session is ${pack ? "too short" : "missing"}`,
      );
    }
    if (ref.total === ref.length) return pack;
    this.#keep(ref.blob, pack);
    return pack.slice(ref.offset, ref.offset + ref.length);
  }

  /** @param {number[]} blobs to be read, all at once */
  #fetch(blobs) {
    const backend = this.backend();
    if (!blobs.length || !backend) return;
    const all = backend.readMany("blobs", blobs).catch((error) => {
      throw sessionError("StorageError", `the session cannot be read: ${error.message}`, error);
    });
    blobs.forEach((blob, i) => {
      const one = all.then((values) => values[i]);
      this.#coming.set(blob, one);
      const done = () => {
        if (this.#coming.get(blob) === one) this.#coming.delete(blob);
      };
      one.then(done, done);
    });
  }

  /**
   * @param {number} blob
   * @param {Uint8Array} bytes
   */
  #keep(blob, bytes) {
    this.#packs.delete(blob);
    this.#packs.set(blob, bytes);
    if (this.#packs.size > KEPT_PACKS)
      this.#packs.delete(/** @type {number} */ (this.#packs.keys().next().value));
  }
}
