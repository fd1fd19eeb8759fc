// Writes what the ledger has: one save after the other, each in one transaction that only its head
// makes count.
import { FencedError, WipedError, described, sessionError } from "./errors.js";
import { SNAPSHOT, encodeRoot, newFormat } from "./format.js";
import { pack, packBytes } from "./packing.js";
import { encodePage } from "./rows.js";

/** @typedef {import("./backend-idb.js").Backend} Backend */
/** @typedef {import("./format.js").Head} Head */
/** @typedef {import("./ledger.js").Batch} Batch */
/** @typedef {import("./ledger.js").Ledger} Ledger */
/** @typedef {import("./packing.js").Pack} Pack */

/** Contents beyond this many bytes go ahead, in transactions of their own. */
const AHEAD = 4 << 20;
/** A save that fails for no reason that is known is made again after these pauses, milliseconds. */
const RETRY_MS = [20, 100, 500];
/** So often in one save it is believed that the browser has deleted everything. */
const WIPES = 3;
/** With fewer dead bytes there is no point in trying again at once after deleting them. */
const WORTHWHILE = 1 << 18;
/**
 * A background save of what does not fit is tried again after this many milliseconds, or when there
 * is less.
 */
const FULL_MS = 10_000;

/**
 * @typedef {object} SaverOptions
 * @property {Ledger} ledger
 * @property {Backend} backend
 * @property {() => Promise<Backend>} reopen opens the tables again after the browser has closed
 *   them
 * @property {Head | null} head what is stored
 * @property {string} writer who writes from now on, a random text
 * @property {(state: "saved" | "saving" | "unsaved" | "read-only", reason: string) => void} report
 * @property {() => Promise<{ freed: number }>} collect frees what nothing leads to: about so many
 *   bytes
 * @property {() => string} wiped what is stored is gone: makes the ledger save all; says what is
 *   lost
 * @property {number[]} [retryMs]
 */

export class Saver {
  /** Ends when the work under way has ended; never rejects. @type {Promise<unknown>} */
  #busy = Promise.resolve();
  /** @type {Promise<void> | null} the save that has not begun yet */
  #next = null;
  #nextStrict = false;
  /**
   * @type {number} the state that a strict transaction has stored, or that one has been stored
   *   after
   */
  #strictEdits = -1;
  #fullSince = 0;
  #fullBytes = 0;
  /**
   * @type {number | null} the generation that may or may not have been stored when the browser
   *   closed the tables
   */
  #attempted = null;

  /** @param {SaverOptions} options */
  constructor({
    ledger,
    backend,
    reopen,
    head,
    writer,
    report,
    collect,
    wiped,
    retryMs = RETRY_MS,
  }) {
    this.ledger = ledger;
    this.backend = backend;
    this.reopen = reopen;
    this.report = report;
    this.collect = collect;
    this.wiped = wiped;
    this.retryMs = retryMs;
    this.writer = writer;
    this.createdMs = head?.createdMs ?? Date.now();
    /**
     * What is stored, and with it our right to write. @type {{ generation: number, writer: string }
     * | null}
     */
    this.expect = head && { generation: head.generation, writer: head.writer };
    /** The last generation stored, and the last of which the disk is sure. */
    this.generation = head?.generation ?? 0;
    this.strictGeneration = 0;
    /** Why nothing can be written any more; "" while it can. */
    this.fenced = "";
    /** What the browser has lost; stays told. */
    this.loss = "";
    /** How many records have been written, for tests and measurements. */
    this.written = { blobs: 0, pages: 0, bytes: 0, transactions: 0 };
  }

