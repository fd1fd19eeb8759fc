// How much the sandbox may write: what its owner says, or what there is room for.
import { BLOCK, ones } from "../gate/chunk.js";
import { DEFAULT_LIMIT } from "../gate/content-store.js";

/** @typedef {import("./boot.js").System} System */
/** @typedef {import("../store/rows.js").Row} Row */

/**
 * @typedef {object} Limits
 * @property {number} [bytes] Of all files but the site's own, rounded up to blocks of 4096. If not given: 2 GiB, since
 *   files are in memory; with a session not more than the browser lets the site store either.
 * @property {number} [inodes] How many files, directories and links there may be, besides the site's own. If not given:
 *   1,000,000.
 */

/**
 * @returns {Promise<number>} bytes that the browser would still store for this site; Infinity where it does not tell
 */
export async function storageRoom() {
  try {
    const { quota = Infinity, usage = 0 } = await navigator.storage.estimate();
    return Math.max(0, quota - usage);
  } catch {
    return Infinity; // no storage for this kind of page
  }
}

/**
 * Counts what a session has, of which the kernel sees nothing before somebody looks for it.
 * @param {System} system
 * @param {Iterable<Row>} rows all of the session's
 * @param {number} inodes how many of them are not about the site's own files
 */
export function countUnseen({ gate, worker }, rows, inodes) {
  let blocks = 0;
  for (const { content } of rows) for (const ref of content?.refs.values() ?? []) blocks += ones(ref.blocks);
  gate.contents.unseen = blocks * BLOCK;
  worker.set_unseen(inodes);
}

/**
 * Sets the limits of a sandbox whose files are there.
 * @param {System} system
 * @param {Limits} limits
 * @param {number} room bytes that can be stored besides what is there already; Infinity for a volatile sandbox
 */
export function setLimits({ gate, worker }, { bytes, inodes }, room) {
  const { contents } = gate;
  contents.limit = bytes ?? Math.min(DEFAULT_LIMIT, contents.taken + room);
  if (inodes !== undefined) worker.set_inode_limit(Math.floor(inodes));
}
