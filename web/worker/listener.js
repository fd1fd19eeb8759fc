// The page as a reader of output. The same two buffers go back and forth, so that no garbage
// gathers, and nothing is sent before the page has taken what came before.

/** Bytes in one buffer at first, and at most: one that was full makes the next one larger. */
const FIRST = 65536;
const LARGEST = 1 << 20;
/** After one that was full and could not be larger the page has a rest, milliseconds: a flood must
 * neither fill its memory with messages nor keep it from everything else. */
const REST_MS = 10;

/**
 * Output on its way to the page.
 * @typedef {object} Parcel
 * @property {Uint8Array<ArrayBuffer>} bytes One piece after the other; to be given back.
 * @property {{ fd: number, length: number }[]} pieces Whose they are, in order.
 */

/** One connection of the page to the output of a command. */
export class Listener {
  #send;
  /** What is being filled. @type {Uint8Array<ArrayBuffer>} */
  #bytes = new Uint8Array(0);
  #filled = 0;
  #size = FIRST;
  /** @type {Parcel["pieces"]} */
  #pieces = [];
  /** @type {Uint8Array<ArrayBuffer> | null} what the page has given back */
  #spare = null;
  #inFlight = false;
  /** @type {(() => void)[]} */
  #drained = [];

  /** Called when there is room again. */
  onRoom = () => {};

  /**
   * @param {(parcel: Parcel) => unknown} send gives a parcel away; what it returns becomes the bytes,
   *   given back, when the page has taken it
   */
  constructor(send) {
    this.#send = send;
  }

  /** @returns {number} how many bytes may be pushed now */
  get room() {
    return (this.#bytes.length || this.#size) - this.#filled;
  }

  /** @param {number} fd @param {Uint8Array} data is copied; not more than there is room for */
  push(fd, data) {
    if (!this.#bytes.length) {
      this.#bytes = this.#spare ?? new Uint8Array(this.#size);
      this.#spare = null;
    }
    this.#bytes.set(data, this.#filled);
    this.#filled += data.length;
    const last = this.#pieces.at(-1);
    if (last?.fd === fd) last.length += data.length;
    else this.#pieces.push({ fd, length: data.length });
    if (!this.#inFlight) void this.#flow();
  }

  /** Sends what waits; what comes meanwhile is gathered. */
  async #flow() {
    this.#inFlight = true;
    while (this.#filled) {
      const parcel = { bytes: this.#bytes, pieces: this.#pieces };
      const flood = this.#filled === LARGEST;
      if (this.#filled === parcel.bytes.length) this.#size = Math.min(2 * this.#filled, LARGEST);
      this.#bytes = new Uint8Array(0);
      this.#filled = 0;
      this.#pieces = [];
      this.onRoom();
      try {
        const back = await this.#send(parcel);
        if (back instanceof Uint8Array && back.length === this.#size) {
          this.#spare = /** @type {Uint8Array<ArrayBuffer>} */ (back);
        }
      } catch {
        // a page that has gone: the bytes are taken all the same
      }
      if (flood) await new Promise((resolve) => setTimeout(resolve, REST_MS));
    }
    this.#inFlight = false;
    for (const done of this.#drained.splice(0)) done();
  }

  /** @returns {Promise<void>} when the page has taken everything so far */
  drained() {
    if (!this.#inFlight) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }
}
