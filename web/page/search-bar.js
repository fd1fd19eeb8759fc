/** The bar above the terminal in which text is looked for: how it is opened. */

import { element } from "./dom.js";

/** @typedef {import("@xterm/xterm").Terminal} Terminal */

/**
 * Ctrl+Shift+F (or Cmd+F) and a button open the bar.
 * @param {Terminal} terminal
 * @returns {(event: KeyboardEvent) => boolean} whether a key is for the programs
 */
export function bindSearchBar(terminal) {
  /** @type {Promise<void> | undefined} */
  let ready;
  const open = () => {
    element("search").hidden = false;
    const field = /** @type {HTMLInputElement} */ (element("search-text"));
    field.focus();
    field.select();
    ready ??= import("./search.js").then(({ bindSearch }) => bindSearch(terminal));
    ready.catch((error) => {
      ready = undefined;
      element("search-found").textContent = "the search could not be loaded";
      console.error("tabux:", error);
    });
  };
  element("search-open").addEventListener("click", open);
  return (event) => {
    const { code, ctrlKey, shiftKey, metaKey, altKey } = event;
    const asked = code === "KeyF" && !altKey && ((ctrlKey && shiftKey) || (metaKey && !ctrlKey));
    if (!asked) return true;
    event.preventDefault();
    if (event.type === "keydown") open();
    return false;
  };
}
