/**
 * A model that works in the sandbox, by any endpoint that speaks OpenAI's or Anthropic's protocol: what
 * examples/agent.html is made of.
 *
 *     import { Chat } from "./adapters/chat.js";
 *     const chat = new Chat(sandbox, { protocol: "openai", url: "https://example.org/v1", key, model });
 *     for await (const step of chat.send("How many programs are in /usr/bin?")) console.log(step);
 */

import { agentTools } from "./agent/tools.js";
import { PROTOCOLS } from "./chat/protocols.js";

/** @typedef {import("../tabux.js").Sandbox} Sandbox */
/** @typedef {import("./chat/protocols.js").ToolCall} ToolCall */

/**
 * @typedef {object} ChatOptions
 * @property {keyof typeof PROTOCOLS} protocol "openai" or "anthropic".
 * @property {string} url The endpoint's base address: what comes before /chat/completions or /v1/messages.
 * @property {string} model
 * @property {string} [key] Sent to that endpoint and nowhere else; never to the sandbox.
 * @property {string} [system] What the model is told before all else.
 * @property {(call: ToolCall) => boolean | Promise<boolean>} [approve] Asked before each call of a tool; all are made if
 *   it is not given.
 * @property {number} [mostSteps] How often the model may be asked for one message; 50 if not given.
 * @property {typeof fetch} [fetch]
 *
 * @typedef {{ type: "text", text: string }
 *   | { type: "call", call: ToolCall }
 *   | { type: "result", call: ToolCall, text: string, failed: boolean, refused: boolean }} Step
 */

const SYSTEM =
  "You work in tabux, a Unix in the user's own browser: GNU bash and tools, git, make, vim, sqlite3 and python3, on a " +
  "file system of its own. Use the tools to do what the user asks for, look at what comes of it, and then say in a few " +
  "words what you have done.";

/** An endpoint that does not answer as it should. */
export class EndpointError extends Error {
  name = "EndpointError";
}

export class Chat {
  #options;
  #tools;
  #close;
  /** @type {object[]} what has been said, in the protocol's words */
  #messages = [];

  /**
   * @param {Sandbox} sandbox
   * @param {ChatOptions} options
   */
  constructor(sandbox, options) {
    if (!Object.hasOwn(PROTOCOLS, options.protocol)) {
      throw new TypeError(`Chat: protocol must be one of ${Object.keys(PROTOCOLS).join(", ")}`);
    }
    const { tools, close } = agentTools(sandbox);
    this.#options = options;
    this.#tools = tools;
    this.#close = close;
  }

  /**
   * Says something to the model and does what it asks for, until it asks for no more.
   * @param {string} text
   * @param {{ signal?: AbortSignal }} [options] The signal gives up what is under way, a command too.
   * @returns {AsyncGenerator<Step, void>}
   * @throws {EndpointError} The conversation is then as it was before.
   */
  async *send(text, { signal } = {}) {
    const before = this.#messages.length;
    this.#messages.push({ role: "user", content: text });
    try {
      for (let step = 0; step < (this.#options.mostSteps ?? 50); step++) {
        const { text: said, calls, message, cut } = await this.#ask(signal);
        if (said) yield { type: "text", text: said };
        if (cut) throw new EndpointError("the model had more to say than it may at once: ask for less");
        this.#messages.push(message);
        if (calls.length === 0) return;
        const results = [];
        for (const call of calls) {
          yield { type: "call", call };
          const result = await this.#perform(call, signal);
          yield { type: "result", call, ...result };
          results.push({ id: call.id, ...result });
        }
        this.#messages.push(...PROTOCOLS[this.#options.protocol].tell(results));
      }
      throw new EndpointError("the model has not come to an end: ask it to go on, or for less");
    } catch (error) {
      this.#messages.length = before; // half of an exchange would be refused for ever
      throw error;
    }
  }

  /** Ends the shell. @returns {Promise<void>} */
  close() {
    return this.#close();
  }

  /**
   * @param {ToolCall} call
   * @param {AbortSignal | undefined} signal
   * @returns {Promise<{ text: string, failed: boolean, refused: boolean }>}
   */
  async #perform(call, signal) {
    const tool = this.#tools.find(({ name }) => name === call.name);
    const wrong = call.error ?? (tool ? null : `there is no tool "${call.name}"`);
    if (!tool || wrong) return { text: String(wrong), failed: true, refused: false };
    if (!((await this.#options.approve?.(call)) ?? true)) {
      return { text: "The user has not allowed this. Ask, or do it in another way.", failed: true, refused: true };
    }
    signal?.throwIfAborted();
    try {
      return { text: await tool.run(call.input, signal), failed: false, refused: false };
    } catch (error) {
      signal?.throwIfAborted();
      return { text: error instanceof Error ? error.message : String(error), failed: true, refused: false };
    }
  }

  /** @param {AbortSignal | undefined} signal @returns {Promise<import("./chat/protocols.js").Answer>} */
  async #ask(signal) {
    const { protocol, url, key = "", model, system = SYSTEM, fetch = globalThis.fetch } = this.#options;
    const { path, ask, read } = PROTOCOLS[protocol];
    const question = { key, model, system, tools: this.#tools, messages: this.#messages };
    const { headers, body } = ask(question);
    const address = `${url.replace(/\/+$/, "")}/${path}`;
    let response;
    try {
      response = await fetch(address, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
        credentials: "omit",
        signal,
      });
    } catch (error) {
      signal?.throwIfAborted();
      const why = "it cannot be reached, or does not allow pages of other sites (CORS)";
      throw new EndpointError(`${address}: ${why}`, { cause: error });
    }
    const answer = await response.text();
    if (!response.ok) throw new EndpointError(`${address} answers ${response.status}: ${answer.slice(0, 500)}`);
    try {
      return read(JSON.parse(answer));
    } catch (error) {
      throw new EndpointError(`${address} answers what is no ${protocol} message: ${answer.slice(0, 200)}`, {
        cause: error,
      });
    }
  }
}
