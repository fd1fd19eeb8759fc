/** Copy and paste. The right button gives the browser's own menu, which xterm.js prepares for both. */

/** @typedef {import("@xterm/xterm").Terminal} Terminal */

/**
 * Ctrl+Shift+C copies the selection, Ctrl+Shift+V pastes. Ctrl+C copies where something is selected, which then
 * no longer is; else it belongs to the programs, as Ctrl+V always does.
 * @param {Terminal} terminal
 * @param {KeyboardEvent} event
 * @returns {boolean} whether the key is for the programs
 */
export function clipboardKey(terminal, event) {
  if (!event.ctrlKey || event.altKey || event.metaKey) return true;
  if (event.code === "KeyC" && (event.shiftKey || terminal.hasSelection())) {
    event.preventDefault();
    if (event.type === "keydown") void copySelection(terminal, !event.shiftKey);
    return false;
  }
  // Left to the browser, which pastes into the terminal without asking for a permission.
  return !(event.shiftKey && event.code === "KeyV");
}

/** @param {Terminal} terminal @param {boolean} release whether it is selected no longer */
async function copySelection(terminal, release) {
  const text = terminal.getSelection();
  if (release) terminal.clearSelection();
  if (text) await copyText(text);
}

/**
 * Puts text on the clipboard, as far as the browser lets the page.
 * @param {string} text
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyByCommand(text); // refused, as in many frames, or not there at all, as on plain http
  }
}

/**
 * The old way, which works soon after the visitor has pressed a key or a button.
 * @param {string} text
 */
function copyByCommand(text) {
  /** @param {ClipboardEvent} event */
  const fill = (event) => {
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
    event.stopImmediatePropagation(); // xterm.js would copy its selection
  };
  document.addEventListener("copy", fill, { capture: true });
  document.execCommand("copy");
  document.removeEventListener("copy", fill, { capture: true });
}

/**
 * What programs can do with the clipboard (by the OSC 52 sequence): put text there. What is in it is the
 * visitor's, so they read nothing.
 * @type {import("@xterm/addon-clipboard").IClipboardProvider}
 */
export const guestClipboard = {
  readText: () => "",
  writeText: (_selection, text) => copyText(text),
};
