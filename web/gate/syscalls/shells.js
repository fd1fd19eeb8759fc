// tabux_session: what a persistent shell (bash --session) asks.
import { BLOCKED, EINVAL, ENOSYS } from "../errno.js";

/** @typedef {import("./index.js").Call} Call */

const NEXT = 0;
const TEXT = 1;
/** struct session_report { i32 status; i32 count; i32 pipestatus[]; } */
const STATUSES = 8;

/** @type {Record<number, Call>} */
export const SHELL_CALLS = {
  // tabux_session(operation, address, size): docs/abi.md
  1030(gate, thread, operation, address, size) {
    const channel = gate.shells.get(thread.process.pid);
    if (!channel) return -ENOSYS;
    if (operation === NEXT) {
      const count = Math.min(thread.u32(address + 4), (size - STATUSES) / 4);
      const pipeStatus = Array.from({ length: count }, (_, i) => thread.i32(address + STATUSES + 4 * i));
      const length = channel.next({ status: thread.i32(address), pipeStatus });
      return length < 0 ? BLOCKED : length;
    }
    if (operation !== TEXT) return -EINVAL;
    const text = channel.take();
    if (!text || text.length !== size) return -EINVAL;
    thread.put(address, text);
    return size;
  },
};
