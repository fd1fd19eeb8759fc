/** The dialog that makes a link of a command and some files. */

import { copyText } from "./clipboard.js";
import { element, make } from "./dom.js";
import { size } from "./figures.js";
import { encodeShared, isPlainName } from "./share-link.js";
import { showToast } from "./toast.js";

/** @typedef {import("./workplace.js").Workplace} Workplace */
/** @typedef {import("./share-link.js").Shared} Shared */

/** A larger file is not even looked into, bytes. */
const MOST_FILE_BYTES = 500_000;

/** @param {Workplace} workplace */
export function bindShareDialog(workplace) {
  const dialog = /** @type {HTMLDialogElement} */ (element("share"));
  const run = /** @type {HTMLTextAreaElement} */ (element("share-run"));
  const link = /** @type {HTMLInputElement} */ (element("share-link"));
  const copy = /** @type {HTMLButtonElement} */ (element("share-copy"));
  /** @type {Map<string, HTMLInputElement>} what can be chosen, by path */
  let boxes = new Map();
  let turn = 0;
  const update = async () => {
    const mine = ++turn;
    element("share-wrong").textContent = "";
    /** @type {[string, string]} */
    let [address, wrong] = ["", ""];
    try {
      const paths = [...boxes].filter(([, box]) => box.checked).map(([path]) => path);
      if (run.value.trim() || paths.length) address = await makeLink(workplace, run.value, paths);
    } catch (error) {
      wrong = error instanceof Error ? error.message : String(error);
    }
    if (mine !== turn) return;
    link.value = address;
    copy.disabled = !address;
    element("share-wrong").textContent = wrong;
  };
  element("share-open").addEventListener("click", async () => {
    run.value = workplace.terminal?.getSelection().trim() ?? "";
    boxes = await fillFiles(workplace, () => void update());
    await update();
    if (!dialog.open) dialog.showModal();
    run.focus();
  });
  element("share-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => workplace.terminal?.focus());
  run.addEventListener("input", () => void update());
  copy.addEventListener("click", async () => {
    await copyText(link.value);
    dialog.close();
    showToast("The link is on the clipboard.");
  });
}

/**
 * @param {Workplace} workplace
 * @param {string} run
 * @param {string[]} paths
 * @returns {Promise<string>} the address
 */
async function makeLink({ sandbox }, run, paths) {
  /** @type {Shared["files"]} */
  const files = [];
  for (const path of paths) {
    if (!sandbox) break;
    const bytes = await sandbox.files.read(path, { format: "bytes" });
    files.push({ name: path.slice(path.lastIndexOf("/") + 1), bytes });
  }
  return new URL(`./${await encodeShared({ run: run.trimEnd(), files })}`, document.baseURI).href;
}

/**
 * Lists the files of the directory where the terminal is, those that a link can have.
 * @param {Workplace} workplace
 * @param {() => void} onChange
 * @returns {Promise<Map<string, HTMLInputElement>>} their boxes, by path
 */
async function fillFiles({ sandbox, pty }, onChange) {
  /** @type {Map<string, HTMLInputElement>} */
  const boxes = new Map();
  const list = element("share-files");
  list.replaceChildren();
  try {
    const files = sandbox && pty ? await sandbox.files.list(await pty.cwd()) : [];
    for (const file of files) {
      if (file.type !== "file" || file.size > MOST_FILE_BYTES || !isPlainName(file.name)) continue;
      const box = make("input", { type: "checkbox" });
      box.addEventListener("change", onChange);
      boxes.set(file.path, box);
      list.append(make("label", { class: "share-file" }, box, file.name, make("span", { class: "dim" }, size(file.size))));
    }
  } catch {
    // where the terminal is can have been removed: there are no files then
  }
  element("share-files-group").hidden = boxes.size === 0;
  return boxes;
}
