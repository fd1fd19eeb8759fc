/** Text and bytes. All text is UTF-8; what is not becomes U+FFFD when read as text. */

import { InvalidArgumentError } from "./errors.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** @typedef {string | ArrayBuffer | ArrayBufferView} Data What can be given as the content of something. */

/**
 * A new array of the bytes of `data`, whose buffer is nobody else's and may be transferred.
 * @param {unknown} data
 * @param {string} name The argument's name, for messages.
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function encode(data, name) {
  if (typeof data === "string") return encoder.encode(data);
  if (data instanceof ArrayBuffer) return new Uint8Array(data.slice(0));
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  throw new InvalidArgumentError(`${name} must be a string, an ArrayBuffer or a typed array`);
}

/**
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function decode(bytes) {
  return decoder.decode(bytes);
}

/**
 * A decoder of text that arrives in pieces, which may end within a character.
 * @returns {TextDecoder}
 */
export function streamDecoder() {
  return new TextDecoder("utf-8", { ignoreBOM: true });
}
