// The bytes of one inode: those that the site shipped, as they came, until somebody writes; pieces from then on.
import { BLOCKED, EFBIG, EIO, ENOSPC } from "./errno.js";
import { BLOCK, CHUNK, Chunk, mapOf, ones } from "./chunk.js";

/** @typedef {import("./content-store.js").ContentStore} ContentStore */
/** @typedef {import("./download.js").Download} Download */

/** The largest file, bytes (as ext4 has it). */
const MAX_SIZE = 2 ** 44;
/** What could not be loaded is tried again when it is wanted after so long, milliseconds. */
const RETRY_MS = 1000;

/**
 * What the site shipped: bytes that are here, or where they begin in a download.
 * @typedef {{ bytes: Uint8Array } | { download: Download, offset: number, size: number }} Origin
 */

/** The bytes of one inode. */
export class Content {
  /**
   * @param {number} ino the inode number
   * @param {ContentStore} store
   */
  constructor(ino, store) {
    this.ino = ino;
    this.store = store;
    this.size = 0;
    /** @type {Map<number, Chunk>} by index; one that is not there is a hole */
    this.chunks = new Map();
    /** How many pieces are in the store only. */
    this.absent = 0;
    /** What the pieces' allocated blocks take, bytes. */
    this.allocated = 0;
    /** Whether it is the sandbox's; the site's own, untouched, takes no room and is not saved. */
    this.own = true;

    /** @type {Origin | null} what the site shipped */
    this.origin = null;
    /** @type {Uint8Array | null} the content as one array that nobody writes, instead of pieces */
    this.source = null;
    /** @type {Download | null} where `source` comes from until it is here */
    this.download = null;
    /** Where it begins in the download, and how much of it counts. */
    this.offset = 0;
    this.length = 0;
    this.failedMs = -Infinity;

    /** Nanoseconds would need a BigInt: milliseconds since the epoch of the last write not yet reported. */
    this.writtenMs = 0;
    /** Who has written it then, a pid; 0 for the API. */
    this.writer = 0;
    /** @type {import("./image.js").Image | null} the program these bytes are, compiled */
    this.image = null;
    /** @type {Promise<void> | "failed" | null} the compilation under way */
    this.compiling = null;
  }

  /** What it takes in units of 512 bytes (st_blocks). */
  get blocks() {
    return (this.own ? this.allocated : Math.ceil(this.size / BLOCK) * BLOCK) / 512;
  }

  // ---- what the site shipped

  /** @param {Origin} origin */
  ship(origin) {
    this.origin = origin;
    this.restoreOrigin();
  }

  /** The content is what the site shipped, whatever has been written since; nothing where that was nothing. */
  restoreOrigin() {
    this.#drop();
    const { origin } = this;
    this.own = !origin;
    if (!origin) return;
    if ("bytes" in origin) {
      this.source = origin.bytes;
      this.size = origin.bytes.length;
    } else {
      this.download = origin.download;
      this.offset = origin.offset;
      this.length = this.size = origin.size;
    }
    this.store.changed.delete(this);
  }

