// The keeper of a session: takes what has changed from the kernel and the gate, and has the store save it.
import { afterEvents } from "../gate/turn.js";
import { apiError } from "./errors.js";
import { countUnseen } from "./limits.js";

/** @typedef {import("./boot.js").System} System */
/** @typedef {import("../store/store.js").Store} Store */

/** How long a change may wait for the background flush, milliseconds. */
const FLUSH_MS = 1000;
/** How soon the page hears that there is something to save, milliseconds. */
const LOOK_MS = 100;
/** So many rows are made without a pause: about 5 ms. */
const ROWS_AT_ONCE = 400;
/** After so many pauses the rest is taken at once: programs that change files all the time do not put it off. */
const MOST_PAUSES = 50;

/**
 * Rows since the last cut, by record; null for one that is gone.
 * @typedef {Map<number, { text: string, ino: number } | null>} Rows
 */

/** Keeps what the sandbox changes; without a named session in memory only, for snapshots. */
export class SessionKeeper {
  /** @type {Rows} */
  #rows = new Map();
  /** @type {Promise<unknown>} cuts are made one after the other */
  #cutting = Promise.resolve();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #looking;
  #closed = false;
  /** Whether files were written that nobody saves. */
  #written = false;
  /** @type {Store["state"] | null} what the page believes */
  #toldState = null;
  #onTold;
  /** Whether nothing is saved in the background for now. */
  #held = false;

  /**
   * @param {System} system
   * @param {Store} store opened
   * @param {(told: import("../client/session.js").Told) => void} onTold
   */
  constructor(system, store, onTold) {
    this.system = system;
    this.store = store;
    this.#onTold = onTold;
  }

  /** What there is to know of the session. */
  get told() {
    return { ...this.store.told, state: this.#state, written: this.#written };
  }

  /** The same, for the page: from now on it knows. */
  takeTold() {
    const { told } = this;
    this.#toldState = told.state;
    return told;
  }

  /** The store's state; but it knows only of what it has been given. */
  get #state() {
    const { state } = this.store;
    return state === "saved" && this.dirty ? "saving" : state;
  }

  /** Tells the page how things are. */
  tell() {
    this.#onTold(this.takeTold());
  }

