/** `sandbox.files`: the sandbox's files from outside, with its owner's rights at any path. */

import { archiveBlob, warn } from "./archives.js";
import { decode, encode } from "./bytes.js";
import { callable, handedOver, moved } from "./connection.js";
import { InvalidArgumentError } from "./errors.js";
import * as check from "./options.js";

/** @typedef {import("./kernel.js").FileInfo} FileInfo */
/** @typedef {import("./kernel.js").FileEvent} FileEvent */
/** @typedef {import("./bytes.js").Data | Blob | ReadableStream<Uint8Array | string>} FileData */

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
   * @overload
   * @param {string} path
   * @param {FileData} data Text is written as UTF-8. A Blob, a File or a stream is read in pieces: it may be larger
   *   than memory would bear twice.
   * @returns {Promise<void>}
   */
  /**
   * Writes several files, one after the other.
   * @overload
   * @param {{ path: string, data: FileData }[]} files
   * @returns {Promise<void>}
   */
  /**
   * @param {string | { path: string, data: FileData }[]} path
   * @param {FileData} [data]
   * @returns {Promise<void>}
   */
  async write(path, data) {
    if (Array.isArray(path)) {
      const ready = path.map((file) => [check.path(file?.path, "files.write: path"), prepared(file.data)]);
      for (const [name, content] of ready) await this.#write(/** @type {string} */ (name), content);
      return;
    }
    check.path(path, "files.write: path");
    await this.#write(path, prepared(data));
  }

  /** @param {string} path @param {any} content */
  async #write(path, content) {
    await this.#connection.call(() => this.#connection.kernel.filesWrite(path, content));
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
   * @overload
   * @param {string} path
   * @param {{ format: "blob" }} options
   * @returns {Promise<Blob>}
   */
  /**
   * @overload
   * @param {string} path
   * @param {{ format: "stream" }} options
   * @returns {Promise<ReadableStream<Uint8Array<ArrayBuffer>>>} read in pieces, as it is pulled
   */
  /**
   * @param {string} path
   * @param {{ format?: Format }} [options]
   * @returns {Promise<string | Blob | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>>}
   */
  async read(path, options) {
    check.path(path, "files.read: path");
    const { format } = check.checkOptions("files.read", options, { format: checkFormat });
    if (format === "stream") return this.#stream(path);
    const content = await this.#connection.call(() => this.#connection.kernel.filesRead(path));
    if (format === "blob") return new Blob([content]);
    return format === "bytes" ? content : decode(content);
  }

  /** @param {string} path @returns {Promise<ReadableStream<Uint8Array<ArrayBuffer>>>} */
  async #stream(path) {
    const piece = (/** @type {number} */ from) =>
      this.#connection.call(() => this.#connection.kernel.filesReadPiece(path, from));
    // (an error shows at once)
    let next = await piece(0);
    let at = 0;
    return new ReadableStream(
      {
        async pull(controller) {
          if (next.length === 0) return controller.close();
          const { length } = next;
          controller.enqueue(next);
          at += length;
          next = await piece(at);
        },
      },
      { highWaterMark: 0 },
    );
  }

  /**
   * What is in a directory, without "." and "..".
   * @param {string} path
   * @param {{ depth?: number }} [options] `depth`: how many levels; 1 if not given, Infinity for all.
   * @returns {Promise<FileInfo[]>}
   */
  async list(path, options) {
    check.path(path, "files.list: path");
    const { depth = 1 } = check.checkOptions("files.list", options, { depth: check.positive });
    const levels = Math.min(Math.ceil(depth), 0x7fffffff);
    return this.#connection.call(() => this.#connection.kernel.filesList(path, levels));
  }

  /**
   * Copies a file, or a directory with all that is in it; missing directories above are made. Permissions are kept,
   * the copy belongs to the user.
   * @param {string} from
   * @param {string} to The copy itself, not the directory to put it in.
   * @returns {Promise<void>}
   * @throws {InvalidArgumentError} a directory into itself, or something that is neither file, directory nor link
   */
  async copy(from, to) {
    check.path(from, "files.copy: from");
    check.path(to, "files.copy: to");
    await this.#connection.call(() => this.#connection.kernel.filesCopy(from, to));
  }

  /**
   * Sets permission bits.
   * @param {string} path
   * @param {number} mode as 0o755
   * @returns {Promise<void>}
   */
  async chmod(path, mode) {
    check.path(path, "files.chmod: path");
    check.mode(mode, "files.chmod: mode");
    await this.#connection.call(() => this.#connection.kernel.filesChmod(path, mode));
  }

  /**
   * Makes a symbolic link; missing directories above are made.
   * @param {string} target What it says: nothing has to be there.
   * @param {string} path
   * @returns {Promise<void>}
   */
  async symlink(target, path) {
    check.path(target, "files.symlink: target");
    check.path(path, "files.symlink: path");
    await this.#connection.call(() => this.#connection.kernel.filesSymlink(target, path));
  }

  /**
   * Tells of changes to a file, or of what is in a directory, whoever makes them.
   * @param {string} path
   * @param {(events: FileEvent[]) => unknown} callback Hears of what has happened since the last time; when it
   *   returns a promise the next call waits for that.
   * @param {{ recursive?: boolean }} [options] `recursive`: all that is below, too.
   * @returns {Promise<{ stop(): Promise<void> }>}
   * @throws {NotFoundError}
   */
  async watch(path, callback, options) {
    check.path(path, "files.watch: path");
    check.callback(callback, "files.watch: callback");
    const { recursive = false } = check.checkOptions("files.watch", options, { recursive: check.flag });
    const told = async (/** @type {FileEvent[]} */ events) => {
      try {
        await callback(events);
      } catch (error) {
        reportError(error);
      }
    };
    const { kernel } = this.#connection;
    const number = await this.#connection.call(() => kernel.filesWatch(path, recursive, callable(told)));
    return { stop: () => this.#connection.call(() => kernel.filesUnwatch(number)) };
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

/** @typedef {"text" | "bytes" | "blob" | "stream"} Format */

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {Format}
 */
function checkFormat(value, name) {
  if (value === "text" || value === "bytes" || value === "blob" || value === "stream") return value;
  throw new InvalidArgumentError(`${name} must be "text", "bytes", "blob" or "stream"`);
}

/** @param {unknown} data @returns {Blob | ReadableStream | Uint8Array<ArrayBuffer>} to be sent to the worker */
function prepared(data) {
  if (data instanceof Blob) return data;
  if (data instanceof ReadableStream) return handedOver(data);
  return moved(encode(data, "files.write: data"));
}
