/** E2B's errors, and what tabux's become. Their names are E2B's; a `cause` is the error of tabux. */

export class SandboxError extends Error {
  name = "SandboxError";

  /** HTTP status of the response that it came from: there is no service here. @type {number | undefined} */
  statusCode = undefined;

  /** What to do next, in words that a model can act on. @type {string | undefined} */
  get hint() {
    return /** @type {{ hint?: string } | undefined} */ (this.cause)?.hint;
  }
}

export class TimeoutError extends SandboxError {
  name = "TimeoutError";
}

export class InvalidArgumentError extends SandboxError {
  name = "InvalidArgumentError";
}

export class NotEnoughSpaceError extends SandboxError {
  name = "NotEnoughSpaceError";
}

export class NotFoundError extends SandboxError {
  name = "NotFoundError";
}

export class FileNotFoundError extends NotFoundError {
  name = "FileNotFoundError";
}

export class SandboxNotFoundError extends NotFoundError {
  name = "SandboxNotFoundError";
}

/** A command that has ended with another status than 0. */
export class CommandExitError extends SandboxError {
  name = "CommandExitError";
  #result;

  /** @param {import("./commands.js").CommandResult} result */
  constructor(result) {
    super(result.error ?? `exit status ${result.exitCode}`);
    this.#result = result;
  }

  get exitCode() {
    return this.#result.exitCode;
  }

  get error() {
    return this.#result.error;
  }

  get stdout() {
    return this.#result.stdout;
  }

  get stderr() {
    return this.#result.stderr;
  }
}

/** By the name of tabux's error. @type {Record<string, new (message: string, options?: ErrorOptions) => Error>} */
const CLASSES = {
  InvalidArgumentError,
  NotFoundError,
  NotADirectoryError: InvalidArgumentError,
  IsADirectoryError: InvalidArgumentError,
  NoSpaceError: NotEnoughSpaceError,
  SandboxKilledError: SandboxNotFoundError,
  SessionNotFoundError: SandboxNotFoundError,
};

/** Of files. @type {typeof CLASSES} */
export const FILE_CLASSES = { ...CLASSES, NotFoundError: FileNotFoundError };

/**
 * What a promise of tabux gives, with E2B's errors; what is none of tabux's, as an AbortError, stays.
 * @template T
 * @param {Promise<T>} promise
 * @param {typeof CLASSES} [classes]
 * @returns {Promise<T>}
 */
export async function translated(promise, classes = CLASSES) {
  try {
    return await promise;
  } catch (error) {
    if (!(error instanceof Error) || !("hint" in error) || error instanceof SandboxError) throw error;
    throw new (classes[error.name] ?? SandboxError)(error.message, { cause: error });
  }
}

/**
 * `user` of E2B's options: there is one user.
 * @param {{ user?: string } | undefined} options
 */
export function checkUser(options) {
  const { user } = options ?? {};
  if (user !== undefined && user !== "user") {
    throw new InvalidArgumentError(`user: "${user}" is not there: everything runs as "user"`);
  }
}
