// What the tests of the store use for a kernel: files of which only the contents count.
import { ContentStore } from "./gate/content-store.js";
import { BLOCKED } from "./gate/errno.js";
import { IdbBackend } from "./store/backend-idb.js";
import { databaseName } from "./store/format.js";
import { Sessions } from "./store/sessions.js";
import { Store } from "./store/store.js";

export { Store };

/** The sessions of this site. */
export const sessions = new Sessions(location.origin);
/** The database of a session. */
export const database = (name) => databaseName(location.origin, name);

const FIRST = 2 ** 20;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A session with files, named by their numbers. */
export class Machine {
  constructor(store) {
    this.store = store;
    this.files = new ContentStore();
    this.rows = new Map();
    this.gone = [];
    store.use(this.files);
    this.lay(JSON.parse(store.opened.rows));
  }

  static async open(options) {
    const states = [];
    let machine = null;
    const store = await Store.open({
      baseUrl: location.origin,
      retryMs: [],
      ...options,
      onState: (told) => {
        states.push(told);
        machine?.next?.();
      },
    });
    machine = new Machine(store);
    machine.states = states;
    store.takeCut = async () => machine.cut();
    return machine;
  }

  /** Waits until the store has told a state, the current one included. */
  async told(state) {
    while (this.store.state !== state) await this.change();
    return this.store.told;
  }

  /** Waits until something is told. */
  change() {
    return new Promise((resolve) => (this.next = resolve));
  }

  lay(rows) {
    for (const row of rows) this.store.attach([[row.record, row.record]]);
  }

  /** Replaces a file, or writes into it from a position on; bytes or text. */
  write(number, data, position = null, note = "") {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    const record = FIRST + number;
    if (position === null) this.files.of(record).truncate(0);
    const count = this.files.of(record).write(position ?? 0, bytes);
    if (count !== bytes.length) throw new Error(`write: ${count}`);
    this.rows.set(record, JSON.stringify({ record, note }));
  }

  remove(number) {
    const record = FIRST + number;
    this.files.discard(record);
    this.rows.delete(record);
    this.gone.push(record);
  }

  cut() {
    this.store.cut(
      [...this.rows].map(([record, text]) => [record, text, record]),
      this.gone,
      this.files,
    );
    this.rows.clear();
    this.gone = [];
  }

  async save(options = { strict: true }) {
    this.cut();
    await this.store.save(options);
  }

  /** Text of a file. */
  async read(number) {
    return decoder.decode(await this.bytes(number));
  }

  async bytes(number) {
    const content = this.files.byInode.get(FIRST + number);
    if (!content) throw new Error(`no file ${number}`);
    await this.here(number);
    return content.whole();
  }

  /** Waits until all bytes of a file are here. */
  async here(number) {
    const content = this.files.byInode.get(FIRST + number);
    const result = await new Promise((resolve) => {
      const ask = () => content.demand(0, content.size, () => resolve(ask()));
      const now = ask();
      if (now !== BLOCKED) resolve(now);
    });
    if (result) throw new Error(`demand: ${result}`);
  }

  /** All files: number → text. */
  async all() {
    const found = {};
    const rows = JSON.parse(this.store.opened.rows);
    for (const { record } of rows) found[record - FIRST] = await this.read(record - FIRST);
    return found;
  }

  async restore(id) {
    const { rows, gone } = await this.store.restore(id);
    for (const record of gone) this.files.discard(record);
    this.lay(JSON.parse(rows));
  }
}

/** Bytes that cannot be compressed. */
export function noise(size, seed = 1) {
  const words = new Uint32Array(size / 4);
  for (let i = 0, x = seed; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
  return new Uint8Array(words.buffer);
}

/** What an opening fails with: name and message. */
export async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return [error.name, error.message];
  }
  throw new Error("no error");
}

/** A backendFactory whose commits are made by `onCommit(commit, proceed)`. */
export function meddling(onCommit) {
  return async (name, options) => {
    const backend = await IdbBackend.open(name, options);
    const proceed = backend.commit.bind(backend);
    backend.commit = (commit) => onCommit(commit, proceed);
    return backend;
  };
}

/** A backendFactory, and what makes its next commits be aborted. */
export function failing() {
  let left = 0;
  const backendFactory = meddling((commit, proceed) =>
    left-- > 0 ? aborted(commit, proceed) : proceed(commit),
  );
  return { backendFactory, fail: (count) => (left = count) };
}

/** Makes a commit that the browser aborts after its first record. */
function aborted(commit, proceed) {
  const puts = function* () {
    const [first] = commit.puts;
    yield first;
    throw new DOMException("for a test", "AbortError");
  };
  return proceed({ ...commit, puts: puts() });
}

function opened(name, version) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Makes a database that is not the store's. */
export async function makeDatabase(name, version) {
  const db = await opened(name, version);
  db.close();
}

/** Everything that is in a database: for each table its keys and values. */
export async function records(name) {
  const db = await opened(databaseName(location.origin, name));
  const found = {};
  for (const table of ["meta", "pages", "blobs"]) {
    const store = db.transaction(table).objectStore(table);
    const [keys, values] = await Promise.all(
      ["getAllKeys", "getAll"].map(
        (ask) =>
          new Promise((resolve) => {
            const request = store[ask]();
            request.onsuccess = () => resolve(request.result);
          }),
      ),
    );
    found[table] = new Map(keys.map((key, i) => [key, values[i]]));
  }
  db.close();
  return found;
}

/** Writes into the database of a session behind the store's back: undefined deletes. */
export async function meddle(name, table, changes) {
  const db = await opened(databaseName(location.origin, name));
  const transaction = db.transaction(table, "readwrite");
  for (const [key, value] of changes) {
    if (value === undefined) transaction.objectStore(table).delete(key);
    else transaction.objectStore(table).put(value, key);
  }
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  db.close();
}

/** Makes a database of what `dump` (web/store/dump.js) has made. */
export async function undump(name, text) {
  const backend = await IdbBackend.open(databaseName(location.origin, name));
  const tables = JSON.parse(text, (_key, value) => {
    if (typeof value?.bytes === "string")
      return Uint8Array.from(atob(value.bytes), (c) => c.charCodeAt(0));
    return value?.Float64Array ? Float64Array.from(value.Float64Array) : value;
  });
  const puts = Object.entries(tables).flatMap(([table, entries]) =>
    entries.map(([key, value]) => [table, key, value]),
  );
  await backend.commit({ puts });
  backend.close();
}
