/** The terminal's colours, and its font. */

/** @type {import("@xterm/xterm").ITheme} */
export const darkTheme = {
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

/** @type {import("@xterm/xterm").ITheme} */
export const lightTheme = {
  background: "#ffffff",
  foreground: "#24292f",
  cursor: "#24292f",
  cursorAccent: "#ffffff",
  selectionBackground: "#bcd4f5",
  scrollbarSliderBackground: "#24292f33",
  scrollbarSliderHoverBackground: "#24292f55",
  scrollbarSliderActiveBackground: "#24292f77",
  black: "#24292f",
  red: "#b3261e",
  green: "#2c6e1a",
  yellow: "#7d5a00",
  blue: "#0b5cad",
  magenta: "#8430a0",
  cyan: "#0a6a75",
  white: "#6a7280",
  brightBlack: "#57606a",
  brightRed: "#c4352c",
  brightGreen: "#347d20",
  brightYellow: "#8a6500",
  brightBlue: "#1a6fc7",
  brightMagenta: "#9a41b8",
  brightCyan: "#0f7a86",
  brightWhite: "#8c95a0",
};

/** Text is made readable where a program's colours are too close to each other (WCAG 1.4.3). */
export const CONTRAST = 4.5;

/** What the system calls its fixed-width font, then common ones. */
export const fontFamily =
  'ui-monospace, "Cascadia Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace';
