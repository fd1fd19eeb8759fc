// Reads a session: looks at its format, then at its head, then at all its rows.
import { FencedError, sessionError } from "./errors.js";
import { SNAPSHOT, VERSION, decodeRoot, requireFormat } from "./format.js";
import { decodePage } from "./rows.js";

/** @typedef {import("./backend-idb.js").Backend} Backend */
/** @typedef {import("./format.js").Head} Head */
/** @typedef {import("./format.js").SnapshotRecord} SnapshotRecord */
/** @typedef {import("./rows.js").Page} Page */

/**
 * From each older format to the next. None has been released: this is the first.
 * Such a step is one commit, which also writes the new "format".
 * @type {Map<number, (backend: Backend) => Promise<void>>}
 */
export const MIGRATIONS = new Map();

/**
 * @typedef {object} Found
 * @property {Head | null} head null when there is no session yet
 * @property {Map<number, Page>} pages by version
 * @property {SnapshotRecord[]} snapshots
 * @property {string} damage what could not be read; "" when all could
 */

/**
 * @param {Backend} backend
 * @param {string} name of the database
 * @param {object} options
 * @param {boolean} options.write older formats are migrated; else they are refused
 * @param {boolean} options.partial whether what is damaged is left out; else it is refused
 * @param {string} [options.claim] the writer that takes the session from another one, who may still
 *   be writing
 * @param {typeof MIGRATIONS} [options.migrations]
 * @returns {Promise<Found>}
 * @throws {Error} SessionFormatError, SessionDamagedError
 */
export async function readSession(
  backend,
  name,
  { write, partial, claim, migrations = MIGRATIONS },
) {
  const format = await requireKnown(backend, name, write, migrations);
  if (claim && !format.copying) await takeFrom(backend, claim);
  const head = format.copying
    ? null
    : /** @type {Head | undefined} */ (await backend.read("meta", "head"));
  if (!head) {
    if (!format.copying && (await backend.keys("pages")).length) {
      throw sessionError(
        "SessionDamagedError",
        "the session has files but no head. Export it as it is, then delete it",
      );
    }
    return { head: null, pages: new Map(), snapshots: [], damage: "" };
  }
  const { pages, damage } = await readPages(backend, [...decodeRoot(head.root).values()]);
  if (damage && !partial) {
    throw sessionError(
      "SessionDamagedError",
      `part of the session cannot be read (${damage}). Open it for reading to save the rest`,
    );
  }
  const keys = (await backend.keys("meta", SNAPSHOT)).filter((key) => key.startsWith(SNAPSHOT));
  const snapshots = keys.length ? await backend.readMany("meta", keys) : [];
  return { head, pages, snapshots, damage };
}

/**
 * Puts another writer into the head: from then on the last one cannot write any more.
 * @param {Backend} backend
 * @param {string} writer
 */
async function takeFrom(backend, writer) {
  for (;;) {
    const head = /** @type {Head | undefined} */ (await backend.read("meta", "head"));
    if (!head) return;
    const { generation } = head;
    try {
      const next = { ...head, writer, generation: generation + 1 };
      await backend.commit({
        puts: [["meta", "head", next]],
        expect: { generation, writer: head.writer },
      });
      return;
    } catch (error) {
      if (!(error instanceof FencedError)) throw error;
      // the other one has written in between
    }
  }
}

/**
 * @param {Backend} backend
 * @param {string} name
 * @param {boolean} write
 * @param {typeof MIGRATIONS} migrations
 * @returns {Promise<import("./format.js").Format>}
 */
async function requireKnown(backend, name, write, migrations) {
  for (let last = -1; ;) {
    const format = await backend.read("meta", "format");
    const version = requireFormat(format, name);
    if (version === VERSION) return format;
    const migrate = migrations.get(version);
    if (!migrate || version === last) {
      throw sessionError(
        "SessionFormatError",
        `the session has the old format ${version}, which this tabux does not ` +
          "know any more. Export it as it is",
      );
    }
    if (!write) {
      throw sessionError(
        "SessionFormatError",
        `the session has the old format ${version}: open it for writing once`,
      );
    }
    await migrate(backend);
    last = version;
  }
}

/**
 * @param {Backend} backend
 * @param {number[]} versions
 * @returns {Promise<{ pages: Map<number, Page>, damage: string }>} those that can be read
 */
export async function readPages(backend, versions) {
  const pages = new Map();
  const damage = /** @type {string[]} */ ([]);
  const records = versions.length ? await backend.readMany("pages", versions) : [];
  versions.forEach((version, i) => {
    try {
      if (!records[i]) throw new Error("missing");
      pages.set(version, decodePage(records[i]));
    } catch (error) {
      damage.push(`page ${version}: ${/** @type {Error} */ (error).message}`);
    }
  });
  return { pages, damage: damage.join("; ") };
}
