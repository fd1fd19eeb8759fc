// The kernel's memory as it was when the site was built, laid over that of a fresh Pyodide.
//
// A snapshot file, little-endian (wasm/builder/snapshot_page.js writes it):
//   six words: MAGIC, the number of runs kept, the number of runs stored, the sum of the kept runs, the length of the
//   notes, the offset of the data
//   for each kept and then each stored run: its address and its length, words
//   the notes, JSON: Pyodide's build and what it wants back when the memory is in place
//   the bytes of the stored runs, one after the other
// Stored is what differs from the memory of a Pyodide that has not started. The kept runs are its constants; their
// sum tells whether they are those that the snapshot was made with.

const MAGIC = 0x53584254; // TBXS
const HEADER_WORDS = 6;

/**
 * @typedef {object} Notes
 * @property {string} build of Pyodide
 * @property {object} config for Pyodide's finalizeBootstrap
 */

/**
 * A sum over runs of memory.
 * @param {Uint8Array} memory
 * @param {Uint32Array} runs address and length of each, multiples of four
 * @returns {number}
 */
export function sumOf(memory, runs) {
  let sum = 0;
  for (let i = 0; i < runs.length; i += 2) {
    const words = new Uint32Array(memory.buffer, memory.byteOffset + runs[i], runs[i + 1] / 4);
    for (let at = 0; at < words.length; at++) sum = (Math.imul(sum, 31) + words[at]) | 0;
  }
  return sum >>> 0;
}

/**
 * Puts a snapshot together.
 * @param {Uint8Array} memory
 * @param {Uint32Array} kept address and length of each kept run
 * @param {Uint32Array} stored address and length of each stored run
 * @param {Notes} notes
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function pack(memory, kept, stored, notes) {
  const text = new TextEncoder().encode(JSON.stringify(notes));
  const head = 4 * (HEADER_WORDS + kept.length + stored.length);
  let length = head + text.length;
  const data = length;
  for (let i = 1; i < stored.length; i += 2) length += stored[i];
  const bytes = new Uint8Array(length);
  const words = new Uint32Array(bytes.buffer, 0, head / 4);
  words.set([MAGIC, kept.length / 2, stored.length / 2, sumOf(memory, kept), text.length, data]);
  words.set(kept, HEADER_WORDS);
  words.set(stored, HEADER_WORDS + kept.length);
  bytes.set(text, head);
  let at = data;
  for (let i = 0; i < stored.length; i += 2) {
    bytes.set(memory.subarray(stored[i], stored[i] + stored[i + 1]), at);
    at += stored[i + 1];
  }
  return bytes;
}

/**
 * Lays a snapshot over the memory of a Pyodide that has been instantiated and not yet started.
 * @param {ArrayBuffer} snapshot
 * @param {Uint8Array} memory
 * @param {string} build of that Pyodide
 * @returns {object} Notes.config
 * @throws {Error} before anything is changed, when it does not fit
 */
export function restore(snapshot, memory, build) {
  const [magic, keptRuns, storedRuns, sum, noteLength, data] = new Uint32Array(snapshot, 0, HEADER_WORDS);
  if (magic !== MAGIC) throw new Error("not a snapshot");
  const kept = new Uint32Array(snapshot, 4 * HEADER_WORDS, 2 * keptRuns);
  const stored = new Uint32Array(snapshot, 4 * HEADER_WORDS + 8 * keptRuns, 2 * storedRuns);
  /** @type {Notes} */
  const notes = JSON.parse(new TextDecoder().decode(new Uint8Array(snapshot, data - noteLength, noteLength)));
  if (notes.build !== build) throw new Error("it was made with another Pyodide");
  if (sumOf(memory, kept) !== sum) throw new Error("Pyodide's constants are not those it was made with");
  let at = data;
  for (let i = 0; i < stored.length; i += 2) {
    memory.set(new Uint8Array(snapshot, at, stored[i + 1]), stored[i]);
    at += stored[i + 1];
  }
  return notes.config;
}
