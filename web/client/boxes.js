/** The page's part in requests to the outside: frames of no origin that make them (web/net/box.js). */

import * as Comlink from "../vendor/comlink.mjs";
import { BootError } from "./errors.js";

/** Of one sandbox. */
export class Boxes {
  /** @type {Map<number, HTMLIFrameElement>} */
  #frames = new Map();
  #last = 0;

  /**
   * Called by the worker: makes a frame.
   * @param {string} sources what it may connect to, as in a Content-Security-Policy
   * @returns {Promise<{ box: number, port: MessagePort }>}
   */
  open = async (sources) => {
    const frame = document.createElement("iframe");
    frame.hidden = true;
    frame.title = "requests of a sandbox";
    frame.setAttribute("sandbox", "allow-scripts");
    // (a WebSocket would take cookies along, which fetch leaves out)
    if (/^wss?:/.test(sources)) frame.setAttribute("credentialless", "");
    frame.src = new URL("./net/box.html", import.meta.url).href;
    const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
    document.documentElement.append(frame);
    await loaded;
    const { port1, port2 } = new MessageChannel();
    if (!frame.contentWindow) throw new BootError(`the frame ${frame.src} has been taken away`);
    frame.contentWindow.postMessage({ sources }, "*", [port1]);
    const box = ++this.#last;
    this.#frames.set(box, frame);
    return Comlink.transfer({ box, port: port2 }, [port2]);
  };

  /** Called by the worker. @param {number} box is not needed any more */
  close = (box) => {
    this.#frames.get(box)?.remove();
    this.#frames.delete(box);
  };

  /** The sandbox has ended. */
  end() {
    for (const box of [...this.#frames.keys()]) this.close(box);
  }
}
