/** How an MCP client reaches a server in a page: a MessagePort, or messages between windows. */

/** @typedef {import("@modelcontextprotocol/server").Transport} Transport */
/** @typedef {import("@modelcontextprotocol/server").JSONRPCMessage} Message */

/** JSON-RPC messages over a MessagePort, one message each; at the client's end and the server's. @implements {Transport} */
export class PortTransport {
  #port;

  /** @type {Transport["onmessage"]} */
  onmessage;
  /** @type {Transport["onclose"]} */
  onclose;
  /** @type {Transport["onerror"]} */
  onerror;

  /** @param {MessagePort} port */
  constructor(port) {
    this.#port = port;
  }

  async start() {
    this.#port.addEventListener("message", ({ data }) => this.onmessage?.(data));
    this.#port.addEventListener("messageerror", () => this.onerror?.(new Error("a message could not be read")));
    this.#port.addEventListener("close", () => this.onclose?.());
    this.#port.start();
  }

  /** @param {Message} message */
  async send(message) {
    this.#port.postMessage(message);
  }

  async close() {
    this.#port.close();
    this.onclose?.();
  }
}

/** mcp-b's names for the two ways. */
const TO_SERVER = "client-to-server";
const TO_CLIENT = "server-to-client";

/**
 * A server for another window: the one that this page is framed by, if not said otherwise. It speaks both wires, and
 * answers in the one that it is spoken to: bare JSON-RPC messages (ext-apps' PostMessageTransport), and mcp-b's
 * envelope (IframeParentTransport; with `peer: window`, a page to itself, TabClientTransport). Messages of other
 * windows and of origins that are not allowed are not heard.
 * @implements {Transport}
 */
export class WindowTransport {
  #peer;
  #allowed;
  #channel;
  /** @type {{ origin: string, envelope: boolean } | null} how the client speaks */
  #client = null;

  /** @type {Transport["onmessage"]} */
  onmessage;
  /** @type {Transport["onclose"]} */
  onclose;
  /** @type {Transport["onerror"]} */
  onerror;

  /**
   * @param {{ allowedOrigins: string[], peer?: Window, channelId?: string }} options Origins as "https://example.org";
   *   "*" is any. `channelId` is mcp-b's, "mcp-iframe" (or "mcp-default" in one window) if not given.
   */
  constructor({ allowedOrigins, peer = window.parent, channelId }) {
    if (!allowedOrigins?.length) {
      throw new TypeError('WindowTransport: allowedOrigins must name an origin, as "https://example.org"');
    }
    this.#peer = peer;
    this.#allowed = new Set(allowedOrigins);
    this.#channel = channelId ?? (peer === window ? "mcp-default" : "mcp-iframe");
  }

  async start() {
    window.addEventListener("message", this.#hear);
    // a client that has asked before anybody was here
    for (const origin of this.#allowed) {
      this.#post("mcp-server-ready", { origin: origin === "null" ? "*" : origin, envelope: true });
    }
  }

  #hear = (/** @type {MessageEvent} */ { source, origin, data }) => {
    if (source !== this.#peer || !(this.#allowed.has("*") || this.#allowed.has(origin))) return;
    if (typeof data !== "object" || data === null) return;
    const { channel, type, direction, payload } = data;
    const envelope = channel === this.#channel && type === "mcp" && direction === TO_SERVER;
    // (bare messages to oneself would be one's own answers)
    const bare = data.jsonrpc === "2.0" && this.#peer !== window;
    if (!envelope && !bare) return;
    this.#client = { origin: origin === "null" ? "*" : origin, envelope };
    if (!envelope) this.onmessage?.(data);
    else if (payload === "mcp-check-ready") this.#post("mcp-server-ready", this.#client);
    else if (typeof payload === "object" && payload !== null) this.onmessage?.(payload);
  };

  /**
   * @param {Message | string} payload
   * @param {{ origin: string, envelope: boolean }} client
   */
  #post(payload, { origin, envelope }) {
    const wrapped = { channel: this.#channel, type: "mcp", direction: TO_CLIENT, payload };
    this.#peer.postMessage(envelope ? wrapped : payload, origin);
  }

  /** @param {Message} message */
  async send(message) {
    if (!this.#client) throw new Error("no client has spoken yet");
    this.#post(message, this.#client);
  }

  async close() {
    window.removeEventListener("message", this.#hear);
    if (this.#client?.envelope) this.#post("mcp-server-stopped", this.#client);
    this.#client = null;
    this.onclose?.();
  }
}
