/** Output on its way to callbacks, as text or as bytes. */

import { streamDecoder } from "./bytes.js";
import { moved } from "./connection.js";

/**
 * @typedef {object} OutputCallbacks
 * @property {(text: string) => unknown} [onStdout]
 * @property {(text: string) => unknown} [onStderr]
 * @property {(bytes: Uint8Array<ArrayBuffer>) => unknown} [onStdoutBytes]
 * @property {(bytes: Uint8Array<ArrayBuffer>) => unknown} [onStderrBytes]
 */

/** @typedef {import("../worker/listener.js").Parcel} Parcel */

/**
 * @param {Parcel} parcel
 * @returns {{ fd: number, chunk: Uint8Array<ArrayBuffer> }[]} views
 */
export function piecesOf({ bytes, pieces }) {
  let at = 0;
  return pieces.map(({ fd, length }) => ({ fd, chunk: bytes.subarray(at, (at += length)) }));
}

/** Hands standard output and error to callbacks as they come. */
export class ToldOutput {
  #streams;

  /** @param {OutputCallbacks} callbacks */
  constructor({ onStdout, onStderr, onStdoutBytes, onStderrBytes }) {
    this.#streams = [new Stream(onStdout, onStdoutBytes), new Stream(onStderr, onStderrBytes)];
    /** Whether anybody listens. */
    this.wanted = Boolean(onStdout || onStderr || onStdoutBytes || onStderrBytes);
  }

  /**
   * Called by the worker.
   * @param {Parcel} parcel
   * @returns {Promise<Uint8Array<ArrayBuffer>>} the bytes, given back when the callbacks have taken
   *   them: the command is made to wait for what they return
   */
  take = async (parcel) => {
    await this.tell(parcel);
    return moved(parcel.bytes);
  };

  /** @param {Parcel} parcel @returns {Promise<unknown>} when the callbacks have taken it */
  tell(parcel) {
    return Promise.all(piecesOf(parcel).map(({ fd, chunk }) => this.#streams[fd - 1].take(chunk)));
  }

  /** There is no more. */
  finish() {
    for (const stream of this.#streams) stream.finish();
  }
}

/** One stream. */
class Stream {
  #onText;
  #onBytes;
  #decoder = streamDecoder();

  /**
   * @param {OutputCallbacks["onStdout"]} onText
   * @param {OutputCallbacks["onStdoutBytes"]} onBytes
   */
  constructor(onText, onBytes) {
    this.#onText = onText;
    this.#onBytes = onBytes;
  }

  /** @param {Uint8Array<ArrayBuffer>} chunk @returns {unknown} */
  take(chunk) {
    const taken = this.#onText && this.#tell(this.#decoder.decode(chunk, { stream: true }));
    // (a copy: the chunk is part of what goes back to the worker)
    return this.#onBytes ? Promise.all([taken, given(this.#onBytes, chunk.slice())]) : taken;
  }

  finish() {
    if (this.#onText) void this.#tell(this.#decoder.decode());
  }

  /** @param {string} text @returns {unknown} */
  #tell(text) {
    return text && this.#onText ? given(this.#onText, text) : undefined;
  }
}

/**
 * @template T
 * @param {(value: T) => unknown} callback
 * @param {T} value
 * @returns {unknown} what is to be waited for
 */
function given(callback, value) {
  try {
    const taken = callback(value);
    if (taken instanceof Promise) return taken.catch(reportError);
  } catch (error) {
    reportError(error); // the caller's fault is not the command's
  }
  return undefined;
}
