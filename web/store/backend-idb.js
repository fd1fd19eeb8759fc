// The tables of a session in IndexedDB.
import { FencedError, WipedError, sessionError } from "./errors.js";
import { TABLES, newFormat } from "./format.js";

/** @typedef {import("./format.js").Table} Table */

/**
 * So much is handed to the browser without a pause, bytes or milliseconds: programs run on in
 * between.
 */
const TURN_BYTES = 1 << 20;
const TURN_MS = 3;

/**
 * One transaction.
 * @typedef {object} Commit
 * @property {Iterable<[table: Table, key: IDBValidKey, value: any]>} [puts] taken one by one, while
 *   the transaction is under way; each value is copied when it is taken
 * @property {Iterable<[table: Table, key: IDBValidKey]>} [deletes]
 * @property {boolean} [strict] done only when it is on the disk
 * @property {{ generation: number, writer: string } | null} [expect] what the head must have, or
 *   that there is none (null); else nothing is written
 */

/**
 * What the store asks of a place where tables are kept.
 * @typedef {object} Backend
 * @property {boolean} closed whether the browser has closed it, or `close` has
 * @property {boolean} fresh whether it was made by opening it
 * @property {(table: Table, key: IDBValidKey) => Promise<any>} read undefined when there is none
 * @property {(table: Table, keys: IDBValidKey[]) => Promise<any[]>} readMany in one transaction
 * @property {(table: Table, from?: IDBValidKey) => Promise<any[]>} keys all in order, or those from
 *   one on
 * @property {(commit: Commit) => Promise<void>} commit all or nothing
 *   Throws FencedError, WipedError (not what was expected), DOMException (what the browser says)
 * @property {() => void} close
 * @property {(why: string) => void} onClosed called when the browser has closed it
 */

/** @implements {Backend} */
export class IdbBackend {
  /** @type {IDBDatabase} */
  #database;

  /**
   * @param {IDBDatabase} database
   * @param {boolean} fresh
   */
  constructor(database, fresh) {
    this.#database = database;
    this.fresh = fresh;
    this.closed = false;
    /** @type {(why: string) => void} told once, when the browser has closed it */
    this.onClosed = () => {};
    database.onversionchange = () => this.#end("another tab has deleted it");
    database.onclose = () => this.#end("the browser has closed it");
  }

  /**
   * @param {string} name of the database
   * @param {{ create?: boolean }} [options] whether to make it when it is not there
   * @returns {Promise<IdbBackend>}
   * @throws {Error} SessionNotFoundError, SessionFormatError, or DOMException when the browser
   *   refuses
   */
  static async open(name, { create = true } = {}) {
    if (!globalThis.indexedDB) throw new DOMException("there is no IndexedDB", "NotSupportedError");
    return new Promise((resolve, reject) => {
      let fresh = false;
      let missing = false;
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => {
        if (!create) {
          missing = true;
          /** @type {IDBTransaction} */ (request.transaction).abort();
          return;
        }
        fresh = true;
        for (const table of TABLES) request.result.createObjectStore(table);
        /** @type {IDBTransaction} */ (request.transaction)
          .objectStore("meta")
          .put(newFormat(), "format");
      };
      request.onerror = () => {
        const { error } = request;
        if (missing) reject(sessionError("SessionNotFoundError", "there is no such session"));
        else if (error?.name === "VersionError") {
          reject(
            sessionError(
              "SessionFormatError",
              `the database "${name}" is of a newer tabux. Reload the page ` +
                "to get that one, or export the session as it is",
              error,
            ),
          );
        } else reject(error);
      };
      request.onsuccess = () => {
        const database = request.result;
        if (TABLES.every((table) => database.objectStoreNames.contains(table))) {
          resolve(new IdbBackend(database, fresh));
          return;
        }
        database.close();
        reject(
          sessionError(
            "SessionFormatError",
            `the database "${name}" is not a session of tabux. ` +
              "Export it as it is or delete it, or use another name",
          ),
        );
      };
    });
  }

