// Rows, the contents that belong to them, and the pages in which they are stored.

/** Rows of 64 neighbouring records share a page. */
const PAGE_BITS = 6;
const PAGE_ROWS = 1 << PAGE_BITS;
/** Numbers that a chunk takes in a page. */
const FIELDS = 6;

/** The bytes of one chunk as they were at a cut. Never changes but for where they are. */
export class Ref {
  /**
   * @param {number} length how many bytes; zeros follow up to the end of the chunk
   * @param {number} blocks which of its blocks are allocated, one bit each
   * @param {Uint8Array | null} bytes begin with them until they are stored; in a volatile store,
   *   for ever
   */
  constructor(length, blocks, bytes) {
    this.length = length;
    this.blocks = blocks;
    this.bytes = bytes;
    /** The blob that has them, and where they begin in it; -1 when they are lost. */
    this.blob = 0;
    this.offset = 0;
    /** How long that blob is. */
    this.total = 0;
    /** @type {import("../gate/chunk.js").Chunk | null} whose array `bytes` is, until they are stored */
    this.chunk = null;
    /** True when a snapshot that is not stored yet needs them. */
    this.kept = false;
    /** True when no row refers to them any more. */
    this.released = false;
  }
}

/** The content of a file as it was at a cut. Never changes. */
export class Stored {
  /**
   * @param {number} size
   * @param {Map<number, Ref>} refs by chunk; one that is not there is a hole
   */
  constructor(size, refs) {
    this.size = size;
    this.refs = refs;
    this.bytes = 0;
    for (const ref of refs.values()) this.bytes += ref.length;
  }

  /**
   * @param {Stored | null} other
   * @returns {boolean}
   */
  equals(other) {
    if (other === this) return true;
    if (!other || other.size !== this.size || other.refs.size !== this.refs.size) return false;
    for (const [i, ref] of this.refs) if (!sameRef(ref, other.refs.get(i))) return false;
    return true;
  }
}

/**
 * @param {Ref} a
 * @param {Ref | undefined} b
 * @returns {boolean} whether they are the same bytes
 */
function sameRef(a, b) {
  if (a === b) return true;
  if (!b || (a.length && !a.blob)) return false;
  return (
    a.blob === b.blob && a.offset === b.offset && a.length === b.length && a.blocks === b.blocks
  );
}

/** What is kept of one inode. Never changes: another takes its place. */
export class Row {
  /**
   * @param {string} text the kernel's
   * @param {Stored | null} content of a regular file that has content of its own
   */
  constructor(text, content) {
    this.text = text;
    this.content = content;
  }
}

/**
 * The rows of one page at one moment.
 * @typedef {{ page: number, rows: [record: number, row: Row][] }} Page
 */

/**
 * A page as it is stored. `contents` has for each content: which row (an index), size, how many
 * chunks, and for each of those: which, blob, offset, length, blocks, total.
 * @typedef {{ page: number, records: number[], texts: string[], contents: Float64Array }}
 *   PageRecord
 */

/** @param {number} record @returns {number} the page on which its row is */
export function pageOf(record) {
  return Math.floor(record / PAGE_ROWS);
}

/**
 * @param {number} page
 * @param {Map<number, Row>} rows all
 * @returns {Page} with the rows that are on it now
 */
export function pageNow(page, rows) {
  const found = /** @type {[number, Row][]} */ ([]);
  for (let record = page * PAGE_ROWS; record < (page + 1) * PAGE_ROWS; record++) {
    const row = rows.get(record);
    if (row) found.push([record, row]);
  }
  return { page, rows: found };
}

/**
 * @param {Page} page
 * @returns {PageRecord}
 */
export function encodePage({ page, rows }) {
  const contents = /** @type {number[]} */ ([]);
  rows.forEach(([, { content }], index) => {
    if (!content) return;
    contents.push(index, content.size, content.refs.size);
    for (const [i, ref] of content.refs) {
      contents.push(i, ref.blob, ref.offset, ref.length, ref.blocks, ref.total);
    }
  });
  return {
    page,
    records: rows.map(([record]) => record),
    texts: rows.map(([, row]) => row.text),
    contents: Float64Array.from(contents),
  };
}

/**
 * @param {PageRecord} stored
 * @returns {Page}
 * @throws {Error} when it is not a page
 */
export function decodePage(stored) {
  const { page, records, texts, contents } = stored;
  const byIndex = new Map();
  for (let at = 0; at < contents.length;) {
    const [index, size, count] = contents.subarray(at, at + 3);
    at += 3;
    const refs = new Map();
    for (const end = at + count * FIELDS; at < end; at += FIELDS) {
      const ref = new Ref(contents[at + 3], contents[at + 4], null);
      ref.blob = contents[at + 1];
      ref.offset = contents[at + 2];
      ref.total = contents[at + 5];
      refs.set(contents[at], ref);
    }
    byIndex.set(index, new Stored(size, refs));
  }
  if (records.length !== texts.length) throw new Error(`page ${page} has rows without records`);
  return {
    page,
    rows: records.map((record, i) => [record, new Row(texts[i], byIndex.get(i) ?? null)]),
  };
}