  /**
   * Stores all that has been cut before.
   * @param {boolean} strict done only when it is on the disk
   * @returns {Promise<void>}
   * @throws {Error} NoSpaceError, StorageError
   */
  save(strict) {
    if (this.fenced) return Promise.reject(sessionError("StorageError", this.fenced));
    if (strict) this.#nextStrict = true;
    this.#next ??= this.exclusive(() => {
      const last = this.#nextStrict;
      this.#next = null;
      this.#nextStrict = false;
      return this.#write(last);
    });
    return this.#next;
  }

  /**
   * Does something while nothing is being saved.
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  exclusive(work) {
    const done = this.#busy.then(work);
    this.#busy = done.catch(() => {});
    return done;
  }

  /** @param {boolean} strict @returns {boolean} whether there is nothing to be done */
  #covered(strict) {
    const { ledger } = this;
    return (
      !ledger.changed &&
      this.generation > 0 &&
      (!strict || this.#strictEdits === ledger.storedEdits)
    );
  }

  /** @param {boolean} strict */
  async #write(strict) {
    if (!strict && this.#stillFull()) return;
    for (let attempt = 0; ; attempt++) {
      if (this.fenced) throw sessionError("StorageError", this.fenced);
      if (this.#covered(strict)) break;
      try {
        await this.#store(strict);
        break;
      } catch (error) {
        await this.#failed(error, attempt);
      }
    }
    this.#fullSince = 0;
    this.report(this.ledger.changed ? "saving" : "saved", this.loss);
  }

  /** @returns {boolean} whether it is too early to try again what did not fit */
  #stillFull() {
    if (!this.#fullSince) return false;
    return performance.now() - this.#fullSince < FULL_MS && this.ledger.bytes >= this.#fullBytes;
  }

  /** @param {boolean} strict */
  async #store(strict) {
    const { ledger } = this;
    if (this.backend.closed) await this.#open();
    if (!this.#fullSince) this.report("saving", this.loss);
    const batch = ledger.take();
    const generation = this.generation + 1;
    this.#attempted = generation;
    try {
      await this.#transactions(batch, generation, strict);
    } catch (error) {
      ledger.notStored();
      throw error;
    }
    this.#attempted = null;
    this.expect = { generation, writer: this.writer };
    this.generation = generation;
    ledger.stored();
    if (!strict) return;
    this.strictGeneration = generation;
    this.#strictEdits = batch.edits;
  }

  /**
   * @param {Batch} batch
   * @param {number} generation
   * @param {boolean} strict
   */
  async #transactions(batch, generation, strict) {
    const { backend, expect, ledger } = this;
    const packs = pack(batch.refs, () => ledger.nextBlob++);
    for (;;) {
      const { some, more } = upTo(packs, AHEAD);
      if (!more) {
        const puts = this.#last(batch, some, generation);
        const deletes = batch.dropped.map(
          (id) => /** @type {["meta", string]} */ (["meta", SNAPSHOT + id]),
        );
        this.written.transactions++;
        return backend.commit({ puts, deletes, strict, expect });
      }
      this.written.transactions++;
      await backend.commit({ puts: this.#blobs(some), strict, expect });
    }
  }

  /**
   * @param {Pack[]} packs
   * @returns {Generator<["blobs", number, Uint8Array]>}
   */
  *#blobs(packs) {
    for (const one of packs) {
      this.written.blobs++;
      this.written.bytes += one.total;
      yield ["blobs", one.blob, packBytes(one)];
    }
  }

  /**
   * @param {Batch} batch
   * @param {Pack[]} packs
   * @param {number} generation
   * @returns {Generator<["meta" | "pages" | "blobs", string | number, any]>}
   */
  *#last(batch, packs, generation) {
    yield* this.#blobs(packs);
    for (const [version, page] of batch.pages) {
      this.written.pages++;
      yield ["pages", version, encodePage(page)];
    }
    for (const { root, stored, ...snapshot } of batch.snapshots) {
      yield ["meta", SNAPSHOT + snapshot.id, { ...snapshot, root: encodeRoot(root) }];
    }
    if (!this.expect) yield ["meta", "format", newFormat()];
    /** @type {Head} */
    const head = {
      ...batch.head,
      generation,
      writer: this.writer,
      root: encodeRoot(batch.root),
      nextBlob: this.ledger.nextBlob,
      createdMs: this.createdMs,
      lastUsedMs: Date.now(),
    };
    yield ["meta", "head", head];
  }

  /** Opens the tables again. */
  async #open() {
    const backend = await this.reopen();
    this.backend = backend;
    const head = await backend.read("meta", "head");
    const lastOurs = head?.writer === this.writer && head.generation === this.#attempted;
    if (lastOurs) {
      // what had seemed to fail was stored
      this.generation = head.generation;
      this.expect = { generation: head.generation, writer: head.writer };
      this.ledger.uncertain = true;
    }
    if (!head && this.expect) throw new WipedError("the session is not there any more");
  }

  /**
   * Decides what follows from a failure: returns when the save is to be tried again.
   * @param {any} error
   * @param {number} attempt how often it has been tried before
   * @throws {Error} NoSpaceError, StorageError
   */
  async #failed(error, attempt) {
    const { ledger, retryMs } = this;
    console.warn("tabux: saving has failed:", described(error));
    if (error instanceof FencedError) {
      this.fence("another tab has taken over the session: nothing is saved here any more");
      throw sessionError("StorageError", this.fenced, error);
    }
    if (error instanceof WipedError && attempt < WIPES) {
      this.expect = null;
      this.#strictEdits = -1;
      this.loss = this.wiped();
      return;
    }
    if (error?.name === "QuotaExceededError") {
      // (also what this attempt has written ahead goes)
      const hope = attempt === 0 && (ledger.deadBytes > WORTHWHILE || ledger.dropped.length > 0);
      if ((await this.#freed()) && hope) return;
      const reason = "the browser gives this site no more space: what you write now is not saved";
      this.#fullSince = performance.now();
      this.#fullBytes = ledger.bytes;
      this.report("unsaved", reason);
      throw sessionError("NoSpaceError", reason, error);
    }
    if (attempt < retryMs.length) {
      await new Promise((resolve) => setTimeout(resolve, retryMs[attempt]));
      return;
    }
    const reason = `the browser does not save: ${described(error)}`;
    this.report("unsaved", reason);
    throw sessionError("StorageError", reason, error);
  }

  /** @returns {Promise<boolean>} whether there is more space now */
  async #freed() {
    try {
      return (await this.collect()).freed > 0;
    } catch (error) {
      console.warn("tabux: nothing could be freed:", described(error));
      return false;
    }
  }

  /** @returns {boolean} whether what is to be saved does not fit */
  get full() {
    return this.#fullSince > 0;
  }

  /** @param {string} reason nothing will be written any more */
  fence(reason) {
    if (this.fenced) return;
    this.fenced = reason;
    this.report("read-only", reason);
  }
}

/**
 * @param {Generator<Pack>} packs
 * @param {number} bytes
 * @returns {{ some: Pack[], more: boolean }} the next ones with about so many bytes; whether others
 *   may follow
 */
function upTo(packs, bytes) {
  const some = [];
  for (let sum = 0; sum < bytes;) {
    const { done, value } = packs.next();
    if (done) return { some, more: false };
    some.push(value);
    sum += value.total;
  }
  return { some, more: true };
}
