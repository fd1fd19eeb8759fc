/** The terminal on the page: xterm.js with its add-ons, always as large as its element. */

import { ClipboardAddon } from "../vendor/addon-clipboard.mjs";
import { FitAddon } from "../vendor/addon-fit.mjs";
import { Unicode11Addon } from "../vendor/addon-unicode11.mjs";
import { WebLinksAddon } from "../vendor/addon-web-links.mjs";
import { Terminal } from "../vendor/xterm.mjs";
import { appearance, followAppearance } from "./appearance.js";
import { bindBell } from "./bell.js";
import { clipboardKey, guestClipboard } from "./clipboard.js";
import { element as tool } from "./dom.js";
import { bindKeyBar } from "./key-bar.js";
import { bindSearchBar } from "./search-bar.js";
import { leavingKey } from "./way-out.js";
import { bindTouch } from "./touch.js";
import { CONTRAST, fontFamily } from "./theme.js";

/**
 * @param {HTMLElement} element
 * @param {import("./settings.js").Settings} settings
 * @returns {Terminal}
 */
export function openTerminal(element, settings) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const terminal = new Terminal({
    allowProposedApi: true, // the width tables of the Unicode add-on
    cursorBlink: !calm.matches,
    fontFamily,
    minimumContrastRatio: CONTRAST,
    ...appearance(settings),
    logLevel: "off", // what it thinks of a binary file shown by cat
    scrollback: 10_000,
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
  /** The page's own keys: each answers whether the key is for the programs. */
  const keys = [
    (/** @type {KeyboardEvent} */ event) => leavingKey(event, leave),
    bindSearchBar(terminal),
    (/** @type {KeyboardEvent} */ event) => clipboardKey(terminal, event),
  ];
  terminal.attachCustomKeyEventHandler((event) => keys.every((key) => key(event)));
  terminal.onTitleChange((title) => {
    document.title = title ? `${title} · tabux` : "tabux";
  });
  terminal.open(element);
  bindTouch(terminal, element);
  bindKeyBar(terminal);
  bindBell(terminal, settings);
  followAppearance(settings, terminal, keepFitted(terminal, element));
  return terminal;
}

/**
 * Gives the terminal as many rows and columns as its element has room for, now and whenever that changes.
 * @param {Terminal} terminal
 * @param {HTMLElement} element
 * @returns {() => void} does it at once
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
  return () => fit.fit();
}
