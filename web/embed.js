/**
 * The elements `<tabux-code>` and `<tabux-terminal>` for documents: see docs/embed.md. Loading this
 * module costs little; a kernel starts when a reader starts one of them.
 */

import { TabuxCode } from "./embed/code-element.js";
import { TabuxTerminal } from "./embed/terminal-element.js";

export { TabuxCode, TabuxTerminal };

for (const [name, element] of /** @type {const} */ ([
  ["tabux-code", TabuxCode],
  ["tabux-terminal", TabuxTerminal],
])) {
  // a document may load it twice
  if (!customElements.get(name)) customElements.define(name, element);
}
