// Bytes as they are, between a program and a host outside.
import { RelayFailed } from "./wisp.js";

/** One part has at most so many bytes. */
const CHUNK = 65_536;
/**
 * So long after a program has closed its end the other one is left open, milliseconds: WISP cannot say that nothing more
 * is sent, and who closes at once might take back what is still on its way.
 */
const LINGERING = 2000;

/**
 * Passes everything on until both sides have ended, or one has gone.
 * @param {import("./http-reader.js").HttpReader} reader of what the program sends
 * @param {import("./socket-stream.js").SocketStream} stream to the program
 * @param {{ take: (most: number) => Promise<Uint8Array<ArrayBuffer> | null> }} answers what the host sends
 * @param {import("./wisp.js").RemoteStream} remote to the host
 * @returns {Promise<{ sentBytes: number, receivedBytes: number, reason?: string }>}
 */
export async function tunnel(reader, stream, answers, remote) {
  const told = { sentBytes: 0, receivedBytes: 0 };
  /** @type {string | undefined} */
  let reason;
  const up = async () => {
    for (;;) {
      const chunk = await reader.take(CHUNK);
      if (!chunk) break;
      await remote.write(chunk);
      told.sentBytes += chunk.length;
    }
    // (it may go on reading)
    await stream.gone();
    await new Promise((resolve) => setTimeout(resolve, LINGERING));
  };
  const down = async () => {
    for (;;) {
      const chunk = await answers.take(CHUNK);
      if (!chunk) break;
      told.receivedBytes += chunk.length;
      await stream.write(chunk);
    }
    stream.end();
    await stream.gone();
  };
  const failed = (/** @type {unknown} */ error) => {
    if (!(error instanceof RelayFailed)) return; // the program has gone away
    reason ??= error.message;
    stream.fail(error.errno);
  };
  const receiving = down().catch(failed);
  const sending = up().catch(async (error) => {
    // (what it has answered before counts)
    if (error instanceof RelayFailed) await receiving;
    failed(error);
  });
  await Promise.race([sending, receiving]);
  remote.close();
  return reason ? { ...told, reason } : told;
}
