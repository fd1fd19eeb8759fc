/** The key that leaves the terminal, in which Tab is the program's (WCAG 2.1.2, no keyboard trap). */

import { element } from "./dom.js";

/**
 * Shift+F6 goes to the buttons above the terminal.
 * @param {KeyboardEvent} event
 * @returns {boolean} whether the key is for the programs
 */
export function leavingKey(event) {
  if (event.code !== "F6" || !event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return true;
  event.preventDefault();
  if (event.type === "keydown") element("screen-reader").focus();
  return false;
}
