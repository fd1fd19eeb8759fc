/** Looking for text in what the terminal has shown: xterm.js's search add-on, and a bar above the terminal. */

import { SearchAddon } from "../vendor/addon-search.mjs";
import { element } from "./dom.js";

/** @typedef {import("@xterm/xterm").Terminal} Terminal */

/** @type {import("@xterm/addon-search").ISearchDecorationOptions} */
const DECORATIONS = {
  matchBackground: "#6b5a1e",
  matchOverviewRuler: "#e5c07b",
  activeMatchBackground: "#b3701a",
  activeMatchColorOverviewRuler: "#ff9d3b",
};

/**
 * Binds the bar; Enter goes up to what was shown before, Shift+Enter down again, Escape closes.
 * @param {Terminal} terminal
 */
export function bindSearchBar(terminal) {
  const search = new SearchAddon();
  terminal.loadAddon(search);
  const field = /** @type {HTMLInputElement} */ (element("search-text"));
  const found = element("search-found");
  const find = (/** @type {"findNext" | "findPrevious"} */ way, incremental = false) => {
    if (!field.value) {
      search.clearDecorations();
      found.textContent = "";
      return;
    }
    const options = { decorations: DECORATIONS, incremental, caseSensitive: /\p{Lu}/u.test(field.value) };
    if (!search[way](field.value, options)) found.textContent = "not found";
  };
  search.onDidChangeResults(({ resultIndex, resultCount }) => {
    if (!resultCount) found.textContent = field.value ? "not found" : "";
    // (with very many it does not say which)
    else found.textContent = resultIndex < 0 ? `${resultCount}` : `${resultIndex + 1} of ${resultCount}`;
  });
  field.addEventListener("input", () => find("findPrevious", true));
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) find(event.shiftKey ? "findNext" : "findPrevious");
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  element("search-up").addEventListener("click", () => find("findPrevious"));
  element("search-down").addEventListener("click", () => find("findNext"));
  const close = () => {
    element("search").hidden = true;
    search.clearDecorations();
    terminal.focus();
  };
  element("search-close").addEventListener("click", close);
  element("search-open").addEventListener("click", openSearchBar);
}

export function openSearchBar() {
  element("search").hidden = false;
  const field = /** @type {HTMLInputElement} */ (element("search-text"));
  field.focus();
  field.select();
}

/**
 * Ctrl+Shift+F (or Cmd+F) opens the bar.
 * @param {KeyboardEvent} event
 * @returns {boolean} whether the key is for the programs
 */
export function searchKey(event) {
  const { code, ctrlKey, shiftKey, metaKey, altKey } = event;
  const asked = code === "KeyF" && !altKey && ((ctrlKey && shiftKey) || (metaKey && !ctrlKey));
  if (!asked) return true;
  event.preventDefault();
  if (event.type === "keydown") openSearchBar();
  return false;
}
