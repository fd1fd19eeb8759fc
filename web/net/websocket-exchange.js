// A program's WebSocket to a host outside, by one of the browser's: the program's frames become messages, and messages
// frames. The browser makes the handshake with the host itself.
import { fromLatin1 } from "../gate/latin1.js";
import { closed, closing, frame, FrameReader, Opcode, ProtocolViolation, utf8 } from "./websocket-frames.js";

/** @typedef {import("./box-channel.js").BoxSocket} BoxSocket */

/** A message that a browser is given is not longer than this, bytes. */
const MOST = 16 << 20;
/** Codes that a page may close with (WebSockets standard, "close"); others are of the browser's own. */
const sendable = (/** @type {number} */ code) => code === 1000 || (code >= 3000 && code < 5000);

/**
 * The answer to the handshake of a program.
 * @param {string} accept
 * @param {string} protocol
 * @param {string[]} missed header fields that could not be sent
 */
export function switching(accept, protocol, missed) {
  const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  lines.push(`Sec-WebSocket-Accept: ${accept}`);
  if (protocol) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  if (missed.length) lines.push(`X-Tabux: not sent: ${missed.join(", ")}`);
  return fromLatin1(`${lines.join("\r\n")}\r\n\r\n`);
}

/**
 * Passes messages on until either side closes.
 * @param {import("./http-reader.js").HttpReader} reader of the program's frames
 * @param {import("./socket-stream.js").SocketStream} stream to the program
 * @param {BoxSocket} socket the browser's
 * @returns {Promise<{ sentBytes: number, receivedBytes: number }>}
 */
export async function converse(reader, stream, socket) {
  const told = { sentBytes: 0, receivedBytes: 0 };
  const frames = new FrameReader(reader, MOST);
  let over = false;
  const write = (/** @type {number} */ opcode, /** @type {Uint8Array} */ payload) => stream.write(frame(opcode, payload));
  /** @type {Promise<unknown>} frames of both directions are written one after the other */
  let last = Promise.resolve();
  const send = (/** @type {number} */ opcode, /** @type {Uint8Array} */ payload) =>
    (last = last.then(() => write(opcode, payload)));
  const up = async () => {
    for (;;) {
      const message = await frames.next();
      if (!message || over) break;
      const { opcode, payload } = message;
      if (opcode === Opcode.PING) await send(Opcode.PONG, payload);
      else if (opcode === Opcode.CLOSE) {
        const { code, reason } = closed(payload);
        over = true;
        if (sendable(code)) socket.close(code, reason);
        else socket.close();
        await send(Opcode.CLOSE, payload);
        return;
      } else if (opcode !== Opcode.PONG) {
        told.sentBytes += payload.length;
        await socket.send(opcode === Opcode.TEXT ? utf8(payload) : payload);
      }
    }
    over = true;
    socket.close();
  };
  const down = async () => {
    for (;;) {
      const message = await socket.pull();
      if (over) return;
      if (typeof message === "object" && "code" in message) {
        over = true;
        // (1006 is never sent: the connection just ends)
        if (message.code !== 1006) await send(Opcode.CLOSE, closing(message.code, message.reason));
        return;
      }
      const payload = typeof message === "string" ? new TextEncoder().encode(message) : message;
      told.receivedBytes += payload.length;
      await send(typeof message === "string" ? Opcode.TEXT : Opcode.BINARY, payload);
    }
  };
  const sending = up().catch(async (error) => {
    if (error instanceof ProtocolViolation && !over) {
      over = true;
      await send(Opcode.CLOSE, closing(error.code, error.message)).catch(() => {});
    }
  });
  await Promise.race([sending, down().catch(() => {})]);
  over = true;
  socket.close();
  return told;
}
