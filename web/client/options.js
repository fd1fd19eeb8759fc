/** Checks of what callers hand in. Every failure is an InvalidArgumentError that names the argument. */

import { InvalidArgumentError } from "./errors.js";

/**
 * A copy of `options` without what is undefined or null, after checking each option.
 * @template {Record<string, (value: unknown, name: string) => unknown>} Checks
 * @param {string} where The function's name, for messages.
 * @param {unknown} options
 * @param {Checks} checks For each option accepted, a function that checks it and returns what is kept of it.
 * @returns {{ [Name in keyof Checks]?: Exclude<ReturnType<Checks[Name]>, undefined> }}
 */
export function checkOptions(where, options, checks) {
  /** @type {Record<string, unknown>} */
  const checked = {};
  if (options !== undefined && options !== null) {
    if (!isRecord(options)) throw new InvalidArgumentError(`${where}: options must be an object`);
    for (const [name, value] of Object.entries(options)) {
      if (!Object.hasOwn(checks, name)) {
        const accepted = Object.keys(checks).join(", ");
        throw new InvalidArgumentError(`${where}: unknown option "${name}"; the options are: ${accepted}`);
      }
      if (value !== undefined && value !== null) checked[name] = checks[name](value, `${where}: ${name}`);
    }
  }
  return /** @type {any} */ (checked);
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A string for the system: it must not contain a NUL. Lone surrogates become U+FFFD, as wherever text is encoded.
 * @param {unknown} value
 * @param {string} name
 * @returns {string}
 */
export function string(value, name) {
  if (typeof value !== "string") throw new InvalidArgumentError(`${name} must be a string`);
  if (value.includes("\0")) throw new InvalidArgumentError(`${name} must not contain a NUL character`);
  return value.toWellFormed();
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {string}
 */
export function path(value, name) {
  const checked = string(value, name);
  if (!checked) throw new InvalidArgumentError(`${name} must not be empty`);
  return checked;
}

/**
 * Environment variables.
 * @param {unknown} value
 * @param {string} name
 * @returns {Record<string, string>}
 */
export function environment(value, name) {
  if (!isRecord(value)) throw new InvalidArgumentError(`${name} must be an object of strings`);
  /** @type {[string, string][]} */
  const kept = [];
  for (const [variable, text] of Object.entries(value)) {
    if (!variable || variable.includes("=")) {
      throw new InvalidArgumentError(`${name}: "${variable}" cannot be the name of a variable`);
    }
    kept.push([string(variable, `${name}: the name of a variable`), string(text, `${name}.${variable}`)]);
  }
  return Object.fromEntries(kept);
}

/** The limits that can be set. */
const LIMITS = ["bytes", "inodes"];

/**
 * Limits of the sandbox.
 * @param {unknown} value
 * @param {string} name
 * @returns {{ bytes?: number, inodes?: number }}
 */
export function limits(value, name) {
  if (!isRecord(value)) throw new InvalidArgumentError(`${name} must be an object of numbers`);
  /** @type {Record<string, number>} */
  const kept = {};
  for (const [limit, number] of Object.entries(value)) {
    if (!LIMITS.includes(limit)) {
      throw new InvalidArgumentError(`${name}: unknown limit "${limit}"; there are: ${LIMITS.join(", ")}`);
    }
    if (number !== undefined && number !== null) kept[limit] = positive(number, `${name}.${limit}`);
  }
  return kept;
}

/**
 * What may be done.
 * @param {unknown} value
 * @param {string} name
 * @returns {{ commands?: { allow?: string[], deny?: string[] } }}
 */
export function policy(value, name) {
  const { commands } = checkOptions(name, value, {
    commands: (given, where) => checkOptions(where, given, { allow: commandNames, deny: commandNames }),
  });
  return { commands };
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {string[]}
 */
function commandNames(value, name) {
  if (!Array.isArray(value)) throw new InvalidArgumentError(`${name} must be a list of names`);
  return value.map((one) => commandName(one, `${name}: each`));
}

/**
 * Wheels: addresses become absolute, from where the page is; names stay.
 * @param {unknown} value
 * @param {string} name
 * @returns {string[]}
 */
export function extensions(value, name) {
  if (!Array.isArray(value)) throw new InvalidArgumentError(`${name} must be a list of wheels`);
  return value.map((one) => {
    const wheel = string(one, `${name}: each`);
    return /[/:]|\.whl$/.test(wheel) ? new URL(wheel, document.baseURI).href : wheel;
  });
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {number}
 */
export function positive(value, name) {
  if (typeof value !== "number" || !(value > 0)) {
    throw new InvalidArgumentError(`${name} must be a number greater than 0`);
  }
  return value;
}

/** What can become one string, with room for more: V8 has no longer ones than 512 MB. */
const MOST_OUTPUT = 256 << 20;

/**
 * How much output is kept of a stream, bytes.
 * @param {unknown} value
 * @param {string} name
 * @returns {number}
 */
export function outputBytes(value, name) {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > MOST_OUTPUT) {
    throw new InvalidArgumentError(`${name} must be a whole number from 1 to ${MOST_OUTPUT}`);
  }
  return value;
}

/**
 * A number that is not negative.
 * @param {unknown} value
 * @param {string} name
 * @returns {number}
 */
export function notNegative(value, name) {
  if (typeof value !== "number" || !(value >= 0)) {
    throw new InvalidArgumentError(`${name} must be a number, 0 or greater`);
  }
  return value;
}

/**
 * Permission bits.
 * @param {unknown} value
 * @param {string} name
 * @returns {number}
 */
export function mode(value, name) {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > 0o7777) {
    throw new InvalidArgumentError(`${name} must be a whole number from 0 to 0o7777`);
  }
  return value;
}

/**
 * A number of rows or columns.
 * @param {unknown} value
 * @param {string} name
 * @returns {number}
 */
export function cells(value, name) {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > 65535) {
    throw new InvalidArgumentError(`${name} must be a whole number from 1 to 65535`);
  }
  return value;
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {number}
 */
export function processId(value, name) {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError(`${name} must be a process id`);
  }
  return value;
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {boolean}
 */
export function flag(value, name) {
  if (typeof value !== "boolean") throw new InvalidArgumentError(`${name} must be true or false`);
  return value;
}

/**
 * The name of a session.
 * @param {unknown} value
 * @param {string} name
 * @returns {string}
 */
export function sessionName(value, name) {
  if (typeof value !== "string" || !/^[^\x00-\x1f\x7f]{1,100}$/.test(value) || value.trim() !== value) {
    throw new InvalidArgumentError(
      `${name} must be a string of 1 to 100 characters, without control characters or spaces at its ends`,
    );
  }
  return value;
}

/**
 * How a session is opened.
 * @param {unknown} value
 * @param {string} name
 * @returns {"write" | "read" | "take-over"}
 */
export function access(value, name) {
  if (value === "write" || value === "read" || value === "take-over") return value;
  throw new InvalidArgumentError(`${name} must be "write", "read" or "take-over"`);
}

/**
 * The name of a command, which becomes a file's name.
 * @param {unknown} value
 * @param {string} name
 * @returns {string}
 */
export function commandName(value, name) {
  if (typeof value !== "string" || !/^[!-.0-~]{1,100}$/.test(value) || /^\.{1,2}$/.test(value)) {
    throw new InvalidArgumentError(`${name} must be a string of 1 to 100 visible ASCII characters, without a slash`);
  }
  return value;
}

/**
 * @template {(...args: any[]) => unknown} Callback
 * @param {unknown} value
 * @param {string} name
 * @returns {Callback}
 */
export function callback(value, name) {
  if (typeof value !== "function") throw new InvalidArgumentError(`${name} must be a function`);
  return /** @type {Callback} */ (value);
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {AbortSignal}
 */
export function abortSignal(value, name) {
  if (!(value instanceof AbortSignal)) throw new InvalidArgumentError(`${name} must be an AbortSignal`);
  return value;
}
