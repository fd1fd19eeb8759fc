// files.watch: tells the page of changed files, in lists, not sooner than it has taken the last one.
import { BLOCKED } from "../gate/errno.js";
import { apiError } from "./errors.js";
import { kernelText } from "./launch.js";

/** @typedef {import("./boot.js").System} System */
/** @typedef {import("../client/kernel.js").FileEvent} FileEvent */

/** How often the kernel is told of what programs have written, while somebody watches; milliseconds. */
const LOOK_MS = 100;
/** More events than that wait for nobody: what is left out becomes one "overflow". */
const MOST = 10_000;

/** The watches of one kernel. */
export class WatchKeeper {
  /** @type {Map<number, () => void>} what lets go of the page's function */
  #watches = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /** @param {System} system */
  constructor(system) {
    this.system = system;
  }

  /**
   * @param {string} path
   * @param {boolean} recursive
   * @param {(events: FileEvent[]) => unknown} tell what it returns is settled when they are taken
   * @param {() => void} release
   * @returns {Promise<number>}
   * @throws {Error} a typed one
   */
  async add(path, recursive, tell, release) {
    const { gate, api } = this.system;
    const begin = () => {
      gate.report();
      return api.watch(kernelText(path), recursive ? 1 : 0);
    };
    let number = begin();
    if (number === BLOCKED) number = await gate.mounts.settled(begin, BLOCKED);
    if (number < 0) throw apiError(number, path);
    const batch = new Batch(tell);
    gate.watches.set(number, (kind, name) => batch.add(kind, name));
    this.#watches.set(number, release);
    this.#timer ??= setInterval(() => gate.report(), LOOK_MS);
    return number;
  }

  /** @param {number} number */
  remove(number) {
    const release = this.#watches.get(number);
    if (!release) return;
    this.system.gate.report();
    this.system.api.unwatch(number);
    this.system.gate.watches.delete(number);
    this.#watches.delete(number);
    release();
    if (this.#watches.size) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** Events on their way to the page. */
class Batch {
  #tell;
  /** @type {FileEvent[]} */
  #events = [];
  #sending = false;

  /** @param {(events: FileEvent[]) => unknown} tell */
  constructor(tell) {
    this.#tell = tell;
  }

  /** @param {string} kind @param {string} name latin-1 */
  add(kind, name) {
    const last = this.#events.at(-1);
    const path = text(name);
    // a program that writes goes on writing
    if (last && last.type === kind && last.path === path) return;
    if (this.#events.length >= MOST) {
      this.#events = [{ type: "overflow", path: "" }];
      return;
    }
    this.#events.push({ type: /** @type {FileEvent["type"]} */ (kind), path });
    if (!this.#sending) void this.#send();
  }

  async #send() {
    this.#sending = true;
    // (one operation may be several events; the kernel is still at it)
    await null;
    while (this.#events.length) {
      const events = this.#events;
      this.#events = [];
      try {
        await this.#tell(events);
      } catch {
        // the page's callback has failed: that is its own affair
      }
    }
    this.#sending = false;
  }
}

/** @param {string} name one character a byte @returns {string} */
function text(name) {
  if (/^[\x00-\x7f]*$/.test(name)) return name;
  return new TextDecoder().decode(Uint8Array.from(name, (character) => character.charCodeAt(0)));
}
