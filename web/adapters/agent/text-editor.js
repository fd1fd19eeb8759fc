/** Edits of text files, as models ask for them: exact, and refused where they are not clear. */

import { from } from "./paths.js";

/** An edit that cannot be made; the message is for the model. */
export class EditError extends Error {
  name = "EditError";
}

/** How deep a directory is shown. */
const DEPTH = 2;

/** The text files of a sandbox. */
export class TextEditor {
  #files;
  #cwd;

  /**
   * @param {import("../../tabux.js").Sandbox} sandbox
   * @param {string} [cwd] where relative paths start
   */
  constructor({ files }, cwd = "/home/user") {
    this.#files = files;
    this.#cwd = cwd;
  }

  /** @param {string} path @returns {string} */
  at(path) {
    return from(this.#cwd, path);
  }

  /** @param {string} path @returns {Promise<string>} */
  read(path) {
    return this.#files.read(this.at(path));
  }

  /**
   * @param {string} path
   * @param {string} text
   * @returns {Promise<void>}
   */
  write(path, text) {
    return this.#files.write(this.at(path), text);
  }

  /**
   * A file with the numbers of its lines, or what is in a directory.
   * @param {string} path
   * @param {{ range?: number[] | null, most?: number | null }} [options] `range`: the first and the last line, from 1;
   *   -1 is the last one there is. At most so many characters.
   * @returns {Promise<string>}
   */
  async view(path, { range, most } = {}) {
    const { type } = await this.#files.info(`${this.at(path)}/.`).catch(() => this.#files.info(this.at(path)));
    if (type === "dir") return this.#listing(path);
    const lines = linesOf(await this.read(path));
    const [first, last] = checkedRange(range ?? [1, -1], lines.length);
    const width = String(last).length;
    const shown = lines.slice(first - 1, last).map((line, i) => `${String(first + i).padStart(width)}\t${line}`);
    const text = shown.join("\n");
    if (!most || text.length <= most) return text;
    return `${text.slice(0, most)}\n[${text.length - most} more characters: view a range of lines]`;
  }

  /** @param {string} path @returns {Promise<string>} */
  async #listing(path) {
    const listed = await this.#files.list(this.at(path), { depth: DEPTH });
    const visible = listed.filter(({ path: each }) => !each.slice(this.at(path).length).includes("/."));
    return visible.map(({ path: each, type }) => (type === "dir" ? `${each}/` : each)).sort().join("\n") || "[empty]";
  }

  /**
   * Replaces a text that must be there, and only once unless `all`.
   * @param {string} path
   * @param {string} old
   * @param {string} fresh
   * @param {{ all?: boolean }} [options]
   * @returns {Promise<number>} how many times
   * @throws {EditError}
   */
  async replace(path, old, fresh, { all = false } = {}) {
    if (!old) throw new EditError("the text to replace must not be empty");
    if (old === fresh) throw new EditError("the text and its replacement are the same");
    const parts = (await this.read(path)).split(old);
    const count = parts.length - 1;
    if (count === 0) throw new EditError(`${path} does not contain that text; view the file and copy it exactly`);
    if (count > 1 && !all) {
      throw new EditError(`${path} contains that text ${count} times; give more of what is around it`);
    }
    await this.write(path, parts.join(fresh));
    return count;
  }

  /**
   * Inserts a text after a line.
   * @param {string} path
   * @param {number} line 0: before the first
   * @param {string} text
   * @returns {Promise<void>}
   * @throws {EditError}
   */
  async insert(path, line, text) {
    const content = await this.read(path);
    const lines = linesOf(content);
    if (!Number.isInteger(line) || line < 0 || line > lines.length) {
      throw new EditError(`insert_line must be a whole number from 0 to ${lines.length}, the lines of ${path}`);
    }
    lines.splice(line, 0, ...linesOf(text));
    const ends = content === "" || content.endsWith("\n") || line === lines.length;
    await this.write(path, lines.join("\n") + (ends ? "\n" : ""));
  }
}

/** @param {string} text @returns {string[]} */
function linesOf(text) {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** @param {number[]} range @param {number} count of lines @returns {number[]} */
function checkedRange([first, last], count) {
  const end = last === -1 || last === undefined ? count : last;
  const whole = Number.isInteger(first) && Number.isInteger(end);
  if (count === 0 && first === 1) return [1, 0];
  if (!whole || first < 1 || first > count || end < first) {
    throw new EditError(`view_range must be two line numbers from 1 to ${count}, or -1 for the last`);
  }
  return [first, Math.min(end, count)];
}
