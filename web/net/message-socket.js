// A WebSocket whose messages are read one by one. Where the browser has WebSocketStream, who does not read holds the
// other side up; elsewhere a browser takes whatever comes, and the connection is given up when too much waits.

/** So much may wait unread where the browser cannot hold the other side up, bytes. */
export const MOST_UNREAD = 16 << 20;
/** So much waits in the browser to be sent before a writer waits, bytes, and how often it looks, milliseconds. */
const MOST_UNSENT = 1 << 20;
const LOOK = 10;

/**
 * @typedef {object} MessageSocket
 * @property {() => Promise<string | Uint8Array<ArrayBuffer> | null>} read the next message, null at the end
 * @property {(message: string | Uint8Array<ArrayBuffer>) => Promise<void>} write settles when there is room for more
 * @property {(code?: number, reason?: string) => void} close
 * @property {string} protocol that the server has chosen; empty for none
 * @property {() => { code: number, reason: string }} ending what the other side has closed it with; 1006: nothing
 */

/** The browser has not made the connection, or it has broken. It does not tell why. */
export class SocketFailed extends Error {
  name = "SocketFailed";
}

/**
 * @param {string} url
 * @param {string[]} protocols
 * @param {AbortSignal} signal gives up a connection that is being made
 * @returns {Promise<MessageSocket>}
 * @throws {SocketFailed}
 */
export function openSocket(url, protocols, signal) {
  const { WebSocketStream } = /** @type {any} */ (globalThis);
  return WebSocketStream ? openStream(WebSocketStream, url, protocols, signal) : openEvents(url, protocols, signal);
}

/** @param {any} error @param {string} url */
const failed = (error, url) => new SocketFailed(`the WebSocket ${url} has failed (${error?.message || error})`);

/**
 * @param {any} WebSocketStream
 * @param {string} url
 * @param {string[]} protocols
 * @param {AbortSignal} signal
 * @returns {Promise<MessageSocket>}
 */
async function openStream(WebSocketStream, url, protocols, signal) {
  /** @type {any} */
  let stream;
  let opened;
  try {
    stream = new WebSocketStream(url, { protocols, signal });
    stream.closed.catch(() => {});
    opened = await stream.opened;
  } catch (error) {
    throw failed(error, url);
  }
  const reader = opened.readable.getReader();
  const writer = opened.writable.getWriter();
  writer.closed.catch(() => {});
  let ending = { code: 1006, reason: "" };
  const closed = stream.closed.then(
    (/** @type {any} */ { closeCode, reason }) => {
      ending = { code: closeCode ?? 1005, reason: reason ?? "" };
    },
    () => {},
  );
  return {
    protocol: opened.protocol ?? "",
    async read() {
      try {
        const { value, done } = await reader.read();
        if (done) await closed;
        if (done) return null;
        return typeof value === "string" ? value : new Uint8Array(value);
      } catch (error) {
        throw failed(error, url);
      }
    },
    async write(message) {
      try {
        await writer.write(message);
      } catch (error) {
        throw failed(error, url);
      }
    },
    close(closeCode, reason) {
      try {
        stream.close(closeCode === undefined ? {} : { closeCode, reason });
      } catch {
        stream.close();
      }
      void drop(reader);
    },
    ending: () => ending,
  };
}

/**
 * Reads on to the end: what still comes is wanted by nobody, but the other side's last word waits behind it.
 * @param {ReadableStreamDefaultReader<unknown>} reader
 */
async function drop(reader) {
  try {
    while (!(await reader.read()).done);
  } catch {
    // it has broken: that is an end too
  }
}

/**
 * @param {string} url
 * @param {string[]} protocols
 * @param {AbortSignal} signal
 * @returns {Promise<MessageSocket>}
 */
async function openEvents(url, protocols, signal) {
  /** @type {WebSocket} */
  let socket;
  try {
    socket = new WebSocket(url, protocols);
  } catch (error) {
    throw failed(error, url);
  }
  socket.binaryType = "arraybuffer";
  /** @type {(string | Uint8Array<ArrayBuffer>)[]} */
  const queue = [];
  let unread = 0;
  let ending = { code: 1006, reason: "" };
  /** @type {SocketFailed | null} */
  let failure = null;
  let over = false;
  let tell = () => {};
  const size = (/** @type {string | Uint8Array} */ message) => message.length;
  socket.onmessage = ({ data }) => {
    const message = typeof data === "string" ? data : new Uint8Array(data);
    queue.push(message);
    unread += size(message);
    if (unread > MOST_UNREAD) {
      failure = new SocketFailed(`more than ${MOST_UNREAD} bytes wait unread: this browser cannot hold the other side up`);
      socket.close();
    }
    tell();
  };
  const giveUp = () => socket.close();
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onclose = () => reject(failed("it could not be opened", url));
    });
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
  socket.onclose = ({ code, reason }) => {
    ending = { code, reason };
    over = true;
    if (code === 1006) failure ??= failed("it has broken", url);
    tell();
  };
  return {
    protocol: socket.protocol,
    async read() {
      for (;;) {
        const message = queue.shift();
        if (message !== undefined) {
          unread -= size(message);
          return message;
        }
        if (failure) throw failure;
        if (over) return null;
        await new Promise((resolve) => {
          tell = () => resolve(undefined);
        });
      }
    },
    async write(message) {
      if (over) throw failure ?? failed("it is closed", url);
      socket.send(message);
      while (socket.bufferedAmount > MOST_UNSENT && !over) await new Promise((resolve) => setTimeout(resolve, LOOK));
    },
    close(code, reason) {
      socket.close(code, reason);
      over = true;
      tell();
    },
    ending: () => ending,
  };
}
