// One writer for each session, and readers that nothing is deleted under.
import { sessionError } from "./errors.js";

/**
 * So long a tab that is asked to let go has to answer, and after its answer to do so, milliseconds.
 */
const ANSWER_MS = 3000;
const RELEASE_MS = 30_000;
/**
 * So long a tab that is being closed, or reloaded, may still have its session after it was last
 * heard of.
 */
const ENDING_MS = 300;

/**
 * A lock that is held.
 * @typedef {object} Held
 * @property {() => void} release
 * @property {Promise<void>} lost ends when somebody has stolen it
 */

/**
 * @param {string} name
 * @param {LockOptions} options
 * @returns {Promise<Held | null>} null when somebody else has it and `options` says not to wait
 */
export function hold(name, options) {
  return new Promise((resolve, reject) => {
    const { promise: end, resolve: release } = Promise.withResolvers();
    const { promise: lost, resolve: lose } = Promise.withResolvers();
    let held = false;
    navigator.locks
      .request(name, options, (lock) => {
        if (!lock) return resolve(null);
        held = true;
        resolve({ release: () => release(undefined), lost: lost.then(() => {}) });
        return end;
      })
      .catch((error) => (held ? lose(undefined) : reject(error)));
  });
}

/** @param {string} database */
export const writerLock = (database) => `${database} writer`;
/** @param {string} database */
export const readersLock = (database) => `${database} readers`;

/** @returns {boolean} whether this browser, and this page, has locks */
export function locksExist() {
  return typeof navigator === "object" && Boolean(navigator.locks);
}

/** The right to write a session. */
export class WriterLock {
  /** @type {BroadcastChannel} where others ask for it */
  #channel;

  /**
   * @param {string} database
   * @param {Held | null} held null where the browser has no locks
   */
  constructor(database, held) {
    this.held = held;
    /** Another tab wants the session: saves, then gives it up. @type {() => Promise<void>} */
    this.onAsked = async () => {};
    /** It has been taken by force. @type {() => void} */
    this.onLost = () => {};
    /** Somebody has deleted the session on purpose. @type {() => void} */
    this.onDeleted = () => {};
    held?.lost.then(() => this.onLost());
    this.#channel = new BroadcastChannel(database);
    this.#channel.onmessage = ({ data }) => {
      if (data === "deleted") {
        this.onDeleted();
        this.#channel.postMessage("gone");
        this.release();
        return;
      }
      if (data === "who") this.#channel.postMessage("here");
      if (data !== "let go") return;
      this.#channel.postMessage("yes");
      this.onAsked().finally(() => this.release());
    };
  }

  release() {
    this.#channel.close();
    this.held?.release();
  }

  /**
   * @param {string} database
   * @returns {Promise<WriterLock>}
   * @throws {Error} SessionInUseError
   */
  static async take(database) {
    if (!locksExist()) return new WriterLock(database, null);
    const held = await hold(writerLock(database), { ifAvailable: true });
    if (held) return new WriterLock(database, held);
    const patience = new Patience(database, "here", { unheardMs: ANSWER_MS, heardMs: ENDING_MS });
    patience.ask("who");
    try {
      return new WriterLock(
        database,
        await hold(writerLock(database), { signal: patience.signal }),
      );
    } catch (error) {
      if (!patience.signal.aborted) throw error;
      throw sessionError(
        "SessionInUseError",
        "another tab has this session open. It can be read here, or taken over from that tab",
      );
    } finally {
      patience.end();
    }
  }

  /**
   * Takes it from whoever has it: he saves first if he still can.
   * @param {string} database
   * @param {{ answerMs?: number, releaseMs?: number }} [times]
   * @returns {Promise<WriterLock>}
   */
  static async takeOver(database, { answerMs = ANSWER_MS, releaseMs = RELEASE_MS } = {}) {
    const patience = new Patience(database, "yes", { unheardMs: answerMs, heardMs: releaseMs });
    patience.ask("let go");
    try {
      if (!locksExist()) return new WriterLock(database, null);
      return new WriterLock(
        database,
        await hold(writerLock(database), { signal: patience.signal }),
      );
    } catch (error) {
      if (!patience.signal.aborted) throw error;
      return new WriterLock(database, await hold(writerLock(database), { steal: true }));
    } finally {
      patience.end();
    }
  }
}

/**
 * Waits for the tab that has a session: for a while when it is not heard of, for another when it
 * has answered.
 */
class Patience {
  /** @type {ReturnType<typeof setTimeout>} */
  #timer;

  /**
   * @param {string} database
   * @param {string} answer
   * @param {{ unheardMs: number, heardMs: number }} times
   */
  constructor(database, answer, { unheardMs, heardMs }) {
    const abort = new AbortController();
    /** Aborted when it has waited long enough. */
    this.signal = abort.signal;
    this.channel = new BroadcastChannel(database);
    this.#timer = setTimeout(() => abort.abort(), unheardMs);
    this.channel.onmessage = ({ data }) => {
      if (data !== answer) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => abort.abort(), heardMs);
    };
  }

  /** @param {string} question */
  ask(question) {
    this.channel.postMessage(question);
  }

  end() {
    clearTimeout(this.#timer);
    this.channel.close();
  }
}

/**
 * Tells the tab that has the session open that it will be deleted.
 * @param {string} database
 * @param {number} [answerMs] how long to wait for its answer
 * @returns {Promise<void>}
 */
export async function tellDeleted(database, answerMs = ANSWER_MS) {
  if (locksExist()) {
    const { held = [] } = await navigator.locks.query();
    if (!held.some(({ name }) => name === writerLock(database))) return;
  }
  const channel = new BroadcastChannel(database);
  await new Promise((resolve) => {
    const timer = setTimeout(resolve, answerMs);
    channel.onmessage = ({ data }) => {
      if (data !== "gone") return;
      clearTimeout(timer);
      resolve(undefined);
    };
    channel.postMessage("deleted");
  });
  channel.close();
}
