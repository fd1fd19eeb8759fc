// What the kernel says about sockets: the methods of tabux.net.gate.SocketGate.
import { fromLatin1 } from "./latin1.js";
import { SEND, Socket, State } from "./socket.js";

/** @typedef {import("./gate.js").Gate} Gate */

/** States of TCP by their numbers in /proc/net (tcp_states.h). */
const TCP = { ESTABLISHED: 1, SYN_SENT: 2, FIN_WAIT2: 5, CLOSE: 7, CLOSE_WAIT: 8, LISTEN: 10 };

/** @param {Socket} socket @returns {number} */
function tcpState({ state, shut, heardEnd }) {
  if (state === State.LISTENING) return TCP.LISTEN;
  if (state === State.CONNECTING) return TCP.SYN_SENT;
  if (state !== State.CONNECTED) return TCP.CLOSE;
  if (heardEnd) return TCP.CLOSE_WAIT;
  return shut & SEND ? TCP.FIN_WAIT2 : TCP.ESTABLISHED;
}

/** @param {Socket} socket @returns {number} bytes to read */
export function readable(socket) {
  return socket.received.size + socket.queue.reduce((sum, { data }) => sum + data.length, 0);
}

/**
 * @param {Gate} gate
 * @returns {Record<string, Function>} by the names the kernel uses
 */
export function socketInterface(gate) {
  /** @param {number} number @returns {Socket} */
  const at = (number) => {
    const socket = gate.sockets.get(number);
    if (!socket) throw new Error(`there is no socket ${number}`);
    return socket;
  };
  return {
    socket_new: (/** @type {number} */ number, /** @type {number} */ family, /** @type {number} */ kind) => {
      const made = new Socket(gate, number, family, kind);
      // (open descriptions of one that starts anew keep it)
      const old = gate.sockets.get(number);
      if (old) Object.assign(old, { ...made, waiters: old.waiters });
      else gate.sockets.set(number, made);
    },
    socket_name: (/** @type {number} */ number, /** @type {string} */ packed) => {
      at(number).name = fromLatin1(packed);
    },
    socket_link: (/** @type {number} */ number, /** @type {number} */ peer) => {
      at(number).link(at(peer));
      at(peer).link(at(number));
    },
    socket_direct: (/** @type {number} */ number, /** @type {number} */ peer) => {
      const parcels = at(number).direct(peer > 0 ? at(peer) : null, peer !== 0);
      return parcels.join(" ");
    },
    socket_listen: (/** @type {number} */ number, /** @type {number} */ pending) => at(number).listen(pending),
    socket_connecting: (/** @type {number} */ number) => {
      at(number).state = State.CONNECTING;
    },
    socket_fail: (/** @type {number} */ number, /** @type {number} */ errno) => at(number).fail(errno),
    socket_error: (/** @type {number} */ number) => at(number).takeError(),
    socket_limits: (/** @type {number} */ number, /** @type {number} */ send, /** @type {number} */ receive) => {
      const socket = at(number);
      socket.sendLimit = send;
      socket.receiveLimit = receive;
    },
    socket_wake: (/** @type {number} */ number) => gate.sockets.get(number)?.wake(),
    socket_close: (/** @type {number} */ number, /** @type {boolean} */ abort) => {
      const parcels = at(number).close(abort);
      gate.sockets.delete(number);
      return parcels.join(" ");
    },
    port_opened: (/** @type {number} */ port, /** @type {string} */ address, /** @type {number} */ pid) =>
      gate.onPort(port, address, pid),
    port_closed: (/** @type {number} */ port) => gate.onPort(port, null, 0),
    gateway_open: (/** @type {number} */ number, /** @type {string} */ scheme, /** @type {string} */ host, /** @type {number} */ port, /** @type {number} */ pid) =>
      gate.gateway?.open(number, { scheme, host, port, pid }),
    network_event: (/** @type {string} */ details) => gate.audit?.note("network", JSON.parse(details)),
    socket_state: (/** @type {number} */ number) => {
      const socket = gate.sockets.get(number);
      if (!socket) return `${TCP.CLOSE} 0 0`;
      const sent = socket.tcp ? 0 : socket.outstanding;
      return `${tcpState(socket)} ${socket.tcp ? readable(socket) : socket.queued} ${sent}`;
    },
  };
}

