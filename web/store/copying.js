// Makes a copy of a session, or of one of its snapshots, under another name.
import { SNAPSHOT, decodeRoot, newFormat } from "./format.js";
import { sessionError } from "./errors.js";
import { readPages } from "./opening.js";

/** @typedef {import("./backend-idb.js").Backend} Backend */
/** @typedef {import("./format.js").Head} Head */
/** @typedef {import("./format.js").SnapshotRecord} SnapshotRecord */

/** Blobs that are copied in one transaction: most have 128 KiB, none more than 1 MiB. */
const BLOBS_AT_ONCE = 16;
const PAGES_AT_ONCE = 64;

/**
 * Copies all of a session. Nobody may be writing it.
 * @param {Backend} source
 * @param {Backend} target empty. Until all is there it counts as no session
 */
export async function copySession(source, target) {
  const keys = await source.keys("meta");
  const values = await source.readMany("meta", keys);
  const meta = keys.map(
    (key, i) => /** @type {["meta", string, any]} */ (["meta", key, values[i]]),
  );
  await copy(source, target, await source.keys("pages"), await source.keys("blobs"), meta);
}

/**
 * Makes a session of a snapshot. Its writer may be at work, but nothing may be deleted meanwhile.
 * @param {Backend} source
 * @param {string} id of the snapshot
 * @param {Backend} target empty. Until all is there it counts as no session
 * @throws {Error} SessionNotFoundError, SessionDamagedError
 */
export async function copySnapshot(source, id, target) {
  const [head, snapshot] = await source.readMany("meta", ["head", SNAPSHOT + id]);
  if (!snapshot) throw sessionError("SessionNotFoundError", `there is no snapshot "${id}"`);
  const versions = [...decodeRoot(snapshot.root).values()];
  const { pages, damage } = await readPages(source, versions);
  if (damage) throw sessionError("SessionDamagedError", `the snapshot cannot be read: ${damage}`);
  const blobs = new Set();
  for (const { rows } of pages.values()) {
    for (const [, { content }] of rows) {
      for (const { length, blob } of content?.refs.values() ?? []) if (length) blobs.add(blob);
    }
  }
  await copy(source, target, versions, [...blobs], [["meta", "head", forked(head, snapshot)]]);
}

/**
 * @param {Head} head of the session
 * @param {SnapshotRecord} snapshot
 * @returns {Head} of a session that begins with it
 */
function forked({ nextBlob, nextPage, nextRecord }, { root, files, bytes, session }) {
  const now = Date.now();
  const counts = { nextBlob, nextPage, nextRecord, files, bytes, deadBytes: 0, snapshots: 0 };
  return { ...counts, generation: 1, writer: "", root, session, createdMs: now, lastUsedMs: now };
}

/**
 * @param {Backend} source
 * @param {Backend} target
 * @param {number[]} pages
 * @param {number[]} blobs
 * @param {["meta", string, any][]} meta
 */
async function copy(source, target, pages, blobs, meta) {
  const copying = "another session: it was interrupted";
  await target.commit({ puts: [["meta", "format", { ...newFormat(), copying }]] });
  await copyTable(source, target, "pages", pages, PAGES_AT_ONCE);
  await copyTable(source, target, "blobs", blobs, BLOBS_AT_ONCE);
  const rest = meta.filter(([, key]) => key !== "format");
  await target.commit({ puts: [...rest, ["meta", "format", newFormat()]], strict: true });
}

/**
 * @param {Backend} source
 * @param {Backend} target
 * @param {"pages" | "blobs"} table
 * @param {number[]} keys
 * @param {number} most records at once
 */
async function copyTable(source, target, table, keys, most) {
  for (let at = 0; at < keys.length; at += most) {
    const some = keys.slice(at, at + most);
    const values = await source.readMany(table, some);
    const missing = values.indexOf(undefined);
    if (missing >= 0) {
      throw sessionError(
        "SessionDamagedError",
        `${table} ${some[missing]} of the session is missing`,
      );
    }
    await target.commit({ puts: some.map((key, i) => [table, key, values[i]]) });
  }
}
