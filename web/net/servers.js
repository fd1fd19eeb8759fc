// Requests of the page to servers in the sandbox.
import { exchange } from "./http-client.js";
import { SocketStream } from "./socket-stream.js";

/** @typedef {import("../worker/boot.js").System} System */

export class Servers {
  #system;

  /** @param {System} system */
  constructor(system) {
    this.#system = system;
  }

  /**
   * Makes a request. The body of the response goes to `port`, a part for each message that comes from there; a message
   * `false` gives it up.
   * @param {number} number of the port
   * @param {import("./http-client.js").ServerRequest} request
   * @param {MessagePort} port
   * @returns {Promise<Omit<import("./http-client.js").ServerResponse, "body"> & { body: boolean }>}
   * @throws {Error} a typed one
   */
  async fetch(number, request, port) {
    const { gate, api } = this.#system;
    const socket = api.port_connect(number);
    if (socket < 0) {
      port.close();
      throw typed("ConnectionRefusedError", `nothing listens at port ${number} of the sandbox`);
    }
    const stream = new SocketStream(gate, socket);
    const abort = new AbortController();
    const finish = () => {
      port.close();
      stream.drop();
      api.owner_close(socket);
    };
    /** @type {AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> | null} */
    let body = null;
    port.onmessage = async ({ data: more }) => {
      gate.scheduler.breathe();
      if (!more) {
        abort.abort();
        finish();
        return;
      }
      try {
        const { value, done } = await /** @type {NonNullable<typeof body>} */ (body).next();
        if (done) {
          port.postMessage(null);
          finish();
        } else {
          const chunk = value.slice();
          port.postMessage(chunk, [chunk.buffer]);
        }
      } catch (error) {
        if (abort.signal.aborted) return;
        port.postMessage({ failure: `port ${number}: ${error instanceof Error ? error.message : error}` });
        finish();
      }
    };
    try {
      const response = await exchange(stream, `localhost:${number}`, request, abort.signal);
      body = response.body;
      if (!body) finish();
      return { ...response, body: body !== null };
    } catch (error) {
      finish();
      if (abort.signal.aborted) throw typed("TabuxError", "the request has been given up");
      throw typed("ServerError", `port ${number}: ${error instanceof Error ? error.message : error}`);
    }
  }
}

/** @param {string} name of a class of the public module @param {string} message */
function typed(name, message) {
  const error = new Error(message);
  error.name = name;
  return error;
}
