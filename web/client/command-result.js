/** What comes of a command. */

import { decode } from "./bytes.js";
import { signalName } from "./signals.js";

/** A command that has ended. A non-zero exit code is a result like any other. */
export class CommandResult {
  /** @type {Uint8Array<ArrayBuffer>} */
  #stdout;
  /** @type {Uint8Array<ArrayBuffer>} */
  #stderr;

  /** @param {import("./kernel.js").RawResult} raw */
  constructor(raw) {
    this.#stdout = raw.stdout;
    this.#stderr = raw.stderr;
    /**
     * Standard output as text. Of more than `maxOutputBytes` it is the head and the tail, with a
     * line between them that says how much is left out.
     */
    this.stdout = decode(raw.stdout);
    /** Standard error as text, in the same way. */
    this.stderr = decode(raw.stderr);
    /** The exit status; 128 and the signal's number if one ended it; 124 after a timeout. */
    this.exitCode = raw.exitCode;
    /** Whether `timeoutMs` has ended it: also `exit 124` gives 124. */
    this.timedOut = raw.timedOut;
    /** The signal that has ended the shell, as "SIGKILL"; null if none has. */
    this.signal = signalName(raw.signal);
    /** Whether some of the output is left out. */
    this.truncated = raw.truncated;
    /** Files of the sandbox that have more of the output, where there are such. */
    this.outputFiles = {
      stdout: raw.stdoutFile?.path ?? null,
      stderr: raw.stderrFile?.path ?? null,
    };
    /** How long the command ran, in milliseconds. */
    this.durationMs = raw.durationMs;
  }

  /** What to do next about a limit that has been reached, in words that a model can act on; else null. */
  get hint() {
    const { stdout, stderr } = this.outputFiles;
    if (this.timedOut) {
      return "It ran out of time: give a longer timeoutMs, or run it with background: true and look at it later.";
    }
    if (this.truncated && (stdout || stderr)) {
      return `Output is left out: look at ${stdout ?? stderr} with head, tail, sed -n or grep, or print less.`;
    }
    if (this.truncated) return "Output is left out: print less, or send it to a file and look at parts of that.";
    if (this.exitCode === 126) return "It may not be executed: see its permissions, and the sandbox's policy.";
    if (this.exitCode === 127) return "There is no such command: ls /usr/bin tells which there are.";
    return null;
  }

  /** Standard output, exactly. */
  get stdoutBytes() {
    return this.#stdout;
  }

  /** Standard error, exactly. */
  get stderrBytes() {
    return this.#stderr;
  }
}

/**
 * What something rejects with whose signal has been aborted: the signal's reason, with what there
 * was until then as its `result`.
 * @param {AbortSignal} signal
 * @param {CommandResult} result
 * @returns {unknown}
 */
export function abortReason({ reason }, result) {
  const free = typeof reason === "object" && reason !== null && Object.isExtensible(reason);
  if (free && !Object.hasOwn(reason, "result")) return withProperties(reason, { result });
  // one reason of several commands, or no object
  const message = reason instanceof Error ? reason.message : String(reason);
  const own = new DOMException(message, "AbortError");
  return withProperties(own, { cause: reason, result });
}

/**
 * Gives an object properties of its own, also where what it inherits from has some of that name
 * which cannot be set: Firefox's DOMException has a `result`.
 * @template {object} T
 * @template {object} P
 * @param {T} object
 * @param {P} properties
 * @returns {T & P}
 */
function withProperties(object, properties) {
  for (const [name, value] of Object.entries(properties)) {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  }
  return /** @type {T & P} */ (object);
}
