/**
 * What somebody must offer whose files are to be mounted (docs/mounts.md). All paths are relative to the mounted
 * directory: names joined by "/", never "", "." or ".." as a name; "" is the directory itself. All methods may be
 * asynchronous. An error is recognized by its `code` ("ENOENT", "EACCES", "ENOSPC", …) or by its `name`, as the browser
 * gives them (NotFoundError, NotAllowedError, QuotaExceededError …); any other is an input/output error.
 *
 * @typedef {object} ProviderEntry
 * @property {string} name
 * @property {"file" | "dir" | "symlink"} type
 * @property {number} [size] Bytes; needed for a file.
 * @property {number} [modifiedMs] When it was last changed, in milliseconds since 1970.
 * @property {number} [mode] Permission bits; 0o644, or 0o755 for a directory, where they are not given.
 * @property {string} [target] The text of a symbolic link.
 *
 * @typedef {object} ProviderPart Bytes of a file that have changed.
 * @property {number} offset
 * @property {Uint8Array} bytes
 *
 * @typedef {object} Provider
 * @property {(path: string) => ProviderEntry[] | Promise<ProviderEntry[]>} list What is in a directory.
 * @property {(path: string, offset: number, length: number) => Uint8Array | Promise<Uint8Array>} read
 *   Exactly so many bytes of a file; never more than it has.
 * @property {(path: string, parts: ProviderPart[], size?: number) => WriteAnswer | Promise<WriteAnswer>} [write]
 *   Makes the file where it is not there, puts the parts in, and gives it the size; without one it becomes as large as
 *   the parts need, and no smaller. What no part covers stays, or is zero. Without this method the mount is read-only.
 * @property {(path: string) => unknown} [makeDir] Makes a directory.
 * @property {(path: string) => unknown} [remove] Removes a file or an empty directory.
 * @property {(from: string, to: string) => unknown} [rename] Renames a file or directory; replaces a file.
 * @property {(path: string, target: string) => unknown} [symlink] Makes a symbolic link.
 * @property {(path: string, modifiedMs: number, accessedMs: number) => unknown} [setTimes]
 * @property {() => Space | Promise<Space>} [space] For df(1).
 * @property {(changed: (path: string) => void) => (() => void) | void} [watch] Calls `changed` with the path of a
 *   directory when something in it changes; answers what ends that. Without it a change is seen after a second.
 *
 * @typedef {{ modifiedMs?: number } | void} WriteAnswer The file's new time, where it is known.
 * @typedef {{ totalBytes: number, freeBytes: number }} Space
 */

/** The methods that a provider may leave out. */
export const OPTIONAL = /** @type {const} */ (["write", "makeDir", "remove", "rename", "symlink", "setTimes", "space"]);

/** All methods but `watch`. */
export const METHODS = /** @type {const} */ (["list", "read", ...OPTIONAL]);
