/** Paths as tools are given them: relative ones start from one directory. */

/**
 * @param {string} base
 * @param {string} path
 * @returns {string} an absolute path
 */
export function from(base, path) {
  return path.startsWith("/") ? path : `${base.replace(/\/+$/, "")}/${path}`;
}