  /** Lays the session's files over the site's. */
  open() {
    const { gate, api } = this.system;
    const { store } = this;
    store.use(gate.contents);
    gate.session = {
      rows: (records) => store.rowsOf(records),
      attach: (pairs) => store.attach(pairs),
    };
    const shipped = shippedRows(store);
    const { rows } = store.ledger;
    countUnseen(this.system, rows.values(), rows.size - shipped.length);
    const answer = api.session_open(`[${shipped.join(",")}]`, store.opened.next - 1);
    if (typeof answer === "number") throw apiError(answer, "the session cannot be read");
    const lost = JSON.parse(answer);
    if (lost.length) console.warn("tabux: this version of the site does not have any more:", lost.join(" "));
    if (this.store.saves) {
      this.store.takeCut = () => this.#cut();
      gate.save = () => this.sync();
    }
    this.#timer = setInterval(() => void (this.#keeps ? this.#flush() : this.#watch()), FLUSH_MS);
    this.#looking = setInterval(() => {
      if (this.#state !== this.#toldState) this.tell();
    }, LOOK_MS);
  }

  /** Whether changes are saved: not when volatile, and not any more when another tab has the session. */
  get #keeps() {
    return this.store.state !== "volatile" && this.store.state !== "read-only";
  }

  /** Tells once when files have been written that nobody saves. */
  #watch() {
    if (this.#written) return;
    this.system.gate.report();
    if (this.system.api.session_written() === 0) return;
    this.#written = true;
    this.tell();
  }

  /**
   * Saves nothing in the background while some work is done: it shall be there whole or not at all.
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async asOne(work) {
    this.#held = true;
    try {
      return await work();
    } finally {
      this.#held = false;
    }
  }

  /** @returns {boolean} whether there is anything that the store has not been given */
  get dirty() {
    const { gate, api } = this.system;
    return gate.contents.changed.size > 0 || this.#rows.size > 0 || api.session_pending() > 0;
  }

  /** The background flush, with relaxed durability. What cannot be saved the store tells of, and is tried again. */
  async #flush() {
    if (this.#held) return;
    try {
      if (this.dirty) await this.#cut();
      if (this.store.pending) await this.store.save({ strict: false });
    } catch (error) {
      if (!(error instanceof Error) || !error.name.endsWith("Error")) throw error;
      console.warn("tabux: not saved yet:", error.message);
    }
  }

  /**
   * Saves everything written so far, with strict durability.
   * @returns {Promise<void>}
   * @throws {Error} NoSpaceError, StorageError
   */
  async sync() {
    if (!this.store.saves) return;
    if (this.dirty) await this.#cut();
    await this.store.save({ strict: true });
  }

  /** Makes a cut: the store knows the file system as it is at one moment. */
  #cut() {
    const cut = this.#cutting.then(() => this.#cutNow());
    this.#cutting = cut.catch(() => {});
    return cut;
  }

  async #cutNow() {
    const { gate, api } = this.system;
    if (!this.#keeps) this.#watch();
    for (let pauses = 0; pauses < MOST_PAUSES && api.session_pending() > ROWS_AT_ONCE; pauses++) {
      this.#take(ROWS_AT_ONCE);
      await new Promise((resolve) => afterEvents(() => resolve(undefined)));
    }
    // from here to the store's cut no program runs
    gate.report();
    this.#take(1e9);
    const rows = /** @type {[number, string, number][]} */ ([]);
    const gone = [];
    for (const [record, row] of this.#rows) {
      if (row) rows.push([record, row.text, row.ino]);
      else gone.push(record);
    }
    this.#rows.clear();
    this.store.cut(rows, gone, gate.contents);
  }

  /** @param {number} most rows */
  #take(most) {
    const text = this.system.api.session_take(most);
    if (typeof text === "number") throw apiError(text, "session");
    if (!text) return;
    const [gone, ...lines] = text.split("\n");
    for (const record of gone.split(" ")) if (record) this.#rows.set(Number(record), null);
    for (const line of lines) {
      const first = line.indexOf(" ");
      const second = line.indexOf(" ", first + 1);
      const record = Number(line.slice(0, first));
      this.#rows.set(record, { ino: Number(line.slice(first + 1, second)), text: line.slice(second + 1) });
    }
  }

  /**
   * Keeps the files as they are now.
   * @param {string} name for people; may be empty
   * @returns {Promise<string>} the snapshot's id
   */
  async snapshot(name) {
    await this.#cut();
    return this.store.snapshot(name);
  }

  /**
   * Makes the files what they were. All programs are ended first. On disk with the next save.
   * @param {string} id
   */
  async restore(id) {
    this.store.requireSnapshot(id);
    const { api } = this.system;
    await this.#cut();
    api.end_processes();
    // (what they did on their way out)
    await this.#cut();
    const { rows, gone } = await this.store.restore(id);
    const error = api.session_restore(rows, gone.join(" "));
    if (error) throw apiError(error, `snapshot "${id}"`);
    void this.#flush();
  }

  /** @param {string} id of a snapshot that is not wanted any more; gone from the disk with the next save */
  async dropSnapshot(id) {
    this.store.requireSnapshot(id);
    this.store.dropSnapshot(id);
    void this.#flush();
  }

  /** Lets go of the session without saving. */
  abandon() {
    this.#closed = true;
    clearInterval(this.#timer);
    clearInterval(this.#looking);
    this.store.abandon();
  }

  /**
   * Saves and lets go of the session.
   * @throws {Error} NoSpaceError, StorageError: it could not be saved, and everything goes on
   */
  async close() {
    if (this.#closed) return;
    await this.sync();
    this.#closed = true;
    clearInterval(this.#timer);
    clearInterval(this.#looking);
    await this.store.close();
  }
}

/**
 * The rows that the kernel wants at once: those of the site's own files. It asks for the others when it comes to them.
 * @param {Store} store
 * @returns {string[]}
 */
function shippedRows(store) {
  // (the second item of a row is the path of a file of the site, or null; see tabux.session.rows)
  const made = /^\[\d+,null,/;
  return Array.from(store.ledger.rows.values(), ({ text }) => text).filter((text) => !made.test(text));
}
