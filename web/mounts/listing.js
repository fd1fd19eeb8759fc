// What a provider says of a directory, checked: it is somebody else's word.
import { latin1 } from "../gate/latin1.js";
import { coded } from "./errors.js";

/** Longest name, bytes (NAME_MAX), longest link text (PATH_MAX), largest size (Content's). */
const NAME_MAX = 255;
const PATH_MAX = 4096;
const MAX_SIZE = 2 ** 44 - 4096;
/** Times are kept as 64-bit nanoseconds: the year 2262. */
const MAX_MS = 9.2e15 / 1e3;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** @param {string} text @returns {string} in the kernel's form: a character for each byte of its UTF-8 */
export function toKernel(text) {
  return /^[\x00-\x7f]*$/.test(text) ? text : latin1(encoder.encode(text));
}

/** @param {string} text in the kernel's form, made of names that are UTF-8 @returns {string} */
export function fromKernel(text) {
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  return decoder.decode(Uint8Array.from(text, (character) => character.charCodeAt(0)));
}

/** @param {string} message @returns {never} */
function refuse(message) {
  throw coded("EIO", message);
}

/**
 * @param {unknown} value
 * @param {string} what
 * @param {number} most
 * @returns {number}
 */
function count(value, what, most) {
  if (!Number.isSafeInteger(value) || /** @type {number} */ (value) < 0 || /** @type {number} */ (value) > most)
    refuse(`${what} is ${String(value)}`);
  return /** @type {number} */ (value);
}

/**
 * One entry as the kernel takes it: [name, type, size, mtime in ms, mode or -1, link text or null].
 * @typedef {[name: string, type: string, size: number, modifiedMs: number, mode: number, target: string | null]} Entry
 */

/**
 * @param {unknown} answer of a provider's `list`
 * @param {number} now the time of what has none, ms
 * @param {(message: string) => void} warn told of entries that the sandbox cannot name
 * @returns {Entry[]} names in Unicode
 * @throws {Error} EIO with the reason, where it is not a list of entries
 */
export function checked(answer, now, warn) {
  if (!Array.isArray(answer)) refuse("list() did not answer an array");
  /** @type {Entry[]} */
  const entries = [];
  const names = new Set();
  for (const item of answer) {
    if (typeof item !== "object" || item === null) refuse("an entry of list() is not an object");
    const { name, type, size, modifiedMs, mode, target } = item;
    if (typeof name !== "string" || !name || name === "." || name === ".." || /[/\0]|\p{Surrogate}/u.test(name))
      refuse(`list() has an entry of the name ${JSON.stringify(name)}`);
    if (names.has(name)) refuse(`list() has the name ${JSON.stringify(name)} twice`);
    names.add(name);
    if (encoder.encode(name).length > NAME_MAX) {
      warn(`the name ${JSON.stringify(name)} is too long`);
      continue;
    }
    if (type !== "file" && type !== "dir" && type !== "symlink") refuse(`${name}: the type is ${String(type)}`);
    if (modifiedMs !== undefined && !(typeof modifiedMs === "number" && Math.abs(modifiedMs) < MAX_MS))
      refuse(`${name}: modifiedMs is ${String(modifiedMs)}`);
    if (type === "symlink" && !(typeof target === "string" && target && !target.includes("\0")))
      refuse(`${name}: a symbolic link without a target`);
    const text = type === "symlink" ? toKernel(target) : null;
    if (text !== null && text.length >= PATH_MAX) refuse(`${name}: the target is too long`);
    entries.push([
      name,
      type,
      type === "file" ? count(size, `${name}: the size`, MAX_SIZE) : (text?.length ?? 0),
      modifiedMs ?? now,
      mode === undefined ? -1 : count(mode, `${name}: the mode`, 0o777),
      text,
    ]);
  }
  return entries;
}
