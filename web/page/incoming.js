/** Files that come into the sandbox, by whatever way. They land where the terminal's program is. */

import { ask } from "./ask.js";
import { count, size } from "./figures.js";
import { showToast } from "./toast.js";

/** @typedef {import("./workplace.js").Workplace} Workplace */
/** @typedef {import("../tabux.js").Sandbox} Sandbox */

/**
 * One file or folder at the top of what comes.
 * @typedef {object} Item
 * @property {string} name
 * @property {() => AsyncIterable<{ path: string, file: File | null }>} contents It, and all that is
 *   in it: paths begin below it ("" is itself); `file` is null for a folder.
 */

const HOME = "/home/user";

/**
 * @param {File} file
 * @returns {Item}
 */
export function fileItem(file) {
  return {
    name: file.name,
    async *contents() {
      yield { path: "", file };
    },
  };
}

/**
 * @param {FileSystemEntry} entry
 * @returns {Item}
 */
export function entryItem(entry) {
  return { name: entry.name, contents: () => walk(entry, "") };
}

/**
 * @param {FileSystemEntry} entry
 * @param {string} path
 * @returns {AsyncGenerator<{ path: string, file: File | null }>}
 */
async function* walk(entry, path) {
  if (entry.isFile) {
    const fileEntry = /** @type {FileSystemFileEntry} */ (entry);
    yield { path, file: await new Promise((resolve, reject) => fileEntry.file(resolve, reject)) };
    return;
  }
  yield { path, file: null };
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) {
    // (it gives a hundred at a time, and none at the end)
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const child of some) yield* walk(child, `${path}/${child.name}`);
  }
}

/**
 * Copies it all into the directory of the terminal's program. What is there already is not
 * overwritten unasked.
 * @param {Workplace} workplace
 * @param {Item[]} items
 * @returns {Promise<void>}
 */
export async function bringIn({ sandbox, pty, terminal }, items) {
  if (!sandbox || !items.length) return;
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  const came = { files: 0, bytes: 0 };
  let directory = HOME;
  try {
    if (pty) directory = await pty.cwd();
    const places = await settle(sandbox, directory, items);
    if (!places) return;
    for (const { item, path: top } of places) {
      for await (const { path, file } of item.contents()) {
        stopping.signal.throwIfAborted();
        const soFar = count(came.files, "file");
        showToast(`Copying ${item.name}${path} (${soFar} so far) …`, { stop });
        if (file) {
          await sandbox.files.write(top + path, file);
          came.files++;
          came.bytes += file.size;
        } else {
          await sandbox.files.makeDir(top + path);
        }
      }
    }
    const [first] = places;
    const what = items.length === 1 ? first.path.replace(/^.*\//s, "") : count(items.length, "item");
    const inside = came.files === items.length ? "" : `${count(came.files, "file")}, `;
    const where = directory.replace(/^\/home\/user(?=\/|$)/, "~");
    showToast(`${what} (${inside}${size(came.bytes)}) copied to ${where}`);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const why = stopping.signal.aborted ? "Stopped" : message;
    showToast(`${why}: ${count(came.files, "file")} of it came.`, { bad: true });
  }
  terminal?.focus();
}

/**
 * Where each item goes: asks once about those whose names are taken.
 * @param {Sandbox} sandbox
 * @param {string} directory
 * @param {Item[]} items
 * @returns {Promise<{ item: Item, path: string }[] | null>} null: none of them
 */
async function settle(sandbox, directory, items) {
  const base = directory === "/" ? "" : directory;
  /** @type {Set<string>} names of this batch */
  const given = new Set();
  const taken = async (/** @type {string} */ name) =>
    given.has(name) || (await exists(sandbox, `${base}/${name}`));
  const clashes = [];
  for (const { name } of items) {
    if (await taken(name)) clashes.push(name);
    given.add(name);
  }
  let choice = 0;
  if (clashes.length) {
    const what = clashes.length === 1 ? `“${clashes[0]}” is` : `${clashes.length} names are`;
    const some = clashes.length > 8 ? [...clashes.slice(0, 8), "…"] : clashes;
    const answer = await ask({
      title: `${what} there already`,
      body: `In ${directory}: ${some.join(", ")}`,
      choices: [{ label: "Keep both" }, { label: "Replace", bad: true }],
    });
    if (!answer) return null;
    choice = answer.choice;
  }
  given.clear();
  const places = [];
  for (const item of items) {
    let { name } = item;
    if (choice === 0) for (let n = 1; await taken(name); n++) name = numbered(item.name, n);
    given.add(name);
    places.push({ item, path: `${base}/${name}` });
  }
  return places;
}

/**
 * @param {Sandbox} sandbox
 * @param {string} path also that of a symbolic link that leads nowhere
 */
async function exists(sandbox, path) {
  try {
    await sandbox.files.info(path);
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === "NotFoundError") return false;
    throw error;
  }
}

/**
 * @param {string} name
 * @param {number} number
 * @returns {string} such as "photo-1.jpg"
 */
export function numbered(name, number) {
  return name.replace(/^(.+?)((?:\.tar)?\.[^.]+)?$/s, `$1-${number}$2`);
}