  /** @param {string} why */
  #end(why) {
    if (this.closed) return;
    this.closed = true;
    this.#database.close();
    this.onClosed(why);
  }

  close() {
    this.closed = true;
    this.#database.close();
  }

  /**
   * @param {Table} table
   * @param {IDBValidKey} key
   * @returns {Promise<any>}
   */
  async read(table, key) {
    return (await this.readMany(table, [key]))[0];
  }

  /**
   * @param {Table} table
   * @param {IDBValidKey[]} keys
   * @returns {Promise<any[]>}
   */
  readMany(table, keys) {
    return this.#reading(table, (store) => keys.map((key) => store.get(key)));
  }

  /**
   * @param {Table} table
   * @param {IDBValidKey} [from]
   * @returns {Promise<any[]>}
   */
  async keys(table, from) {
    const range = from === undefined ? undefined : IDBKeyRange.lowerBound(from);
    return (await this.#reading(table, (store) => [store.getAllKeys(range)]))[0];
  }

  /**
   * @param {Table} table
   * @param {(store: IDBObjectStore) => IDBRequest[]} ask
   * @returns {Promise<any[]>}
   */
  #reading(table, ask) {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction(table, "readonly");
      const requests = ask(transaction.objectStore(table));
      transaction.oncomplete = () => resolve(requests.map((request) => request.result));
      transaction.onabort = () => reject(transaction.error ?? aborted());
    });
  }

  /**
   * @param {Commit} commit
   * @returns {Promise<void>}
   */
  commit({ puts = [], deletes = [], strict = false, expect }) {
    return new Promise((resolve, reject) => {
      const durability = strict ? "strict" : "relaxed";
      const transaction = this.#database.transaction(TABLES, "readwrite", { durability });
      /** @type {unknown} */
      let failure = null;
      let checked = expect === undefined;
      let given = false;
      const giveUp = (/** @type {unknown} */ error) => {
        failure ??= error;
        transaction.abort();
      };
      const ready = () => {
        if (checked && given) transaction.commit();
      };
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(failure ?? transaction.error ?? aborted());
      if (!checked) {
        const request = transaction.objectStore("meta").get("head");
        request.onsuccess = () => {
          const unexpected = compare(request.result, expect ?? null);
          if (unexpected) return giveUp(unexpected);
          checked = true;
          ready();
        };
      }
      const rest = puts[Symbol.iterator]();
      const step = () => {
        if (failure) return;
        try {
          const end = performance.now() + TURN_MS;
          for (let bytes = 0; ;) {
            const { done, value: put } = rest.next();
            if (done) break;
            const request = transaction.objectStore(put[0]).put(put[2], put[1]);
            if (put[0] === "blobs") bytes += put[2].length;
            if (bytes < TURN_BYTES && performance.now() < end) continue;
            request.onsuccess = step;
            return;
          }
          for (const [table, key] of deletes) transaction.objectStore(table).delete(key);
          given = true;
          ready();
        } catch (error) {
          giveUp(error);
        }
      };
      step();
    });
  }
}

/**
 * @param {any} head as it is stored
 * @param {{ generation: number, writer: string } | null} expected
 * @returns {Error | null} what is wrong with it
 */
export function compare(head, expected) {
  if (!expected) return head ? new FencedError("somebody else has made the session") : null;
  if (!head) return new WipedError("the session is not there any more");
  if (head.writer === expected.writer && head.generation === expected.generation) return null;
  return new FencedError(`generation ${head.generation} where ${expected.generation} was expected`);
}

/** @returns {DOMException} for a transaction that ended without saying why */
function aborted() {
  return new DOMException("the transaction was aborted", "AbortError");
}

/**
 * Deletes a database; open connections are asked to close first.
 * @param {string} name
 * @returns {Promise<void>}
 */
export function destroyDatabase(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}
