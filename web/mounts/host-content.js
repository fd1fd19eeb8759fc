// The content of a file in a host mount: pieces come from the provider when they are read, and go back when written.
import { CHUNK, mapOf } from "../gate/chunk.js";
import { Content } from "../gate/content.js";
import { coded, errnoOf } from "./errors.js";

/** @typedef {import("../gate/chunk.js").Chunk} Chunk */
/** @typedef {import("./host-mount.js").HostMount} HostMount */
/** @typedef {import("./provider.js").ProviderPart} ProviderPart */
/** @typedef {{ length: number, index: number }} Kept where the provider has a piece */

/** What has been written goes to the provider after so long, milliseconds, where nobody closes the file before. */
const DELAY_MS = 1000;
/** … or after so many times what the last time has taken: a large file takes long. */
const DELAY_FACTOR = 3;
/** So many pieces are read at once: 1 MiB. */
const READ_AHEAD = 8;
/** So many are given to the provider at once: 64 MiB. */
const WRITE_AT_ONCE = 512;

/** A content that a provider keeps. */
export class HostContent extends Content {
  /**
   * @param {number} ino
   * @param {HostMount} mount
   * @param {string} path where the provider has it
   */
  constructor(ino, mount, path) {
    super(ino, /** @type {any} */ (mount.contents));
    this.mount = mount;
    /** @type {string | null} null when it has lost its name: then nothing is written */
    this.path = path;
    /** What the provider has: its size, and its time where that is known. */
    this.there = 0;
    /** @type {number | null} */
    this.modifiedMs = null;
    /** The smallest size since it was last written to the provider. */
    this.low = Infinity;
    /** Whether something is to be written to the provider. */
    this.dirty = false;
    /** @type {[modifiedMs: number, accessedMs: number] | null} times to be set there */
    this.times = null;
    /** The error of the last write that nobody has been told of, an errno; else 0. */
    this.error = 0;
    /** Whether the provider may have something else than the pieces here. */
    this.doubtful = false;
    this.lastMs = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {Promise<void> | null} a write that has not begun */
    this.queued = null;
    /** @type {Promise<void> | null} the write under way */
    this.writing = null;
  }

  /**
   * The provider has a file of that size and time; pieces come when they are asked for.
   * @param {number} size
   * @param {number | null} modifiedMs
   */
  isThere(size, modifiedMs) {
    this.there = size;
    this.modifiedMs = modifiedMs;
    this.low = Infinity;
    this.doubtful = false;
    /** @type {[number, number, Kept][]} */
    const pieces = [];
    for (let index = 0; index * CHUNK < size; index++) {
      const length = Math.min(CHUNK, size - index * CHUNK);
      pieces.push([index, mapOf(0, length), { length, index }]);
    }
    this.keptIn(size, pieces);
  }

  /** @param {number} size @returns {number} 0 or -errno */
  truncate(size) {
    this.low = Math.min(this.low, size);
    return super.truncate(size);
  }

  /** @param {Uint8Array} bytes @returns {number} 0 or -errno */
  replace(bytes) {
    this.low = 0;
    return super.replace(bytes);
  }

