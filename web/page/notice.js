/** The bar below the terminal that says what has happened and offers what can be done about it. */

import { element } from "./dom.js";

/**
 * @typedef {object} Notice
 * @property {string} title
 * @property {string} [body]
 * @property {boolean} [bad] Something went wrong.
 * @property {{ label: string, run: () => void }} [action] The button.
 */

/** @param {Notice} notice */
export function showNotice({ title, body = "", bad = false, action }) {
  const bar = element("notice");
  const button = /** @type {HTMLButtonElement} */ (element("notice-action"));
  element("notice-title").textContent = title;
  element("notice-body").textContent = body;
  bar.classList.toggle("bad", bad);
  bar.hidden = false;
  button.hidden = !action;
  if (!action) return;
  button.textContent = action.label;
  button.onclick = action.run;
  button.focus();
}

export function hideNotice() {
  element("notice").hidden = true;
}

/** @param {string} state A word or two for the corner of the page. */
export function showState(state) {
  element("state").textContent = state;
}
