// A directory of the visitor's disk or of the origin's private file system (a FileSystemDirectoryHandle).
import { coded } from "../errors.js";

/** @typedef {import("../provider.js").Provider} Provider */
/** @typedef {import("../provider.js").ProviderEntry} ProviderEntry */
/** @typedef {import("../provider.js").ProviderPart} ProviderPart */

/** Of so many files size and time are asked at once. */
const AT_ONCE = 64;

/** @param {string} path @returns {[directory: string, name: string]} */
function split(path) {
  const slash = path.lastIndexOf("/");
  return [path.slice(0, Math.max(0, slash)), path.slice(slash + 1)];
}

/**
 * An error of the browser in the words of a file system.
 * @param {unknown} error
 * @returns {unknown}
 */
function translated(error) {
  // a name that the browser does not allow
  if (error instanceof TypeError) return coded("EINVAL", error.message);
  return error;
}

/** @implements {Provider} */
export class DirectoryProvider {
  #root;
  /** @type {Map<string, FileSystemDirectoryHandle>} */
  #directories = new Map();
  /** Whether files can be written in place: only those of the private file system can. */
  #inPlace = true;

  /** @param {FileSystemDirectoryHandle} root */
  constructor(root) {
    this.#root = root;
  }

  /** @param {string} path @returns {Promise<FileSystemDirectoryHandle>} */
  async #directory(path) {
    if (!path) return this.#root;
    const known = this.#directories.get(path);
    if (known) return known;
    const [above, name] = split(path);
    const handle = await (await this.#directory(above)).getDirectoryHandle(name);
    this.#directories.set(path, handle);
    return handle;
  }

  /** Handles may have become those of other directories. @param {string} path */
  #forget(path) {
    for (const known of this.#directories.keys())
      if (known === path || known.startsWith(`${path}/`)) this.#directories.delete(known);
  }

  /** @param {string} path @param {boolean} [create] @returns {Promise<FileSystemFileHandle>} */
  async #file(path, create = false) {
    const [above, name] = split(path);
    try {
      return await (await this.#directory(above)).getFileHandle(name, { create });
    } catch (error) {
      this.#forget(above);
      throw translated(error);
    }
  }

