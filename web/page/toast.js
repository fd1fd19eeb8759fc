/** A word in the corner of the terminal that goes by itself. */

import { button, element } from "./dom.js";

const SHOWN_MS = 6000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * @param {string} text
 * @param {{ bad?: boolean, stop?: () => void }} [options] With `stop` it stays until the next one,
 *   with a button that calls it.
 */
export function showToast(text, { bad = false, stop } = {}) {
  clearTimeout(timer);
  const toast = element("toast");
  element("toast-text").textContent = text;
  toast.classList.toggle("bad", bad);
  toast.hidden = false;
  const buttons = element("toast-actions");
  if (!stop) {
    buttons.replaceChildren();
    timer = setTimeout(hideToast, bad ? 2 * SHOWN_MS : SHOWN_MS);
  } else if (!buttons.firstChild) {
    buttons.append(button("Stop", stop));
  }
}

export function hideToast() {
  element("toast").hidden = true;
  element("toast-actions").replaceChildren();
}
