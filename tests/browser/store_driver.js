// What the tests of the store use for a kernel: files of which only the contents count.
import { ContentStore } from "./gate/content-store.js";
import { BLOCKED } from "./gate/errno.js";
import { Sessions } from "./store/sessions.js";
import { Store } from "./store/store.js";

export { ContentStore, Sessions, Store };

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
    const store = await Store.open({
      baseUrl: location.origin,
      retryMs: [],
      ...options,
      onState: (state) => states.push(state),
    });
    const machine = new Machine(store);
    machine.states = states;
    return machine;
  }

  lay(rows) {
    for (const row of rows) this.store.attach([[row.record, row.record]]);
  }

  /** Writes a file, whole or from a position on; bytes or text. */
  write(number, data, position = 0, note = "") {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    const record = FIRST + number;
    const count = this.files.of(record).write(position, bytes);
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
    this.store.cut([...this.rows].map(([record, text]) => [record, text, record]), this.gone, this.files);
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

/** Everything that is in a database: table → key → value. */
export async function records(name) {
  const database = await new Promise((resolve, reject) => {
    const request = indexedDB.open(name);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const found = {};
  for (const table of ["meta", "pages", "blobs"]) {
    const store = database.transaction(table).objectStore(table);
    const [keys, values] = await Promise.all(["getAllKeys", "getAll"].map((ask) => new Promise((resolve) => {
      const request = store[ask]();
      request.onsuccess = () => resolve(request.result);
    })));
    found[table] = new Map(keys.map((key, i) => [key, values[i]]));
  }
  database.close();
  return found;
}

/** Writes into a database behind the store's back: values by key, undefined deletes. */
export async function meddle(name, table, changes) {
  const database = await new Promise((resolve, reject) => {
    const request = indexedDB.open(name);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const transaction = database.transaction(table, "readwrite");
  for (const [key, value] of changes) {
    if (value === undefined) transaction.objectStore(table).delete(key);
    else transaction.objectStore(table).put(value, key);
  }
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  database.close();
}
