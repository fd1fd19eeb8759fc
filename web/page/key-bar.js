/**
 * Keys that a phone's keyboard lacks, as a bar below the terminal (seen where the pointer is coarse).
 * Ctrl and Alt are held until the next key.
 */

import { button, element } from "./dom.js";

/** @typedef {import("@xterm/xterm").Terminal} Terminal */

/** @typedef {{ ctrl: boolean, alt: boolean }} Held */

/** @type {Held} */
const held = { ctrl: false, alt: false };
/** @type {Record<keyof Held, HTMLButtonElement | null>} */
const buttons = { ctrl: null, alt: null };

/** The final letters of the arrow keys' sequences (ECMA-48 CUU, CUD, CUB, CUF). */
const ARROWS = /** @type {const} */ ([["←", "D", "Left"], ["↓", "B", "Down"], ["↑", "A", "Up"], ["→", "C", "Right"]]);

/** @param {Terminal} terminal */
export function bindKeyBar(terminal) {
  const key = (/** @type {string} */ label, /** @type {() => void} */ run, name = label) => {
    const made = button(label, run, { class: "key", "aria-label": name });
    // the terminal keeps the focus, or the keyboard would go
    made.addEventListener("pointerdown", (event) => event.preventDefault());
    return made;
  };
  const hold = (/** @type {keyof Held} */ which, /** @type {string} */ label) => {
    const made = key(label, () => set(which, !held[which]));
    made.setAttribute("aria-pressed", "false");
    buttons[which] = made;
    return made;
  };
  element("key-bar").append(
    key("Esc", () => terminal.input("\x1b"), "Escape"),
    key("Tab", () => terminal.input("\t")),
    hold("ctrl", "Ctrl"),
    hold("alt", "Alt"),
    ...ARROWS.map(([label, letter, name]) =>
      key(label, () => {
        terminal.input(`\x1b${terminal.modes.applicationCursorKeysMode ? "O" : "["}${letter}`);
      }, name),
    ),
  );
}

/** @param {keyof Held} which @param {boolean} on */
function set(which, on) {
  held[which] = on;
  buttons[which]?.setAttribute("aria-pressed", String(on));
}

/**
 * What a key sends while Ctrl or Alt are held; they are let go.
 * @param {string} text what the terminal would send
 * @returns {string}
 */
export function withHeldKeys(text) {
  const { ctrl, alt } = held;
  if (!ctrl && !alt) return text;
  set("ctrl", false);
  set("alt", false);
  return modified(text, ctrl, alt);
}

/**
 * As xterm sends it: Ctrl makes control characters, Alt sends Escape first, and arrows get a parameter.
 * @param {string} text
 * @param {boolean} ctrl
 * @param {boolean} alt
 */
export function modified(text, ctrl, alt) {
  const arrow = /^\x1b[[O]([A-D])$/.exec(text);
  if (arrow) return `\x1b[1;${1 + (alt ? 2 : 0) + (ctrl ? 4 : 0)}${arrow[1]}`;
  let sent = text;
  if (ctrl && /^[a-z@[\\\]^_]$/i.test(text)) sent = String.fromCharCode(text.toUpperCase().charCodeAt(0) & 31);
  else if (ctrl && text === " ") sent = "\0";
  return alt ? `\x1b${sent}` : sent;
}
