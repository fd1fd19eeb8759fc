// One connection to a host outside: requests come one after the other, and each gets its response.
import { fromLatin1 } from "../gate/latin1.js";
import { discard, RequestFailed } from "./box-channel.js";
import { HttpReader, MalformedMessage } from "./http-reader.js";
import { RelayedExchange, TooLarge } from "./relayed-exchange.js";
import { ConnectionLost } from "./socket-stream.js";
import { tunnel } from "./tunnel.js";
import { converse, switching } from "./websocket-exchange.js";
import { RelayFailed } from "./wisp.js";

/**
 * What the kernel says of a request (tabux.net.gateway.Gateway.plan).
 * @typedef {{ refuse: number, reason: string, close: boolean, method?: string, minor?: number }} Refusal
 * @typedef {object} PlanOfAny
 * @property {undefined} refuse
 * @property {string} asked what the program asks for, an address
 * @property {string} method
 * @property {number} length of its body, bytes; -1: in chunks
 * @property {boolean} expects
 * @property {number} minor
 * @property {boolean} keep
 * @property {number} maxUpload
 * @property {number} maxDownload
 * @property {number} timeout
 *
 * @typedef {object} PlanOfBrowser
 * @property {undefined} goal
 * @property {undefined} accept
 * @property {string} url where the browser is to ask
 * @property {[string, string][]} headers
 * @property {string} sources
 * @property {RequestRedirect} redirect
 * @property {string[]} missed header fields that could not be sent
 *
 * @typedef {object} PlanOfSocket
 * @property {undefined} goal
 * @property {string} accept what the answer proves that the request was understood with
 * @property {string} url of a WebSocket
 * @property {string} sources
 * @property {string[]} protocols
 * @property {string[]} missed header fields that could not be sent
 *
 * @typedef {object} PlanOfRelay
 * @property {[host: string, port: number, tls: boolean]} goal
 * @property {string} head what is sent
 * @property {boolean} websocket whether it asks for the protocol of WebSockets
 *
 * @typedef {PlanOfAny & PlanOfBrowser} Plan
 * @typedef {PlanOfAny & PlanOfSocket} SocketPlan
 * @typedef {PlanOfAny & PlanOfRelay} RelayPlan
 *
 * @typedef {object} Advice
 * @property {(head: string) => Plan | SocketPlan | RelayPlan | Refusal} plan
 * @property {() => boolean} tunnel whether a program's own TLS may pass
 * @property {import("./relayed-exchange.js").Dial} dial makes a connection through the relay
 * @property {[host: string, port: number]} goal where the connection leads
 * @property {(details: Record<string, unknown>) => void} note for the audit log
 */

/** A body up to this size is gathered, so that its length can be told, bytes. */
const GATHERED = 65_536;
/** So long the rest of such a body is waited for, milliseconds: what comes slowly is passed on as it comes. */
const PATIENCE = 20;
const LATE = Symbol("late");
/** Parts of an upload are handed to the browser in pieces of about this size, bytes. */
const PIECE = 1 << 20;
/** So long after the last answer what a program sends is dropped, milliseconds. */
const LINGERING = 5000;
/** The first byte of a TLS record with a handshake (RFC 8446, 5.1). */
const HANDSHAKE = 22;
/** Fatal alert "protocol_version" (RFC 8446, 6). */
const ALERT = Uint8Array.of(21, 3, 1, 0, 2, 2, 70);
/** What is about the connection, or about bytes that the browser has undone. */
const OWN_FIELDS = new Set(["connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"]);
/** What these statuses say is in no body. */
const BODILESS = new Set([204, 205, 304]);
/** @type {Record<number, string>} */
const REASONS = {
  400: "Bad Request", 403: "Forbidden", 405: "Method Not Allowed", 413: "Content Too Large", 417: "Expectation Failed",
  421: "Misdirected Request", 426: "Upgrade Required", 431: "Request Header Fields Too Large", 501: "Not Implemented", 502: "Bad Gateway",
  504: "Gateway Timeout", 505: "HTTP Version Not Supported",
};

/** The response cannot be finished: the connection is broken off, so that the program sees that. */
class Unfinished extends Error {}

export class GatewayConnection {
  #stream;
  #boxes;
  #advice;
  #relayed;
  #gone = new AbortController();

