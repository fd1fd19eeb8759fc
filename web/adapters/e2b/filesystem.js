/** E2B's `sandbox.files` on tabux's. */

import { FILE_CLASSES, FileNotFoundError, InvalidArgumentError, checkUser, translated } from "./errors.js";

/** @typedef {import("../../client/kernel.js").FileInfo} NativeInfo */
/** @typedef {import("./commands.js").RequestOptions & { user?: string }} FileOptions */
/** @typedef {string | ArrayBuffer | Blob | ReadableStream} Data */

/** The kinds of files. */
export const FileType = /** @type {const} */ ({ FILE: "file", DIR: "dir", SYMLINK: "symlink" });

/** The kinds of changes. */
export const FilesystemEventType = /** @type {const} */ ({
  CHMOD: "chmod",
  CREATE: "create",
  REMOVE: "remove",
  RENAME: "rename",
  WRITE: "write",
});

/**
 * @typedef {object} WriteInfo
 * @property {string} name
 * @property {typeof FileType[keyof typeof FileType]} [type]
 * @property {string} path
 * @property {Record<string, string>} [metadata]
 *
 * @typedef {object} More
 * @property {number} size
 * @property {number} mode
 * @property {string} permissions as `ls` shows them, without the kind
 * @property {string} owner
 * @property {string} group
 * @property {Date} [modifiedTime]
 * @property {string} [symlinkTarget]
 *
 * @typedef {WriteInfo & More} EntryInfo
 *
 * @typedef {object} FilesystemEvent
 * @property {string} name Its path from the directory that is watched.
 * @property {typeof FilesystemEventType[keyof typeof FilesystemEventType]} type
 * @property {EntryInfo} [entry]
 *
 * @typedef {object} WatchOptions
 * @property {number} [timeoutMs] 60 seconds if not given; 0: none.
 * @property {(error?: Error) => void | Promise<void>} [onExit]
 * @property {boolean} [recursive]
 * @property {boolean} [includeEntry] Whether events tell of the file as it is then.
 */

/** How long E2B watches. */
const WATCH_MS = 60_000;

/** @type {Record<number, string>} */
const NAMES = { 0: "root", 1000: "user" };

export class Filesystem {
  #native;

  /** @param {import("../../tabux.js").Sandbox} native */
  constructor(native) {
    this.#native = native;
  }

  /**
   * @overload
   * @param {string} path
   * @param {FileOptions & { format?: "text" }} [opts]
   * @returns {Promise<string>}
   */
  /**
   * @overload
   * @param {string} path
   * @param {FileOptions & { format: "bytes" }} opts
   * @returns {Promise<Uint8Array>}
   */
  /**
   * @overload
   * @param {string} path
   * @param {FileOptions & { format: "blob" }} opts
   * @returns {Promise<Blob>}
   */
  /**
   * @overload
   * @param {string} path
   * @param {FileOptions & { format: "stream" }} opts
   * @returns {Promise<ReadableStream<Uint8Array>>}
   */
  /**
   * @param {string} path
   * @param {FileOptions & { format?: "text" | "bytes" | "blob" | "stream" }} [opts]
   * @returns {Promise<string | Uint8Array | Blob | ReadableStream<Uint8Array>>}
   */
  async read(path, opts) {
    checkUser(opts);
    const options = /** @type {{ format: "bytes" }} */ ({ format: opts?.format ?? "text" });
    return this.#call(this.#native.files.read(path, options));
  }

  /**
   * Writes a file, or several; missing directories are made.
   * @overload
   * @param {string} path
   * @param {Data} data
   * @param {FileOptions} [opts]
   * @returns {Promise<WriteInfo>}
   */
  /**
   * @overload
   * @param {{ path: string, data: Data }[]} files
   * @param {FileOptions} [opts]
   * @returns {Promise<WriteInfo[]>}
   */
  /**
   * @param {string | { path: string, data: Data }[]} path
   * @param {Data | FileOptions} [data]
   * @param {FileOptions} [opts]
   * @returns {Promise<WriteInfo | WriteInfo[]>}
   */
  async write(path, data, opts) {
    if (Array.isArray(path)) return this.writeFiles(path, /** @type {FileOptions} */ (data));
    return (await this.writeFiles([{ path, data: /** @type {Data} */ (data) }], opts))[0];
  }

