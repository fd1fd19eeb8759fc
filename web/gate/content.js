// The bytes of one inode: those that the site shipped, as they came, until somebody writes; pieces from then on.
import { BLOCK, CHUNK, Chunk, lowest, mapOf, ones } from "./chunk.js";
import { BLOCKED, EFBIG, EIO, ENOSPC } from "./errno.js";

/** @typedef {import("./content-store.js").ContentStore} ContentStore */
/** @typedef {import("./download.js").Download} Download */

/** The largest file, bytes (as ext4 has it; py/tabux/fs/store.py). */
const MAX_SIZE = 2 ** 44 - 4096;
/** What could not be loaded is tried again when it is wanted after so long, milliseconds. */
const RETRY_MS = 1000;
/** So many pieces are looked at one by one for the next with data, before all there are. */
const NEAR = 64;
const EMPTY = new Uint8Array(0);

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
    /** @type {import("../mounts/host-mount.js").HostMount | null} where somebody else keeps it */
    this.mount = null;
    /** @type {Map<number, Chunk>} by index; one that is not there is a hole */
    this.chunks = new Map();
    /** How many pieces are in the store only. */
    this.absent = 0;
    /** What the pieces' allocated blocks take, bytes. */
    this.allocated = 0;
    /** Whether it is the sandbox's, in pieces; the site's own, untouched, takes no room and is not saved. */
    this.own = true;

    /** @type {Origin | null} what the site shipped */
    this.origin = null;
    /** @type {Uint8Array | null} the site's own as one array that nobody writes, instead of pieces */
    this.source = null;
    /** @type {Download | null} where `source` comes from until it is here */
    this.download = null;
    /** Where it begins in the download. */
    this.offset = 0;
    /** When pieces could not be loaded, and whether the console has heard of it. */
    this.failedMs = -Infinity;
    this.failureTold = false;

    /** Milliseconds since the epoch of the last write not yet reported; 0: there is none. (ns would need a BigInt.) */
    this.writtenMs = 0;
    /** Who has written it last, a pid; 0 for the API. */
    this.writer = 0;
    /** Whether the next read renews the access time: it was written or changed after it was read (relatime). */
    this.unread = false;
    /** Milliseconds since the epoch of a read that has renewed it and is not yet reported; 0: there is none. */
    this.readMs = 0;
    /** @type {import("./image.js").Image | null} the program these bytes are, compiled */
    this.image = null;
    /** @type {Promise<void> | "failed" | null} the compilation under way */
    this.compiling = null;
    /** @type {import("./dynlink-compile.js").Compiled | null} the shared library these bytes are */
    this.library = null;
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
    this.store.forget(this);
    const { origin } = this;
    this.own = !origin;
    if (!origin) return;
    if ("bytes" in origin) {
      this.source = origin.bytes;
      this.size = origin.bytes.length;
    } else {
      this.download = origin.download;
      this.offset = origin.offset;
      this.size = origin.size;
    }
  }

  /** Lets go of all bytes. */
  #drop() {
    this.store.allocated -= this.allocated;
    this.allocated = 0;
    for (const chunk of this.absent ? this.chunks.values() : []) chunk.saved = null; // (see `arrived`)
    this.chunks = new Map();
    this.absent = 0;
    this.source = this.download = null;
    this.image = this.compiling = this.library = null;
    this.size = 0;
  }

  /**
   * The bytes are about to be others than those shipped, and than those saved.
   * @returns {boolean} false where there is no room for what was shipped, which from now on is the sandbox's
   */
  #touch() {
    if (!this.own) {
      // (what has not arrived cannot be changed: whoever wants to sees to it by `demand`)
      if (!this.source || !this.store.hasRoom(Math.ceil(this.size / BLOCK) * BLOCK)) return false;
      this.#split(this.source);
    }
    this.image = this.compiling = this.library = null;
    this.store.changed.add(this);
    return true;
  }

  /**
   * Makes pieces of an array, sharing its memory: each is copied when it is written.
   * @param {Uint8Array} source
   */
  #split(source) {
    this.own = true;
    this.source = null;
    for (let at = 0; at < source.length; at += CHUNK) {
      const chunk = new Chunk(source.subarray(at, at + CHUNK));
      chunk.frozen = true;
      chunk.blocks = mapOf(0, Math.min(CHUNK, source.length - at));
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
   * @param {number} [to] where in it the bytes go
   * @param {number} [length] how many at most
   * @returns {number} how many bytes
   */
  read(position, target, to = 0, length = target.length - to) {
    const count = Math.min(length, this.size - position);
    if (count <= 0) return 0;
    if (this.source) {
      target.set(this.source.subarray(position, position + count), to);
      return count;
    }
    const index = Math.floor(position / CHUNK);
    const offset = position - index * CHUNK;
    const bytes = this.chunks.get(index)?.bytes;
    if (bytes && offset + count <= bytes.length) target.set(bytes.subarray(offset, offset + count), to);
    else this.#gather(position, target, to, count);
    return count;
  }

  /**
   * Reads from more than one piece, or beyond the bytes of one.
   * @param {number} position
   * @param {Uint8Array} target
   * @param {number} to
   * @param {number} count
   */
  #gather(position, target, to, count) {
    for (let done = 0; done < count; ) {
      const index = Math.floor((position + done) / CHUNK);
      const offset = position + done - index * CHUNK;
      const length = Math.min(count - done, CHUNK - offset);
      const bytes = this.chunks.get(index)?.bytes;
      const have = bytes ? Math.max(0, Math.min(length, bytes.length - offset)) : 0;
      if (bytes && have) target.set(bytes.subarray(offset, offset + have), to + done);
      if (have < length) target.fill(0, to + done + have, to + done + length);
      done += length;
    }
  }

  /**
   * All of it in one array, which must not be written: the site's own where nobody has written.
   * @returns {Uint8Array}
   */
  whole() {
    if (this.source) return this.source;
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
    if (!this.own) return offset;
    const first = Math.floor(offset / CHUNK);
    for (let index = first; index * CHUNK < this.size && index < first + NEAR; index++) {
      const from = Math.max(0, offset - index * CHUNK);
      const ahead = (this.chunks.get(index)?.blocks ?? 0) & mapOf(from, CHUNK);
      if (ahead) return this.#data(index, ahead, offset);
    }
    let next = Infinity;
    for (const [index, { blocks }] of this.chunks) if (index > first && index < next && blocks) next = index;
    return next === Infinity ? -1 : this.#data(next, this.chunks.get(next)?.blocks ?? 0, offset);
  }

  /** @param {number} index @param {number} map not 0 @param {number} offset @returns {number} -1 beyond the end */
  #data(index, map, offset) {
    const at = Math.max(offset, index * CHUNK + BLOCK * lowest(map));
    return at < this.size ? at : -1;
  }

  /**
   * Where a hole begins at or after an offset (SEEK_HOLE); the end of the file counts as one.
   * @param {number} offset
   * @returns {number} -1 beyond the end
   */
  nextHole(offset) {
    if (offset >= this.size) return -1;
    if (!this.own) return this.size;
    for (let index = Math.floor(offset / CHUNK); index * CHUNK < this.size; index++) {
      const from = Math.max(0, offset - index * CHUNK);
      const free = ~(this.chunks.get(index)?.blocks ?? 0) & mapOf(from, CHUNK);
      if (free) return Math.min(this.size, Math.max(offset, index * CHUNK + BLOCK * lowest(free)));
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
    if (!this.#touch()) return -ENOSPC;
    const { length } = data;
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
   * Makes a piece ready to be written from `from` up to `to`.
   * @param {number} index
   * @param {number} from
   * @param {number} to
   * @returns {Uint8Array | null} null where there is no space
   */
  #room(index, from, to) {
    const there = this.chunks.get(index);
    const map = mapOf(from, to);
    const missing = there ? map & ~there.blocks : map;
    if (missing && !this.store.hasRoom(ones(missing) * BLOCK)) return null;
    try {
      const chunk = there ?? this.#newChunk(index);
      const bytes = chunk.writable(to);
      if (!there) this.chunks.set(index, chunk);
      if (missing) {
        chunk.blocks |= map;
        this.#account(ones(missing));
      }
      return bytes;
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }

  /** @param {number} index where there is none; after a whole piece it is made to become one, too */
  #newChunk(index) {
    const follows = index > 0 && this.chunks.get(index - 1)?.bytes?.length === CHUNK;
    return new Chunk(follows ? new Uint8Array(CHUNK) : EMPTY);
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
    this.#split(bytes);
    this.size = bytes.length;
    this.store.changed.add(this);
    return 0;
  }

  /**
   * Cuts the content, or extends it by a hole; unless nothing is to remain, the site's own must be here (`demand`).
   * @param {number} size
   * @returns {number} 0 or -errno
   */
  truncate(size) {
    if (size > MAX_SIZE) return -EFBIG;
    if (size === 0) {
      this.#drop();
      this.own = true;
    }
    if (!this.#touch()) return -ENOSPC;
    if (size <= this.size) this.#free(size, Infinity);
    this.size = size;
    return 0;
  }

  /**
   * Makes a hole of whole blocks and zeros of the rest (fallocate(2)); the size stays. What is there of the range must
   * be here (`demand`).
   * @param {number} from
   * @param {number} to
   * @returns {number} 0 or -errno
   */
  punch(from, to) {
    if (!this.#touch()) return -ENOSPC;
    this.#free(from, to);
    return 0;
  }

  /**
   * All bytes from `from` up to `to` become zeros, and blocks that lie wholly in between are freed.
   * @param {number} from
   * @param {number} to
   */
  #free(from, to) {
    const last = Math.ceil(to / CHUNK);
    for (const [index, chunk] of this.#range(Math.floor(from / CHUNK), last)) {
      const start = index * CHUNK;
      const begin = Math.max(0, from - start);
      const end = Math.min(CHUNK, to - start);
      if (begin === 0 && end === CHUNK) {
        this.#account(-ones(chunk.blocks));
        if (!chunk.bytes) this.absent--;
        chunk.saved = null;
        this.chunks.delete(index);
      } else this.#account(-(end === CHUNK ? chunk.cut(begin) : chunk.punch(begin, end)));
    }
  }

  /**
   * Allocates all blocks of a range, as zeros where there was a hole (fallocate(2)); the size stays.
   * @param {number} from
   * @param {number} to
   * @returns {number} 0 or -errno; then nothing has changed
   */
  allocate(from, to) {
    if (to > MAX_SIZE) return -EFBIG;
    if (!this.#touch()) return -ENOSPC;
    const first = Math.floor(from / CHUNK);
    const last = Math.ceil(to / CHUNK);
    const mapIn = (/** @type {number} */ index) =>
      mapOf(Math.max(0, from - index * CHUNK), Math.min(CHUNK, to - index * CHUNK));
    let more = Math.floor((to - 1) / BLOCK) - Math.floor(from / BLOCK) + 1;
    for (const [index, { blocks }] of this.#range(first, last)) more -= ones(blocks & mapIn(index));
    if (!this.store.hasRoom(more * BLOCK)) return -ENOSPC;
    for (let index = first; index < last; index++) {
      let chunk = this.chunks.get(index);
      // (zeros need no memory before they are written over)
      if (!chunk) this.chunks.set(index, (chunk = new Chunk(EMPTY)));
      chunk.blocks |= mapIn(index);
    }
    this.#account(more);
    return 0;
  }

  /**
   * The pieces there are from index `first` up to `last`.
   * @param {number} first
   * @param {number} last
   * @returns {[index: number, chunk: Chunk][]}
   */
  #range(first, last) {
    /** @type {[number, Chunk][]} */
    const found = [];
    if (last - first > this.chunks.size) {
      for (const entry of this.chunks) if (entry[0] >= first && entry[0] < last) found.push(entry);
      return found;
    }
    for (let index = first; index < last; index++) {
      const chunk = this.chunks.get(index);
      if (chunk) found.push([index, chunk]);
    }
    return found;
  }

  /**
   * Has somebody else who keeps the content (web/mounts) take what has been written.
   * @returns {Promise<number> | null} 0 or -errno; null where there is nothing to wait for
   */
  flush() {
    return null;
  }

  // ---- what is not here yet

  /**
   * The pieces are in the store: they come when they are asked for.
   * @param {number} size bytes
   * @param {Iterable<[index: number, blocks: number, saved: import("./chunk.js").Saved]>} pieces
   */
  keptIn(size, pieces) {
    this.#drop();
    this.store.forget(this);
    this.own = true;
    this.size = size;
    for (const [index, blocks, saved] of pieces) {
      const chunk = new Chunk(saved.length ? null : EMPTY);
      chunk.blocks = blocks;
      chunk.saved = saved;
      this.chunks.set(index, chunk);
      if (saved.length) this.absent++;
      this.#account(ones(blocks));
    }
    this.store.unseen = Math.max(0, this.store.unseen - this.allocated);
  }

  /**
   * A piece has come from the store.
   * @param {Chunk} chunk
   * @param {Uint8Array} bytes
   * @param {boolean} frozen whether somebody else has the array too
   */
  arrived(chunk, bytes, frozen) {
    // (it may have been dropped, or cut, while it was on its way)
    if (chunk.bytes || !chunk.saved) return;
    const { length } = chunk.saved;
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
        const { bytes } = download;
        this.source = this.size === bytes.length ? bytes : bytes.subarray(this.offset, this.offset + this.size);
        this.download = null;
        return 0;
      }
      if (download.hasFailed()) return -EIO;
      download.whenSettled(ready);
      return BLOCKED;
    }
    if (!this.absent) return 0;
    const missing = [];
    for (const [, chunk] of this.#range(Math.floor(from / CHUNK), Math.ceil(to / CHUNK)))
      if (!chunk.bytes) missing.push(chunk);
    if (!missing.length) return 0;
    if (performance.now() - this.failedMs < RETRY_MS) return -EIO;
    this.store.load(this, missing).then(
      () => (this.failureTold = false),
      (error) => {
        this.failedMs = performance.now();
        if (!this.failureTold) console.error(`tabux: a file (inode ${this.ino}) could not be loaded:`, error);
        this.failureTold = true;
      },
    ).then(ready);
    return BLOCKED;
  }
}
