// The contents of one host mount, as Content knows its store.

/** @typedef {import("../gate/chunk.js").Chunk} Chunk */
/** @typedef {import("./host-content.js").HostContent} HostContent */
/** @typedef {import("./host-mount.js").HostMount} HostMount */

/** So many pieces that the provider has too are kept here: 64 MiB. */
const CACHE = 512;

/** They take no room of the sandbox and are not saved with it: the provider has them. */
export class HostContents {
  /** @type {Map<Chunk, HostContent>} the pieces that the provider has too, the oldest first */
  #cache = new Map();

  constructor() {
    this.allocated = 0;
    this.unseen = 0;
    this.changed = {
      add: (/** @type {HostContent} */ content) => content.touched(),
      delete: () => true,
    };
  }

  hasRoom() {
    return true;
  }

  /** (What has been written and read is told of all the same.) */
  forget() {}

  /** @param {HostContent} content @param {Chunk[]} chunks */
  async load(content, chunks) {
    try {
      await content.fetch(chunks, (task) => content.mount.turns.shared(task));
    } catch (error) {
      content.doubtful = true;
      content.mount.report("read", content.path ?? "", error);
      throw error;
    } finally {
      this.#evict(CACHE + chunks.length);
    }
  }

  /** @param {Chunk} chunk that the provider has, too @param {HostContent} content */
  cached(chunk, content) {
    this.#cache.delete(chunk);
    this.#cache.set(chunk, content);
  }

  /** @param {number} most */
  #evict(most) {
    for (const [chunk, content] of this.#cache) {
      if (this.#cache.size <= most) break;
      this.#cache.delete(chunk);
      content.evict(chunk);
    }
  }

  /** @param {HostContent} content is gone */
  dropped(content) {
    content.mount.dropped(content);
  }
}