  /** @param {string} path @returns {Promise<ProviderEntry[]>} */
  async list(path) {
    /** @type {ProviderEntry[]} */
    const entries = [];
    /** @type {FileSystemFileHandle[]} */
    let files = [];
    const look = async () => {
      const found = await Promise.all(files.map((file) => this.#entry(file)));
      for (const entry of found) if (entry) entries.push(entry);
      files = [];
    };
    try {
      const directory = /** @type {any} */ (await this.#directory(path));
      for await (const handle of directory.values()) {
        if (handle.kind === "directory") entries.push({ name: handle.name, type: "dir" });
        else files.push(handle);
        if (files.length === AT_ONCE) await look();
      }
      await look();
    } catch (error) {
      this.#forget(path);
      throw error;
    }
    return entries;
  }

  /** @param {FileSystemFileHandle} handle @returns {Promise<ProviderEntry | null>} null where it has gone meanwhile */
  async #entry(handle) {
    try {
      const { size, lastModified } = await handle.getFile();
      return { name: handle.name, type: "file", size, modifiedMs: lastModified };
    } catch (error) {
      if (error instanceof DOMException && error.name === "NotFoundError") return null;
      throw error;
    }
  }

  /** @param {string} path @param {number} offset @param {number} length */
  async read(path, offset, length) {
    const file = await (await this.#file(path)).getFile();
    return new Uint8Array(await file.slice(offset, offset + length).arrayBuffer());
  }

  /** @param {string} path @param {ProviderPart[]} parts @param {number} [size] */
  async write(path, parts, size) {
    const handle = await this.#file(path, true);
    if (parts.length === 0 && size === undefined) return {};
    if (!this.#inPlace || !(await this.#writeInPlace(handle, parts, size))) await this.#writeCopy(handle, parts, size);
    return { modifiedMs: (await handle.getFile()).lastModified };
  }

  /**
   * @param {FileSystemFileHandle} handle
   * @param {ProviderPart[]} parts
   * @param {number | undefined} size
   * @returns {Promise<boolean>} false where that cannot be done with such files
   */
  async #writeInPlace(handle, parts, size) {
    let access;
    try {
      access = await /** @type {any} */ (handle).createSyncAccessHandle();
    } catch (error) {
      if (error instanceof DOMException && error.name === "NoModificationAllowedError") throw error;
      this.#inPlace = false;
      return false;
    }
    try {
      if (size !== undefined && access.getSize() !== size) access.truncate(size);
      for (const { offset, bytes } of parts) {
        const written = access.write(bytes, { at: offset });
        if (written !== bytes.length) throw coded("ENOSPC", `only ${written} bytes could be written`);
      }
      access.flush();
    } finally {
      access.close();
    }
    return true;
  }

  /** @param {FileSystemFileHandle} handle @param {ProviderPart[]} parts @param {number | undefined} size */
  async #writeCopy(handle, parts, size) {
    const stream = await handle.createWritable({ keepExistingData: true });
    try {
      if (size !== undefined) await stream.truncate(size);
      for (const { offset, bytes } of parts)
        await stream.write({ type: "write", position: offset, data: /** @type {Uint8Array<ArrayBuffer>} */ (bytes) });
      await stream.close();
    } catch (error) {
      await stream.abort().catch(() => {}); // the first error counts
      throw error;
    }
  }

  /** @param {string} path */
  async makeDir(path) {
    const [above, name] = split(path);
    try {
      await (await this.#directory(above)).getDirectoryHandle(name, { create: true });
    } catch (error) {
      this.#forget(above);
      throw translated(error);
    }
  }

  /** @param {string} path */
  async remove(path) {
    const [above, name] = split(path);
    this.#forget(path);
    await (await this.#directory(above)).removeEntry(name);
  }

  /** @param {string} from @param {string} to */
  async rename(from, to) {
    const [above, name] = split(from);
    const [newAbove, newName] = split(to);
    const directory = await this.#directory(above);
    const newDirectory = await this.#directory(newAbove);
    this.#forget(from);
    this.#forget(to);
    const source = await this.#entryHandle(directory, name);
    if (source.kind === "file" && "move" in source) {
      try {
        await /** @type {any} */ (source).move(newDirectory, newName);
        return;
      } catch (error) {
        // not with such files, or not across directories: by hand
        if (!(error instanceof DOMException) || !["AbortError", "NotSupportedError", "InvalidModificationError"].includes(error.name))
          throw translated(error);
      }
    }
    await copy(source, newDirectory, newName);
    await directory.removeEntry(name, { recursive: true });
  }

  /** @param {FileSystemDirectoryHandle} directory @param {string} name */
  async #entryHandle(directory, name) {
    try {
      return await directory.getFileHandle(name);
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "TypeMismatchError") throw translated(error);
      return await directory.getDirectoryHandle(name);
    }
  }

  async space() {
    const { quota = 0, usage = 0 } = await navigator.storage.estimate();
    return { totalBytes: quota, freeBytes: Math.max(0, quota - usage) };
  }
}

/**
 * @param {FileSystemFileHandle | FileSystemDirectoryHandle} source
 * @param {FileSystemDirectoryHandle} directory
 * @param {string} name
 * @returns {Promise<void>}
 */
async function copy(source, directory, name) {
  if (source.kind === "file") {
    const target = await directory.getFileHandle(name, { create: true });
    const stream = await target.createWritable();
    await (await /** @type {FileSystemFileHandle} */ (source).getFile()).stream().pipeTo(stream);
    return;
  }
  const target = await directory.getDirectoryHandle(name, { create: true });
  for await (const child of /** @type {any} */ (source).values()) await copy(child, target, child.name);
}
