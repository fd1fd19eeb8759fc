/** `sandbox.files`: the sandbox's files from outside, with its owner's rights at any path. */

import { archiveBlob, warn } from "./archives.js";
import { decode, encode } from "./bytes.js";
import { moved } from "./connection.js";
import { InvalidArgumentError } from "./errors.js";
import * as check from "./options.js";

/** @typedef {import("./kernel.js").FileInfo} FileInfo */

/** Where relative paths start. */
const HOME = "/home/user";

export class Files {
  #connection;

  /** @param {import("./connection.js").Connection} connection */
  constructor(connection) {
    this.#connection = connection;
  }

  /**
   * Writes a file, replacing what was there; missing directories are made. What is made belongs to the user.
   * @param {string} path
   * @param {import("./bytes.js").Data | Blob} data Text is written as UTF-8. A Blob or File is read in pieces: it may
   *   be larger than memory would bear twice.
   * @returns {Promise<void>}
   */
  async write(path, data) {
    check.path(path, "files.write: path");
    if (data instanceof Blob) {
      return this.#connection.call(() => this.#connection.kernel.filesWrite(path, data));
    }
    const content = encode(data, "files.write: data");
    await this.#connection.call(() => this.#connection.kernel.filesWrite(path, moved(content)));
  }

  /**
   * Reads a file.
   * @overload
   * @param {string} path
   * @param {{ format?: "text" }} [options]
   * @returns {Promise<string>}
   */
  /**
   * @overload
   * @param {string} path
   * @param {{ format: "bytes" }} options
   * @returns {Promise<Uint8Array<ArrayBuffer>>}
   */
  /**
   * @param {string} path
   * @param {{ format?: "text" | "bytes" }} [options]
   * @returns {Promise<string | Uint8Array<ArrayBuffer>>}
   */
  async read(path, options) {
    check.path(path, "files.read: path");
    const { format } = check.checkOptions("files.read", options, { format: checkFormat });
    const content = await this.#connection.call(() => this.#connection.kernel.filesRead(path));
    return format === "bytes" ? content : decode(content);
  }

  /**
   * What is in a directory, without "." and "..".
   * @param {string} path
   * @returns {Promise<FileInfo[]>}
   */
  async list(path) {
    check.path(path, "files.list: path");
    return this.#connection.call(() => this.#connection.kernel.filesList(path));
  }

  /**
   * About a file itself: a symbolic link is not followed.
   * @param {string} path
   * @returns {Promise<FileInfo>}
   */
  async info(path) {
    check.path(path, "files.info: path");
    return this.#connection.call(() => this.#connection.kernel.filesInfo(path));
  }

  /**
   * @param {string} path
   * @returns {Promise<boolean>}
   */
  async exists(path) {
    check.path(path, "files.exists: path");
    return this.#connection.call(() => this.#connection.kernel.filesExists(path));
  }

  /**
   * Makes a directory and those above it; nothing happens if it is there.
   * @param {string} path
   * @returns {Promise<void>}
   */
  async makeDir(path) {
    check.path(path, "files.makeDir: path");
    await this.#connection.call(() => this.#connection.kernel.filesMakeDir(path));
  }

  /**
   * @param {string} from
   * @param {string} to
   * @returns {Promise<void>}
   */
  async rename(from, to) {
    check.path(from, "files.rename: from");
    check.path(to, "files.rename: to");
    await this.#connection.call(() => this.#connection.kernel.filesRename(from, to));
  }

  /**
   * Waits until everything written before is on disk, as fsync does (strict durability). In a volatile sandbox there
   * is nothing to wait for.
   * @returns {Promise<void>}
   * @throws {NoSpaceError} the browser has no space left for it
   * @throws {StorageError} it could not be saved; `sandbox.session.reason` says why
   */
  async sync() {
    // (the answer tells how the session is now: the event that does may come later)
    this.#connection.onTold(await this.#connection.call(() => this.#connection.kernel.sync()));
  }

  /**
   * Extracts a tar file, compressed by gzip or not, as if the sandbox's user had called tar in that directory: what comes
   * out belongs to the user.
   * @param {import("./archives.js").Archive} archive
   * @param {{ to?: string }} [options] `to` is the directory, made where it is missing; the user's home if not given.
   * @returns {Promise<import("./kernel.js").Extracted>}
   * @throws {ArchiveError | NoSpaceError} at a member that the message names; what came before it is there
   */
  async extract(archive, options) {
    const { to = HOME } = check.checkOptions("files.extract", options, { to: check.path });
    const blob = await archiveBlob(archive, "files.extract: archive");
    return this.#connection.call(() => this.#connection.kernel.extract(blob, to));
  }

  /**
   * Packs files and directories, with all that is in them, as `tar -cz` does.
   * @param {string | string[]} paths
   * @param {{ cwd?: string }} [options] `cwd` is where relative paths start; the user's home if not given.
   * @returns {Promise<Blob>} a .tar.gz
   * @throws {NotFoundError}
   */
  async archive(paths, options) {
    const { cwd = HOME } = check.checkOptions("files.archive", options, { cwd: check.path });
    const list = Array.isArray(paths) ? paths : [paths];
    if (!list.length) throw new InvalidArgumentError("files.archive: paths must not be empty");
    for (const path of list) check.path(path, "files.archive: paths");
    const { blob, notes } = await this.#connection.call(() => this.#connection.kernel.archive(list, cwd));
    warn("files.archive", notes);
    return blob;
  }

  /**
   * Removes a file, or a directory with all that is in it.
   * @param {string} path
   * @returns {Promise<void>}
   */
  async remove(path) {
    check.path(path, "files.remove: path");
    await this.#connection.call(() => this.#connection.kernel.filesRemove(path));
  }
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {"text" | "bytes"}
 */
function checkFormat(value, name) {
  if (value === "text" || value === "bytes") return value;
  throw new InvalidArgumentError(`${name} must be "text" or "bytes"`);
}
