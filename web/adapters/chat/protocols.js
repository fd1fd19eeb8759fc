/** How models are asked over HTTP: OpenAI's chat completions and Anthropic's messages, and whoever is compatible. */

/** @typedef {import("../agent/tools.js").AgentTool} AgentTool */

/**
 * @typedef {object} ToolCall What the model wants to be done.
 * @property {string} id
 * @property {string} name
 * @property {any} input
 * @property {string} [error] What is wrong with the input as the model wrote it.
 *
 * @typedef {object} Answer
 * @property {string} text
 * @property {ToolCall[]} calls
 * @property {object} message What the next request says that the model has said.
 * @property {boolean} cut Whether the model had more to say than it may.
 *
 * @typedef {object} Question
 * @property {string} key
 * @property {string} model
 * @property {string} system
 * @property {AgentTool[]} tools
 * @property {object[]} messages
 *
 * @typedef {object} Protocol
 * @property {string} path Of requests, below the endpoint's base address.
 * @property {(question: Question) => { headers: Record<string, string>, body: object }} ask
 * @property {(answer: any) => Answer} read
 * @property {(results: { id: string, text: string, failed: boolean }[]) => object[]} tell What came of the calls, as
 *   messages.
 */

/** How much a model may say at once, tokens. */
const MOST_TOKENS = 8192;

/** @type {Protocol} */
const openai = {
  path: "chat/completions",
  ask: ({ key, model, system, tools, messages }) => ({
    headers: /** @type {Record<string, string>} */ (key ? { authorization: `Bearer ${key}` } : {}),
    body: {
      model,
      messages: [{ role: "system", content: system }, ...messages],
      tools: tools.map(({ name, description, inputSchema }) => ({
        type: "function",
        function: { name, description, parameters: inputSchema },
      })),
    },
  }),
  read({ choices: [{ message, finish_reason }] }) {
    const { content, tool_calls } = message;
    return {
      text: content ?? "",
      calls: (tool_calls ?? []).map((/** @type {any} */ call) => ({
        id: call.id,
        name: call.function.name,
        ...parsed(call.function.arguments),
      })),
      // (some take nothing back that they have not defined)
      message: { role: "assistant", content: content ?? null, ...(tool_calls?.length && { tool_calls }) },
      cut: finish_reason === "length",
    };
  },
  tell: (results) => results.map(({ id, text }) => ({ role: "tool", tool_call_id: id, content: text })),
};

/** @type {Protocol} */
const anthropic = {
  path: "v1/messages",
  ask: ({ key, model, system, tools, messages }) => ({
    headers: {
      "anthropic-version": "2023-06-01",
      "anthropic-dangerous-direct-browser-access": "true",
      ...(key && { "x-api-key": key }),
    },
    body: {
      model,
      system,
      max_tokens: MOST_TOKENS,
      messages,
      tools: tools.map(({ name, description, inputSchema }) => ({ name, description, input_schema: inputSchema })),
    },
  }),
  read({ content, stop_reason }) {
    const of = (/** @type {string} */ type) => content.filter((/** @type {any} */ block) => block.type === type);
    return {
      text: of("text").map((/** @type {any} */ block) => block.text).join("\n"),
      calls: of("tool_use").map((/** @type {any} */ { id, name, input }) => ({ id, name, input })),
      message: { role: "assistant", content },
      cut: stop_reason === "max_tokens",
    };
  },
  tell: (results) => [
    {
      role: "user",
      content: results.map(({ id, text, failed }) => ({
        type: "tool_result",
        tool_use_id: id,
        content: text,
        is_error: failed,
      })),
    },
  ],
};

/** By their names. */
export const PROTOCOLS = { openai, anthropic };

/** @param {string} json @returns {{ input: any, error?: string }} */
function parsed(json) {
  try {
    return { input: JSON.parse(json || "{}") };
  } catch {
    return { input: {}, error: `the arguments are not JSON: ${json}` };
  }
}
