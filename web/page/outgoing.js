/** Files that leave the sandbox, by the browser's downloads. */

import { Sandbox } from "../tabux.js";
import { showToast } from "./toast.js";

/** @typedef {import("./workplace.js").Workplace} Workplace */

/** A download has read what it needs by then, milliseconds. */
const GRACE_MS = 60_000;

/**
 * Gives the visitor a file.
 * @param {Blob} blob
 * @param {string} name
 */
export function giveFile(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), GRACE_MS);
}

/**
 * Gives the visitor all files of the session that is open, as an archive.
 * @param {Workplace} workplace
 */
export async function saveSession({ sandbox }) {
  if (!sandbox) return;
  const name = sandbox.session.name ?? "tabux";
  const today = new Date().toISOString().slice(0, 10);
  await give(name, `${name} ${today}.tar.gz`, () => sandbox.export());
}

/**
 * Gives the visitor all that is stored of a session that cannot be opened.
 * @param {string} name
 */
export async function saveRaw(name) {
  await give(name, `${name} stored.json`, () => Sandbox.sessions.exportRaw(name));
}

/**
 * @param {string} session
 * @param {string} file
 * @param {() => Promise<Blob>} pack
 */
async function give(session, file, pack) {
  showToast(`Packing “${session}” …`);
  try {
    // (a session's name may have what a file's may not)
    const name = file.replace(/[^\p{L}\p{N}._-]+/gu, "-");
    giveFile(await pack(), name);
    showToast(`${name} is among the browser's downloads.`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    showToast(`“${session}” could not be saved: ${why}`, { bad: true });
  }
}
