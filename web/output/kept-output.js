// What is kept of a stream of output: its head and its tail, in memory that does not grow beyond a
// limit. Used on both sides: by the worker for commands, by the page for what a handle shows.

/** The first buffer, bytes; it doubles up to the limit. */
const FIRST = 4096;

/**
 * A file of the sandbox that has more of the output than is kept.
 * @typedef {object} OutputFile
 * @property {string} path
 * @property {number} bytes How much of the output it has, from the beginning.
 */

/** Head and tail of a stream. */
export class KeptOutput {
  /** How many bytes there have been in all. */
  total = 0;
  /** Where the tail begins: from here on the buffer is a ring, once it is full. */
  #headEnd;
  #buffer = new ArrayBuffer(0);
  /** The oldest byte of a full ring. */
  #oldest;

  /** @param {number} limit bytes; half of it for the head */
  constructor(limit) {
    this.limit = limit;
    this.#headEnd = this.#oldest = Math.ceil(limit / 2);
  }

  get truncated() {
    return this.total > this.limit;
  }

  /** @param {Uint8Array} chunk is copied */
  add(chunk) {
    const size = Math.min(this.total, this.limit);
    this.total += chunk.length;
    const linear = Math.min(this.limit - size, chunk.length);
    if (linear) {
      this.#reserve(size + linear);
      new Uint8Array(this.#buffer).set(chunk.subarray(0, linear), size);
    }
    if (linear < chunk.length) this.#rotateIn(chunk.subarray(linear));
  }

  /** @param {number} size */
  #reserve(size) {
    const { byteLength } = this.#buffer;
    if (size <= byteLength) return;
    const room = Math.min(Math.max(size, 2 * byteLength, FIRST), this.limit);
    this.#buffer = this.#buffer.transfer(room);
  }

  /** @param {Uint8Array} chunk goes over the oldest bytes of the tail */
  #rotateIn(chunk) {
    const ring = new Uint8Array(this.#buffer, this.#headEnd, this.limit - this.#headEnd);
    if (ring.length === 0) return;
    let at = this.#oldest - this.#headEnd;
    const last = chunk.subarray(-ring.length);
    at = (at + chunk.length - last.length) % ring.length;
    const first = Math.min(last.length, ring.length - at);
    ring.set(last.subarray(0, first), at);
    ring.set(last.subarray(first));
    this.#oldest = this.#headEnd + ((at + last.length) % ring.length);
  }

  /** Makes the ring begin with its oldest byte, in place. */
  #straighten() {
    const tail = new Uint8Array(this.#buffer, this.#headEnd, this.limit - this.#headEnd);
    const turn = this.#oldest - this.#headEnd;
    if (turn) {
      tail.subarray(0, turn).reverse();
      tail.subarray(turn).reverse();
      tail.reverse();
    }
    this.#oldest = this.#headEnd;
    return tail;
  }

  /**
   * What there has been: all of it, or head and tail with a line between them that says how much is
   * left out and where it is. No character of UTF-8 is cut in two.
   * @param {OutputFile | null} file
   * @returns {Uint8Array<ArrayBuffer>} may be a view of the buffer: good until the next `add`
   */
  whole(file) {
    if (!this.truncated) return new Uint8Array(this.#buffer, 0, this.total);
    const tail = withoutCutStart(this.#straighten());
    const head = withoutCutEnd(new Uint8Array(this.#buffer, 0, this.#headEnd));
    const note = new TextEncoder().encode(leftOut(this.total - head.length - tail.length, file));
    const all = new Uint8Array(head.length + note.length + tail.length);
    all.set(head);
    all.set(note, head.length);
    all.set(tail, head.length + note.length);
    return all;
  }

  /**
   * The same, to be given away: nothing is kept any more.
   * @param {OutputFile | null} file
   * @returns {Uint8Array<ArrayBuffer>} with a buffer of its own
   */
  take(file) {
    const whole = this.whole(file);
    if (!this.truncated) return new Uint8Array(this.#buffer.transfer(this.total));
    this.#buffer.transfer(0); // at once, not when somebody looks for garbage
    return whole;
  }
}

/**
 * @param {number} bytes
 * @param {OutputFile | null} file
 * @returns {string}
 */
function leftOut(bytes, file) {
  const where = file ? `; the first ${file.bytes} bytes of all are in ${file.path}` : "";
  return `\n[tabux: ${bytes} bytes are left out here${where}]\n`;
}

/** @param {number} byte @returns {boolean} whether it goes on with a character of UTF-8 */
function continues(byte) {
  return (byte & 0xc0) === 0x80;
}

/** @param {Uint8Array} bytes @returns {Uint8Array} without a character whose start is not there */
function withoutCutStart(bytes) {
  let from = 0;
  while (from < 3 && continues(bytes[from])) from++;
  return bytes.subarray(from);
}

/** @param {Uint8Array} bytes @returns {Uint8Array} without a character whose end is not there */
function withoutCutEnd(bytes) {
  let start = bytes.length - 1;
  while (start > bytes.length - 4 && start > 0 && continues(bytes[start])) start--;
  const lead = bytes[start] ?? 0;
  const needed = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return needed > bytes.length - start ? bytes.subarray(0, Math.max(start, 0)) : bytes;
}
