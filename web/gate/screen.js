// The screen of a terminal: output is gathered and goes to the page in pieces, once a turn.
import { fromLatin1 } from "./latin1.js";
import { afterEvents } from "./turn.js";

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
    /** Bytes sent that the page has not yet taken. */
    this.unseen = 0;
    /** Bytes that it has taken in all. */
    this.taken = 0;
    /** @type {(() => void)[]} who waits for the page to have taken everything */
    this.waiting = [];
    /** Called when another process group has come to the foreground; may be set. */
    this.foregroundChanged = () => {};
  }

  /** @param {string} text latin-1 */
  output(text) {
    this.text += text;
    if (this.scheduled) return;
    this.scheduled = true;
    const send = () => {
      this.scheduled = false;
      const { text } = this;
      this.text = "";
      this.unseen += text.length;
      if (text) this.show(fromLatin1(text));
      else this.took(0);
    };
    afterEvents(send);
  }

  /** @param {number} count bytes that the page has shown */
  took(count) {
    this.taken += count;
    this.unseen = Math.max(0, this.unseen - count);
    if (this.unseen || this.text) return;
    for (const done of this.waiting.splice(0)) done();
  }

  /**
   * @param {number} patienceMs
   * @returns {Promise<void>} when the page has taken all that was written so far, or nothing for so long
   */
  async drained(patienceMs) {
    let done = false;
    const all = new Promise((/** @type {(value?: undefined) => void} */ resolve) => this.waiting.push(resolve));
    void all.then(() => (done = true));
    this.took(0);
    for (let before = -1; !done && before !== this.taken; ) {
      before = this.taken;
      let timer;
      await Promise.race([all, new Promise((resolve) => (timer = setTimeout(resolve, patienceMs)))]);
      clearTimeout(timer);
    }
  }

  /** Drops what has not been sent (^C flushes output). */
  flush() {
    const { length } = this.text;
    this.text = "";
    if (length) this.dropped(length);
    this.took(0);
  }
}
