// A file of the site that becomes a file of the sandbox: fetched on first use, checked, once.

/** @param {ArrayBuffer} buffer */
async function sha256(buffer) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", buffer));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** One file to come. `bytes` is set when it is here, `failed` when it cannot be had. */
export class Download {
  /**
   * @param {string} url
   * @param {number} size bytes
   * @param {string} hash sha256, hexadecimal
   */
  constructor(url, size, hash) {
    this.url = url;
    this.size = size;
    this.hash = hash;
    /** @type {Uint8Array | null} */
    this.bytes = null;
    /** @type {Error | null} */
    this.failed = null;
    /** @type {Promise<void> | null} */
    this.running = null;
  }

  /**
   * Starts the download unless it has been started.
   * @param {(loaded: number) => void} [onBytes] hears the length of every piece that arrives
   * @returns {Promise<void>} settles when `bytes` or `failed` is set; never rejects
   */
  start(onBytes) {
    this.running ??= this.#fetch(onBytes).catch((error) => {
      this.failed = error;
      console.error(`tabux: ${this.url}: ${error.message}`);
    });
    return this.running;
  }

  /** @param {() => void} ready */
  whenSettled(ready) {
    this.start().then(ready);
  }

  /** @param {((loaded: number) => void)} [onBytes] */
  async #fetch(onBytes) {
    const response = await fetch(this.url);
    if (!response.ok || !response.body) throw new Error(`the server answered ${response.status}`);
    const bytes = new Uint8Array(this.size);
    let length = 0;
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      if (length + value.length > this.size) throw new Error(`longer than the ${this.size} bytes of the manifest`);
      bytes.set(value, length);
      length += value.length;
      onBytes?.(value.length);
    }
    if (length !== this.size) throw new Error(`${length} bytes came instead of ${this.size}`);
    // crypto.subtle exists only in a secure context; a plain http host goes without the check
    if (globalThis.crypto?.subtle && (await sha256(bytes.buffer)) !== this.hash)
      throw new Error("its hash is not the one in the manifest: the download is corrupted, reload the page");
    this.bytes = bytes;
  }
}
