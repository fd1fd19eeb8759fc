// What a stream socket has received and nobody has read: a ring that grows as it is used.

/** The least ring, bytes; the others are twice as large as another. */
const FIRST = 65536;
/** So many rings of a size are kept to be used again. */
const MOST_SPARE = 16;
/** @type {Map<number, Uint8Array[]>} by size */
const spare = new Map();

/** @param {number} size @returns {Uint8Array} */
const takeRing = (size) => spare.get(size)?.pop() ?? new Uint8Array(size);

/** @param {Uint8Array} ring */
function giveRing(ring) {
  const { length } = ring;
  const kept = spare.get(length) ?? [];
  spare.set(length, kept);
  if (kept.length < MOST_SPARE) kept.push(ring);
}

/**
 * What came along with some of the bytes of a Unix stream.
 * @typedef {object} Mark
 * @property {number} at where in the stream the bytes begin that it belongs to
 * @property {number} end and where they end
 * @property {import("./socket.js").Baggage} baggage
 */

export class StreamBuffer {
  constructor() {
    /** @type {Uint8Array | null} */
    this.ring = null;
    this.head = 0;
    this.size = 0;
    /** How many bytes have been taken out since the beginning. */
    this.taken = 0;
    /** @type {Mark[]} in the order of the stream */
    this.marks = [];
  }

  /**
   * @param {Uint8Array} data
   */
  put(data) {
    const ring = this.#withRoomFor(data.length);
    let tail = this.head + this.size;
    if (tail >= ring.length) tail -= ring.length;
    const first = Math.min(data.length, ring.length - tail);
    ring.set(first === data.length ? data : data.subarray(0, first), tail);
    if (first < data.length) ring.set(data.subarray(first), 0);
    this.size += data.length;
  }

  /** @param {number} count @returns {Uint8Array} */
  #withRoomFor(count) {
    const { ring: old } = this;
    if (old && this.size + count <= old.length) return old;
    let length = old?.length ?? FIRST;
    while (length < this.size + count) length *= 2;
    const ring = takeRing(length);
    this.peek(ring, 0);
    this.#giveBack();
    this.head = 0;
    return (this.ring = ring);
  }

  #giveBack() {
    if (this.ring) giveRing(this.ring);
    this.ring = null;
  }

  /**
   * @param {Uint8Array} target gets as many bytes as it holds
   * @param {number} skip how many to leave out at the beginning
   * @returns {number} how many were there
   */
  peek(target, skip) {
    const { ring } = this;
    const count = Math.min(target.length, this.size - skip);
    if (!ring || count <= 0) return 0;
    let from = this.head + skip;
    if (from >= ring.length) from -= ring.length;
    const first = Math.min(count, ring.length - from);
    target.set(ring.subarray(from, from + first));
    if (first < count) target.set(ring.subarray(0, count - first), first);
    return count;
  }

  /** @param {number} count bytes to drop at the beginning */
  skip(count) {
    this.size -= count;
    this.taken += count;
    this.head += count;
    if (this.ring && this.head >= this.ring.length) this.head -= this.ring.length;
    if (this.size) return;
    this.head = 0;
    // a socket with nothing to read takes no room
    this.#giveBack();
  }

  /** Nobody reads any more. */
  drop() {
    this.#giveBack();
    this.head = this.size = 0;
    this.marks = [];
  }
}
