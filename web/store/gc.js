// Deletes what nothing leads to any more. Nothing else does: readers may still be at it.
import { SNAPSHOT } from "./format.js";
import { hold, locksExist, readersLock } from "./lock.js";
import { readPages } from "./opening.js";

/** @typedef {import("./ledger.js").Ledger} Ledger */
/** @typedef {import("./rows.js").Page} Page */
/** @typedef {import("./saver.js").Saver} Saver */

/** So many records are deleted in one transaction. */
const DELETES = 500;
/** So many pages of snapshots are looked at without a pause. */
const PAGES_AT_ONCE = 16;

/**
 * Deletes all blobs and versions of pages that neither what is stored, nor what is about to be, nor
 * a snapshot leads to. To be called while nothing is being saved.
 * @param {string} database
 * @param {Ledger} ledger
 * @param {Saver} saver
 * @returns {Promise<number>} about how many bytes were freed; 0 also when somebody reads the
 *   session
 */
export async function collect(database, ledger, saver) {
  if (ledger.uncertain || saver.fenced || !saver.expect) return 0;
  const lock = locksExist() ? await hold(readersLock(database), { ifAvailable: true }) : null;
  if (locksExist() && !lock) return 0;
  try {
    return await sweep(ledger, saver);
  } finally {
    lock?.release();
  }
}

/**
 * @param {Ledger} ledger
 * @param {Saver} saver
 * @returns {Promise<number>}
 */
async function sweep(ledger, saver) {
  const { backend, expect } = saver;
  const blobs = await backend.keys("blobs");
  const pages = await backend.keys("pages");
  const { dropped } = ledger;
  if (dropped.length) {
    const records = dropped.map((id) => /** @type {["meta", string]} */ (["meta", SNAPSHOT + id]));
    await backend.commit({ deletes: records, expect });
    ledger.dropped = ledger.dropped.filter((id) => !dropped.includes(id));
  }
  const live = { blobs: new Set(), pages: new Set() };
  const away = new Set();
  for (const { root } of ledger.snapshots.values()) {
    for (const version of root.values()) if (!ledger.versions.has(version)) away.add(version);
  }
  const versions = [...away];
  for (let at = 0; at < versions.length; at += PAGES_AT_ONCE) {
    const { pages, damage } = await readPages(backend, versions.slice(at, at + PAGES_AT_ONCE));
    if (damage) throw new Error(`nothing is deleted: ${damage}`);
    for (const [version, page] of pages) mark(live, version, page);
  }
  // (what is marked now can only become less, or be written under new numbers)
  for (const [version, page] of ledger.versions) mark(live, version, page);
  const dead = ledger.deadBytes;
  const deletes = /** @type {["blobs" | "pages", number][]} */ ([]);
  for (const key of blobs) if (!live.blobs.has(key)) deletes.push(["blobs", key]);
  for (const key of pages) if (!live.pages.has(key)) deletes.push(["pages", key]);
  for (let at = 0; at < deletes.length; at += DELETES) {
    await backend.commit({ deletes: deletes.slice(at, at + DELETES), expect });
  }
  ledger.deadBytes = Math.max(0, ledger.deadBytes - dead);
  return deletes.length ? Math.max(dead, 1) : 0;
}

/**
 * @param {{ blobs: Set<number>, pages: Set<number> }} live
 * @param {number} version
 * @param {Page} page
 */
function mark(live, version, { rows }) {
  live.pages.add(version);
  for (const [, { content }] of rows)
    for (const { blob } of content?.refs.values() ?? []) live.blobs.add(blob);
}
