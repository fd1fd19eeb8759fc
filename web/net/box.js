// The frame that makes requests for a sandbox: of no origin, with a policy that lets it connect to what the gateway
// has said and nothing else, so that the browser refuses every redirect that leads elsewhere. It must import nothing
// that is not bundled with it: a frame without an origin can only load classic scripts.
import { beginSocket, endSocket, isSocket, pullMessage, sendMessage } from "./box-socket.js";

/**
 * @typedef {object} BoxRequest
 * @property {number} id
 * @property {string} url
 * @property {string} method
 * @property {[string, string][]} headers
 * @property {Blob | null} body
 * @property {RequestRedirect} redirect
 *
 * @typedef {{ url: string, protocols: string[] }} SocketRequest
 *
 * @typedef {{ id: number, pull?: true, abort?: true, code?: number, reason?: string, socket?: SocketRequest, of?: number,
 *   send?: string | Uint8Array<ArrayBuffer> } & Partial<BoxRequest>} BoxMessage
 */

/** @type {Map<number, { abort: AbortController, reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | null }>} */
const running = new Map();
/** How often the policy has refused something. */
let violations = 0;
addEventListener("securitypolicyviolation", () => violations++);

/** @param {MessagePort} port @param {BoxRequest} request */
async function begin(port, { id, url, method, headers, body, redirect }) {
  const abort = new AbortController();
  const entry = { abort, reader: null };
  running.set(id, entry);
  const before = violations;
  try {
    const response = await fetch(url, {
      method, headers, body, redirect, signal: abort.signal,
      mode: "cors", credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer",
    });
    entry.reader = /** @type {any} */ (response.body?.getReader() ?? null);
    const { status, statusText, redirected, type } = response;
    port.postMessage({
      id, status, statusText, headers: [...response.headers], redirected: redirected ? response.url : "", type,
    });
  } catch (error) {
    // (the event comes after the failure)
    await new Promise((resolve) => setTimeout(resolve));
    running.delete(id);
    port.postMessage({ id, failure: String(error), refused: violations > before });
  }
}

/** @param {MessagePort} port @param {number} id */
async function pull(port, id) {
  const entry = running.get(id);
  if (!entry) return;
  try {
    const { value, done } = entry.reader ? await entry.reader.read() : { value: undefined, done: true };
    if (done || !value) {
      running.delete(id);
      port.postMessage({ id, end: true });
      return;
    }
    port.postMessage({ id, chunk: value }, [value.buffer]);
  } catch (error) {
    running.delete(id);
    port.postMessage({ id, failure: String(error), refused: false });
  }
}

/** @param {MessagePort} port @param {BoxMessage} message */
function hear(port, message) {
  const { id } = message;
  if (message.socket) {
    const before = violations;
    const { url, protocols } = message.socket;
    void beginSocket(port, id, url, protocols, () => violations > before);
  } else if (message.send !== undefined) void sendMessage(port, id, /** @type {number} */ (message.of), message.send);
  else if (isSocket(id)) {
    if (message.abort) endSocket(id, message.code, message.reason);
    else void pullMessage(port, id);
  } else if (message.abort) {
    running.get(id)?.abort.abort();
    running.delete(id);
  } else if (message.pull) void pull(port, id);
  else void begin(port, /** @type {BoxRequest} */ (message));
}

addEventListener("message", function begun({ source, data, ports }) {
  // (a page that opens this file as its own gets nothing of it)
  if (self.origin !== "null" || source !== parent || !ports[0]) return;
  removeEventListener("message", begun);
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = `default-src 'none'; connect-src ${data.sources}`;
  document.head.append(policy);
  const [port] = ports;
  port.onmessage = (event) => hear(port, event.data);
  port.postMessage({ id: 0 });
});

