/** Theme and font size of page and terminal, as the settings and the system have them. */

import { darkTheme, lightTheme } from "./theme.js";

/** @typedef {import("./settings.js").Settings} Settings */
/** @typedef {import("@xterm/xterm").Terminal} Terminal */

/**
 * Gives the page its theme, now and whenever another is chosen.
 * @param {Settings} settings
 */
export function followTheme(settings) {
  const follow = () => {
    document.documentElement.dataset.theme = settings.choices.theme;
    const meta = document.querySelector("meta[name=theme-color]");
    meta?.setAttribute("content", isLight(settings) ? "#eef0f3" : "#14161b");
  };
  follow();
  whenChanged(settings, follow);
}

/**
 * @param {Settings} settings
 * @returns {{ theme: import("@xterm/xterm").ITheme, fontSize: number }} options of a terminal
 */
export function appearance(settings) {
  return { theme: isLight(settings) ? lightTheme : darkTheme, fontSize: settings.choices.fontSize };
}

/**
 * @param {Settings} settings
 * @param {Terminal} terminal
 * @param {() => void} fit gives it as many rows and columns as there is room for
 */
export function followAppearance(settings, terminal, fit) {
  whenChanged(settings, () => {
    const { theme, fontSize } = appearance(settings);
    terminal.options.theme = theme;
    if (fontSize === terminal.options.fontSize) return;
    terminal.options.fontSize = fontSize;
    fit();
  });
}

const light = matchMedia("(prefers-color-scheme: light)");

/** @param {Settings} settings */
function isLight({ choices }) {
  return choices.theme === "light" || (choices.theme === "system" && light.matches);
}

/** @param {Settings} settings @param {() => void} follow */
function whenChanged(settings, follow) {
  settings.addEventListener("change", follow);
  light.addEventListener("change", follow);
}
