// A file that runs a function of JavaScript: how it begins, and what execve makes of it.
import { latin1 } from "./latin1.js";

/** How such a file begins; the function's name follows, up to a newline. */
const MAGIC = "\0tabux-host\n";

/** @param {string} name @returns {string} the file that runs the host function of that name */
export function hostFile(name) {
  return `${MAGIC}${name}\n`;
}

/**
 * @param {Uint8Array} head the first bytes of a file
 * @returns {string | null} the name of its host function
 */
export function hostName(head) {
  if (head[0] !== 0) return null;
  const text = latin1(head);
  const end = text.indexOf("\n", MAGIC.length);
  return text.startsWith(MAGIC) && end > 0 ? text.slice(MAGIC.length, end) : null;
}

/** What execve finds in such a file; takes the place of a compiled module. */
export class HostImage {
  /**
   * @param {string} key what the file names; a path where that tells two functions of one name
   *   apart
   * @param {import("./host-program.js").HostFunction} run
   */
  constructor(key, run) {
    this.name = key.slice(key.lastIndexOf("/") + 1);
    this.run = run;
    // like a foreign module: no memory of the pool, no Asyncify
    this.native = false;
    this.forks = false;
  }
}
