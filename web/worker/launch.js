// Starting the first program of a process that the API has made.
import { BLOCKED, E2BIG, EIO } from "../gate/errno.js";
import { commit, prepare, tooLarge } from "../gate/exec.js";
import { Process } from "../gate/process.js";
import { apiError } from "./errors.js";

/** @typedef {import("./boot.js").System} System */

/** What API commands run; the kernel's tabux.api.owner says the same. */
const SHELL = "/usr/bin/bash";
const encoder = new TextEncoder();

/**
 * A path or other text as the kernel wants it: one character for each byte of its UTF-8.
 * @param {string} text
 * @returns {string}
 */
export function kernelText(text) {
  // nearly every path is ASCII
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  return Array.from(encoder.encode(text), (byte) => String.fromCharCode(byte)).join("");
}

/**
 * The gate's half of a process that the API has made.
 * @param {System} system
 * @param {number} pid
 * @returns {Process}
 */
export function adopt({ gate }, pid) {
  const process = new Process(pid);
  gate.processes.set(pid, process);
  return process;
}

/**
 * Executes the shell in a process, at once when it has been compiled before.
 * @param {System} system
 * @param {Process} process
 * @param {string[]} argv
 * @param {Record<string, string>} envs
 * @returns {Promise<void> | undefined} a promise only where something is still loading
 * @throws {Error} a typed one when the shell cannot be started
 */
export function launch(system, process, argv, envs) {
  const { gate, api } = system;
  const words = argv.map((word) => encoder.encode(word));
  const environ = splitStrings(api.environment(JSON.stringify(envs)));
  const attempt = (/** @type {() => void} */ ready) => {
    if (process.dead) return 0;
    // (the text of a command may be of any size: it is no program's argument that could not be handed on)
    const execution = tooLarge(environ) ? -E2BIG : prepare(gate, process.pid, SHELL, words, environ, ready);
    if (execution === BLOCKED) return BLOCKED;
    if (typeof execution === "number") {
      gate.kernel.exit(process.pid, 127);
      const error = apiError(execution, `cannot start ${SHELL}`);
      if (execution === -EIO && gate.loadFailure) error.message += `: ${gate.loadFailure}`;
      throw error;
    }
    commit(gate, process, process.pid);
    gate.start(process, execution);
    return 0;
  };
  /** @type {(() => void)} */
  let again = () => {};
  if (attempt(() => again()) !== BLOCKED) return undefined;
  return new Promise((resolve, reject) => {
    again = () => {
      try {
        if (attempt(() => again()) !== BLOCKED) resolve();
      } catch (error) {
        reject(error);
      }
    };
  });
}

/** @param {string} joined strings each ended by NUL @returns {Uint8Array[]} */
function splitStrings(joined) {
  return joined
    .split("\0")
    .slice(0, -1)
    .map((text) => Uint8Array.from(text, (character) => character.charCodeAt(0)));
}
