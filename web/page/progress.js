/** What the terminal's place shows until there is a prompt. */

import { element } from "./dom.js";

/**
 * @param {import("../client/kernel.js").Progress} progress
 */
export function showProgress({ phase, loaded, total }) {
  const bar = /** @type {HTMLProgressElement} */ (element("progress"));
  element("loading").hidden = false;
  element("phase").textContent = `${phase} …`;
  if (total > 0) {
    bar.max = total;
    bar.value = Math.min(loaded, total);
    element("bytes").textContent = `${megabytes(loaded)} of ${megabytes(total)} MB`;
  } else {
    bar.removeAttribute("value");
    element("bytes").textContent = "";
  }
}

export function hideProgress() {
  element("loading").hidden = true;
}

/** @param {number} bytes */
function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1);
}
