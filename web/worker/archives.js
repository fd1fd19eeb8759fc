// Archives of the sandbox's files, and files from archives.
import { BLOCKED } from "../gate/errno.js";
import { latin1 } from "../gate/latin1.js";
import { apiError } from "./errors.js";
import { FileAccess } from "./files.js";
import { kernelText } from "./launch.js";
import { pack } from "./pack.js";
import { unpack } from "./unpack.js";

/** @typedef {import("./boot.js").System} System */
/** @typedef {import("../client/kernel.js").Packed} Packed */
/** @typedef {import("../client/kernel.js").Extracted} Extracted */

export class Archives {
  #files;

  /** @param {System} system */
  constructor(system) {
    this.system = system;
    this.#files = new FileAccess(system);
  }

  /**
   * All that differs from the site's own files. Each file is as it was at one moment; what programs do meanwhile may be
   * in the archive or not.
   * @returns {Promise<Packed>}
   */
  async export() {
    return this.#pack("", "/", "export");
  }

  /**
   * Files and directories with all that is in them, as `tar -cz` takes them.
   * @param {(string | Uint8Array)[]} paths from `cwd`; bytes where a name may be no text
   * @param {string} cwd
   * @returns {Promise<Packed>}
   */
  async archive(paths, cwd) {
    const texts = paths.map((path) => (typeof path === "string" ? kernelText(path) : latin1(path)));
    return this.#pack(texts.map((text) => `${text}\0`).join(""), kernelText(cwd), texts.join(" "));
  }

  /**
   * @param {string} paths in the kernel's form, each ended by NUL
   * @param {string} cwd
   * @param {string} what for the message
   */
  async #pack(paths, cwd, what) {
    const [passwd, group] = [await this.#text("/etc/passwd"), await this.#text("/etc/group")];
    const { gate, api } = this.system;
    gate.report();
    const number = await gate.mounts.settled(() => api.pack(paths, cwd, passwd, group), BLOCKED);
    if (number < 0) throw apiError(number, what);
    return pack(this.system, number);
  }

  /**
   * @param {string} path
   * @returns {Promise<string>} what the file holds, one character for each byte; nothing where it cannot be read
   */
  async #text(path) {
    try {
      return latin1(await this.#files.read(path));
    } catch {
      return ""; // then there are no names of users in the archive
    }
  }

  /**
   * Extracts a tar file, compressed by gzip or not.
   * @param {Blob} archive
   * @param {string} to a directory
   * @param {boolean} isOwners whether all of it belongs to the sandbox's user, and the directory is made if need be
   * @returns {Promise<Extracted>}
   * @throws {Error} ArchiveError, NoSpaceError: what came before is there
   */
  async extract(archive, to, isOwners) {
    const { gate, api } = this.system;
    gate.report();
    const number = await gate.mounts.settled(() => api.extract(kernelText(to), isOwners ? 1 : 0), BLOCKED);
    if (number < 0) throw apiError(number, to);
    return unpack(this.system, number, archive);
  }
}
