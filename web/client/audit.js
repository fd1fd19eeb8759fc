/** What happens in the sandbox: events and a log of them. */

import { InvalidArgumentError } from "./errors.js";
import * as check from "./options.js";
import { signalName } from "./signals.js";

/** @typedef {import("./kernel.js").AuditEvent} AuditEvent */
/** @typedef {import("./kernel.js").AuditType} AuditType */

/** @type {AuditType[]} */
export const AUDIT_TYPES = ["exec", "exit", "write", "limit", "network"];

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {AuditType}
 */
export function auditType(value, name) {
  const type = /** @type {AuditType} */ (value);
  if (AUDIT_TYPES.includes(type)) return type;
  throw new InvalidArgumentError(`${name} must be one of ${AUDIT_TYPES.join(", ")}`);
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {AuditType[]}
 */
function auditTypes(value, name) {
  if (!Array.isArray(value)) throw new InvalidArgumentError(`${name} must be a list`);
  return value.map((type) => auditType(type, name));
}

/** @param {any} event as the worker has it @returns {AuditEvent} */
function shown(event) {
  return event.type === "exit" ? { ...event, signal: signalName(event.signal) } : event;
}

/** The listeners of one sandbox. */
export class Audit {
  /** @type {Map<AuditType, Set<(event: AuditEvent) => unknown>>} */
  #listeners = new Map();
  #connection;

  /** @param {import("./connection.js").Connection} connection */
  constructor(connection) {
    this.#connection = connection;
  }

  /**
   * Called by the worker.
   * @param {AuditEvent[]} events
   */
  hear = (events) => {
    for (const event of events) {
      for (const listener of this.#listeners.get(event.type) ?? []) {
        try {
          listener(shown(event));
        } catch (error) {
          reportError(error);
        }
      }
    }
  };

  /**
   * @param {AuditType} type
   * @param {(event: AuditEvent) => unknown} listener
   * @returns {() => void} what takes the listener away
   */
  on(type, listener) {
    auditType(type, "on: type");
    check.callback(listener, "on: listener");
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    listeners.add(listener);
    this.#want();
    return () => {
      listeners.delete(listener);
      this.#want();
    };
  }

  #want() {
    const wanted = AUDIT_TYPES.filter((type) => this.#listeners.get(type)?.size);
    this.#connection.call(() => this.#connection.kernel.auditWant(wanted)).catch(() => {});
  }

  /**
   * @param {{ types?: AuditType[], most?: number }} [options]
   * @returns {Promise<AuditEvent[]>}
   */
  async log(options) {
    const { types = AUDIT_TYPES, most = 1000 } = check.checkOptions("log", options, {
      types: auditTypes,
      most: check.positive,
    });
    const events = await this.#connection.call(() => this.#connection.kernel.auditLog(types, most));
    return events.map(shown);
  }
}
