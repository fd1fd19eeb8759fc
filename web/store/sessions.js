// The sessions of a site: what there are, and what can be done with one as a whole. For the page:
// needs no kernel.
import { IdbBackend, destroyDatabase } from "./backend-idb.js";
import { copySession, copySnapshot } from "./copying.js";
import { dump } from "./dump.js";
import { described, sessionError } from "./errors.js";
import { SNAPSHOT, databaseName, databasePrefix, requireFormat } from "./format.js";
import { WriterLock, hold, locksExist, readersLock, tellDeleted, writerLock } from "./lock.js";
import { forget, witness, witnessed } from "./witness.js";

/** @typedef {import("./backend-idb.js").Backend} Backend */

/**
 * @typedef {object} SessionInfo
 * @property {string} name
 * @property {number} createdMs since the epoch; 0 when unknown
 * @property {number} lastUsedMs since the epoch; 0 when unknown
 * @property {number} files that differ from the site's
 * @property {number} bytes of these
 * @property {boolean} inUse a tab has it open for writing
 * @property {number} snapshots how many it has
 * @property {string} problem why it cannot be opened; "" when it can
 */

export class Sessions {
  /** @param {string} baseUrl of the site */
  constructor(baseUrl) {
    this.baseUrl = baseUrl;
  }

