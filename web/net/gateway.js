// The way out: each connection of a program to a host outside ends here, at a server of HTTP/1.1. What is to be done
// with a request is the kernel's to say (py/tabux/net/gateway.py); the browser makes it, in a frame (box.js).
import { BoxChannel } from "./box-channel.js";
import { GatewayConnection } from "./gateway-connection.js";
import { SocketStream } from "./socket-stream.js";

/** @typedef {import("../worker/boot.js").System} System */

export class Gateway {
  #system;
  #boxes;

  /**
   * @param {System} system
   * @param {import("./box-channel.js").BoxMaker} maker
   */
  constructor(system, maker) {
    this.#system = system;
    this.#boxes = new BoxChannel(maker, () => system.gate.scheduler.breathe());
    system.gate.gateway = this;
  }

  /**
   * Serves the other end of a new connection.
   * @param {number} number the kernel's socket
   * @param {string} host
   * @param {number} pid who has connected
   */
  open(number, host, pid) {
    const { gate, api } = this.#system;
    const stream = new SocketStream(gate, number);
    const connection = new GatewayConnection(stream, this.#boxes, {
      plan: (head) => JSON.parse(api.network_plan(number, head)),
      note: (details) => gate.audit?.note("network", { host, pid, ...details }),
    });
    void connection.serve().finally(() => {
      stream.drop();
      api.network_closed(number);
    });
  }
}
