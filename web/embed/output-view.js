/** What a command has printed, as it comes. */

import { part } from "./parts.js";

/** So much of it is shown; of more than that the beginning goes, characters. */
const MOST = 200_000;

export class OutputView {
  element = part("pre", { class: "output", role: "log", "aria-label": "Output", tabindex: "0", hidden: "" });
  #shown = 0;

  clear() {
    this.element.replaceChildren();
    this.element.hidden = true;
    this.#shown = 0;
  }

  /** @param {"stdout" | "stderr"} stream @param {string} text */
  add(stream, text) {
    const { element } = this;
    const follows = element.scrollTop + element.clientHeight >= element.scrollHeight - 4;
    element.hidden = false;
    element.append(part("span", { class: stream }, text));
    this.#shown += text.length;
    while (this.#shown > MOST && element.firstChild !== element.lastChild) {
      this.#shown -= element.firstChild?.textContent?.length ?? 0;
      element.firstChild?.remove();
    }
    if (follows) element.scrollTop = element.scrollHeight;
  }
}
