// How a session is stored: the name of its database, its tables and records, and which formats are
// read.
import { sessionError } from "./errors.js";

/**
 * The tables of a session's database. A key is a text in "meta", a number that only grows in the
 * others.
 */
export const TABLES = /** @type {const} */ (["meta", "pages", "blobs"]);

/** @typedef {(typeof TABLES)[number]} Table */

const MAGIC = "tabux session";
/** The format that this version writes. */
export const VERSION = 1;

/**
 * The record "format" of "meta": the first that is read.
 * @typedef {object} Format
 * @property {string} magic
 * @property {number} version
 * @property {string} [copying] there while another session's records are being copied to here: a
 *   torso
 */

/**
 * Which version of each page counts, as two lists of the same length.
 * @typedef {{ pages: Float64Array, versions: Float64Array }} Root
 */

/**
 * The record "head" of "meta". What it does not lead to does not count.
 * @typedef {object} Head
 * @property {number} generation grows with each write
 * @property {string} writer who wrote it, a random text for each opening
 * @property {Root} root
 * @property {number} nextBlob no blob of this number or a higher one counts
 * @property {number} nextPage
 * @property {number} nextRecord above all numbers of rows that there have ever been
 * @property {number} files how many rows have content
 * @property {number} bytes of these contents, holes left out
 * @property {number} deadBytes about so many bytes are stored that nothing leads to any more
 * @property {number} snapshots how many there are
 * @property {number} createdMs since the epoch
 * @property {number} lastUsedMs since the epoch
 * @property {string} session what the kernel keeps here besides its rows, JSON
 */

/**
 * The record "snapshot ID" of "meta".
 * @typedef {object} SnapshotRecord
 * @property {string} id
 * @property {string} name for people; may be empty
 * @property {number} createdMs since the epoch
 * @property {number} files
 * @property {number} bytes
 * @property {string} session
 * @property {Root} root
 */

/** Before the id of a snapshot in its key. */
export const SNAPSHOT = "snapshot ";

/**
 * @param {string} baseUrl of the site: sites on one origin do not see each other's sessions
 * @returns {string} how the names of the databases of its sessions begin
 */
export function databasePrefix(baseUrl) {
  return `tabux ${baseUrl} `;
}

/**
 * @param {string} baseUrl of the site
 * @param {string} session its name
 * @returns {string}
 */
export function databaseName(baseUrl, session) {
  return databasePrefix(baseUrl) + session;
}

/**
 * @param {string} baseUrl of the site
 * @param {string} session its name
 * @returns {string} the key in localStorage of what the page remembers of it
 */
export function witnessKey(baseUrl, session) {
  return `${databaseName(baseUrl, session)} generation`;
}

/** @returns {Format} of a new session */
export function newFormat() {
  return { magic: MAGIC, version: VERSION };
}

/**
 * Looks at the record "format".
 * @param {any} record
 * @param {string} name of the database
 * @returns {number} its version
 * @throws {Error} SessionFormatError when it is foreign or newer
 */
export function requireFormat(record, name) {
  if (record?.magic !== MAGIC || !Number.isInteger(record.version)) {
    throw sessionError(
      "SessionFormatError",
      `the database "${name}" is not a session of tabux. ` +
        "Export it as it is or delete it, or use another name",
    );
  }
  if (record.version > VERSION) {
    throw sessionError(
      "SessionFormatError",
      "the session was written by a newer tabux " +
        `(format ${record.version}; this one knows ${VERSION}). ` +
        "Reload the page to get the newer one, or export the session as it is",
    );
  }
  return record.version;
}

/**
 * @param {Map<number, number>} root page → version
 * @returns {Root}
 */
export function encodeRoot(root) {
  return { pages: Float64Array.from(root.keys()), versions: Float64Array.from(root.values()) };
}

/**
 * @param {Root} root
 * @returns {Map<number, number>} page → version
 */
export function decodeRoot({ pages, versions }) {
  const root = new Map();
  pages.forEach((page, i) => root.set(page, versions[i]));
  return root;
}
