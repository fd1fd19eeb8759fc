// The function table of a program, as far as libraries use it: it grows at the end, and what one leaves is used again.

/** Who asks for places gets them empty. */
export class Slots {
  /** @param {WebAssembly.Table} table */
  constructor(table) {
    this.table = table;
    /** @type {{ from: number, to: number }[]} ranges that a library has left, ascending */
    this.free = [];
  }

  /**
   * Empty places in a row.
   * @param {number} count
   * @param {number} [alignment] a power of two
   * @returns {number} the first
   * @throws {RangeError} the table cannot grow so far
   */
  take(count, alignment = 1) {
    for (const range of this.free) {
      const from = align(range.from, alignment);
      if (from + count > range.to) continue;
      this.free = this.free.filter((r) => r !== range);
      this.give(range.from, from - range.from);
      this.give(from + count, range.to - from - count);
      return from;
    }
    const end = this.table.length;
    const from = align(end, alignment);
    if (from + count > end) this.table.grow(from + count - end);
    this.give(end, from - end);
    return from;
  }

  /**
   * Gives places back, which are emptied.
   * @param {number} from
   * @param {number} count
   */
  give(from, count) {
    if (!count) return;
    for (let slot = from; slot < from + count; slot++) this.table.set(slot, null);
    this.free.push({ from, to: from + count });
    this.free.sort((a, b) => a.from - b.from);
    /** @type {{ from: number, to: number }[]} */
    const joined = [];
    for (const range of this.free) {
      const last = joined[joined.length - 1];
      if (last && last.to === range.from) last.to = range.to;
      else joined.push(range);
    }
    this.free = joined;
  }
}

/** @param {number} value @param {number} alignment */
const align = (value, alignment) => Math.ceil(value / alignment) * alignment;
