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
    // best fit: the largest that is not too large, else the smallest above
    let best = -1;
    let bestSize = 0;
    for (let i = 0; i < this.free.length; i++) {
      const size = this.free[i].buffer.byteLength / PAGE;
      const better = best < 0 || (size <= pages ? size > bestSize || bestSize > pages : bestSize > pages && size < bestSize);
      if (better) {
        best = i;
        bestSize = size;
      }
    }
    if (best >= 0 && (bestSize <= pages * TOO_LARGE || this.live >= FEW)) {
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

  /** @param {WebAssembly.Memory} memory that nothing refers to any more */
  give(memory) {
    if (memory.buffer.byteLength <= KEEP_PAGES * PAGE) this.free.push(memory);
    else this.live--;
  }
}
