// A request to a host outside through a relay, and its response: as they are sent, but for what the kernel has made of
// the head of the request (py/tabux/net/relay.py).
import { fromLatin1 } from "../gate/latin1.js";
import { bodyLength } from "./http-client.js";
import { HttpReader, MalformedMessage } from "./http-reader.js";
import { tunnel } from "./tunnel.js";
import { RelayFailed } from "./wisp.js";

/** @typedef {import("./gateway-connection.js").RelayPlan} RelayPlan */
/** @typedef {(goal: RelayPlan["goal"], signal: AbortSignal) => Promise<import("./wisp.js").RemoteStream>} Dial */
/** @typedef {{ remote: import("./wisp.js").RemoteStream, reader: HttpReader, goal: string }} Kept */

const STATUS = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: |$)/;
/** What these statuses say is in no body. */
const BODILESS = new Set([204, 304]);

/** The request has more bytes than may be sent, or the response more than may be received. */
export class TooLarge extends Error {
  name = "TooLarge";
}

/** The connections that one connection of a program leads to, one at a time. */
export class RelayedExchange {
  /** @type {Kept | null} */
  #kept = null;
  #reader;
  #stream;
  #dial;

  /**
   * @param {HttpReader} reader of the program's requests
   * @param {import("./socket-stream.js").SocketStream} stream to it
   * @param {Dial} dial
   */
  constructor(reader, stream, dial) {
    this.#reader = reader;
    this.#stream = stream;
    this.#dial = dial;
  }

  /**
   * @param {RelayPlan} plan
   * @param {AbortSignal} signal gives it up, until the response has begun
   * @param {() => void} begun is called when it has: from then on nothing else can be answered
   * @returns {Promise<{ status: number, sentBytes: number, receivedBytes: number, keep: boolean }>}
   * @throws {RelayFailed | MalformedMessage | TooLarge}
   */
  async exchange(plan, signal, begun) {
    const goal = JSON.stringify(plan.goal);
    const again = this.#kept !== null && this.#kept.goal === goal && !this.#kept.remote.ended;
    if (!again) await this.#connect(plan.goal, signal);
    const told = { status: 0, sentBytes: 0, receivedBytes: 0, keep: false };
    try {
      return await this.#once(plan, signal, begun, told);
    } catch (error) {
      // (a server may close a connection that has done nothing for a while, just when it is used again)
      const idle = again && told.status === 0 && plan.length === 0 && error instanceof RelayFailed && !signal.aborted;
      this.close();
      if (!idle) throw error;
    }
    await this.#connect(plan.goal, signal);
    return this.#once(plan, signal, begun, told);
  }

  /** @param {RelayPlan["goal"]} goal @param {AbortSignal} signal */
  async #connect(goal, signal) {
    this.close();
    const remote = await this.#dial(goal, signal);
    this.#kept = { remote, reader: new HttpReader(remote), goal: JSON.stringify(goal) };
  }

  /**
   * @param {RelayPlan} plan
   * @param {AbortSignal} signal
   * @param {() => void} begun
   * @param {{ status: number, sentBytes: number, receivedBytes: number, keep: boolean }} told
   */
  async #once(plan, signal, begun, told) {
    const { remote, reader } = /** @type {Kept} */ (this.#kept);
    const giveUp = () => remote.close();
    signal.throwIfAborted();
    signal.addEventListener("abort", giveUp, { once: true });
    let sent = false;
    /** @type {TooLarge | null} */
    let tooLarge = null;
    const sending = this.#send(remote, plan, told).then(
      () => {
        sent = true;
      },
      (error) => {
        if (!(error instanceof TooLarge)) return; // (what the server says counts, or that it says nothing)
        tooLarge = error;
        remote.close();
      },
    );
    try {
      const head = await this.#head(reader, plan);
      signal.removeEventListener("abort", giveUp);
      begun();
      const status = Number(/** @type {RegExpExecArray} */ (STATUS.exec(head))[2]);
      told.status = status;
      await this.#stream.write(fromLatin1(`${head}\r\n\r\n`));
      if (status === 101) {
        const { sentBytes, receivedBytes } = await tunnel(this.#reader, this.#stream, reader, remote);
        return { ...told, sentBytes, receivedBytes, keep: false };
      }
      const headers = head.split(/\r?\n/).slice(1).map(field);
      const bodiless = plan.method === "HEAD" || BODILESS.has(status);
      const length = bodiless ? 0 : bodyLength(headers);
      for await (const bytes of reader.body(length, true)) {
        told.receivedBytes += bytes.length;
        if (told.receivedBytes > plan.maxDownload)
          throw new TooLarge(`it has more than network.maxDownloadBytes (${plan.maxDownload})`);
        await this.#stream.write(bytes);
      }
      if (sent) await sending;
      const keep = sent && plan.keep && length !== Infinity && keeps(head, headers);
      if (!keep) this.close();
      return { ...told, keep };
    } catch (error) {
      if (tooLarge) throw tooLarge;
      throw error;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  /**
   * @param {import("./wisp.js").RemoteStream} remote
   * @param {RelayPlan} plan
   * @param {{ sentBytes: number }} told
   */
  async #send(remote, plan, told) {
    await remote.write(fromLatin1(plan.head));
    if (!plan.length) return;
    for await (const bytes of this.#reader.body(plan.length, true)) {
      told.sentBytes += bytes.length;
      if (told.sentBytes > plan.maxUpload)
        throw new TooLarge(`more than network.maxUploadBytes (${plan.maxUpload}) would be sent`);
      await remote.write(bytes);
    }
  }

  /**
   * Passes interim responses on.
   * @param {HttpReader} reader
   * @param {RelayPlan} plan
   * @returns {Promise<string>} the final head
   */
  async #head(reader, plan) {
    for (;;) {
      const head = await reader.head();
      if (head === null) throw new RelayFailed(0, "the server has closed the connection without an answer");
      const found = STATUS.exec(head);
      if (!found) throw new MalformedMessage(`the server answers "${head.slice(0, 80)}", which is not HTTP/1.1`, 502);
      const status = Number(found[2]);
      if (status >= 200) return head;
      if (status === 101) {
        if (plan.websocket) return head;
        throw new MalformedMessage("the server changes to a protocol that nobody has asked for", 502);
      }
      if (plan.minor > 0) await this.#stream.write(fromLatin1(`${head}\r\n\r\n`));
    }
  }

  close() {
    this.#kept?.remote.close();
    this.#kept = null;
  }
}

/** @param {string} line @returns {[string, string]} the name in lower case, and the value */
function field(line) {
  const colon = line.indexOf(":");
  if (colon < 1) throw new MalformedMessage(`the server sends a malformed header: "${line.slice(0, 80)}"`, 502);
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

/** @param {string} head @param {[string, string][]} headers @returns {boolean} whether the server keeps the connection */
function keeps(head, headers) {
  const tokens = headers.filter(([name]) => name === "connection").flatMap(([, value]) => value.toLowerCase().split(/\s*,\s*/));
  return head.startsWith("HTTP/1.1") ? !tokens.includes("close") : tokens.includes("keep-alive");
}
