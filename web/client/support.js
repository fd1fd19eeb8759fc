/** Whether this browser can run tabux. */

import { UnsupportedBrowserError } from "./errors.js";

/** The first versions of the browsers that have JSPI (MDN browser-compat-data, November 2026). */
export const BROWSERS = "Chrome 137, Edge 137, Firefox 153 or Safari 27";

/**
 * Programs wait by WebAssembly JavaScript Promise Integration (JSPI): without it there is no tabux.
 * @returns {boolean}
 */
export function isSupported() {
  return (
    typeof WebAssembly === "object" &&
    typeof Reflect.get(WebAssembly, "Suspending") === "function" &&
    typeof Reflect.get(WebAssembly, "promising") === "function"
  );
}

/** @throws {UnsupportedBrowserError} naming the browsers that will do. */
export function requireSupport() {
  if (isSupported()) return;
  throw new UnsupportedBrowserError(
    "This browser lacks WebAssembly JavaScript Promise Integration (JSPI), which tabux needs. " +
      `Use ${BROWSERS}, or newer.`,
  );
}
