/** How files from outside reach the page: dropped on it, pasted, or picked by the button. */

import { element } from "./dom.js";
import { bringIn, entryItem, fileItem } from "./incoming.js";

/** @typedef {import("./workplace.js").Workplace} Workplace */

/** @param {Workplace} workplace */
export function takeFiles(workplace) {
  takeDropped(workplace);
  takePasted(workplace);
  takePicked(workplace);
}

/** @param {Workplace} workplace */
function takeDropped(workplace) {
  const frame = element("frame");
  /** @param {DragEvent} event */
  const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files") ?? false;
  /** @param {boolean} over */
  const highlight = (over) => frame.classList.toggle("dropping", over && workplace.sandbox !== null);
  // anywhere on the page: else the browser would open the file in its place
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = workplace.sandbox ? "copy" : "none";
    highlight(true);
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) highlight(false);
  });
  addEventListener("drop", (event) => {
    highlight(false);
    if (!hasFiles(event)) return;
    event.preventDefault();
    // (only during this event can it be looked at)
    void bringIn(workplace, itemsOf(event.dataTransfer));
  });
}

/** @param {DataTransfer | null} transfer */
function itemsOf(transfer) {
  const items = [];
  for (const part of transfer?.items ?? []) {
    if (part.kind !== "file") continue;
    const entry = part.webkitGetAsEntry();
    const file = part.getAsFile();
    if (entry) items.push(entryItem(entry));
    else if (file) items.push(fileItem(file));
  }
  return items;
}

/** @param {Workplace} workplace */
function takePasted(workplace) {
  // before the terminal, which takes text only
  addEventListener(
    "paste",
    ({ clipboardData }) => {
      // (a copied cell of a table comes as text and as a picture: it is the text that is meant)
      if (!clipboardData?.files.length || clipboardData.types.includes("text/plain")) return;
      void bringIn(workplace, [...clipboardData.files].map(fileItem));
    },
    { capture: true },
  );
}

/** @param {Workplace} workplace */
function takePicked(workplace) {
  const picker = /** @type {HTMLInputElement} */ (element("upload-files"));
  const upload = /** @type {HTMLButtonElement} */ (element("upload"));
  upload.addEventListener("click", () => picker.click());
  workplace.addEventListener("change", () => {
    upload.disabled = !workplace.sandbox;
  });
  picker.addEventListener("change", () => {
    const files = [...(picker.files ?? [])];
    picker.value = ""; // so that the same file can be picked again
    void bringIn(workplace, files.map(fileItem));
  });
}
