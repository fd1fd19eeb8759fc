// A snapshot of a volatile sandbox goes to another sandbox: over a port, since nothing of it is
// stored.
import { sessionError } from "./errors.js";
import { encodeRoot, decodeRoot } from "./format.js";
import { decodePage, encodePage } from "./rows.js";

/** @typedef {import("./ledger.js").Ledger} Ledger */
/** @typedef {import("./ledger.js").Snapshot} Snapshot */
/** @typedef {import("./rows.js").Page} Page */
/** @typedef {import("./rows.js").PageRecord} PageRecord */

/**
 * What goes over the port: pages, each with the bytes of its contents in their order, then the
 * rest.
 * @typedef {{ version: number, page: PageRecord, bytes: Uint8Array[] }} LentPage
 * @typedef {{ root: import("./format.js").Root, nextRecord: number, nextPage: number, session:
 *   string }} LentHead
 * @typedef {LentPage | { head: LentHead }} Message
 */

/**
 * @param {Ledger} ledger of the volatile sandbox
 * @param {Snapshot} snapshot
 * @param {import("./loading.js").Loader} loader brings what is not here: it may have begun with a
 *   stored snapshot
 * @param {MessagePort} port
 * @returns {Promise<void>}
 * @throws {Error} SessionDamagedError, StorageError some of it cannot be read
 */
export async function lend(ledger, { root, session }, loader, port) {
  const pages = [...root.values()].map((version) => ledger.versions.get(version));
  for (const [i, version] of [...root.values()].entries()) {
    const page = /** @type {Page} */ (pages[i]);
    const whole = await Promise.all(refsOf(page).map((ref) => loader.bytesOf(ref)));
    // (what is sent is copied with all of its buffer: of a small file that has grown, only what
    // counts)
    const bytes = refsOf(page).map(({ length }, n) => whole[n].slice(0, length));
    const buffers = bytes.map(({ buffer }) => /** @type {ArrayBuffer} */ (buffer));
    port.postMessage({ version, page: encodePage(page), bytes }, buffers);
  }
  const { nextRecord, nextPage } = ledger;
  port.postMessage({ head: { root: encodeRoot(root), nextRecord, nextPage, session } });
  port.close();
}

/**
 * @param {MessagePort} port at whose other end `lend` is called
 * @param {Ledger} ledger volatile and empty
 * @returns {Promise<void>}
 * @throws {Error} StorageError what has come is nothing that `lend` sends
 */
export async function borrow(port, ledger) {
  /** @type {Map<number, Page>} */
  const pages = new Map();
  const head = await new Promise((resolve, reject) => {
    port.onmessage = ({ data }) => {
      if (data.head) return resolve(data.head);
      const page = decodePage(data.page);
      refsOf(page).forEach((ref, i) => (ref.bytes = data.bytes[i]));
      pages.set(data.version, page);
    };
    port.onmessageerror = () =>
      reject(sessionError("StorageError", "the snapshot could not be handed over"));
  });
  port.close();
  ledger.begin(decodeRoot(head.root), pages, head);
}

/** @param {Page} page @returns {import("./rows.js").Ref[]} */
function refsOf({ rows }) {
  return rows.flatMap(([, { content }]) => [...(content?.refs.values() ?? [])]);
}
