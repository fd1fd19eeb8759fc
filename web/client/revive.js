/** Errors of the worker become errors of the public module: of theirs only name, message and stack cross over. */

import * as errors from "./errors.js";

/** @typedef {new (message: string, options?: ErrorOptions) => errors.TabuxError} ErrorClass */

/** @type {Map<string, ErrorClass>} by the names that instances have: those of the classes are the minifier's */
const classes = new Map(Object.values(errors).map((/** @type {ErrorClass} */ type) => [new type("").name, type]));

/**
 * The typed error for one that came from the worker. An error of another name is a fault of the kernel: it becomes a
 * plain TabuxError that says so.
 * @param {unknown} error
 * @returns {errors.TabuxError}
 */
export function revive(error) {
  if (error instanceof errors.TabuxError) return error;
  if (!(error instanceof Error)) return new errors.TabuxError(`kernel error: ${String(error)}`);
  const type = classes.get(error.name);
  if (type) return new type(error.message, { cause: error });
  return new errors.TabuxError(`kernel error: ${error.name}: ${error.message}`, { cause: error });
}
