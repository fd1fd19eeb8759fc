/** The errors that the public module throws. Tell them apart by class or by `name`, which a minifier leaves alone. */

/**
 * What to do next, by the name of the error, in words that a model can act on.
 * @type {Record<string, string>}
 */
const HINTS = {
  TabuxError: "Try it once more; if that fails too, make a new sandbox.",
  InvalidArgumentError: "Correct the argument that the message names and call again.",
  UnsupportedBrowserError: "Ask for a newer browser; the message says which ones will do.",
  BootError: "Reload the page; if that does not help, look whether all files of the site can be loaded.",
  SandboxKilledError: "Make a new sandbox by Sandbox.create; with the same session its files are there.",
  NotFoundError: "Look for the right path with files.list, or for what runs with commands.list.",
  FileExistsError: "Choose another name, or remove what is there with files.remove.",
  NotADirectoryError: "Part of the path is a file: choose another path, or remove that file.",
  IsADirectoryError: "Name a file in that directory, or use files.list to see what is in it.",
  DirectoryNotEmptyError: "Remove what is in the directory first, or choose another name.",
  PermissionDeniedError: "Choose another path: below /home/user and /tmp everything may be changed.",
  NoSpaceError: "Remove files that are not needed (du -a | sort -n), or raise limits.bytes.",
  LimitExceededError: "End what is not needed: commands.list tells what runs, commands.kill ends it.",
  SessionInUseError: 'Close the other tab, or open the session with access: "read" or "take-over".',
  ArchiveError: "Look at the member that the message names; what came before it has been extracted.",
  SessionNotFoundError: "Sandbox.sessions.list and sandbox.snapshots.list tell what there is.",
  SessionFormatError: "Reload the page for a newer tabux, or use a session of another name.",
  SessionDamagedError: "Export what can still be read, then delete the session.",
  ConnectionRefusedError: "Start a server that listens at the port; ports.list tells which there are.",
  ServerError: "Look at what the server prints: it has closed the connection or does not speak HTTP/1.1.",
  StorageError: "Keep the page open and export the files: the browser does not store them now.",
};

/** What every error of tabux is. */
export class TabuxError extends Error {
  name = "TabuxError";

  /** What to do next. */
  get hint() {
    return HINTS[this.name] ?? HINTS.TabuxError;
  }
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

/** No program listens at that port of the sandbox. */
export class ConnectionRefusedError extends TabuxError {
  name = "ConnectionRefusedError";
}

/** A server in the sandbox has not answered as HTTP wants it. */
export class ServerError extends TabuxError {
  name = "ServerError";
}

/** The browser does not store what it should. */
export class StorageError extends TabuxError {
  name = "StorageError";
}
