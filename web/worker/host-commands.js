// Commands that are functions: the site's own (tabux, download, upload), and those that a page
// registers.
import { hostFile } from "../gate/host-image.js";
import { apiError } from "./errors.js";
import { kernelText } from "./launch.js";

/** @typedef {import("./boot.js").System} System */
/** @typedef {import("../gate/host-program.js").HostContext} HostContext */
/** @typedef {import("./page-channel.js").PageChannel} PageChannel */
/** @typedef {import("./session-service.js").SessionService} SessionService */

/**
 * What the site's own commands get besides the context of every host program.
 * @typedef {object} Services
 * @property {SessionService} session
 * @property {PageChannel} page
 *
 * @typedef {(context: HostContext & { system: Services }) => unknown} SystemCommand
 */

const BUILTIN = "/usr/bin/";
const REGISTERED = "/usr/local/bin/";

/** The host commands of one kernel. */
export class HostCommands {
  /**
   * @param {System} system
   * @param {Services} services
   */
  constructor(system, services) {
    this.system = system;
    this.services = services;
  }

  /**
   * Makes a command of the site, in /usr/bin. To be called before a session's files are laid over
   * the site's.
   * @param {string} name
   * @param {() => Promise<{ default: SystemCommand }>} load gets its module, at its first use
   */
  install(name, load) {
    this.#add(`${BUILTIN}${name}`, name, async (context) => {
      const { default: command } = await load();
      return command({ ...context, system: this.services });
    });
  }

  /**
   * Makes a command of a function of the page, in /usr/local/bin; replaces one of that name.
   * @param {string} name
   * @throws {Error} FileExistsError where something else is there
   */
  register(name) {
    const { hostFunctions } = this.system.gate;
    const path = `${REGISTERED}${name}`;
    // (the file may have been removed meanwhile)
    if (hostFunctions.has(path)) this.system.api.host_remove(path);
    this.#add(path, path, (context) => this.services.page.command(name, context));
  }

  /**
   * Makes a command of an extension, in /usr/local/bin.
   * @param {string} name
   * @param {import("../gate/host-program.js").HostFunction} run
   * @throws {Error} FileExistsError where something is there
   */
  registerExtension(name, run) {
    const path = `${REGISTERED}${name}`;
    this.#add(path, path, run);
  }

  /**
   * Takes a command away; one that runs goes on.
   * @param {string} name
   * @returns {boolean} whether it was there
   */
  unregister(name) {
    const path = `${REGISTERED}${name}`;
    const known = this.system.gate.hostFunctions.delete(path);
    if (known) this.system.api.host_remove(kernelText(path));
    return known;
  }

  /**
   * @param {string} path
   * @param {string} key by which the file names the function
   * @param {import("../gate/host-program.js").HostFunction} run
   */
  #add(path, key, run) {
    const { gate, api } = this.system;
    const ino = api.host_add(path, hostFile(key));
    if (ino < 0) throw apiError(ino, path);
    gate.hostFunctions.set(key, run);
  }
}
