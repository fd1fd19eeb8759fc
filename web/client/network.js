/** `sandbox.network`, and the option `network` of Sandbox.create: what the sandbox may ask of the outside. */

import { InvalidArgumentError } from "./errors.js";
import * as check from "./options.js";

/**
 * @typedef {object} NetworkRule
 * @property {string} host "example.org" (ports 80 and 443), "*.example.org" (all below it, not itself), "*" (every
 *   host), an origin, as "https://example.org:8443", or, with a relay, "tcp://example.org:22" or "tcp://example.org:*".
 * @property {string[]} [methods] All, if not given.
 * @property {string[]} [paths] What the path begins with, in whole segments. All, if not given.
 * @property {string} [upstream] The origin that is asked in its place, as "https://mirror.example".
 * @property {Record<string, string>} [headers] Added to each request outside of the sandbox, which never sees them.
 *
 * @typedef {object} Network
 * @property {(string | NetworkRule)[]} [allow] Nothing, if not given.
 * @property {Record<string, { value: string, hosts: string[] }>} [secrets] By the names of environment variables, in
 *   which the sandbox finds placeholders. In a header for one of the hosts the value is put in their place.
 * @property {string | { url: string, hosts: string[] }} [corsProxy] Where hosts are asked that do not let pages of other
 *   sites read their answers: the address without its scheme is put after `url`, or all of it, encoded, for "{url}".
 * @property {string} [relay] The address of a relay that speaks WISP, as "wss://relay.example/": other ports than those of
 *   HTTP are reached through it, and HTTP is as it is without a browser.
 * @property {number} [maxUploadBytes] Of one request; 64 MiB if not given.
 * @property {number} [maxDownloadBytes] Of one response; 1 GiB if not given.
 * @property {number} [timeoutMs] Until a response begins; 60,000 if not given.
 *
 * @typedef {Omit<NetworkRule, "host"> & { host: string }} CheckedRule
 * @typedef {{ allow: CheckedRule[], secrets?: Network["secrets"], corsProxy?: { url: string, hosts: string[] },
 *   relay?: { url: string }, maxUploadBytes?: number, maxDownloadBytes?: number, timeoutMs?: number, secure: boolean }} CheckedNetwork
 */

/** @param {unknown} value @param {string} name @returns {string[]} */
function strings(value, name) {
  if (!Array.isArray(value)) throw new InvalidArgumentError(`${name} must be a list of strings`);
  return value.map((one) => check.path(one, `${name}: each`));
}

/** @param {unknown} value @param {string} name @returns {string} */
function origin(value, name) {
  const text = check.string(value, name);
  const url = URL.canParse(text, document.baseURI) ? new URL(text, document.baseURI) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search || url.hash || url.username)
    throw new InvalidArgumentError(`${name} must be an origin, as "https://mirror.example"`);
  return url.origin;
}

/** @param {unknown} value @param {string} name @returns {Record<string, string>} */
function fields(value, name) {
  const given = check.environment(value, name);
  for (const [field, text] of Object.entries(given)) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(field) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(text))
      throw new InvalidArgumentError(`${name}: "${field}" cannot be the header of a request`);
  }
  return given;
}

/** @param {unknown} value @param {string} name @returns {CheckedRule} */
function rule(value, name) {
  if (typeof value === "string") return { host: value };
  const checked = check.checkOptions(name, value, {
    host: check.path,
    methods: strings,
    paths: strings,
    upstream: origin,
    headers: fields,
  });
  if (checked.host === undefined) throw new InvalidArgumentError(`${name} must have a host`);
  return /** @type {CheckedRule} */ (checked);
}

/** @param {unknown} value @param {string} name @returns {CheckedRule[]} */
function rules(value, name) {
  if (!Array.isArray(value)) throw new InvalidArgumentError(`${name} must be a list of hosts and rules`);
  return value.map((one) => rule(one, name));
}

/** @param {unknown} value @param {string} name @returns {{ url: string, hosts: string[] }} */
function proxy(value, name) {
  const given = typeof value === "string" ? { url: value, hosts: ["*"] } : value;
  const checked = check.checkOptions(name, given, { url: check.path, hosts: strings });
  if (!checked.url || !checked.hosts || !/^https?:\/\/[^/?#]+[/?]/.test(checked.url))
    throw new InvalidArgumentError(`${name} must be an address that ends with a slash or has "{url}", or { url, hosts }`);
  return /** @type {{ url: string, hosts: string[] }} */ (checked);
}

/** @param {unknown} value @param {string} name @returns {{ url: string }} */
function relay(value, name) {
  const text = check.string(value, name);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^wss?:$/.test(url.protocol) || url.hash || url.username)
    throw new InvalidArgumentError(`${name} must be the address of a relay, as "wss://relay.example/"`);
  return { url: url.href };
}

/** @param {unknown} value @param {string} name @returns {Record<string, { value: string, hosts: string[] }>} */
function secrets(value, name) {
  if (typeof value !== "object" || value === null) throw new InvalidArgumentError(`${name} must be an object`);
  return Object.fromEntries(
    Object.entries(value).map(([variable, given]) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable))
        throw new InvalidArgumentError(`${name}: "${variable}" cannot be the name of a variable`);
      const secret = check.checkOptions(`${name}.${variable}`, given, { value: check.path, hosts: strings });
      if (!secret.value || !secret.hosts) throw new InvalidArgumentError(`${name}.${variable} must have value and hosts`);
      return [variable, /** @type {{ value: string, hosts: string[] }} */ (secret)];
    }),
  );
}

/**
 * The option `network`.
 * @param {unknown} value
 * @param {string} name
 * @returns {CheckedNetwork}
 */
export function network(value, name) {
  if (typeof document === "undefined")
    throw new InvalidArgumentError(`${name} needs a page: requests are made in a frame of it`);
  const checked = check.checkOptions(name, value, {
    allow: rules,
    secrets,
    corsProxy: proxy,
    relay,
    maxUploadBytes: check.positive,
    maxDownloadBytes: check.positive,
    timeoutMs: check.positive,
  });
  return { allow: [], ...checked, secure: isSecure() };
}

/** @returns {boolean} whether the browser makes no requests by plain HTTP for this page */
function isSecure() {
  return location.protocol === "https:";
}

/**
 * @param {CheckedNetwork | undefined} checked
 * @returns {Record<string, string>} the variables with the placeholders of secrets
 */
export function placeholders(checked) {
  const names = Object.keys(checked?.secrets ?? {});
  return Object.fromEntries(names.map((name) => [name, `tabux-secret-${name}`]));
}

/** What the sandbox may ask of the outside, while it runs. */
export class NetworkPolicy {
  #connection;

  /** @param {import("./connection.js").Connection} connection */
  constructor(connection) {
    this.#connection = connection;
  }

  /**
   * Allows more, from the next request on.
   * @param {...(string | NetworkRule)} given hosts and rules
   * @returns {Promise<void>}
   */
  async allow(...given) {
    const checked = rules(given, "network.allow");
    await this.#connection.call(() => this.#connection.kernel.networkAllow(checked));
  }

  /**
   * Takes the rules of a host away, from the next request on.
   * @param {string} host as it was allowed, without a scheme and a port
   * @returns {Promise<boolean>} whether there were any
   */
  async revoke(host) {
    check.path(host, "network.revoke: host");
    return (await this.#connection.call(() => this.#connection.kernel.networkRevoke(host))) > 0;
  }
}
