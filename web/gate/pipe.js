// The bytes of a pipe: a ring that blocks at both ends. How many ends are open is the kernel's to say.

/** Capacity of a pipe, bytes (pipe(7)). */
export const PIPE_SIZE = 65536;
/** Writes of up to so many bytes are atomic (pipe(7), PIPE_BUF). */
export const PIPE_BUF = 4096;

/** @type {Uint8Array[]} a shell makes and drops a pipe for every substitution */
const spare = [];

/** One pipe or FIFO. */
export class Pipe {
  /** @param {number} id the kernel's number for it */
  constructor(id) {
    this.id = id;
    this.ring = spare.pop() ?? new Uint8Array(PIPE_SIZE);
    this.head = 0;
    this.size = 0;
    this.readers = 0;
    this.writers = 0;
    /** @type {Set<import("./thread.js").Thread>} to wake at the next change */
    this.waiters = new Set();
    /** @type {(() => void) | null} called when there is room again, or no reader any more */
    this.refill = null;
  }

  get room() {
    return this.ring.length - this.size;
  }

  /**
   * Puts `data` in, all of it; there must be room.
   * @param {Uint8Array} data
   */
  put(data) {
    const { ring } = this;
    let tail = this.head + this.size;
    if (tail >= ring.length) tail -= ring.length;
    const first = Math.min(data.length, ring.length - tail);
    if (first === data.length) ring.set(data, tail);
    else {
      ring.set(data.subarray(0, first), tail);
      ring.set(data.subarray(first), 0);
    }
    this.size += data.length;
  }

  /**
   * Takes bytes out into `target`.
   * @param {Uint8Array} target
   * @returns {number} how many, 0 when empty
   */
  take(target) {
    const { ring } = this;
    const count = Math.min(target.length, this.size);
    const first = Math.min(count, ring.length - this.head);
    target.set(ring.subarray(this.head, this.head + first));
    if (first < count) target.set(ring.subarray(0, count - first), first);
    this.head += count;
    if (this.head >= ring.length) this.head -= ring.length;
    this.size -= count;
    if (this.size === 0) this.head = 0;
    this.refill?.();
    return count;
  }

  /**
   * Fills an empty pipe beforehand with more than it would hold (standard input of an API command).
   * @param {Uint8Array} data
   */
  preload(data) {
    if (data.length > this.ring.length) this.ring = data;
    else this.ring.set(data);
    this.head = 0;
    this.size = data.length;
  }

  /**
   * Gives it another capacity, keeping what it holds.
   * @param {number} capacity bytes
   * @returns {boolean} false when it holds more than that
   */
  resize(capacity) {
    if (this.size > capacity) return false;
    const ring = new Uint8Array(capacity);
    const first = Math.min(this.size, this.ring.length - this.head);
    ring.set(this.ring.subarray(this.head, this.head + first));
    ring.set(this.ring.subarray(0, this.size - first), first);
    this.ring = ring;
    this.head = 0;
    this.refill?.();
    return true;
  }

  /** Gives the ring back; the pipe has no end left. */
  drop() {
    if (this.ring.length === PIPE_SIZE && spare.length < 64) spare.push(this.ring);
    this.ring = new Uint8Array(0);
    this.size = 0;
  }
}
