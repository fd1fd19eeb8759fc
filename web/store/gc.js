// Deletes what nothing leads to any more. Nothing else does: readers may still be at it.
import { SNAPSHOT } from "./format.js";
import { hold, locksExist, readersLock } from "./lock.js";
import { readPages } from "./opening.js";

/** @typedef {import("./ledger.js").Ledger} Ledger */
/** @typedef {import("./rows.js").Page} Page */
/** @typedef {import("./saver.js").Saver} Saver */

/** So many records are deleted in one transaction. */
const DELETES = 1000;

/**
 * Deletes all blobs and versions of pages that neither what is stored, nor what is about to be, nor a snapshot
 * leads to. To be called while nothing is being saved.
 * @param {string} database
 * @param {Ledger} ledger
 * @param {Saver} saver
 * @returns {Promise<number>} about how many bytes were freed; 0 also when somebody reads the session
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
  const blobs = new Set(await backend.keys("blobs"));
  const pages = new Set(await backend.keys("pages"));
  const { dropped } = ledger;
  if (dropped.length) {
    const records = dropped.map((id) => /** @type {["meta", string]} */ (["meta", SNAPSHOT + id]));
    await backend.commit({ deletes: records, expect });
    ledger.dropped = ledger.dropped.filter((id) => !dropped.includes(id));
  }
  const snapshots = [...ledger.snapshots.values()];
  const away = new Set();
  for (const { root } of snapshots) for (const v of root.values()) if (!ledger.versions.has(v)) away.add(v);
  const read = await readPages(backend, [...away]);
  if (read.damage) throw new Error(`nothing is deleted: ${read.damage}`);
  // (from here on nobody changes anything: what is marked now can only get less, or get new numbers)
  const mark = (/** @type {number} */ version, /** @type {Page | undefined} */ page) => {
    pages.delete(version);
    for (const [, { content }] of page?.rows ?? []) {
      for (const { blob } of content?.refs.values() ?? []) blobs.delete(blob);
    }
  };
  for (const [version, page] of ledger.versions) mark(version, page);
  for (const [version, page] of read.pages) mark(version, page);
  const dead = ledger.deadBytes;
  const deletes = /** @type {["blobs" | "pages", number][]} */ ([]);
  for (const key of blobs) deletes.push(["blobs", key]);
  for (const key of pages) deletes.push(["pages", key]);
  for (let at = 0; at < deletes.length; at += DELETES) {
    await backend.commit({ deletes: deletes.slice(at, at + DELETES), expect });
  }
  ledger.deadBytes = Math.max(0, ledger.deadBytes - dead);
  return deletes.length ? Math.max(dead, 1) : 0;
}
