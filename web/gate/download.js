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

/** One file to come. `bytes` is set when it is here, `failed` when it cannot be had. */
export class Download {
  /**
   * @param {string} url may be gzipped there
   * @param {number} size bytes, unpacked
   * @param {string} hash sha256 of the unpacked file, hexadecimal
   */
  constructor(url, size, hash) {
    this.url = url;
    this.size = size;
    this.hash = hash;
    /** @type {Uint8Array<ArrayBuffer> | null} */
    this.bytes = null;
    /** @type {Error | null} */
    this.failed = null;
    /** @type {Promise<void> | null} */
    this.running = null;
  }

  /**
   * Starts the download unless it has been started.
   * @param {(loaded: number) => void} [onBytes] hears the length of every piece that arrives, as it is on the wire
   * @returns {Promise<void>} settles when `bytes` or `failed` is set; never rejects
   */
  start(onBytes) {
    this.running ??= this.#fetch(onBytes).catch((error) => {
      this.failed = error;
      console.error(`tabux: ${this.url}: ${error.message}`);
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
  async #fetch(onBytes) {
    const stream = await inflated(await fetch(this.url), onBytes);
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
    // crypto.subtle exists only in a secure context; a plain http host goes without the check
    if (globalThis.crypto?.subtle && (await sha256(bytes.buffer)) !== this.hash)
      throw new Error("its hash is not the one in the manifest: the download is corrupted, reload the page");
    this.bytes = bytes;
  }
}
