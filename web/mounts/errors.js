// What a provider throws, as an error number of Linux.

export const EIO = 5;

/** @type {Record<string, number>} by `code`, as Node.js has it, or by `name`, as the browser and tabux.js have it */
const NUMBERS = {
  EPERM: 1, ENOENT: 2, EIO: 5, EACCES: 13, EBUSY: 16, EEXIST: 17, EXDEV: 18, ENOTDIR: 20, EISDIR: 21, EINVAL: 22,
  EFBIG: 27, ENOSPC: 28, EROFS: 30, ENAMETOOLONG: 36, ENOTEMPTY: 39, EOPNOTSUPP: 95, EDQUOT: 122,
  NotFoundError: 2,
  NotAllowedError: 13, SecurityError: 13, PermissionDeniedError: 13,
  NoModificationAllowedError: 16,
  FileExistsError: 17,
  NotADirectoryError: 20, TypeMismatchError: 20,
  IsADirectoryError: 21,
  QuotaExceededError: 28, NoSpaceError: 28,
  InvalidModificationError: 39, DirectoryNotEmptyError: 39,
};

/**
 * @param {unknown} error thrown by a provider
 * @returns {number} 5 (EIO) for whatever is not a word of theirs
 */
export function errnoOf(error) {
  if (typeof error !== "object" || error === null) return EIO;
  const { code, name } = /** @type {{ code?: unknown, name?: unknown }} */ (error);
  for (const word of [code, name]) if (typeof word === "string" && Object.hasOwn(NUMBERS, word)) return NUMBERS[word];
  return EIO;
}

/** @param {string} code such as "EINVAL" @param {string} message @returns {Error} that is understood as such */
export function coded(code, message) {
  return Object.assign(new Error(message), { code });
}
