// What --version of the site's commands prints.

const VERSION = "0.1.0";

/** @param {string} command @returns {string} */
export function version(command) {
  return `${command} (tabux) ${VERSION}\n`;
}