  /** Something has been written here. */
  touched() {
    if (this.path === null) return;
    this.dirty = true;
    this.timer ??= setTimeout(() => this.#queue(), Math.max(DELAY_MS, DELAY_FACTOR * this.lastMs));
  }

  /**
   * The provider is to keep these times.
   * @param {number} modifiedMs
   * @param {number} accessedMs
   */
  setTimes(modifiedMs, accessedMs) {
    this.times = [modifiedMs, accessedMs];
    this.#queue();
  }

  /**
   * Sees to it that the provider has what has been written so far.
   * @returns {Promise<number> | null} 0 or -errno of what went wrong since somebody last asked; null: all is well
   */
  flush() {
    const pending = this.dirty || this.times || this.queued ? this.#queue() : this.writing;
    if (!pending && !this.error) return null;
    return Promise.resolve(pending).then(() => {
      const { error } = this;
      this.error = 0;
      return -error;
    });
  }

  /** It has no name any more. What is here stays as long as somebody has it open. */
  orphan() {
    clearTimeout(this.timer);
    this.path = null;
    this.dirty = false;
    this.times = null;
  }

  /** @returns {Promise<void>} settles when it has been written; never rejects */
  #queue() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.queued ??= this.mount.turns.alone(() => {
      this.queued = null;
      this.writing = this.#write().finally(() => (this.writing = null));
      return this.writing;
    });
    return this.queued;
  }

  async #write() {
    const { path, mount, times } = this;
    if (path === null || !(this.dirty || times)) return;
    const started = performance.now();
    try {
      if (this.dirty) {
        this.dirty = false;
        this.modifiedMs = await this.#writeParts(path);
      }
      if (times) {
        this.times = null;
        await mount.ask("setTimes", path, ...times);
        [this.modifiedMs] = times;
      }
      mount.written(this);
    } catch (error) {
      this.error = errnoOf(error);
      this.doubtful = true;
      mount.report("write", path, error);
    }
    this.lastMs = performance.now() - started;
  }

  /**
   * @param {string} path
   * @returns {Promise<number | null>} the time that it has then, where the provider says so
   */
  async #writeParts(path) {
    const { size, low, mount } = this;
    this.low = Infinity;
    const parts = this.#parts(size);
    // what was cut away and came back as zeros has to go there, too
    if (low < this.there && !covered(parts, low, Math.min(size, this.there))) await mount.ask("write", path, [], low);
    let answer;
    for (let at = 0; at === 0 || at < parts.length; at += WRITE_AT_ONCE) {
      const last = at + WRITE_AT_ONCE >= parts.length;
      answer = await mount.ask("write", path, parts.slice(at, at + WRITE_AT_ONCE), last ? size : undefined);
    }
    this.there = size;
    const time = answer?.modifiedMs;
    return typeof time === "number" && Number.isFinite(time) ? time : null;
  }

  /**
   * Copies of the pieces that have changed; they count as written from now on.
   * @param {number} size
   * @returns {ProviderPart[]} in the order of the file
   */
  #parts(size) {
    /** @type {ProviderPart[]} */
    const parts = [];
    for (const [index, chunk] of [...this.chunks].sort(([a], [b]) => a - b)) {
      const offset = index * CHUNK;
      const length = Math.min(CHUNK, size - offset);
      if (chunk.saved || !chunk.bytes || length <= 0) continue;
      const bytes = new Uint8Array(length);
      bytes.set(chunk.bytes.subarray(0, length));
      parts.push({ offset, bytes });
      chunk.saved = /** @type {Kept} */ ({ length, index });
      this.mount.contents.cached(chunk, this);
    }
    return parts;
  }

  /**
   * Has pieces come from the provider, and some that follow.
   * @param {Chunk[]} wanted absent ones
   * @param {<T>(task: () => Promise<T>) => Promise<T>} turn how the provider's turn is got
   * @throws {Error} it does not give them
   */
  async fetch(wanted, turn) {
    const indices = wanted.map(({ saved }) => /** @type {Kept} */ (saved).index).sort((a, b) => a - b);
    const beyond = indices[indices.length - 1] + 1;
    for (let index = beyond; index < beyond + READ_AHEAD - indices.length; index++) {
      if (!absent(this.chunks.get(index))) break;
      indices.push(index);
    }
    for (let at = 0; at < indices.length; ) {
      let count = 1;
      while (count < READ_AHEAD && indices[at + count] === indices[at] + count) count++;
      await turn(() => this.#fetchRun(indices[at], count));
      at += count;
    }
  }

  /** @param {number} first @param {number} count */
  async #fetchRun(first, count) {
    const { path, mount } = this;
    const chunks = Array.from({ length: count }, (_, i) => this.chunks.get(first + i));
    const lengths = chunks.map((chunk) => chunk?.saved?.length ?? 0);
    if (path === null) throw coded("EIO", "the file is gone");
    // a piece that has been cut short is the last one that counts
    const short = lengths.findIndex((length) => length < CHUNK);
    const whole = short < 0 ? count : short + 1;
    const length = lengths.slice(0, whole).reduce((sum, each) => sum + each, 0);
    const bytes = await mount.ask("read", path, first * CHUNK, length);
    if (!(bytes instanceof Uint8Array)) throw coded("EIO", `${path}: read() did not answer a Uint8Array`);
    if (bytes.length !== length)
      throw coded("EIO", `${path}: read() answered ${bytes.length} bytes instead of ${length} at ${first * CHUNK}`);
    for (let i = 0; i < whole; i++) {
      const chunk = chunks[i];
      if (!chunk || !absent(chunk) || this.chunks.get(first + i) !== chunk) continue;
      this.arrived(chunk, bytes.subarray(i * CHUNK, i * CHUNK + lengths[i]), true);
      mount.contents.cached(chunk, this);
    }
  }

  /** Has all of it come: it is about to lose its name. Called in a turn of its own. */
  async fetchAll() {
    const missing = [...this.chunks.values()].filter(absent);
    if (missing.length) await this.fetch(missing, (task) => task());
  }

  /** @param {Chunk} chunk that the provider has: its bytes are let go of */
  evict(chunk) {
    const kept = /** @type {Kept | null} */ (chunk.saved);
    if (this.path === null || !chunk.bytes || !kept || this.chunks.get(kept.index) !== chunk) return;
    chunk.bytes = null;
    chunk.frozen = false;
    this.absent++;
  }
}

/** @param {Chunk | undefined} chunk @returns {boolean} whether its bytes have to come first */
function absent(chunk) {
  return chunk !== undefined && chunk.bytes === null;
}

/**
 * @param {ProviderPart[]} parts in order
 * @param {number} from
 * @param {number} to
 * @returns {boolean} whether they have everything between
 */
function covered(parts, from, to) {
  for (const { offset, bytes } of parts) if (offset <= from) from = Math.max(from, offset + bytes.length);
  return from >= to;
}
