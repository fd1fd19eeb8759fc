// The network, for the page: its policy, and the servers in the sandbox. What carries it out is loaded when it is needed.

/** @typedef {import("./boot.js").System} System */
/** @typedef {import("../client/kernel.js").OpenPort} OpenPort */
/** @typedef {import("../client/network.js").CheckedNetwork} CheckedNetwork */
/** @typedef {import("../client/network.js").CheckedRule} CheckedRule */
/** @typedef {{ type: "open", port: OpenPort } | { type: "close", port: { port: number } }} PortEvent */

const load = () => import("../net/network.js");

export class NetworkService {
  /** @type {Promise<import("../net/servers.js").Servers> | null} */
  #servers = null;
  /** @type {Promise<unknown> | null} */
  #gateway = null;
  #system;
  #hooks;

  /**
   * @param {System} system
   * @param {import("../client/kernel.js").NetworkHooks} hooks what the page does
   */
  constructor(system, hooks) {
    this.#system = system;
    this.#hooks = hooks;
    /** Whether the page wants to hear of ports. */
    this.wanted = false;
    system.gate.onPort = (port, address, pid) => {
      if (!this.wanted) return;
      void hooks.port(address === null ? { type: "close", port: { port } } : { type: "open", port: { port, address, pid } });
    };
  }

  /** @param {CheckedNetwork["relay"]} [relay] */
  async #serve(relay) {
    const maker = { open: this.#hooks.openBox, close: this.#hooks.closeBox };
    await (this.#gateway ??= load().then(({ Gateway }) => new Gateway(this.#system, maker, relay)));
  }

  /** @param {CheckedNetwork} options @throws {Error} a typed one: there is something wrong with them */
  async configure(options) {
    await this.#serve(options.relay);
    refuse(this.#system.api.network_configure(JSON.stringify(options)));
  }

  /** @param {CheckedRule[]} rules @throws {Error} a typed one */
  async allow(rules) {
    await this.#serve();
    refuse(this.#system.api.network_allow(JSON.stringify(rules)));
  }

  /** @param {string} host @returns {number} how many rules it had */
  revoke(host) {
    return this.#system.api.network_revoke(host);
  }

  /** @returns {OpenPort[]} by number */
  ports() {
    return JSON.parse(this.#system.api.ports());
  }

  /**
   * Makes a request to a server in the sandbox (`Servers.fetch`).
   * @param {number} number of the port
   * @param {import("../net/http-client.js").ServerRequest} request
   * @param {MessagePort} port
   */
  async fetch(number, request, port) {
    this.#servers ??= load().then(({ Servers }) => new Servers(this.#system));
    return (await this.#servers).fetch(number, request, port);
  }
}

/** @param {string} wrong what is wrong with something of the page's; empty where nothing is */
function refuse(wrong) {
  if (!wrong) return;
  const error = new Error(`network: ${wrong}`);
  error.name = "InvalidArgumentError";
  throw error;
}
