// What the page remembers of its sessions outside of their databases: a generation each. When a
// database is missing, or older than that, then the browser has deleted something, and this is no
// first visit.
import { witnessKey } from "./format.js";

/**
 * @param {string} baseUrl of the site
 * @param {string} name of the session
 * @returns {{ generation: number } | null} null when the page has never seen it, or may keep
 *   nothing
 */
export function witnessed(baseUrl, name) {
  const kept = storage()?.getItem(witnessKey(baseUrl, name));
  return kept ? { generation: Number(kept) } : null;
}

/**
 * @param {string} baseUrl of the site
 * @param {string} name of the session
 * @param {number} generation that is on the disk; 0: none is known to be
 */
export function witness(baseUrl, name, generation) {
  if (!generation) return;
  try {
    storage()?.setItem(witnessKey(baseUrl, name), String(generation));
  } catch (error) {
    // full: without a witness a loss may go unnoticed, but nothing is lost by that
    console.warn("tabux: localStorage takes no note of the session:", error);
  }
}

/**
 * The session has been deleted on purpose.
 * @param {string} baseUrl of the site
 * @param {string} name of the session
 */
export function forget(baseUrl, name) {
  storage()?.removeItem(witnessKey(baseUrl, name));
}

/** @returns {Storage | null} null where the browser refuses it */
function storage() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
