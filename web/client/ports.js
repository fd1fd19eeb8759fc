/** Servers in the sandbox from the page: `sandbox.ports` and `sandbox.fetch`. */

import { withPort } from "./connection.js";
import { InvalidArgumentError, ServerError } from "./errors.js";
import * as check from "./options.js";

/** @typedef {import("./kernel.js").OpenPort} OpenPort */
/** @typedef {import("../worker/network-service.js").PortEvent} PortEvent */

/**
 * @typedef {object} ServerRequestOptions
 * @property {string} [method] "GET" if not given.
 * @property {HeadersInit} [headers] Any, also those that a browser lets nobody set elsewhere (Cookie, Host).
 * @property {BodyInit | null} [body] A stream is sent in chunks, anything else with its length.
 * @property {AbortSignal} [signal] Gives the request up.
 */

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** What is about the connection is not the caller's. */
const OWN = new Set(["connection", "content-length", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "expect"]);

/** @param {unknown} value @param {string} name @returns {number} */
function portNumber(value, name) {
  if (typeof value === "number" && Number.isInteger(value) && value > 0 && value < 65536) return value;
  throw new InvalidArgumentError(`${name} must be a whole number from 1 to 65535`);
}

/** The ports of TCP where programs listen. */
export class Ports {
  /** @type {Map<string, Set<(port: any) => unknown>>} */
  #listeners = new Map([["open", new Set()], ["close", new Set()]]);
  #connection;

  /** @param {import("./connection.js").Connection} connection */
  constructor(connection) {
    this.#connection = connection;
  }

  /** Called by the worker. @param {PortEvent} event */
  hear = ({ type, port }) => {
    for (const listener of this.#listeners.get(type) ?? []) {
      try {
        listener(port);
      } catch (error) {
        reportError(error);
      }
    }
  };

  /**
   * @returns {Promise<OpenPort[]>} those where somebody listens, by number
   */
  async list() {
    return this.#connection.call(() => this.#connection.kernel.portsList());
  }

  /**
   * @param {"open" | "close"} type "open": somebody listens at a port where nobody did; "close": nobody does any more
   * @param {(port: OpenPort) => unknown} listener "close" is told the number of the port only
   * @returns {() => void} what takes the listener away
   */
  on(type, listener) {
    const listeners = this.#listeners.get(type);
    if (!listeners) throw new InvalidArgumentError('ports.on: type must be "open" or "close"');
    check.callback(listener, "ports.on: listener");
    listeners.add(listener);
    this.#want();
    return () => {
      listeners.delete(listener);
      this.#want();
    };
  }

  #want() {
    const wanted = [...this.#listeners.values()].some(({ size }) => size > 0);
    this.#connection.call(() => this.#connection.kernel.portsWant(wanted)).catch(() => {});
  }

  /**
   * Waits until somebody listens at a port.
   * @param {number} port
   * @param {{ signal?: AbortSignal }} [options] The signal ends the wait.
   * @returns {Promise<OpenPort>}
   */
  async waitFor(port, options) {
    const number = portNumber(port, "ports.waitFor: port");
    const { signal } = check.checkOptions("ports.waitFor", options, { signal: check.abortSignal });
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers();
    const off = this.on("open", (opened) => opened.port === number && resolve(opened));
    const abort = () => reject(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const there = (await this.list()).find((open) => open.port === number);
      return there ?? (await promise);
    } finally {
      off();
      signal?.removeEventListener("abort", abort);
    }
  }

  /**
   * See `Sandbox.fetch`.
   * @param {number} port
   * @param {string} path
   * @param {ServerRequestOptions} [options]
   * @returns {Promise<Response>}
   */
  async fetch(port, path, options) {
    const number = portNumber(port, "fetch: port");
    if (typeof path !== "string" || !/^\/[!-~]*$/.test(path) || path.includes("#"))
      throw new InvalidArgumentError("fetch: path must begin with a slash and be ASCII without spaces; use encodeURI");
    const { signal, ...rest } = options ?? {};
    const request = await serverRequest(path, rest);
    const sent = request.body instanceof ReadableStream ? withPort(request, request.body) : request;
    signal?.throwIfAborted();
    const { port1, port2 } = new MessageChannel();
    const abort = () => port1.postMessage(false);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const answer = await this.#connection.call(() =>
        this.#connection.kernel.serverFetch(number, sent, withPort(port2, port2)),
      );
      signal?.throwIfAborted();
      return response(`http://localhost:${number}${path}`, answer, port1, signal);
    } catch (error) {
      port1.close();
      signal?.throwIfAborted();
      throw error;
    }
  }
}

/**
 * @param {string} path
 * @param {Record<string, any>} options without the signal
 * @returns {Promise<import("../net/http-client.js").ServerRequest>}
 */
async function serverRequest(path, options) {
  const { method = "GET", headers, body = null, ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown) {
    throw new InvalidArgumentError(
      `fetch: unknown option "${unknown}"; the options are: method, headers, body, signal`,
    );
  }
  if (typeof method !== "string" || !TOKEN.test(method))
    throw new InvalidArgumentError("fetch: method must be the name of a method");
  const fields = [...new Headers(headers)].filter(([name]) => !OWN.has(name));
  for (const [name, value] of fields) {
    if (!VALUE.test(value))
      throw new InvalidArgumentError(`fetch: the header ${name} has characters that cannot be sent`);
  }
  if (body === null || body instanceof ReadableStream) return { method, path, headers: fields, body };
  const blob = await new Response(body).blob();
  if (blob.type && !fields.some(([name]) => name === "content-type")) fields.push(["content-type", blob.type]);
  return { method, path, headers: fields, body: blob };
}

/**
 * @param {string} url
 * @param {{ status: number, statusText: string, headers: [string, string][], body: boolean }} answer
 * @param {MessagePort} port
 * @param {AbortSignal | undefined} signal
 * @returns {Response}
 */
function response(url, { status, statusText, headers, body }, port, signal) {
  if (!body) port.close();
  const stream = body ? bodyOf(port, signal) : null;
  // (the constructor takes no status below 200, and hides cookies)
  const made = new Response(stream, { status: status < 200 ? 200 : status, statusText: statusText.replace(/[^\t\x20-\x7e]/g, "") });
  const all = new Headers();
  for (const [name, value] of headers) all.append(name, value);
  return Object.defineProperties(made, {
    headers: { value: all, enumerable: true },
    url: { value: url, enumerable: true },
    ...(status < 200 ? { status: { value: status }, ok: { value: false } } : {}),
  });
}

/**
 * @param {MessagePort} port
 * @param {AbortSignal | undefined} signal
 * @returns {ReadableStream<Uint8Array<ArrayBuffer>>}
 */
function bodyOf(port, signal) {
  return new ReadableStream({
    type: "bytes",
    start(controller) {
      port.onmessage = ({ data }) => {
        if (data === null) {
          port.close();
          controller.close();
          controller.byobRequest?.respond(0);
        } else if (data instanceof Uint8Array) controller.enqueue(/** @type {Uint8Array<ArrayBuffer>} */ (data));
        else controller.error(new ServerError(data.failure));
      };
      signal?.addEventListener("abort", () => controller.error(signal.reason), { once: true });
    },
    pull: () => port.postMessage(true),
    cancel() {
      port.postMessage(false);
      port.close();
    },
  });
}
