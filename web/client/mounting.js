/** The page's half of `sandbox.mount`, loaded when it is first called. */

import { METHODS, OPTIONAL } from "../mounts/provider.js";
import { MemoryProvider } from "../mounts/providers/memory.js";
import * as Comlink from "../vendor/comlink.mjs";
import { moved } from "./connection.js";
import { InvalidArgumentError } from "./errors.js";
import { FetchTree, checkPath } from "./providers.js";

/** @typedef {import("./providers.js").Mountable} Mountable */
/** @typedef {import("../mounts/provider.js").Provider} Provider */
/** @typedef {import("../mounts/providers/memory.js").MemoryFiles} MemoryFiles */

/**
 * What goes to the worker in place of something mountable.
 * @param {Mountable} mountable
 * @returns {{ request: Pick<import("./kernel.js").MountRequest, "source" | "can" | "handle" | "tree">,
 *   provider: Provider | null }} the provider, where it stays on the page
 */
export function prepare(mountable) {
  if (globalThis.FileSystemDirectoryHandle && mountable instanceof FileSystemDirectoryHandle)
    return { request: { source: mountable.name || "directory", can: [], handle: mountable }, provider: null };
  if (mountable instanceof FetchTree) {
    const { base, index } = mountable;
    return { request: { source: base, can: [], tree: { base, index } }, provider: null };
  }
  const given = /** @type {Provider} */ (mountable);
  const isProvider = typeof given?.list === "function" && typeof given.read === "function";
  /** @type {Provider} */
  const provider = isProvider ? given : new MemoryProvider(checkFiles(mountable));
  const source = provider instanceof MemoryProvider ? "memory" : "provider";
  return { request: { source, can: OPTIONAL.filter((method) => typeof provider[method] === "function") }, provider };
}

/**
 * The provider as the worker can call it: its errors keep their `code`, and its bytes are moved.
 * @param {Provider} provider
 * @returns {Provider & Comlink.ProxyMarked}
 */
export function remote(provider) {
  /** @type {Record<string, (...args: any[]) => Promise<unknown>>} */
  const methods = {};
  for (const method of METHODS) {
    methods[method] = async (...args) => {
      try {
        const answer = await /** @type {any} */ (provider)[method](...args);
        return answer instanceof Uint8Array ? moved(new Uint8Array(answer)) : answer;
      } catch (error) {
        throw named(error);
      }
    };
  }
  return Comlink.proxy(/** @type {any} */ (methods));
}

/** @param {unknown} error @returns {unknown} of which what crosses over, the name, says what it is */
function named(error) {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return error;
  const copy = new Error(error.message, { cause: error });
  copy.name = error.code;
  return copy;
}

/** @param {unknown} files @returns {MemoryFiles} */
function checkFiles(files) {
  if (typeof files !== "object" || files === null || Array.isArray(files))
    throw new InvalidArgumentError(
      "mount: the provider must be an object of contents by path, a directory handle, or have list() and read()",
    );
  for (const [path, content] of Object.entries(files)) {
    checkPath(path.endsWith("/") ? path.slice(0, -1) : path, "mount");
    if (typeof content !== "string" && !(content instanceof Uint8Array))
      throw new InvalidArgumentError(`mount: the content of "${path}" must be a string or a Uint8Array`);
  }
  return /** @type {MemoryFiles} */ (files);
}