  /**
   * @param {import("./socket-stream.js").SocketStream} stream
   * @param {import("./box-channel.js").BoxChannel} boxes
   * @param {Advice} advice
   */
  constructor(stream, boxes, advice) {
    this.#stream = stream;
    this.#boxes = boxes;
    this.#advice = advice;
    this.reader = new HttpReader(stream);
    this.#relayed = new RelayedExchange(this.reader, stream, advice.dial);
  }

  /** @returns {Promise<void>} settles when the connection is over */
  async serve() {
    void this.#stream.gone().then(() => this.#gone.abort());
    try {
      if ((await this.reader.peek()) === HANDSHAKE) {
        if (this.#advice.tunnel()) await this.#tunnel();
        else await this.#stream.write(ALERT);
      } else while (await this.#exchange());
      await this.#leave();
    } catch (error) {
      if (error instanceof MalformedMessage) {
        await this.#refuse({ refuse: error.status, reason: error.message, close: true }).catch(() => {});
        await this.#leave();
      } else if (!(error instanceof ConnectionLost) && !(error instanceof Unfinished))
        console.error("tabux: the gateway has failed:", error);
    } finally {
      this.#gone.abort();
      this.#relayed.close();
    }
  }

  /** The program speaks TLS with the host itself. */
  async #tunnel() {
    const [host, port] = this.#advice.goal;
    const startedMs = performance.now();
    /** @type {Record<string, unknown>} */
    let told;
    try {
      const remote = await this.#advice.dial([host, port, false], this.#gone.signal);
      told = await tunnel(this.reader, this.#stream, new HttpReader(remote), remote);
    } catch (error) {
      if (!(error instanceof RelayFailed)) throw error;
      this.#stream.fail(error.errno);
      told = { reason: error.message };
    }
    this.#advice.note({ action: "close", ...told, durationMs: Math.round(performance.now() - startedMs) });
  }

  /**
   * Ends the connection, and drops what is still being sent: to close at once would break it off, and the program might
   * never see the answer.
   */
  async #leave() {
    this.#stream.end();
    const signal = AbortSignal.any([AbortSignal.timeout(LINGERING), this.#gone.signal]);
    signal.addEventListener("abort", () => this.#stream.drop(), { once: true });
    try {
      while (await this.#stream.read(signal));
    } catch {
      // it has gone away, or takes too long
    }
  }

  /** @returns {Promise<boolean>} whether the connection goes on */
  async #exchange() {
    const head = await this.reader.head(true);
    if (head === null) return false;
    const plan = this.#advice.plan(head);
    if (plan.refuse !== undefined) {
      await this.#refuse(plan);
      return !plan.close;
    }
    if (plan.goal) return this.#byRelay(plan);
    return plan.accept === undefined ? this.#byBrowser(plan) : this.#bySocket(plan);
  }

  /** @param {RelayPlan} plan @returns {Promise<boolean>} whether the connection goes on */
  async #byRelay(plan) {
    const startedMs = performance.now();
    const told = { action: "response", method: plan.method, url: plan.asked };
    const finish = (/** @type {Record<string, unknown>} */ details) =>
      this.#advice.note({ ...told, ...details, durationMs: Math.round(performance.now() - startedMs) });
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), plan.timeout);
    const signal = AbortSignal.any([late.signal, this.#gone.signal]);
    let begun = false;
    try {
      const { keep, ...details } = await this.#relayed.exchange(plan, signal, () => {
        clearTimeout(timer);
        begun = true;
      });
      finish(details);
      return keep;
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      const { host } = new URL(plan.asked);
      const reason = late.signal.aborted ? `${host} has not answered within network.timeoutMs (${plan.timeout})` : said;
      finish({ status: 0, reason });
      if (begun) throw error instanceof ConnectionLost ? error : new Unfinished(reason);
      if (this.#gone.signal.aborted) return false;
      if (!(error instanceof RelayFailed || error instanceof MalformedMessage || error instanceof TooLarge || late.signal.aborted))
        throw error;
      const refuse = late.signal.aborted ? 504 : error instanceof TooLarge ? 413 : 502;
      await this.#refuse({ ...plan, refuse, reason: refuse === 502 ? `${host}: ${reason}` : reason, close: true });
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  /** @param {SocketPlan} plan @returns {Promise<boolean>} whether the connection goes on */
  async #bySocket(plan) {
    const { url, protocols, sources, missed } = plan;
    const startedMs = performance.now();
    const finish = (/** @type {Record<string, unknown>} */ details) => {
      const told = { action: "response", method: plan.method, url: plan.asked };
      this.#advice.note({ ...told, ...details, durationMs: Math.round(performance.now() - startedMs) });
    };
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), plan.timeout);
    const signal = AbortSignal.any([late.signal, this.#gone.signal]);
    let begun = false;
    try {
      return await this.#boxes.connect(sources, { url, protocols }, signal, async (socket) => {
        clearTimeout(timer);
        begun = true;
        await this.#stream.write(switching(plan.accept, socket.protocol, missed));
        finish({ status: 101, ...(await converse(this.reader, this.#stream, socket)) });
        return false;
      });
    } catch (error) {
      const failure = late.signal.aborted ? this.#failure(plan, error, true) : unopened(plan.asked, error);
      finish({ status: 0, reason: failure.reason });
      if (begun) throw error;
      if (this.#gone.signal.aborted) return false;
      await this.#refuse({ ...plan, ...failure, close: !plan.keep });
      return plan.keep;
    } finally {
      clearTimeout(timer);
    }
  }

  /** @param {Plan} plan @returns {Promise<boolean>} whether the connection goes on */
  async #byBrowser(plan) {
    const startedMs = performance.now();
    const body = await this.#upload(plan);
    if (body === undefined) {
      const reason = `more than network.maxUploadBytes (${plan.maxUpload}) would be sent`;
      await this.#refuse({ ...plan, refuse: 413, reason, close: true });
      return false;
    }
    const told = { action: "response", method: plan.method, url: plan.asked, sentBytes: body?.size ?? 0 };
    const finish = (/** @type {Record<string, unknown>} */ details) =>
      this.#advice.note({ ...told, ...details, durationMs: Math.round(performance.now() - startedMs) });
    const { url, method, headers, redirect } = plan;
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), plan.timeout);
    const signal = AbortSignal.any([abort.signal, this.#gone.signal]);
    let begun = false;
    try {
      return await this.#boxes.fetch(plan.sources, { url, method, headers, body, redirect }, signal, async (response) => {
        clearTimeout(timer);
        begun = true;
        const receivedBytes = await this.#respond(plan, response);
        finish({ status: response.status, receivedBytes });
        return plan.keep;
      });
    } catch (error) {
      const failure = this.#failure(plan, error, abort.signal.aborted);
      finish({ status: 0, reason: failure.reason });
      if (begun) throw error instanceof RequestFailed ? new Unfinished(failure.reason) : error;
      if (this.#gone.signal.aborted) return false;
      await this.#refuse({ ...plan, ...failure, close: !plan.keep });
      return plan.keep;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * The body of a request, gathered by the browser, not in this worker's memory.
   * @param {Plan} plan
   * @returns {Promise<Blob | null | undefined>} undefined where it is too large
   */
  async #upload({ length, expects, maxUpload }) {
    if (length === 0) return null;
    if (expects) await this.#stream.write(fromLatin1("HTTP/1.1 100 Continue\r\n\r\n"));
    /** @type {Blob[]} */
    const pieces = [];
    /** @type {Uint8Array<ArrayBuffer>[]} */
    let parts = [];
    let size = 0;
    let total = 0;
    for await (const bytes of this.reader.body(length)) {
      total += bytes.length;
      if (total > maxUpload) return undefined;
      parts.push(bytes);
      size += bytes.length;
      if (size < PIECE) continue;
      pieces.push(new Blob(parts));
      parts = [];
      size = 0;
    }
    return new Blob([...pieces, ...parts]);
  }

  /**
   * @param {Plan} plan
   * @param {import("./box-channel.js").BoxResponse} response
   * @returns {Promise<number>} bytes of the body
   */
  async #respond(plan, response) {
    const { status, statusText, pull } = response;
    const lines = [`HTTP/1.1 ${status} ${/^[\t\x20-\x7e\x80-\xff]*$/.test(statusText) ? statusText : ""}`];
    for (const [name, value] of response.headers)
      if (!OWN_FIELDS.has(name)) lines.push(`${name}: ${value}`);
    const notes = hidden(plan, response);
    if (notes.length) lines.push(`X-Tabux: ${notes.join("; ")}`);
    if (plan.method === "HEAD" || BODILESS.has(status)) {
      const length = response.headers.find(([name]) => name === "content-length");
      if (length && plan.method === "HEAD") lines.push(`Content-Length: ${length[1]}`);
      await this.#head(lines, plan.keep);
      response.cancel();
      return 0;
    }
    /** @type {Uint8Array<ArrayBuffer>[]} */
    const first = [];
    let size = 0;
    let next = pull();
    /** @type {Uint8Array<ArrayBuffer> | null | typeof LATE} */
    let chunk = await next.catch(() => LATE);
    while (chunk && chunk !== LATE) {
      first.push(chunk);
      size += chunk.length;
      next = pull();
      if (size >= GATHERED) break;
      chunk = await Promise.race([next, late()]).catch(() => LATE); // (it is awaited below)
    }
    const ended = chunk === null;
    const chunked = !ended && plan.minor > 0;
    if (ended) lines.push(`Content-Length: ${size}`);
    else if (chunked) lines.push("Transfer-Encoding: chunked");
    else plan.keep = false;
    await this.#head(lines, plan.keep);
    let total = 0;
    const pass = async (/** @type {Uint8Array<ArrayBuffer>} */ chunk) => {
      total += chunk.length;
      if (total > plan.maxDownload) {
        response.cancel();
        throw new RequestFailed(`it has more than network.maxDownloadBytes (${plan.maxDownload})`, false);
      }
      if (chunked) await this.#stream.write(fromLatin1(`${chunk.length.toString(16)}\r\n`));
      await this.#stream.write(chunk);
      if (chunked) await this.#stream.write(fromLatin1("\r\n"));
      discard(chunk);
    };
    for (const chunk of first.splice(0)) await pass(chunk);
    for (let more = ended ? null : await next; more; more = await pull()) if (more.length) await pass(more);
    if (chunked) await this.#stream.write(fromLatin1("0\r\n\r\n"));
    return total;
  }

  /** @param {string[]} lines @param {boolean} keep */
  #head(lines, keep) {
    const connection = `Connection: ${keep ? "keep-alive" : "close"}`;
    return this.#stream.write(fromLatin1([...lines, connection, "\r\n"].join("\r\n")));
  }

  /**
   * @param {Plan | SocketPlan} plan
   * @param {unknown} error
   * @param {boolean} late
   * @returns {{ refuse: number, reason: string }}
   */
  #failure({ asked, method, timeout }, error, late) {
    if (late) return { refuse: 504, reason: `${new URL(asked).host} has not answered within network.timeoutMs (${timeout})` };
    const said = error instanceof Error ? error.message : String(error);
    if (error instanceof RequestFailed && error.refused) {
      const reason = `${asked} leads to a place that the policy does not allow: network.allow has to name that host too`;
      return { refuse: 403, reason };
    }
    const reason =
      `the browser has not made ${method} ${asked} (${said}). It does not tell why. Mostly the server does not let pages of ` +
      "other sites read its answers (CORS): then network.corsProxy can name a proxy for this host. Or the server " +
      "cannot be reached, or has redirected to where the policy does not allow.";
    return { refuse: 502, reason };
  }

  /** @param {Refusal | (Omit<PlanOfAny, "refuse"> & Refusal)} refusal */
  async #refuse({ refuse, reason, close, method }) {
    const text = new TextEncoder().encode(`tabux: ${reason}\n`);
    const lines = [
      `HTTP/1.1 ${refuse} ${REASONS[refuse] ?? "Error"}`,
      "Content-Type: text/plain; charset=utf-8",
      `Content-Length: ${text.length}`,
      "X-Tabux: gateway",
    ];
    if (refuse === 426) lines.push("Sec-WebSocket-Version: 13");
    await this.#head(lines, !close);
    if (method !== "HEAD") await this.#stream.write(text);
  }
}

/** @param {string} asked @param {unknown} error @returns {{ refuse: number, reason: string }} */
function unopened(asked, error) {
  const said = error instanceof Error ? error.message : String(error);
  const reason =
    `the browser has not opened a WebSocket to ${asked} (${said}). It does not tell why: the server cannot be reached, ` +
    "speaks no WebSockets there, or does not want pages of other sites.";
  return { refuse: 502, reason };
}

/** @returns {Promise<typeof LATE>} after the time that a body is waited for to end */
function late() {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE, LATE));
}

/**
 * What is not as the server has sent it.
 * @param {Plan} plan
 * @param {import("./box-channel.js").BoxResponse} response
 * @returns {string[]}
 */
function hidden({ missed }, { headers, redirected, type }) {
  const notes = [];
  if (type === "cors") notes.push("only headers that CORS exposes");
  if (redirected) notes.push(`redirected to ${redirected.replace(/[^!-~]/g, "")}`);
  if (headers.some(([name]) => name === "content-encoding")) notes.push("decoded");
  if (missed.length) notes.push(`not sent: ${missed.join(", ")}`);
  return notes;
}
