// The screen of a terminal: output is gathered and goes to the page in pieces, once a turn.
import { fromLatin1 } from "./process.js";

/** What a terminal shows, on its way to the page. */
export class Screen {
  /**
   * @param {(data: Uint8Array) => void} show takes the bytes
   * @param {(count: number) => void} dropped hears how many bytes were thrown away instead
   */
  constructor(show, dropped) {
    this.show = show;
    this.dropped = dropped;
    this.text = "";
    this.scheduled = false;
  }

  /** @param {string} text latin-1 */
  output(text) {
    this.text += text;
    if (this.scheduled) return;
    this.scheduled = true;
    const send = () => {
      this.scheduled = false;
      if (this.text) this.show(fromLatin1(this.text));
      this.text = "";
    };
    if (globalThis.scheduler?.postTask) globalThis.scheduler.postTask(send);
    else setTimeout(send);
  }

  /** Drops what has not been sent (^C flushes output). */
  flush() {
    const { length } = this.text;
    this.text = "";
    if (length) this.dropped(length);
  }
}
