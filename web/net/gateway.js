// The way out: each connection of a program to a host outside ends here. At a port of HTTP there is a server of HTTP/1.1;
// what is to be done with a request is the kernel's to say (py/tabux/net/gateway.py), and the browser makes it, in a frame
// (box.js), or it goes through the owner's relay, as everything does at other ports.
import { ECONNREFUSED } from "../gate/errno.js";
import { BoxChannel } from "./box-channel.js";
import { GatewayConnection } from "./gateway-connection.js";
import { HttpReader } from "./http-reader.js";
import { SocketStream } from "./socket-stream.js";
import { tunnel } from "./tunnel.js";
import { RelayFailed, WispStream } from "./wisp.js";

/** @typedef {import("../worker/boot.js").System} System */
/** @typedef {{ scheme: string, host: string, port: number, pid: number }} Way where a connection leads, and who asked */

/** A relay answers within this time, milliseconds. */
const DIALLING = 20_000;

export class Gateway {
  #system;
  #boxes;
  #relay;

  /**
   * @param {System} system
   * @param {import("./box-channel.js").BoxMaker} maker
   * @param {{ url: string } | undefined} relay
   */
  constructor(system, maker, relay) {
    this.#system = system;
    this.#relay = relay;
    this.#boxes = new BoxChannel(maker, () => system.gate.scheduler.breathe());
    system.gate.gateway = this;
  }

  /**
   * Serves the other end of a new connection, or one that the relay is to make.
   * @param {number} number the kernel's socket
   * @param {Way} way
   */
  open(number, way) {
    const { gate, api } = this.#system;
    const { scheme, host, port, pid } = way;
    const note = (/** @type {Record<string, unknown>} */ details) => gate.audit?.note("network", { host, pid, ...details });
    if (scheme === "tcp") {
      void this.#carry(number, way, note).finally(() => api.network_closed(number));
      return;
    }
    const stream = new SocketStream(gate, number);
    const connection = new GatewayConnection(stream, this.#boxes, {
      plan: (head) => JSON.parse(api.network_plan(number, head)),
      tunnel: () => api.network_tunnel(number) > 0,
      dial: (goal, signal) => this.#dial(goal, signal),
      goal: [host, port],
      note,
    });
    void connection.serve().finally(() => {
      stream.drop();
      api.network_closed(number);
    });
  }

  /**
   * @param {import("./gateway-connection.js").RelayPlan["goal"]} goal
   * @param {AbortSignal} [signal]
   * @returns {Promise<WispStream>}
   */
  #dial([host, port], signal) {
    if (!this.#relay) throw new RelayFailed(ECONNREFUSED, "there is no relay");
    const limit = AbortSignal.timeout(DIALLING);
    const both = signal ? AbortSignal.any([signal, limit]) : limit;
    return WispStream.open(this.#relay.url, host, port, both, () => this.#system.gate.scheduler.breathe());
  }

  /**
   * A connection of TCP through the relay.
   * @param {number} number
   * @param {Way} way
   * @param {(details: Record<string, unknown>) => void} note
   */
  async #carry(number, { host, port }, note) {
    const { gate, api } = this.#system;
    const startedMs = performance.now();
    /** @type {Record<string, unknown>} */
    let told = {};
    try {
      const remote = await this.#dial([host, port, false]);
      if (!api.network_connected(number, 0)) {
        remote.close();
        return;
      }
      const stream = new SocketStream(gate, number);
      told = await tunnel(new HttpReader(stream), stream, new HttpReader(remote), remote);
      stream.drop();
    } catch (error) {
      const known = error instanceof RelayFailed;
      if (!known) console.error("tabux: the gateway has failed:", error);
      api.network_connected(number, known ? error.errno : ECONNREFUSED);
      told = { reason: error instanceof Error ? error.message : String(error) };
    }
    note({ action: "close", port, ...told, durationMs: Math.round(performance.now() - startedMs) });
  }
}
