/** Looking for text in what the terminal has shown: xterm.js's search add-on, loaded when somebody looks. */

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
 * Binds the fields of the bar; Enter goes up to what was shown before, Shift+Enter down again, Escape closes.
 * @param {Terminal} terminal
 */
export function bindSearch(terminal) {
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
  find("findPrevious", true); // what has been typed before this was here
}
