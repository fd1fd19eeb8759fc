// A piece of a file: what is read, written, saved and loaded as one.

/** The size of a piece, bytes. (Records of this size are what IndexedDB takes fastest.) */
export const CHUNK = 131072;
/** The unit in which space is allocated, bytes: 32 in a piece, so that an integer is the map of them. */
export const BLOCK = 4096;
/** The first array of a small file, bytes. */
const SMALLEST = 256;

/** How a saved piece is found again: the store's own, of which only the length means something here. */
/** @typedef {{ length: number }} Saved */

/** Up to CHUNK bytes of a file; what its array does not have is zero. */
export class Chunk {
  /** @param {Uint8Array | null} bytes null: they are in the store */
  constructor(bytes) {
    this.bytes = bytes;
    /** Bit i: the block i is allocated. */
    this.blocks = 0;
    /** @type {Saved | null} where the store has exactly these bytes (the map may be another); null when they have changed */
    this.saved = null;
    /** Somebody else reads the array: before it is written it is copied. */
    this.frozen = false;
    /** @type {object | null} who that is, where it is one who will say when he has done (`release`) */
    this.holder = null;
  }

  /**
   * Somebody is going to read the array.
   * @param {object | null} holder null: he will not say when he has done
   */
  freeze(holder) {
    this.holder = this.frozen ? null : holder;
    this.frozen = true;
  }

  /** @param {object} holder has done */
  release(holder) {
    if (this.holder !== holder) return;
    this.holder = null;
    this.frozen = false;
  }

  /**
   * The array, ready to be written up to `end`.
   * @param {number} end at most CHUNK
   * @returns {Uint8Array}
   * @throws {RangeError} the browser has no memory left
   */
  writable(end) {
    let bytes = /** @type {Uint8Array} */ (this.bytes);
    if (this.frozen || end > bytes.length) {
      const room = Math.min(CHUNK, Math.max(end, end > bytes.length ? bytes.length * 2 : bytes.length, SMALLEST));
      const grown = new Uint8Array(room);
      grown.set(bytes);
      this.bytes = bytes = grown;
      this.frozen = false;
      this.holder = null;
    }
    this.saved = null;
    return bytes;
  }

  /**
   * Nothing counts any more from `end` on: it is zero.
   * @param {number} end
   * @returns {number} how many blocks that has freed
   */
  cut(end) {
    const { bytes } = this;
    if (!bytes) {
      if (this.saved && this.saved.length > end) this.saved = { ...this.saved, length: end };
    } else if (bytes.length > end) {
      if (this.frozen) {
        this.bytes = bytes.slice(0, end);
        this.frozen = false;
        this.holder = null;
      } else bytes.fill(0, end);
      this.saved = null;
    }
    return this.#unmap(~mapOf(0, end));
  }

  /**
   * Zeros in the middle; blocks that lie wholly in between are freed.
   * @param {number} from
   * @param {number} to
   * @returns {number} how many blocks that has freed
   */
  punch(from, to) {
    const { length } = /** @type {Uint8Array} */ (this.bytes);
    if (from < length) this.writable(Math.min(to, length)).fill(0, from, to);
    return this.#unmap(mapOf(Math.ceil(from / BLOCK) * BLOCK, Math.floor(to / BLOCK) * BLOCK));
  }

  /** @param {number} map @returns {number} how many blocks of it there were */
  #unmap(map) {
    const freed = ones(this.blocks & map);
    this.blocks &= ~map;
    return freed;
  }
}

/**
 * @param {number} from
 * @param {number} to
 * @returns {number} the map of the blocks that hold the bytes from `from` up to `to` of a piece
 */
export function mapOf(from, to) {
  if (to <= from) return 0;
  const first = from >>> 12;
  const last = (to - 1) >>> 12;
  return (-1 << first) & (-1 >>> (31 - last));
}

/** @param {number} map @returns {number} how many blocks are in it */
export function ones(map) {
  map -= (map >>> 1) & 0x55555555;
  map = (map & 0x33333333) + ((map >>> 2) & 0x33333333);
  return Math.imul((map + (map >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** @param {number} map not 0 @returns {number} the number of its lowest block */
export function lowest(map) {
  return 31 - Math.clz32(map & -map);
}
