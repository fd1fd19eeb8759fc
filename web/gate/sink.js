// Where what a program writes leaves the system: the reading end is the API's, which may be behind.

/**
 * To programs it looks like a pipe.
 * @typedef {object} Sink
 * @property {(data: Uint8Array, pid: number) => number} take Takes bytes that a process writes,
 *   copying them; how many, 0 while there is no room.
 * @property {boolean} full Whether there is no room now.
 * @property {Set<import("./thread.js").Thread>} waiters To be woken when there is room again.
 * @property {() => void} closed Called when nobody can write to it any more.
 */

/** @type {Sink} of which nobody wants to know any more */
export const DISCARD = {
  take: (data) => data.length,
  full: false,
  waiters: new Set(),
  closed() {},
};
