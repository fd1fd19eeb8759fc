/** A link that somebody has shared: its command is typed and its files are offered; nothing runs, nothing is written unasked. */

import { count, size } from "./figures.js";
import { bringIn, fileItem } from "./incoming.js";
import { hideNotice, showNotice } from "./notice.js";
import { decodeShared } from "./share-link.js";
import { showToast } from "./toast.js";

/** @typedef {import("./workplace.js").Workplace} Workplace */
/** @typedef {import("./share-link.js").Shared} Shared */
/** @typedef {import("@xterm/xterm").Terminal} Terminal */

/**
 * Takes what the page's address carries, as soon as there is a prompt, and what a later one does.
 * @param {Workplace} workplace
 */
export function takeSharedLinks(workplace) {
  /** @type {Shared | null} */
  let waiting = null;
  const offer = () => {
    if (!waiting || !workplace.pty || !workplace.terminal) return;
    const shared = waiting;
    waiting = null;
    void take(workplace, shared);
  };
  const look = async () => {
    try {
      const shared = await decodeShared(location.hash);
      if (!shared) return;
      waiting = shared;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      showToast(`What the link carries cannot be read: ${why}.`, { bad: true });
    }
    // once: a reload is not to type it again
    history.replaceState(history.state, "", location.pathname + location.search);
    offer();
  };
  workplace.addEventListener("change", offer);
  addEventListener("hashchange", () => void look());
  void look();
}

/** @param {Workplace} workplace @param {Shared} shared */
async function take(workplace, { run, files }) {
  if (files.length && !(await accepted(files, run))) return;
  const items = files.map(({ name, bytes }) => fileItem(new File([bytes], name)));
  await bringIn(workplace, items);
  const { terminal, pty } = workplace;
  if (!run || !terminal || !pty) return;
  await readyForPaste(terminal);
  terminal.paste(run);
  terminal.focus();
  if (!files.length) showToast("The link has typed this. It runs when you press Enter.");
}

/** @param {Shared["files"]} files @param {string} run @returns {Promise<boolean>} */
function accepted(files, run) {
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
  return new Promise((resolve) => {
    const answer = (/** @type {boolean} */ yes) => () => {
      hideNotice("shared");
      resolve(yes);
    };
    showNotice("shared", {
      title: `This link brings ${count(files.length, "file")}${run ? " and a command" : ""}.`,
      body:
        `${files.map(({ name }) => name).join(", ")} (${size(bytes)}) would be copied to where the terminal is.` +
        (run ? " The command is typed, and runs when you press Enter." : ""),
      actions: [
        { label: "Take them", run: answer(true) },
        { label: "No", run: answer(false) },
      ],
      focus: true,
    });
  });
}

/**
 * Waits until the program at the terminal takes pasted text as text: else each of its lines would run.
 * @param {Terminal} terminal
 * @returns {Promise<void>}
 */
function readyForPaste(terminal) {
  if (terminal.modes.bracketedPasteMode) return Promise.resolve();
  return new Promise((resolve) => {
    const binding = terminal.onWriteParsed(() => {
      if (!terminal.modes.bracketedPasteMode) return;
      binding.dispose();
      resolve();
    });
  });
}
