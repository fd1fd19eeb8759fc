// The store of a session: what the kernel hands over is kept, in the browser's storage or in memory
// only.
import { IdbBackend } from "./backend-idb.js";
import { described, sessionError } from "./errors.js";
import { SNAPSHOT, databaseName, decodeRoot } from "./format.js";
import { collect } from "./gc.js";
import { Ledger } from "./ledger.js";
import { borrow, lend } from "./lending.js";
import { Loader, attach } from "./loading.js";
import { WriterLock, hold, locksExist, readersLock } from "./lock.js";
import { readPages, readSession } from "./opening.js";
import { Saver } from "./saver.js";

/** @typedef {import("./backend-idb.js").Backend} Backend */
/** @typedef {import("../gate/content-store.js").ContentStore} ContentStore */
/** @typedef {"volatile" | "saved" | "saving" | "unsaved" | "read-only"} State */

/** When about so many stored bytes are dead, they are deleted. */
const MOST_DEAD = 8 << 20;
/** So many packs (of 1 MiB at most) are looked through at once for what is still needed of them. */
const MOVED_AT_ONCE = 8;

/**
 * What the page is told, whenever some of it has changed.
 * @typedef {object} Told
 * @property {string | null} name of the session
 * @property {State} state
 * @property {string} reason a sentence for people; "" when there is nothing to say
 * @property {boolean} lost the browser has deleted what had been saved
 * @property {number} generation of what is certainly on the disk, for the witness; 0: not known
 * @property {{ files: number, bytes: number, quotaBytes: number }} usage files with content of
 *   their own, bytes of these, and what the browser grants this site in all (0: it does not say)
 */

/**
 * @typedef {object} StoreOptions
 * @property {string} baseUrl of the site
 * @property {string | null} name of the session; null: volatile
 * @property {"write" | "read" | "take-over"} [access]
 * @property {{ session: string, id: string } | MessagePort} [fork] begin with a snapshot, which is
 *   not changed: a stored one, or one that comes over a port (lending.js)
 * @property {{ generation: number } | null} [witness] what the page remembers of the last visit
 * @property {(told: Told) => void} [onState]
 * @property {(database: string, options: { create: boolean }) => Promise<Backend>} [backendFactory]
 * @property {typeof import("./opening.js").MIGRATIONS} [migrations]
 * @property {number[]} [retryMs] pauses before a failed save is tried again
 * @property {{ answerMs?: number, releaseMs?: number }} [takeOver]
 */

/**
 * What the kernel begins with.
 * @typedef {object} Opened
 * @property {string} rows JSON: an array of all rows
 * @property {boolean} created there was no session of that name
 * @property {boolean} lost there had been one, and the browser has deleted it, or part of it
 * @property {boolean} readOnly nothing will be saved
 * @property {number} next no row has had this number or a higher one
 * @property {string} session what was kept besides the rows, JSON
 */

export class Store {
  #loader = new Loader(() => this.#saver?.backend ?? this.#backend);
  /** @type {Saver | null} null when volatile, or opened for reading */
  #saver = null;
  /** @type {ContentStore | null} */
  #contents = null;
  /** @type {WriterLock | null} */
  #lock = null;
  /** @type {import("./lock.js").Held | null} */
  #reading = null;
  /** @type {Backend | null} of a reader */
  #backend = null;
  /** What was told last, as JSON: it is told when it changes. */
  #lastTold = "";

  /**
   * @param {string | null} name
   * @param {Ledger} ledger
   * @param {(told: Told) => void} onState
   */
  constructor(name, ledger, onState) {
    this.name = name;
    this.ledger = ledger;
    this.onState = onState;
    /** @type {State} */
    this.state = "volatile";
    this.reason = "";
    this.lost = false;
    this.created = true;
    this.database = "";
    this.quotaBytes = 0;
    /**
     * Cuts all that has changed: called before the session is given to another tab.
     * @type {() => Promise<void>}
     */
    this.takeCut = async () => {};
  }