  /** @param {string} name */
  #database(name) {
    return databaseName(this.baseUrl, name);
  }

  /** @returns {Promise<string[]>} */
  async #names() {
    const prefix = databasePrefix(this.baseUrl);
    const all = await indexedDB.databases();
    return all
      .flatMap(({ name }) => (name?.startsWith(prefix) ? [name.slice(prefix.length)] : []))
      .sort();
  }

  /** @returns {Promise<SessionInfo[]>} the one used last first */
  async list() {
    const names = await this.#names();
    const locked = await lockedNames();
    const found = await Promise.all(names.map((name) => this.#look(name, locked)));
    return found.filter((info) => info !== null).sort((a, b) => b.lastUsedMs - a.lastUsedMs);
  }

  /**
   * @param {string} name
   * @returns {Promise<SessionInfo>}
   * @throws {Error} SessionNotFoundError
   */
  async info(name) {
    const info = await this.#look(name, await lockedNames());
    if (!info) throw noSession(name);
    return info;
  }

  /**
   * @param {string} name
   * @param {Set<string>} locked
   * @returns {Promise<SessionInfo | null>} null when there is no such session
   */
  async #look(name, locked) {
    const database = this.#database(name);
    const inUse = locked.has(writerLock(database));
    const info = {
      name,
      createdMs: 0,
      lastUsedMs: 0,
      files: 0,
      bytes: 0,
      inUse,
      snapshots: 0,
      problem: "",
    };
    /** @type {Backend | null} */
    let backend = null;
    try {
      backend = await IdbBackend.open(database, { create: false });
      const [format, head] = await backend.readMany("meta", ["format", "head"]);
      requireFormat(format, database);
      if (format.copying || (!head && !inUse)) return null;
      if (!head) return info;
      const { createdMs, lastUsedMs, files, bytes, snapshots } = head;
      return { ...info, createdMs, lastUsedMs, files, bytes, snapshots };
    } catch (error) {
      if (error instanceof Error && error.name === "SessionNotFoundError") return null;
      const known = error instanceof Error && error.name.startsWith("Session");
      return { ...info, problem: known ? error.message : described(error) };
    } finally {
      backend?.close();
    }
  }

  /**
   * @param {string} from
   * @param {string} to
   * @returns {Promise<void>}
   * @throws {Error} SessionNotFoundError, SessionInUseError, FileExistsError (`to`), NoSpaceError
   */
  async rename(from, to) {
    await this.info(from);
    const locks = [await this.#alone(from)];
    try {
      locks.push(await this.#fresh(to));
      const source = await IdbBackend.open(this.#database(from), { create: false });
      await this.#fill(to, (target) => copySession(source, target)).finally(() => source.close());
      witness(this.baseUrl, to, witnessed(this.baseUrl, from)?.generation ?? 0);
      await this.#destroy(from);
    } finally {
      for (const lock of locks) lock.release();
    }
  }

  /**
   * Makes a session of a snapshot.
   * @param {string} id of the snapshot
   * @param {string} to
   * @returns {Promise<void>}
   * @throws {Error} SessionNotFoundError, SessionInUseError, FileExistsError (`to`), NoSpaceError
   */
  async fork(id, to) {
    const from = await this.holder(id);
    const lock = await this.#fresh(to);
    const reading = locksExist()
      ? await hold(readersLock(this.#database(from)), { mode: "shared" })
      : null;
    try {
      const source = await IdbBackend.open(this.#database(from), { create: false });
      await this.#fill(to, (target) => copySnapshot(source, id, target)).finally(() =>
        source.close(),
      );
    } finally {
      reading?.release();
      lock.release();
    }
  }

  /**
   * @param {string} id of a snapshot
   * @returns {Promise<string>} the name of its session
   * @throws {Error} SessionNotFoundError
   */
  async holder(id) {
    for (const name of await this.#names()) {
      try {
        const backend = await IdbBackend.open(this.#database(name), { create: false });
        const found = await backend.read("meta", SNAPSHOT + id).finally(() => backend.close());
        if (found) return name;
      } catch (error) {
        console.warn(`tabux: no snapshots of the session "${name}":`, described(error));
      }
    }
    throw sessionError("SessionNotFoundError", `there is no snapshot "${id}"`);
  }

  /**
   * @param {string} name of a session that nobody else may write or read
   * @returns {Promise<{ release: () => void }>}
   * @throws {Error} SessionInUseError
   */
  async #alone(name) {
    const database = this.#database(name);
    const writing = await WriterLock.take(database);
    if (!locksExist()) return writing;
    const reading = await hold(readersLock(database), { ifAvailable: true });
    if (!reading) {
      writing.release();
      throw sessionError("SessionInUseError", `a tab reads the session "${name}"`);
    }
    return {
      release() {
        reading.release();
        writing.release();
      },
    };
  }

  /**
   * @param {string} name of a session that there must not be
   * @returns {Promise<WriterLock>}
   */
  async #fresh(name) {
    const lock = await WriterLock.take(this.#database(name));
    const there = await this.#look(name, new Set());
    if (!there) return lock;
    lock.release();
    throw sessionError("FileExistsError", `there is a session "${name}" already`);
  }

  /**
   * @param {string} name of a new session
   * @param {(target: Backend) => Promise<void>} fill
   */
  async #fill(name, fill) {
    const database = this.#database(name);
    await destroyDatabase(database); // (may have the torso of a copy)
    const target = await IdbBackend.open(database);
    try {
      await fill(target);
    } catch (error) {
      target.close();
      await destroyDatabase(database);
      const full = error instanceof DOMException && error.name === "QuotaExceededError";
      throw full
        ? sessionError("NoSpaceError", "there is not enough space for a copy of the session", error)
        : error;
    }
    target.close();
  }

  /**
   * @param {string} name
   * @param {{ force?: boolean }} [options] force: also while a tab has it open; nothing more is
   *   saved there then
   * @returns {Promise<void>}
   * @throws {Error} SessionNotFoundError, SessionInUseError
   */
  async delete(name, { force = false } = {}) {
    const database = this.#database(name);
    if (!(await this.#names()).includes(name)) throw noSession(name);
    if (force) await tellDeleted(database);
    const lock = force ? await WriterLock.takeOver(database) : await this.#alone(name);
    try {
      await this.#destroy(name);
    } finally {
      lock.release();
    }
  }

  /** @param {string} name */
  async #destroy(name) {
    await destroyDatabase(this.#database(name));
    forget(this.baseUrl, name);
  }

  /**
   * Deletes sessions that nobody has open: those not used for long, then the ones used last longest
   * ago until the rest is small enough.
   * @param {{ maxAgeMs?: number, maxBytes?: number }} limits
   * @returns {Promise<string[]>} names of those deleted
   */
  async prune({ maxAgeMs = Infinity, maxBytes = Infinity }) {
    const all = (await this.list()).reverse();
    const deleted = [];
    let bytes = all.reduce((sum, info) => sum + info.bytes, 0);
    for (const info of all) {
      const old = info.lastUsedMs > 0 && Date.now() - info.lastUsedMs > maxAgeMs;
      if (info.inUse || info.problem || (!old && bytes <= maxBytes)) continue;
      try {
        await this.delete(info.name);
      } catch (error) {
        // opened, or gone, meanwhile
        if (error instanceof Error && error.name.startsWith("Session")) continue;
        throw error;
      }
      bytes -= info.bytes;
      deleted.push(info.name);
    }
    return deleted;
  }

  /**
   * All records of a session as JSON, also of one that cannot be opened.
   * @param {string} name
   * @returns {Promise<Blob>}
   * @throws {Error} SessionNotFoundError
   */
  async exportRaw(name) {
    if (!(await this.#names()).includes(name)) throw noSession(name);
    return dump(this.#database(name));
  }
}

/** @param {string} name @returns {Error} */
function noSession(name) {
  return sessionError("SessionNotFoundError", `there is no session "${name}"`);
}

/** @returns {Promise<Set<string>>} names of the locks that are held */
async function lockedNames() {
  if (!locksExist()) return new Set();
  const { held = [] } = await navigator.locks.query();
  return new Set(held.map(({ name }) => name ?? ""));
}
