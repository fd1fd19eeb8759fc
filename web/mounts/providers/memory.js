// Files in an object of the page: contents by path. What programs write is there; what the page puts there is seen.
import { coded } from "../errors.js";

/** @typedef {import("../provider.js").Provider} Provider */
/** @typedef {import("../provider.js").ProviderEntry} ProviderEntry */
/** @typedef {import("../provider.js").ProviderPart} ProviderPart */
/** @typedef {Record<string, string | Uint8Array>} MemoryFiles a key that ends with "/" is a directory */
/** @typedef {{ value: string | Uint8Array, bytes: Uint8Array, modifiedMs: number }} Seen */

const encoder = new TextEncoder();
/** What the files may take, bytes. */
const TOTAL = 2 ** 31;

/** @implements {Provider} */
export class MemoryProvider {
  #files;
  /** @type {Map<string, Seen>} contents as they were last seen, by path */
  #seen = new Map();
  /** @type {Map<string, number>} */
  #directoryMs = new Map();

  /** @param {MemoryFiles} files */
  constructor(files) {
    this.#files = files;
  }

  /** @param {string} path @returns {Seen | undefined} */
  #content(path) {
    if (!Object.hasOwn(this.#files, path)) {
      this.#seen.delete(path);
      return undefined;
    }
    const value = this.#files[path];
    let seen = this.#seen.get(path);
    if (seen?.value !== value) {
      const bytes = typeof value === "string" ? encoder.encode(value) : value;
      seen = { value, bytes, modifiedMs: Date.now() };
      this.#seen.set(path, seen);
    }
    return seen;
  }

  /** @param {string} path @param {Uint8Array} bytes nobody else's @returns {Seen} */
  #put(path, bytes) {
    // (not by assignment: a program may call a file "__proto__")
    Object.defineProperty(this.#files, path, { value: bytes, writable: true, enumerable: true, configurable: true });
    const seen = { value: bytes, bytes, modifiedMs: Date.now() };
    this.#seen.set(path, seen);
    return seen;
  }

  /** @param {string} path @returns {boolean} whether it is a directory */
  #isDirectory(path) {
    if (!path || Object.hasOwn(this.#files, `${path}/`)) return true;
    return Object.keys(this.#files).some((key) => key.startsWith(`${path}/`));
  }

  /** A directory stays when the last file in it has gone. @param {string} path of what is in it */
  #keepAbove(path) {
    const above = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    if (above && !this.#isDirectory(above)) this.#put(`${above}/`, new Uint8Array(0));
  }

  /** @param {string} path @returns {ProviderEntry[]} */
  list(path) {
    if (!this.#isDirectory(path)) throw coded("ENOENT", path);
    const prefix = path ? `${path}/` : "";
    /** @type {Map<string, ProviderEntry>} */
    const entries = new Map();
    for (const key of Object.keys(this.#files)) {
      if (!key.startsWith(prefix) || key === prefix) continue;
      const rest = key.slice(prefix.length);
      const slash = rest.indexOf("/");
      const name = slash < 0 ? rest : rest.slice(0, slash);
      if (slash >= 0) {
        const whole = prefix + name;
        if (!this.#directoryMs.has(whole)) this.#directoryMs.set(whole, Date.now());
        entries.set(name, { name, type: "dir", modifiedMs: this.#directoryMs.get(whole) });
        continue;
      }
      const { bytes, modifiedMs } = /** @type {Seen} */ (this.#content(key));
      entries.set(name, { name, type: "file", size: bytes.length, modifiedMs });
    }
    return [...entries.values()];
  }

  /** @param {string} path @param {number} offset @param {number} length */
  read(path, offset, length) {
    const content = this.#content(path);
    if (!content) throw coded("ENOENT", path);
    return content.bytes.subarray(offset, offset + length);
  }

  /** @param {string} path @param {ProviderPart[]} parts @param {number} [size] */
  write(path, parts, size) {
    if (this.#isDirectory(path)) throw coded("EISDIR", path);
    const before = this.#content(path);
    const old = before?.bytes ?? new Uint8Array(0);
    if (before && parts.length === 0 && size === undefined) return { modifiedMs: before.modifiedMs };
    const end = parts.reduce((most, { offset, bytes }) => Math.max(most, offset + bytes.length), old.length);
    let bytes;
    try {
      bytes = new Uint8Array(size ?? end);
    } catch {
      throw coded("ENOSPC", `${path}: ${size} bytes are too many`);
    }
    bytes.set(old.length > bytes.length ? old.subarray(0, bytes.length) : old);
    for (const part of parts) bytes.set(part.bytes, part.offset);
    return { modifiedMs: this.#put(path, bytes).modifiedMs };
  }

  /** @param {string} path */
  makeDir(path) {
    if (this.#isDirectory(path) || Object.hasOwn(this.#files, path)) throw coded("EEXIST", path);
    this.#put(`${path}/`, new Uint8Array(0));
  }

  /** @param {string} path */
  remove(path) {
    const keys = [path, `${path}/`].filter((key) => Object.hasOwn(this.#files, key));
    if (Object.keys(this.#files).some((key) => key.startsWith(`${path}/`) && key !== `${path}/`))
      throw coded("ENOTEMPTY", path);
    if (!keys.length) throw coded("ENOENT", path);
    for (const key of keys) delete this.#files[key];
    this.#keepAbove(path);
  }

  /** @param {string} from @param {string} to */
  rename(from, to) {
    const isFile = Object.hasOwn(this.#files, from);
    const keys = isFile ? [from] : Object.keys(this.#files).filter((key) => key.startsWith(`${from}/`));
    if (!keys.length) throw coded("ENOENT", from);
    for (const key of keys) {
      const seen = /** @type {Seen} */ (this.#content(key));
      delete this.#files[key];
      const { modifiedMs } = seen;
      this.#put(to + key.slice(from.length), seen.bytes).modifiedMs = modifiedMs;
    }
    this.#keepAbove(from);
  }

  /** @param {string} path @param {number} modifiedMs */
  setTimes(path, modifiedMs) {
    const content = this.#content(path);
    if (content) content.modifiedMs = modifiedMs;
    else if (this.#isDirectory(path)) this.#directoryMs.set(path, modifiedMs);
    else throw coded("ENOENT", path);
  }

  space() {
    let used = 0;
    for (const key of Object.keys(this.#files)) used += this.#content(key)?.bytes.length ?? 0;
    return { totalBytes: TOTAL, freeBytes: Math.max(0, TOTAL - used) };
  }
}
