/** Sandboxes that several elements of a page have in common: one kernel for all of them. */

/** @typedef {import("../tabux.js").Sandbox} Sandbox */
/** @typedef {(progress: import("../tabux.js").Progress) => void} OnProgress */

/** What they share if nobody says otherwise. */
const COMMON = "page";

/** One sandbox, from when it is first wanted, and what has been made ready in it. */
export class SharedSandbox {
  /** @type {Set<OnProgress>} */
  #listeners = new Set();
  /** @type {Map<string, Promise<void>>} by what it is */
  #prepared = new Map();

  /** @param {string | undefined} session */
  constructor(session) {
    /** @type {Promise<Sandbox>} */
    this.started = this.#start(session);
  }

  /** @param {string | undefined} session */
  async #start(session) {
    // (a page whose elements nobody starts does not load it)
    const { Sandbox } = await import("../tabux.js");
    return Sandbox.create({
      session,
      onProgress: (progress) => this.#listeners.forEach((listener) => listener(progress)),
    });
  }

  /**
   * Waits for its start.
   * @param {OnProgress} onProgress hears how far that is
   * @returns {Promise<Sandbox>}
   */
  async sandbox(onProgress) {
    this.#listeners.add(onProgress);
    try {
      return await this.started;
    } finally {
      this.#listeners.delete(onProgress);
    }
  }

  /**
   * Does something in it once, however many ask for it. What has failed is tried again.
   * @param {string} what tells it from other things
   * @param {(sandbox: Sandbox) => Promise<unknown>} action
   * @returns {Promise<void>}
   */
  once(what, action) {
    let doing = this.#prepared.get(what);
    if (!doing) {
      doing = this.started.then(action).then(() => {});
      this.#prepared.set(what, doing);
      doing.catch(() => this.#prepared.delete(what));
    }
    return doing;
  }
}

/** @type {Map<string | HTMLElement, SharedSandbox>} */
const running = new Map();

/** @param {HTMLElement} element @returns {string | HTMLElement} what its sandbox is known by */
function keyOf(element) {
  const session = element.getAttribute("session");
  if (session !== null) return `session ${session}`;
  const name = element.getAttribute("sandbox") || COMMON;
  return name === "own" ? element : `sandbox ${name}`;
}

/**
 * The sandbox of an element: that of its `session`, the one that its attribute `sandbox` names, or
 * without these the one that all such elements of the page share. `sandbox="own"` is one for this
 * element alone.
 * @param {HTMLElement} element
 * @returns {SharedSandbox} started if it was not
 */
export function sandboxOf(element) {
  const key = keyOf(element);
  let found = running.get(key);
  if (!found) {
    found = new SharedSandbox(element.getAttribute("session") ?? undefined);
    running.set(key, found);
    found.started.catch(() => running.delete(key)); // whoever tries again starts anew
  }
  return found;
}

/**
 * Forgets the sandbox of an element, which has ended: the next that is asked for is a new one.
 * @param {HTMLElement} element
 */
export function forgetSandboxOf(element) {
  running.delete(keyOf(element));
}