  /** Lets go of all bytes. */
  #drop() {
    this.store.allocated -= this.allocated;
    this.allocated = 0;
    this.chunks = new Map();
    this.absent = 0;
    this.source = this.download = null;
    this.image = this.compiling = null;
    this.size = 0;
  }

  /** The bytes are about to be others than those shipped, and than those saved. */
  #touch() {
    this.image = this.compiling = null;
    this.own = true;
    this.store.changed.add(this);
    if (this.source) this.#split();
  }

  /** Makes pieces of `source`, sharing its memory: each is copied when it is written. */
  #split() {
    const source = /** @type {Uint8Array} */ (this.source);
    this.source = null;
    const end = Math.min(source.length, this.size);
    for (let at = 0; at < end; at += CHUNK) {
      const chunk = new Chunk(source.subarray(at, Math.min(at + CHUNK, end)));
      chunk.frozen = true;
      chunk.blocks = mapOf(0, Math.min(CHUNK, end - at));
      this.chunks.set(at / CHUNK, chunk);
      this.#account(ones(chunk.blocks));
    }
  }

  /** @param {number} blocks more than before */
  #account(blocks) {
    this.allocated += blocks * BLOCK;
    this.store.allocated += blocks * BLOCK;
  }

  // ---- reading

  /**
   * Reads what is there; what is asked for must be here (`demand`).
   * @param {number} position
   * @param {Uint8Array} target
   * @returns {number} how many bytes
   */
  read(position, target) {
    const count = Math.min(target.length, this.size - position);
    if (count <= 0) return 0;
    if (this.source) {
      fill(target, 0, count, this.source, position);
      return count;
    }
    for (let done = 0; done < count; ) {
      const at = position + done;
      const index = Math.floor(at / CHUNK);
      const offset = at - index * CHUNK;
      const length = Math.min(count - done, CHUNK - offset);
      fill(target, done, length, this.chunks.get(index)?.bytes, offset);
      done += length;
    }
    return count;
  }

  /**
   * All of it in one array, which must not be written: the site's own where nobody has written.
   * @returns {Uint8Array}
   */
  whole() {
    if (this.source?.length === this.size) return this.source;
    const whole = new Uint8Array(this.size);
    this.read(0, whole);
    return whole;
  }

  /**
   * Where data begins at or after an offset (SEEK_DATA).
   * @param {number} offset
   * @returns {number} -1 where nothing but a hole follows
   */
  nextData(offset) {
    if (offset >= this.size) return -1;
    if (!this.own || this.source || this.download) return offset;
    const first = Math.floor(offset / CHUNK);
    const here = this.chunks.get(first);
    const ahead = here ? here.blocks & mapOf(offset - first * CHUNK, CHUNK) : 0;
    if (ahead) return this.#within(offset, first * CHUNK + BLOCK * trailing(ahead));
    let next = Infinity;
    for (const [index, { blocks }] of this.chunks) if (index > first && blocks && index < next) next = index;
    if (next === Infinity) return -1;
    const blocks = /** @type {Chunk} */ (this.chunks.get(next)).blocks;
    return this.#within(offset, next * CHUNK + BLOCK * trailing(blocks));
  }

  /** @param {number} offset @param {number} found @returns {number} */
  #within(offset, found) {
    const at = Math.max(offset, found);
    return at < this.size ? at : -1;
  }

  /**
   * Where a hole begins at or after an offset (SEEK_HOLE); the end of the file counts as one.
   * @param {number} offset
   * @returns {number} -1 beyond the end
   */
  nextHole(offset) {
    if (offset >= this.size) return -1;
    if (!this.own || this.source || this.download) return this.size;
    for (let index = Math.floor(offset / CHUNK); index * CHUNK < this.size; index++) {
      const from = Math.max(0, offset - index * CHUNK);
      const free = ~(this.chunks.get(index)?.blocks ?? 0) & mapOf(from, CHUNK);
      if (free) return Math.min(this.size, Math.max(offset, index * CHUNK + BLOCK * trailing(free)));
    }
    return this.size;
  }

  // ---- writing

  /**
   * Writes; what is there of the pieces that it touches must be here (`demand`).
   * @param {number} position
   * @param {Uint8Array} data
   * @returns {number} bytes written, perhaps fewer where space has run out, or -errno
   */
  write(position, data) {
    if (position + data.length > MAX_SIZE) {
      if (position >= MAX_SIZE) return -EFBIG;
      data = data.subarray(0, MAX_SIZE - position);
    }
    const { length } = data;
    this.#touch();
    for (let done = 0; done < length; ) {
      const at = position + done;
      const index = Math.floor(at / CHUNK);
      const offset = at - index * CHUNK;
      const count = Math.min(length - done, CHUNK - offset);
      const bytes = this.#room(index, offset, offset + count);
      if (!bytes) return done || -ENOSPC;
      bytes.set(count === length ? data : data.subarray(done, done + count), offset);
      done += count;
      if (at + count > this.size) this.size = at + count;
    }
    return length;
  }

  /**
   * Allocates what a piece needs from `from` up to `to`.
   * @param {number} index
   * @param {number} from
   * @param {number} to
   * @returns {Uint8Array | null} to be written; null where there is no space
   */
  #room(index, from, to) {
    let chunk = this.chunks.get(index);
    const map = mapOf(from, to);
    const more = ones(map & ~(chunk ? chunk.blocks : 0));
    if (more && !this.store.hasRoom(more * BLOCK)) return null;
    try {
      if (!chunk) {
        // (a file that is longer than a piece will fill this one too)
        chunk = new Chunk(new Uint8Array(index ? CHUNK : 0));
        chunk.writable(to);
        this.chunks.set(index, chunk);
      }
      const bytes = chunk.writable(to);
      chunk.blocks |= map;
      if (more) this.#account(more);
      return bytes;
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }

  /**
   * Replaces all of it.
   * @param {Uint8Array} bytes nobody else's from now on
   * @returns {number} 0 or -ENOSPC
   */
  replace(bytes) {
    const needed = Math.ceil(bytes.length / BLOCK) * BLOCK;
    if (needed > this.allocated && !this.store.hasRoom(needed - this.allocated)) return -ENOSPC;
    this.#drop();
    this.#touch();
    this.source = bytes;
    this.size = bytes.length;
    this.#split();
    return 0;
  }

  /**
   * @param {number} size
   * @returns {number} 0 or -errno
   */
  truncate(size) {
    if (size > MAX_SIZE) return -EFBIG;
    if (size === 0) this.#drop();
    this.#touch();
    if (this.download) this.length = Math.min(this.length, size);
    else if (size < this.size) this.#free(size, this.size);
    this.size = size;
    return 0;
  }

  /**
   * Makes a hole of whole blocks and zeros of the rest; the size stays.
   * @param {number} from
   * @param {number} to
   */
  punch(from, to) {
    to = Math.min(to, this.size);
    if (to <= from) return;
    this.#touch();
    this.#free(from, to);
  }

  /**
   * @param {number} from
   * @param {number} to the end of the file, or the bytes from here on stay
   */
  #free(from, to) {
    for (const [index, chunk] of [...this.chunks]) {
      const start = index * CHUNK;
      const first = Math.max(0, from - start);
      const last = to >= this.size ? CHUNK : Math.min(CHUNK, to - start);
      if (first >= CHUNK || last <= 0) continue;
      if (first === 0 && last === CHUNK) {
        this.#account(-ones(chunk.blocks));
        if (!chunk.bytes) this.absent--;
        this.chunks.delete(index);
      } else if (last === CHUNK) this.#account(-chunk.cut(first));
      else {
        const whole = mapOf(Math.ceil(first / BLOCK) * BLOCK, Math.floor(last / BLOCK) * BLOCK);
        this.#account(-ones(chunk.blocks & whole));
        chunk.blocks &= ~whole;
        const bytes = chunk.writable(Math.min(last, /** @type {Uint8Array} */ (chunk.bytes).length));
        bytes.fill(0, first, last);
      }
    }
  }

  /**
   * Allocates all blocks of a range, as zeros where there was a hole (fallocate(2)); the size stays.
   * @param {number} from
   * @param {number} to
   * @returns {number} 0 or -errno
   */
  allocate(from, to) {
    if (to > MAX_SIZE) return -EFBIG;
    this.#touch();
    for (let at = from; at < to; ) {
      const index = Math.floor(at / CHUNK);
      const end = Math.min(to, (index + 1) * CHUNK);
      if (!this.#room(index, at - index * CHUNK, end - index * CHUNK)) return -ENOSPC;
      at = end;
    }
    return 0;
  }

  // ---- what is not here yet

  /**
   * The pieces are in the store: they come when they are asked for.
   * @param {number} size bytes
   * @param {Iterable<[index: number, blocks: number, saved: import("./chunk.js").Saved]>} pieces
   */
  keptIn(size, pieces) {
    this.#drop();
    this.own = true;
    this.size = size;
    for (const [index, blocks, saved] of pieces) {
      const chunk = new Chunk(null);
      chunk.blocks = blocks;
      chunk.saved = saved;
      this.chunks.set(index, chunk);
      this.absent++;
      this.#account(ones(blocks));
    }
    this.store.changed.delete(this);
  }

  /**
   * A piece has come from the store.
   * @param {Chunk} chunk
   * @param {Uint8Array} bytes
   * @param {boolean} frozen whether somebody else has the array too
   */
  arrived(chunk, bytes, frozen) {
    if (chunk.bytes) return;
    // (it may have been cut while it was on its way)
    const length = chunk.saved ? chunk.saved.length : 0;
    chunk.bytes = bytes.length > length ? bytes.subarray(0, length) : bytes;
    chunk.frozen = frozen || bytes.length > length;
    this.absent--;
  }

  /**
   * Sees to it that bytes are here.
   * @param {number} from
   * @param {number} to
   * @param {() => void} ready called once, when they are or cannot be
   * @returns {number} 0, BLOCKED, or -EIO where they cannot be had
   */
  demand(from, to, ready) {
    const { download } = this;
    if (download) {
      if (download.bytes) {
        const whole = this.length === download.bytes.length;
        this.source = whole ? download.bytes : download.bytes.subarray(this.offset, this.offset + this.length);
        this.download = null;
        return 0;
      }
      if (download.hasFailed()) return -EIO;
      download.whenSettled(ready);
      return BLOCKED;
    }
    if (!this.absent) return 0;
    const first = Math.floor(from / CHUNK);
    const last = Math.ceil(Math.min(to, this.size) / CHUNK);
    const missing = [];
    if (last - first < this.chunks.size) {
      for (let index = first; index < last; index++) {
        const chunk = this.chunks.get(index);
        if (chunk && !chunk.bytes) missing.push(chunk);
      }
    } else for (const [index, chunk] of this.chunks) if (index >= first && index < last && !chunk.bytes) missing.push(chunk);
    if (!missing.length) return 0;
    if (performance.now() - this.failedMs < RETRY_MS) return -EIO;
    this.store.load(this, missing).catch((error) => {
      this.failedMs = performance.now();
      console.error(`tabux: part of a file (inode ${this.ino}) could not be loaded:`, error);
    }).then(ready);
    return BLOCKED;
  }
}

/**
 * @param {Uint8Array} target
 * @param {number} at
 * @param {number} length
 * @param {Uint8Array | null | undefined} bytes what they do not have is zero
 * @param {number} offset
 */
function fill(target, at, length, bytes, offset) {
  const have = bytes ? Math.max(0, Math.min(length, bytes.length - offset)) : 0;
  if (bytes && have) target.set(bytes.subarray(offset, offset + have), at);
  if (have < length) target.fill(0, at + have, at + length);
}

/** @param {number} map not 0 @returns {number} the number of its lowest block */
function trailing(map) {
  return 31 - Math.clz32(map & -map);
}
