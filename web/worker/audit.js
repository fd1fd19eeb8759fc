// What happens in the sandbox, for its owner: a bounded log, and events as they come.

/** @typedef {import("../gate/process.js").Process} Process */
/** @typedef {import("./boot.js").System} System */
/** @typedef {import("../client/kernel.js").AuditEvent} AuditEvent */
/** @typedef {import("../client/kernel.js").AuditType} AuditType */

/** So many events are remembered. */
const REMEMBERED = 1000;
/** More than that wait for no page that is behind: the log has the latest. */
const WAITING = 1000;
/** Of an argument list so many characters are kept. */
const ARGUMENTS = 4096;

export class Audit {
  /** @type {AuditEvent[]} the latest, oldest first */
  #log = [];
  /** CPU time of processes that have ended, milliseconds. */
  #cpuMs = 0;
  #executed = 0;
  #startedMs = Date.now();
  /** @type {AuditEvent[]} */
  #waiting = [];
  #sending = false;
  /** The kernel's number of the watch on all files; negative while there is none. */
  #watch = -1;
  #system;
  #tell;

  /**
   * @param {System} system
   * @param {(events: AuditEvent[]) => unknown} tell the page; what it returns is settled when it has
   *   taken them
   */
  constructor(system, tell) {
    this.#system = system;
    this.#tell = tell;
    /** @type {Set<AuditType>} what the page wants to be told of */
    this.wanted = new Set();
    system.gate.audit = this;
  }

  /** @param {AuditType[]} types what the page wants to be told of from now on */
  want(types) {
    this.wanted = new Set(types);
    const { gate, api } = this.#system;
    if (this.wanted.has("write") && this.#watch < 0) {
      gate.report();
      this.#watch = api.watch("/", 1);
      gate.watches.set(this.#watch, (change, name) => this.note("write", { change, path: `/${utf8(name)}` }));
    } else if (!this.wanted.has("write") && this.#watch >= 0) {
      gate.report();
      api.unwatch(this.#watch);
      gate.watches.delete(this.#watch);
      this.#watch = -1;
    }
  }

  /** @param {AuditType} type @param {Record<string, unknown>} details */
  note(type, details) {
    const event = /** @type {AuditEvent} */ ({ type, timeMs: Date.now(), ...details });
    if (this.#log.length >= 2 * REMEMBERED) this.#log.splice(0, REMEMBERED);
    this.#log.push(event);
    if (!this.wanted.has(type)) return;
    if (this.#waiting.length >= WAITING) this.#waiting.shift();
    this.#waiting.push(event);
    if (!this.#sending) void this.#send();
  }

  async #send() {
    this.#sending = true;
    await null;
    while (this.#waiting.length) {
      const events = this.#waiting;
      this.#waiting = [];
      try {
        await this.#tell(events);
      } catch {
        // the page's callback has failed: that is its own affair
      }
    }
    this.#sending = false;
  }

  /** A process has become another program. @param {Process} process */
  exec({ pid, argv }) {
    this.#executed++;
    const words = argv.map((word) => new TextDecoder().decode(word.subarray(0, ARGUMENTS)));
    let room = ARGUMENTS;
    const kept = words.filter((word) => (room -= word.length) > 0);
    this.note("exec", { pid, argv: kept.length ? kept : [words[0]?.slice(0, ARGUMENTS) ?? ""] });
  }

  /** @param {number} pid @param {number} status wait status @param {number} cpuMs */
  exit(pid, status, cpuMs) {
    this.#cpuMs += cpuMs;
    const signal = status & 127;
    this.note("exit", { pid, exitCode: signal ? 128 + signal : status >> 8, signal, cpuMs });
  }

  /** @param {AuditType[]} types @param {number} most @returns {AuditEvent[]} the latest, oldest first */
  log(types, most) {
    const chosen = this.#log.slice(-REMEMBERED).filter(({ type }) => types.includes(type));
    return most < chosen.length ? chosen.slice(-most) : chosen;
  }

  /** @returns {import("../client/kernel.js").Metrics} */
  metrics() {
    const { gate, worker } = this.#system;
    let memoryBytes = 0;
    for (const { program } of gate.processes.values()) memoryBytes += program?.memory?.buffer.byteLength ?? 0;
    let cpuMs = this.#cpuMs;
    for (const thread of gate.threads.values()) cpuMs += thread.cpuMs;
    const { taken, limit } = gate.contents;
    return {
      processes: gate.processes.size,
      memoryBytes,
      cpuMs,
      executed: this.#executed,
      uptimeMs: Date.now() - this.#startedMs,
      files: { bytes: taken, limitBytes: limit, inodes: worker.made_inodes() },
    };
  }
}

/** @param {string} name one character a byte @returns {string} */
function utf8(name) {
  return new TextDecoder().decode(Uint8Array.from(name, (character) => character.charCodeAt(0)));
}
