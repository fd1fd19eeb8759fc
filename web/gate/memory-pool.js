// WebAssembly memories, reused: a renderer has about 125 of them, uncollected ones included.

/** Bytes of one page of WebAssembly memory. */
export const PAGE = 65536;
/** A memory that a process has grown past this is given up rather than cleaned, pages. */
const KEEP_PAGES = 512;
const MAX_PAGES = 65536;
/** A memory that is so much too large costs at every cleaning and fork: a new one is better, */
const TOO_LARGE = 1.25;
/** as long as there are fewer than this. */
const FEW = 60;
/** Where more than this lies idle, bytes, one that its last program has made larger has to do, */
const IDLE = 96 << 20;
/** up to so many times what is asked for. */
const GROWN = 4;

/** Memories that no process uses now. */
export class MemoryPool {
  constructor() {
    /** @type {WebAssembly.Memory[]} */
    this.free = [];
    /** How many there are, with those that processes use. */
    this.live = 0;
  }

  /**
   * A memory of at least `pages` pages.
   * @param {number} pages
   * @param {boolean} clean whether it must be all zero (a fork overwrites what counts)
   * @returns {WebAssembly.Memory}
   * @throws {RangeError} when the browser has none left
   */
  take(pages, clean) {
    const large = this.#tolerated(pages);
    // best fit: the smallest that is large enough, but not too large; else the largest that is too small
    let best = -1;
    let bestSize = 0;
    for (let i = 0; i < this.free.length; i++) {
      const size = this.free[i].buffer.byteLength / PAGE;
      if (size > large) continue;
      const closer = bestSize < pages ? size > bestSize : size >= pages && size < bestSize;
      if (best < 0 || closer) {
        best = i;
        bestSize = size;
      }
    }
    if (best >= 0) {
      const memory = this.free[best];
      this.free[best] = this.free[this.free.length - 1];
      this.free.pop();
      if (clean) new Uint8Array(memory.buffer).fill(0);
      if (bestSize < pages) memory.grow(pages - bestSize);
      return memory;
    }
    const memory = new WebAssembly.Memory({ initial: pages, maximum: MAX_PAGES });
    this.live++;
    return memory;
  }

  /** @param {number} pages that are asked for @returns {number} pages of the largest that will do */
  #tolerated(pages) {
    if (this.live >= FEW) return MAX_PAGES;
    let idle = 0;
    for (const memory of this.free) idle += memory.buffer.byteLength;
    return pages * (idle > IDLE ? GROWN : TOO_LARGE);
  }

  /** @param {WebAssembly.Memory} memory that nothing refers to any more */
  give(memory) {
    if (memory.buffer.byteLength <= KEEP_PAGES * PAGE) this.free.push(memory);
    else this.live--;
  }
}
