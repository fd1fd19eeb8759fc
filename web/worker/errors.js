// Error numbers of the kernel as the errors of the public module: only the name crosses to the page.

/** @type {Record<number, [name: string, meaning: string]>} */
const ERRORS = {
  1: ["PermissionDeniedError", "the operation is not permitted"],
  2: ["NotFoundError", "no such file or directory"],
  3: ["NotFoundError", "it has ended"],
  5: ["StorageError", "it could not be read or written, or loaded from the site"],
  7: ["LimitExceededError", "the environment is too large: 128 KB a variable, 2 MB in all; put the data in a file"],
  11: ["LimitExceededError", "too many processes: wait for some to end, or kill the sandbox"],
  13: ["PermissionDeniedError", "permission denied"],
  16: ["PermissionDeniedError", "it is in use"],
  17: ["FileExistsError", "something is there already"],
  18: ["InvalidArgumentError", "it is on another file system"],
  20: ["NotADirectoryError", "part of the path is not a directory"],
  21: ["IsADirectoryError", "it is a directory"],
  22: ["InvalidArgumentError", "that cannot be done with this kind of file"],
  27: ["NoSpaceError", "the file would be too large"],
  28: ["NoSpaceError", "no space is left"],
  30: ["PermissionDeniedError", "the file system is read-only"],
  32: ["NotFoundError", "nobody reads it any more"],
  36: ["InvalidArgumentError", "the name is too long"],
  39: ["DirectoryNotEmptyError", "the directory is not empty"],
  84: ["InvalidArgumentError", "a name that is not UTF-8"],
  95: ["InvalidArgumentError", "that kind of file system cannot do it"],
  40: ["InvalidArgumentError", "too many symbolic links"],
};

/**
 * @param {number} errno negative, as the kernel answers
 * @param {string} what the user asked for, for the message
 * @returns {Error}
 */
export function apiError(errno, what) {
  const [name, meaning] = ERRORS[-errno] ?? ["TabuxError", `kernel error ${-errno}`];
  const error = new Error(`${what}: ${meaning}`);
  error.name = name;
  return error;
}
