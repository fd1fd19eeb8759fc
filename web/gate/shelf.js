// Programs and data of the userland that the browser keeps (Cache API): the next visit does not load them again,
// whatever the host says of caching.

const NAME = "tabux-userland";
/** A file's name is its own and the hash of its content: `sed-0123abcd.wasm.gz`. */
const HASHED = /^(.*)-[0-9a-f]{8}(\.[^/]*)$/;

/** Keeps responses by their addresses. Where the browser has no such storage for the page, it keeps nothing. */
export class Shelf {
  /** @type {Promise<Cache | null> | null} */
  #opened = null;

  /** @returns {Promise<Cache | null>} */
  #open() {
    this.#opened ??= opened();
    return this.#opened;
  }

  /** @param {string} url @returns {Promise<Response | undefined>} */
  async take(url) {
    try {
      return await (await this.#open())?.match(url);
    } catch {
      return undefined; // as good as not there
    }
  }

  /**
   * Keeps a file; other versions of it go.
   * @param {string} url
   * @param {Response} response not yet read
   */
  async put(url, response) {
    try {
      const cache = await this.#open();
      if (!cache) return;
      await cache.put(url, response);
      const family = HASHED.exec(url);
      if (!family) return;
      for (const { url: other } of await cache.keys()) {
        const relative = HASHED.exec(other);
        if (relative && other !== url && relative[1] === family[1] && relative[2] === family[2]) await cache.delete(other);
      }
    } catch (error) {
      console.warn(`tabux: ${url} could not be kept for the next visit:`, error);
    }
  }

  /** @param {string} url is of no use */
  async drop(url) {
    await (await this.#open())?.delete(url).catch(() => false);
  }
}

/** @returns {Promise<Cache | null>} null where the browser refuses: there is none, or not for this page */
async function opened() {
  try {
    return globalThis.caches ? await caches.open(NAME) : null;
  } catch {
    return null;
  }
}
