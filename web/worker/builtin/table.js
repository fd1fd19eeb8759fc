// How the site's commands print lists, sizes and times.

/**
 * `right`: numbers, aligned on their last digit.
 * @typedef {{ title: string, right?: boolean }} Column
 */

/**
 * Lines with aligned columns under their titles, two spaces apart.
 * @param {Column[]} columns
 * @param {string[][]} rows
 * @returns {string}
 */
export function table(columns, rows) {
  const all = [columns.map((column) => column.title), ...rows.map((row) => row.map(printable))];
  const widths = columns.map((_, i) => Math.max(...all.map((row) => length(row[i]))));
  const line = (/** @type {string[]} */ row) =>
    row
      .map((cell, i) => {
        const space = " ".repeat(widths[i] - length(cell));
        return columns[i].right ? space + cell : cell + space;
      })
      .join("  ")
      .trimEnd();
  return all.map((row) => `${line(row)}\n`).join("");
}

/** @param {string} text @returns {number} characters */
function length(text) {
  return [...text].length;
}

/** @param {string} text somebody's @returns {string} what a terminal takes as nothing but text */
function printable(text) {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, "?");
}

/**
 * A size as `ls -h` prints it.
 * @param {number} bytes
 * @returns {string}
 */
export function size(bytes) {
  let unit = 0;
  for (; bytes >= 1024 && unit < 5; unit++) bytes /= 1024;
  if (unit === 0) return String(bytes);
  const digits = bytes < 10 ? Math.ceil(bytes * 10) / 10 : Math.ceil(bytes);
  return `${digits < 10 ? digits.toFixed(1) : digits}${" KMGTP"[unit]}`;
}

/**
 * @param {number} ms since 1970
 * @param {string | undefined} zone TZ of the environment; UTC where it is not one of the IANA names
 * @returns {string} year to minute
 */
export function time(ms, zone) {
  /** @type {Intl.DateTimeFormatOptions} */
  const options = {
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
    hourCycle: "h23",
  };
  const format = (/** @type {string} */ timeZone) =>
    new Intl.DateTimeFormat("en-CA", { ...options, timeZone });
  let known;
  try {
    known = format((zone ?? "UTC").replace(/^:/, ""));
  } catch {
    known = format("UTC");
  }
  const named = known.formatToParts(ms).map(({ type, value }) => [type, value]);
  const parts = Object.fromEntries(named);
  return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}`;
}
