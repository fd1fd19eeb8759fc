/** Output on its way to callbacks, as text. */

import { streamDecoder } from "./bytes.js";
import { moved } from "./connection.js";

/** @typedef {((text: string) => unknown) | undefined} OutputCallback */

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

  /**
   * @param {OutputCallback} onStdout
   * @param {OutputCallback} onStderr
   */
  constructor(onStdout, onStderr) {
    this.#streams = [new Stream(onStdout), new Stream(onStderr)];
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
  #callback;
  #decoder = streamDecoder();

  /** @param {OutputCallback} callback */
  constructor(callback) {
    this.#callback = callback;
  }

  /** @param {Uint8Array} chunk @returns {unknown} */
  take(chunk) {
    return this.#give(this.#decoder.decode(chunk, { stream: true }));
  }

  finish() {
    void this.#give(this.#decoder.decode());
  }

  /** @param {string} text @returns {unknown} */
  #give(text) {
    if (!text || !this.#callback) return undefined;
    try {
      const taken = this.#callback(text);
      if (taken instanceof Promise) return taken.catch(reportError);
    } catch (error) {
      reportError(error); // the caller's fault is not the command's
    }
    return undefined;
  }
}
