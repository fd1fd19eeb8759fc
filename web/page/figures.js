/** Sizes, numbers and times in words, and words as sentences. */

/**
 * @param {number} bytes
 * @returns {string} such as "3.4 MB"
 */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  // (999.95 kB would round to 1000.0 kB)
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(value < 99.95 ? 1 : 0)} ${units[unit]}`;
}

/**
 * @param {number} number
 * @param {string} thing in the singular
 * @returns {string} such as "1 file" or "2,000 files"
 */
export function count(number, thing) {
  return `${number.toLocaleString("en")} ${thing}${number === 1 ? "" : "s"}`;
}

/**
 * @param {number} ms since 1970
 * @param {number} [now] the same
 * @returns {string} such as "5 minutes ago", or a date
 */
export function ago(ms, now = Date.now()) {
  const minutes = Math.floor((now - ms) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${count(minutes, "minute")} ago`;
  if (minutes < 24 * 60) return `${count(Math.floor(minutes / 60), "hour")} ago`;
  if (minutes < 8 * 24 * 60) return `${count(Math.floor(minutes / (24 * 60)), "day")} ago`;
  return new Date(ms).toLocaleDateString("en", { day: "numeric", month: "long", year: "numeric" });
}

/**
 * @param {string} words such as the kernel's reasons, which begin in lower case
 * @returns {string} a sentence
 */
export function sentence(words) {
  return words && words[0].toUpperCase() + words.slice(1) + (/[.!?]$/.test(words) ? "" : ".");
}
