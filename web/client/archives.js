/** Archives: what callers hand in as one, and what is told of what an archive does not have. */

import { InvalidArgumentError } from "./errors.js";

/** A .tar or .tar.gz, as bytes or as a stream of them. */
/** @typedef {Blob | ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>} Archive */

/**
 * The archive as a Blob, which the browser may keep on disk.
 * @param {unknown} value
 * @param {string} name of the argument, for the message
 * @returns {Promise<Blob>}
 */
export async function archiveBlob(value, name) {
  if (value instanceof Blob) return value;
  if (value instanceof Uint8Array) return new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (value)]);
  if (value instanceof ReadableStream) return new Response(value).blob();
  throw new InvalidArgumentError(`${name} must be a Blob, a Uint8Array or a ReadableStream of bytes`);
}

/**
 * Tells the console what is not as one would think.
 * @param {string} what was done
 * @param {string[]} notes
 */
export function warn(what, notes) {
  for (const note of notes) console.warn(`tabux: ${what}: ${note}`);
}
