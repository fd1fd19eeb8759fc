// What commands in the sandbox ask of the page: to run a function of its own, to take a file, to
// give some.

/** @typedef {import("../gate/host-program.js").HostContext} HostContext */
/** @typedef {import("../client/host.js").HostRequest} HostRequest */
/** @typedef {import("../client/host.js").Upload} Upload */

/** The page behind one worker. */
export class PageChannel {
  #ask;
  #last = 0;
  /**
   * @type {Map<number, HostContext>} the processes whose functions run on the page, by the
   *   requests' numbers
   */
  #running = new Map();

  /**
   * @param {(request: HostRequest) => Promise<any>} ask sends a request to the page
   *   (client/host.js)
   */
  constructor(ask) {
    this.#ask = ask;
  }

  /**
   * Runs a function of the page as a command.
   * @param {string} name
   * @param {HostContext} context
   * @returns {Promise<number | undefined>} the exit status
   */
  async command(name, context) {
    const { argv, env, cwd, signal } = context;
    const id = ++this.#last;
    this.#running.set(id, context);
    try {
      return await this.#request({ type: "command", id, name, argv, env, cwd }, signal);
    } finally {
      this.#running.delete(id);
    }
  }

  /**
   * Offers the visitor a file.
   * @param {string} name
   * @param {Blob} blob
   * @param {AbortSignal} signal
   * @returns {Promise<boolean>} false where the page has no way to
   */
  download(name, blob, signal) {
    return this.#request({ type: "download", id: ++this.#last, name, blob }, signal);
  }

  /**
   * Asks the visitor for files.
   * @param {AbortSignal} signal
   * @returns {Promise<Upload[] | null>} null where the page has no way to
   */
  upload(signal) {
    return this.#request({ type: "upload", id: ++this.#last }, signal);
  }

  /**
   * Tells of a file of the site that is fetched because somebody needs it.
   * @param {import("../gate/download.js").DownloadEvent} event
   */
  tell(event) {
    this.#ask({ type: "loading", id: ++this.#last, event }).catch(() => {}); // nobody waits for it
  }

  /**
   * @param {HostRequest & { id: number }} request
   * @param {AbortSignal} signal
   * @returns {Promise<any>} the answer; rejects at once when the signal fires
   */
  #request(request, signal) {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const abort = () => {
        reject(signal.reason);
        this.#ask({ type: "abort", id: request.id }).catch(() => {}); // it may have ended meanwhile
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#ask(request)
        .then(resolve, reject)
        .finally(() => signal.removeEventListener("abort", abort));
    });
  }

  /**
   * Standard input for a function of the page.
   * @param {number} id
   * @param {number} most bytes
   * @returns {Promise<Uint8Array<ArrayBuffer> | null>} null when the process has ended
   * @throws {Error} a typed one
   */
  read(id, most) {
    return this.#while(id, ({ stdin }) => stdin.read(most));
  }

  /**
   * Standard output or error of a function of the page.
   * @param {number} id
   * @param {number} fd 1 or 2
   * @param {Uint8Array} data
   * @returns {Promise<true | null>} null when the process has ended
   * @throws {Error} a typed one
   */
  write(id, fd, data) {
    return this.#while(id, async ({ stdout, stderr }) => {
      await (fd === 1 ? stdout : stderr).write(data);
      return /** @type {const} */ (true);
    });
  }

  /**
   * @template T
   * @param {number} id
   * @param {(context: HostContext) => Promise<T>} action
   * @returns {Promise<T | null>}
   */
  async #while(id, action) {
    const context = this.#running.get(id);
    if (!context || context.signal.aborted) return null;
    try {
      return await action(context);
    } catch (error) {
      if (context.signal.aborted || /** @type {any} */ (error)?.name === "AbortError") return null;
      // only a name that the page knows crosses over with its message
      if (error instanceof Error) error.name = "TabuxError";
      throw error;
    }
  }
}
