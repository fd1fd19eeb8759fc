/** What the page does for programs: the commands `download` and `upload`. */

import { make } from "./dom.js";
import { hideNotice, showNotice } from "./notice.js";
import { giveFile } from "./outgoing.js";

/** @type {Required<Pick<import("../tabux.js").SandboxOptions, "onDownload" | "onUpload">>} */
export const services = { onDownload: (name, blob) => giveFile(blob, name), onUpload: askForFiles };

/**
 * Asks the visitor for files. The browser's dialog opens by itself only soon after a key was pressed;
 * else a button does it.
 * @param {{ signal: AbortSignal }} options fires when nobody waits for them any more
 * @returns {Promise<File[]>} none where the visitor wants none
 */
function askForFiles({ signal }) {
  const before = document.activeElement;
  const picker = make("input", { type: "file", multiple: "" });
  return new Promise((resolve) => {
    const give = (/** @type {File[]} */ files) => {
      hideNotice("upload");
      if (before instanceof HTMLElement) before.focus();
      resolve(files);
    };
    picker.addEventListener("change", () => give([...(picker.files ?? [])]));
    picker.addEventListener("cancel", () => give([]));
    signal.addEventListener("abort", () => give([]), { once: true });
    showNotice("upload", {
      title: "A program asks for files.",
      body: "Those you choose are copied to where it runs.",
      actions: [
        { label: "Choose files", run: () => picker.click() },
        { label: "None", run: () => give([]) },
      ],
      focus: true,
    });
    if (navigator.userActivation?.isActive) picker.click();
  });
}
