/** `sandbox.session`: what is kept of the sandbox when the page is gone, and how safe it is. */

import { witness } from "../store/witness.js";

/**
 * @typedef {"volatile" | "saved" | "saving" | "unsaved" | "read-only"} SessionState
 *
 * @typedef {object} Usage
 * @property {number} bytes What the session's files take.
 * @property {number} files How many files differ from the site's.
 * @property {number} quotaBytes What the browser grants, as far as it tells; 0 where it does not.
 *
 * @typedef {object} Told What the worker tells of a session.
 * @property {string | null} name
 * @property {SessionState} state
 * @property {string} reason
 * @property {boolean} lost
 * @property {boolean} written
 * @property {number} generation Of what is certainly on disk; 0 where that is not known.
 * @property {Usage} usage
 */

/**
 * The session of one sandbox. A `change` event tells that any of it has changed.
 */
export class Session extends EventTarget {
  #sync;
  #baseUrl;
  #asked = false;
  /** @type {() => void} */
  #leave;

  /** @type {string | null} The session's name; null for a volatile sandbox. */
  name = null;

  /**
   * "volatile": nothing is kept. "saved": all of it is on disk. "saving": it will be in a moment. "unsaved": it could
   * not be saved, and is tried again. "read-only": changes are not kept, somebody else has the session.
   * @type {SessionState}
   */
  state = "volatile";

  /** Why it is volatile, unsaved or read-only, for people; empty otherwise. */
  reason = "";

  /**
   * Whether the browser has promised not to delete it when space is short; null while it has not said.
   * @type {boolean | null}
   */
  persisted = null;

  /** Whether the browser has deleted what an earlier visit had saved. */
  lost = false;

  /** Whether files were written in a sandbox that nothing is kept of: they go with the page. */
  written = false;

  /** @type {Usage} */
  usage = { bytes: 0, files: 0, quotaBytes: 0 };

  /**
   * @param {Told} told
   * @param {string} baseUrl of the site
   * @param {() => Promise<void>} sync
   */
  constructor(told, baseUrl, sync) {
    super();
    this.#sync = sync;
    this.#baseUrl = baseUrl;
    this.#take(told);
    const hidden = () => {
      // the page may never be seen again: phones end it without a further word
      if (globalThis.document?.visibilityState !== "visible") void this.#sync().catch(() => {});
    };
    this.#leave = () => {
      globalThis.document?.removeEventListener("visibilitychange", hidden);
      globalThis.removeEventListener?.("pagehide", hidden);
    };
    if (told.name === null || told.state === "volatile") return;
    globalThis.document?.addEventListener("visibilitychange", hidden);
    globalThis.addEventListener?.("pagehide", hidden);
    this.#considerAsking();
  }

  /** @param {Told} told */
  update(told) {
    this.#take(told);
    this.#considerAsking();
    this.dispatchEvent(new Event("change"));
  }

  /** The browser may ask the visitor: not before there is something to keep. */
  #considerAsking() {
    if (this.#asked || this.state !== "saved" || !this.usage.files) return;
    this.#asked = true;
    void this.#askToPersist();
  }

  /** The sandbox has ended: nothing is watched any more. */
  end() {
    this.#leave();
  }

  /** @param {Told} told */
  #take({ name, state, reason, lost, written, generation, usage }) {
    this.name = name;
    this.state = state;
    this.reason = reason;
    this.lost = lost;
    this.written = written;
    this.usage = usage;
    if (name !== null) witness(this.#baseUrl, name, generation);
  }

  async #askToPersist() {
    const storage = globalThis.navigator?.storage;
    if (!storage?.persist) return;
    try {
      this.persisted = (await storage.persisted()) || (await storage.persist());
    } catch {
      this.persisted = false; // refused for this kind of page
    }
    this.dispatchEvent(new Event("change"));
  }
}