  /**
   * @param {StoreOptions} options
   * @returns {Promise<Store>}
   * @throws {Error} SessionInUseError, SessionNotFoundError (for reading), SessionFormatError,
   *   SessionDamagedError
   */
  static async open(options) {
    const { baseUrl, name, fork, onState = () => {} } = options;
    const store = new Store(name, new Ledger({ volatile: name === null }), onState);
    if (fork instanceof MessagePort) await borrow(fork, store.ledger);
    else if (fork) await store.#openSnapshot(databaseName(baseUrl, fork.session), fork.id, options);
    if (name === null) return store;
    store.database = databaseName(baseUrl, name);
    try {
      await store.#openStored(options);
    } catch (error) {
      store.#letGo();
      if (!(error instanceof DOMException)) throw error;
      // refused: by a private window, a frame of another site, a broken profile
      console.warn("tabux: the browser stores nothing here:", described(error));
      const volatile = new Store(name, new Ledger({ volatile: true }), onState);
      const earlier = options.witness ? "; what was saved at earlier visits cannot be reached" : "";
      const reason = `the browser stores nothing here (${described(error)})`;
      volatile.#set("volatile", `${reason}: files last as long as this page${earlier}`);
      return volatile;
    }
    return store;
  }

  /**
   * Begins with a stored snapshot. It stays where it is: nothing may delete it meanwhile.
   * @param {string} database
   * @param {string} id
   * @param {StoreOptions} options
   */
  async #openSnapshot(database, id, { backendFactory = IdbBackend.open }) {
    if (locksExist()) this.#reading = await hold(readersLock(database), { mode: "shared" });
    try {
      const backend = await backendFactory(database, { create: false });
      this.#backend = backend;
      const [head, snapshot] = await backend.readMany("meta", ["head", SNAPSHOT + id]);
      if (!snapshot) throw sessionError("SessionNotFoundError", `there is no snapshot "${id}"`);
      const root = decodeRoot(snapshot.root);
      const { pages, damage } = await readPages(backend, [...root.values()]);
      if (damage)
        throw sessionError("SessionDamagedError", `the snapshot cannot be read: ${damage}`);
      this.ledger.begin(root, pages, { ...head, session: snapshot.session });
    } catch (error) {
      this.#letGo();
      throw error;
    }
  }

  /**
   * Gives a snapshot of a volatile sandbox to another one.
   * @param {string} id
   * @param {MessagePort} port
   * @returns {Promise<void>}
   * @throws {Error} SessionNotFoundError
   */
  async lend(id, port) {
    await lend(this.ledger, this.requireSnapshot(id), this.#loader, port);
  }

  /** @param {StoreOptions} options */
  async #openStored({
    access = "write",
    witness = null,
    backendFactory = IdbBackend.open,
    ...options
  }) {
    const { database, ledger } = this;
    const write = access !== "read";
    if (access === "take-over") this.#lock = await WriterLock.takeOver(database, options.takeOver);
    else if (write) this.#lock = await WriterLock.take(database);
    else if (locksExist()) this.#reading = await hold(readersLock(database), { mode: "shared" });
    const backend = await backendFactory(database, { create: write });
    this.#backend = backend;
    const writer = crypto.randomUUID();
    const claim = access === "take-over" || (write && !locksExist()) ? writer : undefined;
    const { migrations } = options;
    const found = await readSession(backend, database, {
      write,
      partial: !write,
      claim,
      migrations,
    });
    const { head } = found;
    if (!head && !write) throw sessionError("SessionNotFoundError", "there is no such session");
    if (head) ledger.load(head, found.pages, found.snapshots);
    this.created = !head;
    this.lost = (head?.generation ?? 0) < (witness?.generation ?? 0);
    if (!write) {
      const damage = found.damage && `; part of it cannot be read: ${found.damage}`;
      this.#set("read-only", `the session was opened for reading${damage}`);
      backend.onClosed = (why) =>
        this.#set("read-only", `the session cannot be read any more: ${why}`);
      return;
    }
    this.#saver = this.#newSaver(
      { backend, head, writer, retryMs: options.retryMs },
      backendFactory,
    );
    this.#watch(/** @type {WriterLock} */ (this.#lock), this.#saver, backend);
    if (this.lost) {
      this.#saver.loss = head
        ? "the browser has lost the last things that were saved here"
        : "the browser has deleted the files that were saved here";
    }
    // makes a new session, and this tab the only one that can write
    ledger.touch();
    this.#set("saving", this.#saver.loss);
    this.#saver.save(this.created).catch(() => {}); // told as a state, and tried again
    void this.#sweepOrphans();
    void this.#askQuota();
  }

  /**
   * @param {Pick<import("./saver.js").SaverOptions, "backend" | "head" | "writer" | "retryMs">}
   *   options
   * @param {NonNullable<StoreOptions["backendFactory"]>} factory
   * @returns {Saver}
   */
  #newSaver(options, factory) {
    const { database, ledger } = this;
    /** @type {Saver} */
    const saver = new Saver({
      ...options,
      ledger,
      reopen: async () => {
        const again = await factory(database, { create: true });
        this.#watchClosing(again, saver);
        return again;
      },
      report: (state, reason) => this.#set(state, reason),
      collect: () => collect(database, ledger, saver, this.#contents),
      wiped: () => this.#wiped(),
    });
    return saver;
  }

  /**
   * @param {WriterLock} lock
   * @param {Saver} saver
   * @param {Backend} backend
   */
  #watch(lock, saver, backend) {
    const taken = "another tab has taken over the session: nothing is saved here any more";
    lock.onAsked = async () => {
      try {
        await this.takeCut();
        await saver.save(true);
      } catch (error) {
        console.warn("tabux: another tab takes over what could not be saved:", described(error));
      }
      await this.#giveUp(saver, taken);
    };
    lock.onLost = () => void this.#giveUp(saver, taken);
    lock.onDeleted = () =>
      saver.fence("the session has been deleted in another tab: nothing is saved here any more");
    this.#watchClosing(backend, saver);
  }

  /**
   * Only reads from now on: what is not loaded yet must stay.
   * @param {Saver} saver
   * @param {string} reason
   */
  async #giveUp(saver, reason) {
    saver.fence(reason);
    if (!locksExist() || this.#reading) return;
    this.#reading = await hold(readersLock(this.database), { mode: "shared" });
  }

  /**
   * @param {Backend} backend
   * @param {Saver} saver
   */
  #watchClosing(backend, saver) {
    backend.onClosed = (why) => {
      if (saver.fenced) return;
      this.#set("unsaved", `the session's database was closed: ${why}`);
      // opens it again, and sees what has become of it
      this.ledger.touch();
      saver.save(false).catch(() => {});
    };
  }

  /** @returns {string} what is lost, for people */
  #wiped() {
    const { records, snapshots } = this.ledger.storeAll(this.#contents);
    this.lost = true;
    const lost = [];
    if (records.length)
      lost.push(`the contents of ${records.length} files that had not been read yet`);
    if (snapshots.length) lost.push(`the snapshots ${snapshots.join(", ")}`);
    const rest = lost.length ? ` Lost are ${lost.join(" and ")}.` : "";
    const saved = "what was in memory has been saved again";
    return `The browser has deleted what was saved; ${saved}.${rest}`;
  }

  /**
   * @param {State} state
   * @param {string} reason
   */
  #set(state, reason) {
    this.state = state;
    this.reason = reason;
    if (this.#contents) this.#contents.full = this.#saver?.full ?? false;
    const { told } = this;
    const text = JSON.stringify(told);
    if (text === this.#lastTold) return;
    this.#lastTold = text;
    this.onState(told);
  }

  /** Asks the browser how much it grants. */
  async #askQuota() {
    try {
      this.quotaBytes = (await navigator.storage?.estimate?.())?.quota ?? 0;
      this.#set(this.state, this.reason);
    } catch (error) {
      console.warn("tabux: the browser does not say how much it grants:", described(error));
    }
  }

  /** @returns {Told} how things are */
  get told() {
    const { name, state, reason, lost, quotaBytes } = this;
    const { files, bytes } = this.ledger;
    const generation = this.#saver?.strictGeneration ?? 0;
    return { name, state, reason, lost, generation, usage: { files, bytes, quotaBytes } };
  }

  /** @returns {Opened} */
  get opened() {
    const texts = [];
    for (const { text } of this.ledger.rows.values()) texts.push(text);
    return {
      rows: `[${texts.join(",")}]`,
      created: this.created,
      lost: this.lost,
      readOnly: !this.saves,
      next: this.ledger.nextRecord,
      session: this.ledger.session,
    };
  }

  /** @returns {boolean} whether `save` saves: false when volatile, and when opened for reading */
  get saves() {
    return this.#saver !== null;
  }

  /** @returns {boolean} whether something cut is not saved yet, and may still be */
  get pending() {
    return this.#saver !== null && !this.#saver.fenced && this.ledger.changed;
  }

  /** Records written so far. */
  get written() {
    return this.#saver?.written ?? null;
  }

  /** @param {ContentStore} contents whose chunks this store loads from now on */
  use(contents) {
    this.#contents = contents;
    contents.load = (content, chunks) => this.#loader.load(content, chunks);
  }

  /**
   * @param {number[]} records
   * @returns {string} their rows: a JSON array
   */
  rowsOf(records) {
    const { rows } = this.ledger;
    const texts = records.map((record) => {
      const row = /** @type {import("./rows.js").Row} */ (rows.get(record));
      return row.text;
    });
    return `[${texts.join(",")}]`;
  }

  /**
   * Gives files the contents of their rows. Their bytes come when they are asked for.
   * @param {Iterable<[ino: number, record: number]>} pairs
   */
  attach(pairs) {
    const { ledger } = this;
    if (!this.#contents) throw new Error("no contents to attach to");
    for (const [ino, record] of pairs) {
      ledger.place(ino, record);
      attach(this.#contents, ino, ledger.rows.get(record)?.content ?? null);
    }
  }

  /** @param {string} text what the kernel keeps besides its rows, JSON: small */
  set session(text) {
    if (text === this.ledger.session) return;
    this.ledger.session = text;
    this.ledger.touch();
  }

  get session() {
    return this.ledger.session;
  }

  /**
   * Takes over how things are now: rows that have changed, and every content that has. Copies
   * nothing.
   * @param {Iterable<[record: number, text: string, ino: number]>} rows changed or new; ino 0: not
   *   a file
   * @param {Iterable<number>} gone records
   * @param {ContentStore} contents
   */
  cut(rows, gone, contents) {
    this.ledger.cut(rows, gone, contents);
    if (this.pending && this.state === "saved") this.#set("saving", this.reason);
  }

  /**
   * Saves all that has been cut.
   * @param {{ strict?: boolean }} [options] strict: done only when it is on the disk
   * @returns {Promise<void>}
   * @throws {Error} NoSpaceError, StorageError: it is not saved, and will be tried again with the
   *   next call
   */
  async save({ strict = false } = {}) {
    if (!this.#saver) return;
    await this.#saver.save(strict);
    if (this.ledger.deadBytes > MOST_DEAD) void this.collect();
  }

  /**
   * Deletes what nothing leads to any more.
   * @returns {Promise<number>} about how many bytes
   */
  async collect() {
    const saver = this.#saver;
    if (!saver) return 0;
    try {
      return await saver.exclusive(async () => {
        const { freed, sparse } = await collect(this.database, this.ledger, saver, this.#contents);
        await this.#move(saver, [...sparse].slice(0, MOVED_AT_ONCE));
        return freed;
      });
    } catch (error) {
      console.warn("tabux: nothing could be freed:", described(error));
      return 0;
    }
  }

  /**
   * Has what is still needed of some packs stored anew with the next save; then they can go.
   * @param {Saver} saver
   * @param {number[]} packs
   */
  async #move(saver, packs) {
    if (!packs.length) return;
    const values = await saver.backend.readMany("blobs", packs);
    const blobs = new Map();
    packs.forEach((blob, i) => values[i] && blobs.set(blob, values[i]));
    this.ledger.move(blobs, this.#contents);
  }

  /** Deletes blobs of a save that never came to its end. */
  async #sweepOrphans() {
    const saver = this.#saver;
    const from = this.ledger.nextBlob;
    if (!saver) return;
    try {
      const keys = await saver.exclusive(() => saver.backend.keys("blobs", from));
      if (keys.length) await this.collect();
    } catch (error) {
      console.warn("tabux: orphans stay:", described(error));
    }
  }

  /**
   * Keeps the last cut; stored with the next save.
   * @param {string} [name] for people
   * @returns {string} its id
   */
  snapshot(name = "") {
    return this.ledger.snapshot(name, newId()).id;
  }

  /**
   * @returns {{ id: string, name: string, createdMs: number, files: number, bytes: number }[]}
   *   oldest first
   */
  snapshots() {
    return [...this.ledger.snapshots.values()]
      .map(({ id, name, createdMs, files, bytes }) => ({ id, name, createdMs, files, bytes }))
      .sort((a, b) => a.createdMs - b.createdMs);
  }

  /**
   * @param {string} id
   * @returns {import("./ledger.js").Snapshot}
   * @throws {Error} SessionNotFoundError
   */
  requireSnapshot(id) {
    const snapshot = this.ledger.snapshots.get(id);
    if (!snapshot) throw sessionError("SessionNotFoundError", `there is no snapshot "${id}"`);
    return snapshot;
  }

  /** @param {string} id of a snapshot that is not wanted any more */
  dropSnapshot(id) {
    this.requireSnapshot(id);
    this.ledger.dropSnapshot(id);
  }

  /**
   * Makes the rows those of a snapshot. The caller then attaches the contents of those that differ.
   * @param {string} id
   * @returns {Promise<{ rows: string, gone: number[], session: string }>} rows: JSON, those that
   *   differ or are new
   * @throws {Error} SessionNotFoundError, SessionDamagedError
   */
  async restore(id) {
    const snapshot = this.requireSnapshot(id);
    const { ledger } = this;
    const away = [...snapshot.root.values()].filter((version) => !ledger.versions.has(version));
    const backend = this.#saver?.backend ?? this.#backend;
    const read =
      away.length && backend ? await readPages(backend, away) : { pages: new Map(), damage: "" };
    if (read.damage)
      throw sessionError("SessionDamagedError", `the snapshot cannot be read: ${read.damage}`);
    const pages = new Map([...ledger.versions, ...read.pages]);
    const { rows, gone } = ledger.restore(snapshot, pages);
    return { rows: `[${rows.join(",")}]`, gone, session: ledger.session };
  }

  /** Saves what has been cut, strictly, and lets go of the session. */
  async close() {
    try {
      if (this.#saver && !this.#saver.fenced) await this.#saver.save(true);
    } finally {
      this.#letGo();
    }
  }

  /** Lets go of the session; what has not been saved is not saved. */
  abandon() {
    this.#letGo();
  }

  #letGo() {
    const saver = this.#saver;
    if (saver) saver.fenced ||= "the session is closed";
    (saver?.backend ?? this.#backend)?.close();
    this.#lock?.release();
    this.#reading?.release();
  }
}

/**
 * Opens the store of a sandbox.
 * @param {string} baseUrl of the site
 * @param {Pick<StoreOptions, "name" | "access" | "witness" | "fork">} session
 * @param {(told: Told) => void} onState
 * @returns {Promise<Store>}
 */
export function openStore(baseUrl, session, onState) {
  return Store.open({ ...session, baseUrl, onState });
}

/** @returns {string} ten letters and digits */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  return Array.from(bytes, (byte) => (byte % 36).toString(36)).join("");
}
