/** The errors that the public module throws. Tell them apart by class or by `name`. */

/** What every error of tabux is. */
export class TabuxError extends Error {
  /**
   * @param {string} message
   * @param {ErrorOptions} [options]
   */
  constructor(message, options) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A wrong argument or an option that does not exist. */
export class InvalidArgumentError extends TabuxError {}

/** The browser lacks something that tabux cannot do without. */
export class UnsupportedBrowserError extends TabuxError {}

/** The kernel could not be loaded or started. */
export class BootError extends TabuxError {}

/** The sandbox has been killed, or its worker has failed. */
export class SandboxKilledError extends TabuxError {}

/** No such file or directory. */
export class NotFoundError extends TabuxError {}

/** A file of that name exists already. */
export class FileExistsError extends TabuxError {}

/** Part of a path is not a directory. */
export class NotADirectoryError extends TabuxError {}

/** A directory where a file is needed. */
export class IsADirectoryError extends TabuxError {}

/** A directory that has to be empty is not. */
export class DirectoryNotEmptyError extends TabuxError {}

/** The sandbox may not do that with this file. */
export class PermissionDeniedError extends TabuxError {}

/** The sandbox's storage limit is reached. */
export class NoSpaceError extends TabuxError {}

/** A limit of the sandbox other than storage is reached. */
export class LimitExceededError extends TabuxError {}

/** Another tab or window has the session; `access: "read"` and `access: "take-over"` are the ways in. */
export class SessionInUseError extends TabuxError {}

/** There is no session or snapshot of that name. */
export class SessionNotFoundError extends TabuxError {}

/** What is stored is of another version of tabux, or not tabux's at all. */
export class SessionFormatError extends TabuxError {}

/** Part of what is stored cannot be read. */
export class SessionDamagedError extends TabuxError {}

/** The browser does not store what it should. */
export class StorageError extends TabuxError {}

/** @type {Map<string, new (message: string, options?: ErrorOptions) => TabuxError>} */
const classes = new Map(
  [
    InvalidArgumentError,
    UnsupportedBrowserError,
    BootError,
    SandboxKilledError,
    NotFoundError,
    FileExistsError,
    NotADirectoryError,
    IsADirectoryError,
    DirectoryNotEmptyError,
    PermissionDeniedError,
    NoSpaceError,
    LimitExceededError,
    SessionInUseError,
    SessionNotFoundError,
    SessionFormatError,
    SessionDamagedError,
    StorageError,
  ].map((type) => [type.name, type]),
);

/**
 * The typed error for one that came from the worker, of which only name, message and stack crossed over.
 * An error of another name is a fault of the kernel: it becomes a plain TabuxError that says so.
 * @param {unknown} error
 * @returns {TabuxError}
 */
export function revive(error) {
  if (error instanceof TabuxError) return error;
  if (!(error instanceof Error)) return new TabuxError(`kernel error: ${String(error)}`);
  const type = classes.get(error.name);
  if (type) return new type(error.message, { cause: error });
  if (error.name === "TabuxError") return new TabuxError(error.message, { cause: error });
  return new TabuxError(`kernel error: ${error.name}: ${error.message}`, { cause: error });
}
