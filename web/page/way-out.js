/** The key that leaves the terminal, in which Tab is the program's (WCAG 2.1.2, no keyboard trap). */

/**
 * Shift+F6 goes to the buttons of the terminal.
 * @param {KeyboardEvent} event
 * @param {() => void} leave gives the focus to them
 * @returns {boolean} whether the key is for the programs
 */
export function leavingKey(event, leave) {
  if (event.code !== "F6" || !event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return true;
  event.preventDefault();
  if (event.type === "keydown") leave();
  return false;
}
