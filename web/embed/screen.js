/** xterm.js in an element of a document: loaded when somebody starts a terminal. */

import { FitAddon } from "../vendor/addon-fit.mjs";
import { Unicode11Addon } from "../vendor/addon-unicode11.mjs";
import { WebLinksAddon } from "../vendor/addon-web-links.mjs";
import { Terminal } from "../vendor/xterm.mjs";
import { clipboardKey } from "../page/clipboard.js";
import { darkTheme, fontFamily, lightTheme } from "../page/theme.js";
import { bindTouch } from "../page/touch.js";
import { leavingKey } from "../page/way-out.js";

const STYLE = new URL("../vendor/xterm.css", import.meta.url).href;

/**
 * Opens a terminal that is always as large as its place.
 * @param {HTMLElement} place within a document or a shadow root
 * @param {{ light: boolean, readOnly: boolean, fontSize: number }} looks
 * @param {() => void} leave called when Shift+F6 is to leave it
 * @returns {Promise<{ terminal: Terminal, close: () => void }>}
 */
export async function openScreen(place, { light, readOnly, fontSize }, leave) {
  await styled(/** @type {Document | ShadowRoot} */ (place.getRootNode()));
  const terminal = new Terminal({
    allowProposedApi: true, // the width tables of the Unicode add-on
    cursorBlink: !readOnly && !matchMedia("(prefers-reduced-motion: reduce)").matches,
    disableStdin: readOnly,
    fontFamily,
    fontSize,
    logLevel: "off", // what it thinks of a binary file shown by cat
    scrollback: 5000,
    theme: light ? lightTheme : darkTheme,
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.loadAddon(new WebLinksAddon());
  terminal.loadAddon(new Unicode11Addon());
  terminal.unicode.activeVersion = "11";
  terminal.attachCustomKeyEventHandler((event) => leavingKey(event, leave) && clipboardKey(terminal, event));
  terminal.open(place);
  bindTouch(terminal, place);
  fit.fit();
  // (fitting changes sizes itself: not within the observer)
  const sizes = new ResizeObserver(() => requestAnimationFrame(() => fit.fit()));
  sizes.observe(place);
  const close = () => {
    sizes.disconnect();
    terminal.dispose();
  };
  return { terminal, close };
}

/** @param {Document | ShadowRoot} root gets the style sheet of xterm.js, and has it at the end */
function styled(root) {
  const place = root instanceof Document ? root.head : root;
  if (place.querySelector("link[data-xterm]")) return Promise.resolve();
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = STYLE;
  link.dataset.xterm = "";
  const loaded = new Promise((resolve) => {
    // (without it the terminal looks odd, and works)
    link.onload = link.onerror = () => resolve(undefined);
  });
  place.append(link);
  return loaded;
}
