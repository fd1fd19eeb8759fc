/** Programs and other files of the site that come when they are first used: how far they are, and why one does not. */

import { element } from "./dom.js";
import { size } from "./figures.js";
import { showState } from "./notice.js";
import { showToast } from "./toast.js";

/** @typedef {import("./workplace.js").Workplace} Workplace */
/** @typedef {import("../gate/download.js").DownloadEvent} DownloadEvent */

/** What comes sooner is not worth a word, milliseconds. */
const QUIET_MS = 400;

/** @param {Workplace} workplace */
export function tellOfSiteFiles(workplace) {
  /** @type {import("../tabux.js").Sandbox | null} */
  let watched = null;
  workplace.addEventListener("change", () => {
    const { sandbox } = workplace;
    if (sandbox === watched) return;
    watched = sandbox;
    if (sandbox) watch(workplace, sandbox);
  });
}

/** @param {Workplace} workplace @param {import("../tabux.js").Sandbox} sandbox */
function watch(workplace, sandbox) {
  /** @type {Map<string, DownloadEvent>} by address */
  const coming = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  let seen = false;
  const show = () => {
    const last = [...coming.values()].at(-1);
    if (!last || sandbox !== workplace.sandbox) return;
    seen = true;
    showState(progress(last));
  };
  sandbox.addEventListener("loading", (event) => {
    const { detail } = /** @type {CustomEvent<DownloadEvent>} */ (event);
    if (sandbox !== workplace.sandbox) return;
    if (!detail.done) {
      coming.set(detail.url, detail);
      if (seen) show();
      else waiting ??= setTimeout(show, QUIET_MS);
      return;
    }
    coming.delete(detail.url);
    if (detail.error) showToast(failure(detail), { bad: true });
    if (coming.size) return seen ? show() : undefined;
    clearTimeout(waiting);
    waiting = undefined;
    // (the corner may have other news by now)
    if (seen && element("state").textContent?.startsWith("loading ")) showState("ready");
    seen = false;
  });
}

/**
 * @param {string} url
 * @returns {string} what the visitor knows it by: "vim" of "…/userland/vim-1a2b3c4d.wasm.gz"
 */
function title(url) {
  const name = url.slice(url.lastIndexOf("/") + 1);
  return name.replace(/-[0-9a-f]{8}(\.\w+)+$/, "").replace("bracket", "[");
}

/** @param {DownloadEvent} event */
function progress({ url, loaded, total }) {
  const most = total ? ` of ${size(total)}` : "";
  return `loading ${title(url)}, ${size(Math.min(loaded, total || loaded))}${most}`;
}

/** @param {DownloadEvent} event */
function failure({ url, error }) {
  const what = `${title(url)} could not be loaded`;
  if (!navigator.onLine) {
    return `${what}: this computer is offline, and what was never used is not kept here. ` +
      "Settings can keep everything.";
  }
  return `${what}: ${error}. Whoever asked for it sees an input/output error.`;
}
