// WebSockets of the frame that makes requests: messages are asked for one by one, as the parts of bodies are.
import { openSocket } from "./message-socket.js";

/** @type {Map<number, { abort: AbortController, socket: import("./message-socket.js").MessageSocket | null }>} */
const sockets = new Map();

/** @param {MessagePort} port @param {number} id @param {string} url @param {string[]} protocols @param {() => boolean} refused */
export async function beginSocket(port, id, url, protocols, refused) {
  const abort = new AbortController();
  /** @type {{ abort: AbortController, socket: import("./message-socket.js").MessageSocket | null }} */
  const entry = { abort, socket: null };
  sockets.set(id, entry);
  try {
    const socket = await openSocket(url, protocols, abort.signal);
    if (abort.signal.aborted) socket.close();
    entry.socket = socket;
    port.postMessage({ id, protocol: socket.protocol });
  } catch (error) {
    // (the event of a refusal comes after the failure)
    await new Promise((resolve) => setTimeout(resolve));
    sockets.delete(id);
    port.postMessage({ id, failure: String(error), refused: refused() });
  }
}

/** @param {number} id @returns {boolean} whether that is a WebSocket */
export const isSocket = (id) => sockets.has(id);

/** @param {MessagePort} port @param {number} id */
export async function pullMessage(port, id) {
  const socket = sockets.get(id)?.socket;
  if (!socket) return;
  try {
    const message = await socket.read();
    if (typeof message === "string") port.postMessage({ id, text: message });
    else if (message) port.postMessage({ id, chunk: message }, [message.buffer]);
    else {
      sockets.delete(id);
      port.postMessage({ id, ending: socket.ending() });
    }
  } catch {
    sockets.delete(id);
    port.postMessage({ id, ending: { code: 1006, reason: "" } });
  }
}

/** @param {MessagePort} port @param {number} id of the answer @param {number} of the WebSocket @param {string | Uint8Array<ArrayBuffer>} message */
export async function sendMessage(port, id, of, message) {
  try {
    await sockets.get(of)?.socket?.write(message);
    port.postMessage({ id });
  } catch (error) {
    port.postMessage({ id, failure: String(error), refused: false });
  }
}

/** @param {number} id @param {number} [code] @param {string} [reason] */
export function endSocket(id, code, reason) {
  const entry = sockets.get(id);
  sockets.delete(id);
  entry?.abort.abort();
  entry?.socket?.close(code, reason);
}
