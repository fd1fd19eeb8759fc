/** Screen reader mode: remembered, and asked for by `?screenreader` as well. */

import { element } from "./dom.js";

const KEY = `tabux screen reader ${new URL("./", document.baseURI).href}`;

/** @param {import("@xterm/xterm").Terminal} terminal */
export function bindScreenReaderMode(terminal) {
  const button = element("screen-reader");
  const set = (/** @type {boolean} */ on) => {
    terminal.options.screenReaderMode = on;
    button.setAttribute("aria-pressed", String(on));
  };
  set(new URLSearchParams(location.search).has("screenreader") || remembered());
  button.addEventListener("click", () => {
    const on = !terminal.options.screenReaderMode;
    set(on);
    remember(on);
    terminal.focus();
  });
}

/** @returns {boolean} */
function remembered() {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false; // refused for this page
  }
}

/** @param {boolean} on */
function remember(on) {
  try {
    if (on) localStorage.setItem(KEY, "on");
    else localStorage.removeItem(KEY);
  } catch {
    // refused: it is for this visit
  }
}
