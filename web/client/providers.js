/** What can be mounted (docs/mounts.md) and is not simply handed to `sandbox.mount`. */

import { InvalidArgumentError } from "./errors.js";

/** @typedef {import("../mounts/provider.js").Provider} Provider */
/** @typedef {import("../mounts/providers/memory.js").MemoryFiles} MemoryFiles */
/** @typedef {import("../mounts/providers/fetch.js").FetchedFile} FetchedFile */
/** @typedef {Provider | MemoryFiles | FileSystemDirectoryHandle | FetchTree} Mountable */

/** Files that are fetched when they are first read; made by `Sandbox.providers.fetch`. */
export class FetchTree {
  /**
   * @param {string} base
   * @param {Record<string, FetchedFile>} index
   */
  constructor(base, index) {
    this.base = base;
    this.index = index;
  }
}

/** `Sandbox.providers`. */
export const providers = {
  /**
   * A read-only tree of files that are fetched when they are first read.
   * @param {string | URL} baseUrl Relative to the page.
   * @param {Record<string, FetchedFile> | string[]} index The files by path, or their paths: a list of them cannot be
   *   had from a web server. `size` is in bytes; without it the server is asked. `url` is relative to `baseUrl`.
   * @returns {FetchTree}
   */
  fetch(baseUrl, index) {
    const base = new URL(baseUrl, globalThis.location?.href);
    if (!base.pathname.endsWith("/")) base.pathname += "/";
    if (typeof index !== "object" || index === null)
      throw new InvalidArgumentError("providers.fetch: index must be an array of paths, or an object by path");
    /** @type {Record<string, FetchedFile>} */
    const files = Array.isArray(index) ? Object.fromEntries(index.map((path) => [path, {}])) : index;
    for (const [path, file] of Object.entries(files)) {
      checkPath(path, "providers.fetch: index");
      const { size } = file;
      if (size !== undefined && !(Number.isSafeInteger(size) && size >= 0))
        throw new InvalidArgumentError(`providers.fetch: index["${path}"].size must be a number of bytes`);
    }
    return new FetchTree(base.href, files);
  },
};

/** @param {string} path @param {string} where */
export function checkPath(path, where) {
  if (path.includes("\0") || path.split("/").some((name) => name === "" || name === "." || name === ".."))
    throw new InvalidArgumentError(`${where}: "${path}" is not a path: names joined by "/", without "." and ".."`);
}
