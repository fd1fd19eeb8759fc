/**
 * What embed.html and the page that frames it tell each other, by postMessage: version 1.
 *
 *     { tabux: 1, id, method, params }          to the frame: a request
 *     { tabux: 1, id, result }                  from it: the answer,
 *     { tabux: 1, id, error: { name, message } }  or why there is none
 *     { tabux: 1, event, detail }               from it: something has happened
 *
 * Requests are heard from the framing page only, and only where its origin is this one's own or the one that the
 * address names (`origin=`); events go to that origin only.
 */

/** @typedef {import("./terminal-element.js").TabuxTerminal} TabuxTerminal */
/** @typedef {import("../tabux.js").Sandbox} Sandbox */

const VERSION = 1;

/** @param {unknown} value @param {string} what @returns {string} */
function text(value, what) {
  if (typeof value !== "string") throw new TypeError(`params.${what} has to be a string`);
  return value;
}

/** @param {TabuxTerminal} element @returns {Promise<Sandbox>} its sandbox; the terminal starts where it has not */
async function sandboxOf(element) {
  await element.start();
  if (!element.sandbox) throw new Error(`the terminal could not be started: ${element.status}`);
  return element.sandbox;
}

/**
 * @callback Method
 * @param {TabuxTerminal} element
 * @param {Record<string, any>} params
 * @returns {Promise<unknown>}
 */

/** @type {Record<string, Method>} */
const METHODS = {
  /** Starts the terminal, if it has not been. */
  async start(element) {
    await sandboxOf(element);
  },
  /** A new shell in the same sandbox. */
  async restart(element) {
    await element.restart({ focus: false });
  },
  /** { text }: typed into the terminal. */
  async type(element, params) {
    await sandboxOf(element);
    await element.type(text(params.text, "text"));
  },
  /** { command, cwd, stdin, timeoutMs }: run beside the terminal; its result as of `commands.run`. */
  async run(element, { command, cwd, stdin, timeoutMs }) {
    const sandbox = await sandboxOf(element);
    return sandbox.commands.run(text(command, "command"), { cwd, stdin, timeoutMs });
  },
  /** { path }: the text of a file. */
  async read(element, { path }) {
    return (await sandboxOf(element)).files.read(text(path, "path"));
  },
  /** { path, content }: writes a file; text or bytes. */
  async write(element, { path, content }) {
    await (await sandboxOf(element)).files.write(text(path, "path"), content);
  },
  /** { theme }: "dark", "light" or "auto", for terminals that start after it. */
  async theme(element, params) {
    element.setAttribute("theme", text(params.theme, "theme"));
  },
};

/** @param {unknown} error @returns {{ name: string, message: string }} */
function told(error) {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { name, message };
}

/**
 * Answers the page that frames this one, and tells it what happens.
 * @param {TabuxTerminal} element
 * @param {string | null} origin of that page; null: this page's own
 */
export function serveFrame(element, origin) {
  const { parent } = window;
  if (parent === window) return;
  // (an opaque origin is nobody's in particular: it is never the framing page's)
  const trusted = origin ?? self.origin;
  if (trusted === "null") return;
  /** @param {Record<string, unknown>} message */
  const post = (message) => parent.postMessage({ tabux: VERSION, ...message }, trusted);
  addEventListener("message", async ({ source, origin: sender, data }) => {
    if (source !== parent || sender !== trusted || typeof data !== "object" || data?.tabux !== VERSION) return;
    const { id, method, params } = data;
    if (!Object.hasOwn(METHODS, method)) {
      post({ id, error: { name: "TypeError", message: `there is no method ${String(method)}` } });
      return;
    }
    try {
      post({ id, result: (await METHODS[method](element, params ?? {})) ?? null });
    } catch (error) {
      post({ id, error: told(error) });
    }
  });
  element.addEventListener("tabux-start", () => post({ event: "start", detail: null }));
  element.addEventListener("tabux-exit", (event) => {
    post({ event: "exit", detail: /** @type {CustomEvent} */ (event).detail });
  });
  post({ event: "ready", detail: { version: VERSION } });
}
