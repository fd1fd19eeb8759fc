// The worker's side of the frames that make requests (box.js): one for each set of places where requests may go.

/**
 * How the page makes a frame and takes it away (client/boxes.js).
 * @typedef {object} BoxMaker
 * @property {(sources: string) => Promise<{ box: number, port: MessagePort }>} open
 * @property {(box: number) => unknown} close
 *
 * @typedef {object} BoxResponse
 * @property {number} status
 * @property {string} statusText
 * @property {[string, string][]} headers those that the browser shows
 * @property {string} redirected where redirects have led to; empty without any
 * @property {ResponseType} type
 * @property {() => Promise<Uint8Array<ArrayBuffer> | null>} pull the next part of the body
 * @property {() => void} cancel
 *
 * @typedef {{ code: number, reason: string }} Ending what a WebSocket was closed with
 *
 * @typedef {object} BoxSocket
 * @property {string} protocol
 * @property {() => Promise<string | Uint8Array<ArrayBuffer> | Ending>} pull the next message
 * @property {(message: string | Uint8Array<ArrayBuffer>) => Promise<void>} send settles when there is room for more
 * @property {(code?: number, reason?: string) => void} close
 *
 * @typedef {{ id: number, status?: number, chunk?: Uint8Array<ArrayBuffer>, end?: true, failure?: string,
 *   refused?: boolean, protocol?: string, text?: string, ending?: Ending }} BoxAnswer
 */

/** A port that leads nowhere. */
const nowhere = new MessageChannel();
nowhere.port2.close();

/**
 * Gives the memory of bytes back now, and not when the engine comes to it, after tens of megabytes: what is handed over
 * to nobody is gone. (`transfer(0)` would only make the engine forget to count it.)
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
export const discard = ({ buffer }) => nowhere.port1.postMessage(null, [buffer]);

/** At most so many frames are kept that nobody uses. */
const KEPT = 4;
/** Loading a frame takes no longer, milliseconds. */
const LOADING = 20_000;

/** The browser has not made the request, or has not come to its end. */
export class RequestFailed extends Error {
  name = "RequestFailed";

  /** @param {string} message what the browser says @param {boolean} refused whether the policy of the frame did it */
  constructor(message, refused) {
    super(message);
    this.refused = refused;
  }
}

/** One frame. */
class Box {
  /** @type {Map<number, (answer: BoxAnswer) => void>} who waits for an answer, by request */
  #waiting = new Map();
  #last = 0;
  /** Requests that are not done. */
  running = 0;

  /**
   * @param {number} number the page's
   * @param {MessagePort} port
   * @param {() => void} onEvent at every message
   */
  constructor(number, port, onEvent) {
    this.number = number;
    this.port = port;
    this.ready = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new RequestFailed("the frame for requests could not be loaded", false)), LOADING);
      this.#waiting.set(0, () => {
        clearTimeout(timer);
        resolve(undefined);
      });
    });
    this.ready.catch(() => {}); // (who asks hears of it)
    port.onmessage = ({ data }) => {
      onEvent();
      const tell = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      tell?.(data);
    };
  }

  /** @param {number} id @returns {Promise<any>} @throws {RequestFailed} */
  #answer(id) {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, (answer) => {
        if (answer.failure === undefined) resolve(answer);
        else reject(new RequestFailed(answer.failure, answer.refused ?? false));
      });
    });
  }

  /**
   * @param {Omit<import("./box.js").BoxRequest, "id">} request
   * @param {AbortSignal} signal
   * @returns {Promise<BoxResponse>}
   */
  async fetch(request, signal) {
    const id = ++this.#last;
    const cancel = () => {
      this.port.postMessage({ id, abort: true });
      this.#waiting.get(id)?.({ id, failure: "it has been given up", refused: false });
      this.#waiting.delete(id);
    };
    signal.throwIfAborted();
    signal.addEventListener("abort", cancel, { once: true });
    const begun = this.#answer(id);
    this.port.postMessage({ ...request, id });
    const response = await begun;
    const pull = async () => {
      signal.throwIfAborted();
      const next = this.#answer(id);
      this.port.postMessage({ id, pull: true });
      return (await next).chunk ?? null;
    };
    return { ...response, pull, cancel };
  }

  /**
   * @param {import("./box.js").SocketRequest} request
   * @param {AbortSignal} signal gives up what is being opened
   * @returns {Promise<BoxSocket>}
   * @throws {RequestFailed}
   */
  async connect(request, signal) {
    const id = ++this.#last;
    const close = (/** @type {number} */ code, /** @type {string} */ reason) => {
      this.port.postMessage({ id, abort: true, code, reason });
      this.#waiting.get(id)?.({ id, failure: "it has been given up", refused: false });
      this.#waiting.delete(id);
    };
    signal.throwIfAborted();
    const giveUp = () => close(1000, "");
    signal.addEventListener("abort", giveUp, { once: true });
    const opened = this.#answer(id);
    this.port.postMessage({ id, socket: request });
    try {
      const { protocol } = await opened;
      return {
        protocol,
        pull: async () => {
          const next = this.#answer(id);
          this.port.postMessage({ id, pull: true });
          const { text, chunk, ending } = await next;
          return text ?? chunk ?? ending;
        },
        send: async (message) => {
          const sending = ++this.#last;
          const sent = this.#answer(sending);
          this.port.postMessage({ id: sending, of: id, send: message });
          await sent;
        },
        close: /** @type {BoxSocket["close"]} */ (close),
      };
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }
}

