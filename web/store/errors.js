// What can go wrong with a session, by name: only the name of an error crosses from the worker to
// the page.

/**
 * The error of that name of the public module (web/client/errors.js).
 * @param {"SessionInUseError" | "SessionNotFoundError" | "SessionFormatError" |
 *   "SessionDamagedError" | "NoSpaceError" | "StorageError" | "FileExistsError"} name
 * @param {string} message a sentence for people
 * @param {unknown} [cause]
 * @returns {Error}
 */
export function sessionError(name, message, cause) {
  const error = new Error(message, cause === undefined ? undefined : { cause });
  error.name = name;
  return error;
}

/** The session has another writer now: its head is not the one that this store has written. */
export class FencedError extends Error {}

/** The session is not there any more: its head is missing. */
export class WipedError extends Error {}

/**
 * @param {unknown} error
 * @returns {string} for people and logs
 */
export function described(error) {
  return error instanceof Error || error instanceof DOMException
    ? `${error.name}: ${error.message}`
    : String(error);
}
