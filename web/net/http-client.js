// A client of HTTP/1.1 for servers in the sandbox, on a connection of the owner's: one request, then it is closed.
import { fromLatin1 } from "../gate/latin1.js";
import { HttpReader, MalformedMessage } from "./http-reader.js";

/**
 * @typedef {object} ServerRequest
 * @property {string} method
 * @property {string} path with the query
 * @property {[string, string][]} headers
 * @property {Blob | ReadableStream<Uint8Array> | null} body
 *
 * @typedef {object} ServerResponse
 * @property {number} status
 * @property {string} statusText
 * @property {[string, string][]} headers
 * @property {AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> | null} body
 */

const STATUS = /^HTTP\/1\.[01] ([1-9][0-9]{2})(?: (.*))?$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;
/** Statuses without a body (RFC 9112, 6.3). */
const BODILESS = new Set([204, 304]);

/**
 * @param {import("./socket-stream.js").SocketStream} stream
 * @param {string} host for the field Host
 * @param {ServerRequest} request
 * @param {AbortSignal} signal
 * @returns {Promise<ServerResponse>}
 * @throws {MalformedMessage | import("./socket-stream.js").ConnectionLost}
 */
export async function exchange(stream, host, request, signal) {
  const reader = new HttpReader(stream, signal);
  const sending = send(stream, host, request, signal);
  // (a server may answer before it has read all, and close: what it says counts)
  sending.catch(() => {});
  const head = await finalHead(reader, sending);
  const [first, ...lines] = head.split(/\r?\n/);
  const begin = STATUS.exec(first);
  if (!begin) throw new MalformedMessage(`it answers "${first.slice(0, 80)}", which is not HTTP/1.1`);
  /** @type {[string, string][]} */
  const headers = [];
  for (const line of lines) {
    const field = FIELD.exec(line);
    if (!field) throw new MalformedMessage(`it sends a malformed header: "${line.slice(0, 80)}"`);
    headers.push([field[1].toLowerCase(), field[2]]);
  }
  const status = Number(begin[1]);
  const bodiless = request.method === "HEAD" || BODILESS.has(status) || status < 200;
  const body = bodiless ? null : reader.body(bodyLength(headers));
  return { status, statusText: begin[2] ?? "", headers, body };
}

/**
 * @param {HttpReader} reader
 * @param {Promise<void>} sending
 * @returns {Promise<string>} the first head that is not an interim one (100 Continue)
 */
async function finalHead(reader, sending) {
  for (;;) {
    const head = await reader.head();
    if (head === null) {
      await sending;
      throw new MalformedMessage("it has closed the connection without an answer");
    }
    if (!/^HTTP\/1\.1 1(?!01)[0-9]{2}/.test(head)) return head;
  }
}

/** @param {[string, string][]} headers @returns {number} bytes; -1: chunks, Infinity: to the end */
export function bodyLength(headers) {
  const of = (/** @type {string} */ wanted) => headers.filter(([name]) => name === wanted).map(([, value]) => value);
  const codings = of("transfer-encoding");
  if (codings.length) return /(^|,)\s*chunked\s*$/i.test(codings.join()) ? -1 : Infinity;
  const lengths = new Set(of("content-length"));
  if (!lengths.size) return Infinity;
  const [length] = lengths;
  if (lengths.size > 1 || !/^[0-9]{1,15}$/.test(length)) throw new MalformedMessage("the length of its body is malformed");
  return Number(length);
}

/**
 * @param {import("./socket-stream.js").SocketStream} stream
 * @param {string} host
 * @param {ServerRequest} request
 * @param {AbortSignal} signal
 */
async function send(stream, host, { method, path, headers, body }, signal) {
  const named = new Set(headers.map(([name]) => name));
  const lines = [`${method} ${path} HTTP/1.1`];
  if (!named.has("host")) lines.push(`host: ${host}`);
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  lines.push("connection: close");
  if (body instanceof Blob) lines.push(`content-length: ${body.size}`);
  else if (body) lines.push("transfer-encoding: chunked");
  await stream.write(fromLatin1(`${lines.join("\r\n")}\r\n\r\n`));
  if (!body) return;
  const chunked = !(body instanceof Blob);
  const parts = (chunked ? body : body.stream()).getReader();
  for (;;) {
    signal.throwIfAborted();
    const { value, done } = await parts.read();
    if (done) break;
    if (!value.length) continue;
    if (chunked) await stream.write(fromLatin1(`${value.length.toString(16)}\r\n`));
    await stream.write(value);
    if (chunked) await stream.write(fromLatin1("\r\n"));
  }
  if (chunked) await stream.write(fromLatin1("0\r\n\r\n"));
}
