// Bytes as text and back: the kernel's strings have one character for each byte.

/**
 * Bytes as a string of the same length, one character each.
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function latin1(bytes) {
  if (bytes.length <= 8192) return String.fromCharCode.apply(null, /** @type {any} */ (bytes));
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192)
    text += String.fromCharCode.apply(null, /** @type {any} */ (bytes.subarray(i, i + 8192)));
  return text;
}

/**
 * The inverse of latin1().
 * @param {string} text of characters up to U+00FF
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function fromLatin1(text) {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
