// Deletes what nothing leads to any more. Nothing else does: readers may still be at it.
import { SNAPSHOT } from "./format.js";
import { hold, locksExist, readersLock } from "./lock.js";
import { readPages } from "./opening.js";

/** @typedef {import("./ledger.js").Ledger} Ledger */
/** @typedef {import("./rows.js").Page} Page */
/** @typedef {import("./rows.js").Ref} Ref */
/** @typedef {import("./saver.js").Saver} Saver */
/** @typedef {import("../gate/content-store.js").ContentStore} ContentStore */

/** So many records are deleted in one transaction. */
const DELETES = 500;
/** So many pages of snapshots are looked at without a pause. */
const PAGES_AT_ONCE = 16;

/** A pack is sparse when it is at least so long, and not more than this part of it is still needed. */
const SPARSE_BYTES = 65536;
const SPARSE_PART = 1 / 4;

/**
 * What has been done: about how many bytes were freed, and which packs mostly have what nobody
 * needs any more, though not only.
 * @typedef {{ freed: number, sparse: Set<number> }} Collected
 */

/**
 * Deletes all blobs and versions of pages that neither what is stored, nor what is about to be, nor
 * a snapshot leads to. To be called while nothing is being saved.
 * @param {string} database
 * @param {Ledger} ledger
 * @param {Saver} saver
 * @param {ContentStore | null} contents
 * @returns {Promise<Collected>} nothing also when somebody reads the session
 */
export async function collect(database, ledger, saver, contents) {
  const nothing = { freed: 0, sparse: new Set() };
  if (ledger.uncertain || saver.fenced || !saver.expect) return nothing;
  const lock = locksExist() ? await hold(readersLock(database), { ifAvailable: true }) : null;
  if (locksExist() && !lock) return nothing;
  try {
    return await sweep(ledger, saver, contents);
  } finally {
    lock?.release();
  }
}

/**
 * @param {Ledger} ledger
 * @param {Saver} saver
 * @param {ContentStore | null} contents
 * @returns {Promise<Collected>}
 */
async function sweep(ledger, saver, contents) {
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
  const now = new Set(ledger.root.values());
  for (const [version, page] of ledger.versions) if (!now.has(version)) mark(live, version, page);
  const sparse = sparsePacks(ledger, live.blobs);
  for (const [version, page] of ledger.versions) if (now.has(version)) mark(live, version, page);
  for (const blob of absentBlobs(contents)) live.blobs.add(blob);
  const dead = ledger.deadBytes;
  const deletes = /** @type {["blobs" | "pages", number][]} */ ([]);
  for (const key of blobs) if (!live.blobs.has(key)) deletes.push(["blobs", key]);
  for (const key of pages) if (!live.pages.has(key)) deletes.push(["pages", key]);
  for (let at = 0; at < deletes.length; at += DELETES) {
    await backend.commit({ deletes: deletes.slice(at, at + DELETES), expect });
  }
  ledger.deadBytes = Math.max(0, ledger.deadBytes - dead);
  return { freed: deletes.length ? Math.max(dead, 1) : 0, sparse };
}

/**
 * @param {Ledger} ledger
 * @param {Set<number>} others that cannot go: snapshots need them
 * @returns {Set<number>}
 */
function sparsePacks(ledger, others) {
  /** @type {Map<number, { total: number, used: number }>} */
  const packs = new Map();
  for (const { content } of ledger.rows.values()) {
    for (const { blob, total, length, bytes } of content?.refs.values() ?? []) {
      if (bytes || total === length || total < SPARSE_BYTES || others.has(blob)) continue;
      const pack = packs.get(blob) ?? { total, used: 0 };
      pack.used += length;
      packs.set(blob, pack);
    }
  }
  const sparse = new Set();
  for (const [blob, { total, used }] of packs) if (used <= total * SPARSE_PART) sparse.add(blob);
  return sparse;
}

/**
 * What is still to be loaded: a removed file that a program has open has no row any more.
 * @param {ContentStore | null} contents
 * @returns {Generator<number>}
 */
function* absentBlobs(contents) {
  for (const { absent, chunks } of contents?.byInode.values() ?? []) {
    if (!absent) continue;
    for (const { bytes, saved } of chunks.values()) {
      if (!bytes && saved) yield /** @type {Ref} */ (saved).blob;
    }
  }
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
