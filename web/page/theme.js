/** How the terminal looks. */

/** @type {import("@xterm/xterm").ITheme} */
export const theme = {
  background: "#1b1e25",
  foreground: "#d7dae0",
  cursor: "#d7dae0",
  cursorAccent: "#1b1e25",
  selectionBackground: "#3e4c66",
  black: "#454c5c",
  red: "#e06c75",
  green: "#98c379",
  yellow: "#e5c07b",
  blue: "#6cb2f5",
  magenta: "#c98be0",
  cyan: "#5fbfc9",
  white: "#c5c9d1",
  brightBlack: "#7f8898",
  brightRed: "#f08a92",
  brightGreen: "#b4d99a",
  brightYellow: "#f0d399",
  brightBlue: "#92c9fb",
  brightMagenta: "#ddaaf0",
  brightCyan: "#86d5dd",
  brightWhite: "#f2f4f8",
};

/** The same on light ground. @type {import("@xterm/xterm").ITheme} */
export const lightTheme = {
  background: "#f8f9fb",
  foreground: "#24292f",
  cursor: "#24292f",
  cursorAccent: "#f8f9fb",
  selectionBackground: "#b6d3f6",
  black: "#24292f",
  red: "#b3261e",
  green: "#2f7d32",
  yellow: "#8a5c00",
  blue: "#0a58b0",
  magenta: "#8a3fa0",
  cyan: "#0f6f7c",
  white: "#57606a",
  brightBlack: "#57606a",
  brightRed: "#b3261e",
  brightGreen: "#2f7d32",
  brightYellow: "#8a5c00",
  brightBlue: "#0a58b0",
  brightMagenta: "#8a3fa0",
  brightCyan: "#0f6f7c",
  brightWhite: "#24292f",
};

/** What the system calls its fixed-width font, then common ones. */
export const fontFamily =
  'ui-monospace, "Cascadia Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace';