/** The frames of one sandbox. */
export class BoxChannel {
  /** @type {Map<string, Promise<Box>>} by where requests may go, the latest used last */
  #boxes = new Map();
  #maker;
  #onEvent;

  /**
   * @param {BoxMaker} maker
   * @param {() => void} onEvent at every message that comes
   */
  constructor(maker, onEvent) {
    this.#maker = maker;
    this.#onEvent = onEvent;
  }

  /**
   * @param {string} sources
   * @returns {Promise<Box>}
   */
  async #box(sources) {
    let opening = this.#boxes.get(sources);
    if (!opening) {
      opening = this.#maker.open(sources).then(({ box, port }) => new Box(box, port, this.#onEvent));
      opening.catch(() => this.#boxes.delete(sources));
    }
    this.#boxes.delete(sources);
    this.#boxes.set(sources, opening);
    const box = await opening;
    box.running++;
    try {
      await box.ready;
      return box;
    } catch (error) {
      this.#boxes.delete(sources);
      this.#maker.close(box.number);
      throw error;
    }
  }

  /**
   * Makes a request, and holds its frame until `use` has settled.
   * @template T
   * @param {string} sources where it may go
   * @param {Omit<import("./box.js").BoxRequest, "id">} request
   * @param {AbortSignal} signal
   * @param {(response: BoxResponse) => Promise<T>} use
   * @returns {Promise<T>}
   * @throws {RequestFailed}
   */
  fetch(sources, request, signal, use) {
    return this.#hold(sources, async (box) => use(await box.fetch(request, signal)));
  }

  /**
   * The same with a WebSocket.
   * @template T
   * @param {string} sources where it may go
   * @param {import("./box.js").SocketRequest} request
   * @param {AbortSignal} signal gives up what is being opened
   * @param {(socket: BoxSocket) => Promise<T>} use
   * @returns {Promise<T>}
   * @throws {RequestFailed}
   */
  connect(sources, request, signal, use) {
    return this.#hold(sources, async (box) => use(await box.connect(request, signal)));
  }

  /**
   * @template T
   * @param {string} sources
   * @param {(box: Box) => Promise<T>} use
   * @returns {Promise<T>}
   */
  async #hold(sources, use) {
    const box = await this.#box(sources);
    try {
      return await use(box);
    } finally {
      box.running--;
      await this.#tidy();
    }
  }

  /** Takes frames away that nobody uses: those that have not been used for the longest time. */
  async #tidy() {
    for (const [sources, opening] of [...this.#boxes].slice(0, -KEPT)) {
      const box = await opening.catch(() => null);
      if (!box || box.running || this.#boxes.get(sources) !== opening) continue;
      this.#boxes.delete(sources);
      this.#maker.close(box.number);
    }
  }
}
