/** The errors that the public module throws. Tell them apart by class or by `name`, which a minifier leaves alone. */

/** What every error of tabux is. */
export class TabuxError extends Error {
  name = "TabuxError";
}

/** A wrong argument or an option that does not exist. */
export class InvalidArgumentError extends TabuxError {
  name = "InvalidArgumentError";
}

/** The browser lacks something that tabux cannot do without. */
export class UnsupportedBrowserError extends TabuxError {
  name = "UnsupportedBrowserError";
}

/** The kernel could not be loaded or started. */
export class BootError extends TabuxError {
  name = "BootError";
}

/** The sandbox has been killed, or its worker has failed. */
export class SandboxKilledError extends TabuxError {
  name = "SandboxKilledError";
}

/** No such file or directory, or what ran has ended. */
export class NotFoundError extends TabuxError {
  name = "NotFoundError";
}

/** A file of that name exists already. */
export class FileExistsError extends TabuxError {
  name = "FileExistsError";
}

/** Part of a path is not a directory. */
export class NotADirectoryError extends TabuxError {
  name = "NotADirectoryError";
}

/** A directory where a file is needed. */
export class IsADirectoryError extends TabuxError {
  name = "IsADirectoryError";
}

/** A directory that has to be empty is not. */
export class DirectoryNotEmptyError extends TabuxError {
  name = "DirectoryNotEmptyError";
}

/** The sandbox may not do that with this file. */
export class PermissionDeniedError extends TabuxError {
  name = "PermissionDeniedError";
}

/** The sandbox's storage limit is reached. */
export class NoSpaceError extends TabuxError {
  name = "NoSpaceError";
}

/** A limit of the sandbox other than storage is reached. */
export class LimitExceededError extends TabuxError {
  name = "LimitExceededError";
}

/** Another tab or window has the session; `access: "read"` and `access: "take-over"` are the ways in. */
export class SessionInUseError extends TabuxError {
  name = "SessionInUseError";
}

/** It is not an archive that can be read, or it holds what cannot be extracted; the message says at which member. */
export class ArchiveError extends TabuxError {
  name = "ArchiveError";
}

/** There is no session or snapshot of that name. */
export class SessionNotFoundError extends TabuxError {
  name = "SessionNotFoundError";
}

/** What is stored is of another version of tabux, or not tabux's at all. */
export class SessionFormatError extends TabuxError {
  name = "SessionFormatError";
}

/** Part of what is stored cannot be read. */
export class SessionDamagedError extends TabuxError {
  name = "SessionDamagedError";
}

/** The browser does not store what it should. */
export class StorageError extends TabuxError {
  name = "StorageError";
}
