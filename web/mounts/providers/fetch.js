// A read-only tree of files that are fetched when they are first read.
import { coded } from "../errors.js";

/** @typedef {import("../provider.js").Provider} Provider */
/** @typedef {import("../provider.js").ProviderEntry} ProviderEntry */

/**
 * One file: `url`, if not given, is its path below the base address; `size`, if not given, is asked for when its
 * directory is first listed.
 * @typedef {{ size?: number, url?: string, modifiedMs?: number }} FetchedFile
 */

/** So many bytes of whole files are kept for reads that follow. */
const KEEP = 32 * 1024 * 1024;

/** @implements {Provider} */
export class FetchProvider {
  #base;
  /** @type {Map<string, FetchedFile>} */
  #files;
  /** @type {Map<string, Map<string, "file" | "dir">>} what is in each directory */
  #directories = new Map([["", new Map()]]);
  /** @type {Map<string, Promise<Uint8Array>>} files that have been fetched, the oldest first */
  #fetched = new Map();
  #kept = 0;
  #madeMs = Date.now();

  /**
   * @param {string} base address, absolute
   * @param {Record<string, FetchedFile>} index by path
   */
  constructor(base, index) {
    this.#base = base;
    this.#files = new Map(Object.entries(index).map(([path, file]) => [path, { ...file }]));
    for (const path of this.#files.keys()) this.#enter(path, "file");
  }

  /** @param {string} path @param {"file" | "dir"} type */
  #enter(path, type) {
    const slash = path.lastIndexOf("/");
    const above = path.slice(0, Math.max(0, slash));
    if (!this.#directories.has(above)) {
      this.#directories.set(above, new Map());
      this.#enter(above, "dir");
    }
    this.#directories.get(above)?.set(path.slice(slash + 1), type);
  }

  /** @param {string} path @returns {string} */
  #url(path) {
    const relative = this.#files.get(path)?.url ?? path.split("/").map(encodeURIComponent).join("/");
    return new URL(relative, this.#base).href;
  }

  /** @param {string} path @returns {Promise<ProviderEntry[]>} */
  async list(path) {
    const names = this.#directories.get(path);
    if (!names) throw coded("ENOENT", path);
    return Promise.all(
      [...names].map(async ([name, type]) => {
        if (type === "dir") return { name, type, modifiedMs: this.#madeMs };
        const whole = path ? `${path}/${name}` : name;
        const { size = await this.#size(whole), modifiedMs = this.#madeMs } = this.#files.get(whole) ?? {};
        return { name, type, size, modifiedMs };
      }),
    );
  }

  /** @param {string} path @returns {Promise<number>} */
  async #size(path) {
    const file = /** @type {FetchedFile} */ (this.#files.get(path));
    const response = await fetch(this.#url(path), { method: "HEAD" });
    if (!response.ok) throw coded("EIO", `${response.url}: ${response.status}`);
    const length = response.headers.get("Content-Length");
    // (of a compressed answer that is not the size of the file)
    const told = length !== null && !response.headers.has("Content-Encoding");
    file.size = told ? Number(length) : (await this.#whole(path)).length;
    return file.size;
  }

  /** @param {string} path @returns {Promise<Uint8Array>} */
  #whole(path) {
    let whole = this.#fetched.get(path);
    if (!whole) {
      whole = this.#fetch(path);
      this.#fetched.set(path, whole);
      whole.then(
        ({ length }) => this.#keep(length),
        () => this.#fetched.delete(path),
      );
    }
    return whole;
  }

  /** @param {number} length of what has just come */
  async #keep(length) {
    this.#kept += length;
    for (const [path, whole] of this.#fetched) {
      if (this.#kept <= KEEP || this.#fetched.size === 1) break;
      this.#fetched.delete(path);
      this.#kept -= (await whole).length;
    }
  }

  /** @param {string} path @returns {Promise<Uint8Array>} */
  async #fetch(path) {
    const response = await fetch(this.#url(path));
    if (!response.ok) throw coded("EIO", `${response.url}: ${response.status}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const file = this.#files.get(path);
    if (file?.size !== undefined && file.size !== bytes.length) {
      const message = `${response.url}: ${bytes.length} bytes came instead of ${file.size}`;
      file.size = bytes.length;
      throw coded("EIO", message);
    }
    return bytes;
  }

  /** @param {string} path @param {number} offset @param {number} length */
  async read(path, offset, length) {
    return (await this.#whole(path)).slice(offset, offset + length);
  }

  space() {
    let totalBytes = 0;
    for (const { size = 0 } of this.#files.values()) totalBytes += size;
    return { totalBytes, freeBytes: 0 };
  }
}
