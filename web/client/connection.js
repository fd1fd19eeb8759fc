/** The connection to the kernel's worker: starting it, calling it, and failing when it is gone. */

import * as Comlink from "../vendor/comlink.mjs";
import { BootError, SandboxKilledError, TabuxError } from "./errors.js";
import { revive } from "./revive.js";

/** @typedef {import("./kernel.js").KernelApi} KernelApi */

export class Connection {
  /** @type {Worker} */
  #worker;
  /** @type {Set<(reason: TabuxError) => void>} Calls under way. */
  #pending = new Set();
  /** @type {TabuxError | null} Why nothing can be called any more. */
  #closed = null;
  #booted = false;

  /** Hears how the session is, from answers that tell. @type {(told: import("./session.js").Told) => void} */
  onTold = () => {};

  /** Called once, when the connection is closed. */
  onClose = () => {};

  /**
   * The worker's functions. Pass what they return to `call`.
   * @type {Comlink.Remote<KernelApi>}
   */
  kernel;

  /**
   * @param {URL} url The worker's script.
   * @throws {BootError} This page may not start workers from there.
   */
  constructor(url) {
    try {
      this.#worker = startWorker(url);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new BootError(`This page may not start a worker from ${url.href}: ${reason}`, { cause: error });
    }
    this.#worker.addEventListener("error", (event) => {
      // A script that cannot be loaded gives an event without a message.
      const reason = event.message || `${url.href} could not be loaded`;
      this.close(
        this.#booted
          ? new SandboxKilledError(`The kernel failed: ${reason}`)
          : new BootError(`The kernel could not be started: ${reason}`),
      );
    });
    this.kernel = Comlink.wrap(this.#worker);
  }

  /** From now on a failure of the worker is not one of starting it. */
  booted() {
    this.#booted = true;
  }

  /**
   * Makes a call that fails with a typed error, and at once when the connection is closed.
   * @template T
   * @param {() => PromiseLike<T>} send Makes the call; not called when the connection is closed.
   * @returns {Promise<T>}
   */
  call(send) {
    if (this.#closed) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      this.#pending.add(reject);
      send().then(
        (value) => {
          this.#pending.delete(reject);
          resolve(value);
        },
        (error) => {
          this.#pending.delete(reject);
          reject(revive(error));
        },
      );
    });
  }

  /**
   * Ends the worker. Calls under way and later ones fail with `reason`.
   * @param {TabuxError} reason
   */
  close(reason) {
    if (this.#closed) return;
    this.#closed = reason;
    this.#worker.terminate();
    this.onClose();
    for (const reject of this.#pending) reject(reason);
    this.#pending.clear();
  }
}

/**
 * Marks bytes to be moved to the worker instead of copied; the caller must not use them again.
 * @template {Uint8Array<ArrayBuffer>} Bytes
 * @param {Bytes} bytes
 * @returns {Bytes}
 */
export function moved(bytes) {
  return Comlink.transfer(bytes, [bytes.buffer]);
}

/**
 * Marks what has a port or a stream in it, which goes to the worker.
 * @template T
 * @param {T} value
 * @param {MessagePort | ReadableStream} port
 * @returns {T}
 */
export function withPort(value, port) {
  return Comlink.transfer(value, [port]);
}

/**
 * Marks a stream to be moved to the worker.
 * @param {ReadableStream} stream
 * @returns {ReadableStream}
 */
export function handedOver(stream) {
  return Comlink.transfer(stream, [stream]);
}

/**
 * Makes a function, or an object of functions, callable from the worker.
 * @template {((...args: any[]) => unknown) | object} Callback
 * @param {Callback} callback
 * @returns {Callback & Comlink.ProxyMarked}
 */
export function callable(callback) {
  return Comlink.proxy(callback);
}

const WORKER = /** @type {const} */ ({ type: "module", name: "tabux kernel" });

/**
 * Starts a worker from a script of any origin that lets this page read it (CORS).
 * @param {URL} url
 * @returns {Worker}
 * @throws {DOMException} the page's policy forbids it
 */
function startWorker(url) {
  if (url.origin === self.origin) return new Worker(url, WORKER);
  // Browsers start workers from their own origin only: a script of this page imports it.
  const script = `import ${JSON.stringify(url.href)};`;
  // (an opaque origin, as in a frame with sandbox="allow-scripts", cannot load its own blobs as modules)
  if (self.origin === "null") return new Worker(`data:text/javascript,${encodeURIComponent(script)}`, WORKER);
  const local = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  try {
    return new Worker(local, WORKER);
  } finally {
    // (what has been asked for already is not lost by it)
    setTimeout(() => URL.revokeObjectURL(local), 60_000);
  }
}