  /**
   * @param {{ path: string, data: Data }[]} files
   * @param {FileOptions & { metadata?: Record<string, string> }} [opts]
   * @returns {Promise<WriteInfo[]>}
   */
  async writeFiles(files, opts) {
    checkUser(opts);
    if (opts?.metadata) throw new InvalidArgumentError("metadata: files have no metadata here");
    await this.#call(this.#native.files.write(files));
    return Promise.all(files.map(async ({ path }) => writeInfo(await this.#call(this.#native.files.info(path)))));
  }

  /**
   * @param {string} path
   * @param {FileOptions & { depth?: number }} [opts] `depth`: how many levels; 1 if not given.
   * @returns {Promise<EntryInfo[]>}
   */
  async list(path, opts) {
    checkUser(opts);
    const listed = await this.#call(this.#native.files.list(path, { depth: opts?.depth }));
    return Promise.all(listed.map((info) => this.#entry(info)));
  }

  /** @param {string} path @param {FileOptions} [opts] @returns {Promise<boolean>} false: it was there */
  async makeDir(path, opts) {
    checkUser(opts);
    const there = await this.exists(path);
    await this.#call(this.#native.files.makeDir(path));
    return !there;
  }

  /** @param {string} oldPath @param {string} newPath @param {FileOptions} [opts] @returns {Promise<EntryInfo>} */
  async rename(oldPath, newPath, opts) {
    checkUser(opts);
    await this.#call(this.#native.files.rename(oldPath, newPath));
    return this.getInfo(newPath);
  }

  /** @param {string} path @param {FileOptions} [opts] @returns {Promise<void>} */
  async remove(path, opts) {
    checkUser(opts);
    await this.#call(this.#native.files.remove(path));
  }

  /** @param {string} path @param {FileOptions} [opts] @returns {Promise<boolean>} */
  async exists(path, opts) {
    checkUser(opts);
    return this.#call(this.#native.files.exists(path));
  }

  /** @param {string} path @param {FileOptions} [opts] @returns {Promise<EntryInfo>} */
  async getInfo(path, opts) {
    checkUser(opts);
    return this.#entry(await this.#call(this.#native.files.info(path)));
  }

  /**
   * Tells of changes in a directory until `stop` is called, or `timeoutMs` is over.
   * @param {string} path
   * @param {(event: FilesystemEvent) => void | Promise<void>} onEvent
   * @param {FileOptions & WatchOptions} [opts]
   * @returns {Promise<{ stop(): Promise<void> }>}
   * @throws {InvalidArgumentError} it is no directory
   */
  async watchDir(path, onEvent, opts = {}) {
    checkUser(opts);
    const { recursive, includeEntry, timeoutMs = WATCH_MS, onExit } = opts;
    const { path: root, type } = await this.#call(this.#native.files.info(path));
    if (type === "file") throw new InvalidArgumentError(`${path} is not a directory`);
    const watch = await this.#call(
      this.#native.files.watch(path, async (events) => {
        for (const event of events) {
          if (event.type === "overflow") continue; // (E2B has no word for it)
          const entry = includeEntry ? await this.#found(`${root}/${event.path}`) : undefined;
          await onEvent({ name: event.path, type: event.type, ...(entry && { entry }) });
        }
      }, { recursive }),
    );
    let stopped = false;
    const stop = async () => {
      if (stopped) return;
      stopped = true;
      clearTimeout(timer);
      await this.#call(watch.stop());
      await onExit?.();
    };
    const timer = timeoutMs > 0 ? setTimeout(() => void stop().catch(reportError), timeoutMs) : undefined;
    return { stop };
  }

  /** @param {string} path @returns {Promise<EntryInfo | undefined>} */
  async #found(path) {
    try {
      return await this.getInfo(path);
    } catch (error) {
      if (error instanceof FileNotFoundError) return undefined; // (it has gone again)
      throw error;
    }
  }

  /** @param {NativeInfo} info @returns {Promise<EntryInfo>} */
  async #entry(info) {
    const { size, mode, uid, gid, modifiedMs, path, type } = info;
    const link = type === "symlink" ? { symlinkTarget: await this.#target(path) } : {};
    return {
      ...writeInfo(info),
      size,
      mode,
      permissions: permissions(mode),
      owner: NAMES[uid] ?? String(uid),
      group: NAMES[gid] ?? String(gid),
      modifiedTime: new Date(modifiedMs),
      ...link,
    };
  }

  /** @param {string} path of a symbolic link @returns {Promise<string>} where it leads in the end */
  async #target(path) {
    const { stdout } = await this.#call(
      this.#native.commands.run('readlink -m -n -- "$LINK"', { envs: { LINK: path } }),
    );
    return stdout;
  }

  /**
   * @template T
   * @param {Promise<T>} promise
   * @returns {Promise<T>}
   */
  #call(promise) {
    return translated(promise, FILE_CLASSES);
  }
}

/** @param {NativeInfo} info @returns {WriteInfo} */
function writeInfo({ name, path, type }) {
  return { name, path, ...(type !== "other" && { type }) };
}

/** @param {number} mode @returns {string} as "rwxr-xr-x" */
function permissions(mode) {
  return [6, 3, 0]
    .map((shift) => [..."rwx"].map((letter, bit) => ((mode >> shift) & (4 >> bit) ? letter : "-")).join(""))
    .join("");
}
