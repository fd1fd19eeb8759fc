// A file of the site that becomes a file of the sandbox: fetched on first use or ahead, checked, once.
import { inflated } from "./inflate.js";

/** @type {WeakMap<Uint8Array, Promise<WebAssembly.Module>>} programs compiled before anybody runs them */
const compiled = new WeakMap();

/**
 * @param {Uint8Array} bytes as a Download has them
 * @returns {Promise<WebAssembly.Module> | undefined} the program they are, where it was compiled ahead
 */
export function compiledAhead(bytes) {
  return compiled.get(bytes);
}

/** @param {ArrayBuffer} buffer */
async function sha256(buffer) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", buffer));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A download that has failed is tried again when it is wanted after so long, milliseconds. */
const RETRY_MS = 1000;

/**
 * How a download from the network goes. `total` is what it has on the wire, 0 where the server does not say it;
 * `error` says why it has failed.
 * @typedef {{ url: string, loaded: number, total: number, done: boolean, error: string }} DownloadEvent
 */

/** What is told at most that often, milliseconds. */
const TELL_MS = 100;

/** One file to come. `bytes` is set when it is here. */
export class Download {
  /**
   * @param {string} url may be gzipped there
   * @param {number} size bytes, unpacked
   * @param {string} hash sha256 of the unpacked file, hexadecimal
   * @param {import("./shelf.js").Shelf | null} shelf where the browser keeps it between visits
   * @param {(event: DownloadEvent) => void} [tell] hears how it goes, where it comes from the network
   */
  constructor(url, size, hash, shelf, tell) {
    this.url = url;
    this.size = size;
    this.hash = hash;
    this.shelf = shelf;
    this.tell = tell;
    /** @type {Uint8Array<ArrayBuffer> | null} */
    this.bytes = null;
    this.failedMs = -Infinity;
    /** Why it has failed, the last time. */
    this.failure = "";
    /** @type {Promise<void> | null} */
    this.running = null;
  }

  /** @returns {boolean} whether it cannot be had at the moment */
  hasFailed() {
    return !this.bytes && performance.now() - this.failedMs < RETRY_MS;
  }

  /**
   * Starts the download unless it is under way or done.
   * @param {(loaded: number) => void} [onBytes] hears the length of every piece that arrives, as it is on the wire
   * @returns {Promise<void>} settles when `bytes` is set or it `hasFailed`; never rejects
   */
  start(onBytes) {
    this.running ??= this.#load(onBytes).catch((error) => {
      this.failedMs = performance.now();
      this.failure = error.message;
      this.running = null;
      console.error(`tabux: ${this.url}: ${error.message}`);
      this.tell?.({ url: this.url, loaded: 0, total: 0, done: true, error: error.message });
    });
    return this.running;
  }

  /**
   * Starts the download of a program and compiles it, so that its first start need not wait.
   * @param {(loaded: number) => void} onBytes hears the length of every piece that arrives
   */
  async prepare(onBytes) {
    await this.start(onBytes);
    if (!this.bytes) return;
    const module = WebAssembly.compile(this.bytes);
    module.catch(() => {}); // told of when it is run
    compiled.set(this.bytes, module);
  }

  /** @param {() => void} ready */
  whenSettled(ready) {
    this.start().then(ready);
  }

  /** @param {((loaded: number) => void)} [onBytes] */
  async #load(onBytes) {
    const kept = await this.shelf?.take(this.url);
    if (kept) {
      try {
        this.bytes = await this.#checked(kept, onBytes);
        return;
      } catch (error) {
        console.warn(`tabux: ${this.url}: what was kept of it is of no use:`, error);
        await this.shelf?.drop(this.url);
      }
    }
    const response = await fetch(this.url);
    const copy = this.shelf && response.ok ? response.clone() : null;
    this.bytes = await this.#checked(response, onBytes ?? this.#told(response));
    this.tell?.({ url: this.url, loaded: this.size, total: this.size, done: true, error: "" });
    if (copy) void this.shelf?.put(this.url, copy);
  }

  /**
   * Counts what comes for who listens.
   * @param {Response} response
   */
  #told(response) {
    const { tell, url } = this;
    if (!tell) return undefined;
    // (the length is that of what a host has compressed on the way, which nobody counts)
    const length = response.headers.has("Content-Encoding") ? 0 : response.headers.get("Content-Length");
    const total = Number(length ?? 0);
    let loaded = 0;
    let toldMs = performance.now();
    tell({ url, loaded, total, done: false, error: "" });
    return (/** @type {number} */ came) => {
      loaded += came;
      if (performance.now() - toldMs < TELL_MS) return;
      toldMs = performance.now();
      tell({ url, loaded, total, done: false, error: "" });
    };
  }

  /**
   * @param {Response} response
   * @param {((loaded: number) => void)} [onBytes]
   * @returns {Promise<Uint8Array<ArrayBuffer>>} the unpacked file
   * @throws {Error} it is not the file of the manifest
   */
  async #checked(response, onBytes) {
    const stream = await inflated(response, onBytes);
    const bytes = new Uint8Array(this.size);
    let length = 0;
    for (const reader = stream.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      if (length + value.length > this.size) throw new Error(`longer than the ${this.size} bytes of the manifest`);
      bytes.set(value, length);
      length += value.length;
    }
    if (length !== this.size) throw new Error(`${length} bytes came instead of ${this.size}`);
    // crypto.subtle exists only in a secure context; elsewhere the checksum of gzip must do
    if (globalThis.crypto?.subtle && (await sha256(bytes.buffer)) !== this.hash)
      throw new Error("its hash is not the one in the manifest: the download is corrupted, reload the page");
    return bytes;
  }
}
