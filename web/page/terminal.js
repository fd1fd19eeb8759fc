/** The terminal on the page: xterm.js with its add-ons, always as large as its element. */

import { ClipboardAddon } from "../vendor/addon-clipboard.mjs";
import { FitAddon } from "../vendor/addon-fit.mjs";
import { Unicode11Addon } from "../vendor/addon-unicode11.mjs";
import { WebLinksAddon } from "../vendor/addon-web-links.mjs";
import { Terminal } from "../vendor/xterm.mjs";
import { clipboardKey, guestClipboard } from "./clipboard.js";
import { element as tool } from "./dom.js";
import { bindKeyBar } from "./key-bar.js";
import { leavingKey } from "./way-out.js";
import { bindTouch } from "./touch.js";
import { fontFamily, theme } from "./theme.js";

/**
 * @param {HTMLElement} element
 * @returns {Terminal}
 */
export function openTerminal(element) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const terminal = new Terminal({
    allowProposedApi: true, // the width tables of the Unicode add-on
    cursorBlink: !calm.matches,
    fontFamily,
    fontSize: 14,
    logLevel: "off", // what it thinks of a binary file shown by cat
    scrollback: 10_000,
    theme,
  });
  calm.addEventListener("change", () => {
    terminal.options.cursorBlink = !calm.matches;
  });
  terminal.loadAddon(new WebLinksAddon());
  terminal.loadAddon(new ClipboardAddon(undefined, guestClipboard));
  terminal.loadAddon(new Unicode11Addon());
  // The programs' own idea of widths (musl's): emoji take two columns.
  terminal.unicode.activeVersion = "11";
  const leave = () => tool("screen-reader").focus();
  terminal.attachCustomKeyEventHandler((event) => leavingKey(event, leave) && clipboardKey(terminal, event));
  terminal.onTitleChange((title) => {
    document.title = title ? `${title} · tabux` : "tabux";
  });
  terminal.open(element);
  bindTouch(terminal, element);
  bindKeyBar(terminal);
  keepFitted(terminal, element);
  return terminal;
}

/**
 * Gives the terminal as many rows and columns as its element has room for, now and whenever that changes.
 * @param {Terminal} terminal
 * @param {HTMLElement} element
 */
function keepFitted(terminal, element) {
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  fit.fit();
  let due = false;
  new ResizeObserver(() => {
    if (due) return;
    due = true;
    // Not within the observer: fitting changes sizes itself.
    requestAnimationFrame(() => {
      due = false;
      fit.fit();
    });
  }).observe(element);
}
