/** embed.html: one terminal, made by the address's parameters, for a frame in another page. */

import "../embed.js";
import { serveFrame } from "./frame-protocol.js";
import { part } from "./parts.js";

/** @typedef {import("./terminal-element.js").TabuxTerminal} TabuxTerminal */

/** Parameters that are the element's attributes of the same name (docs/embed.md). */
const ATTRIBUTES = ["session", "setup", "command", "cwd", "theme", "start", "font-size"];

/**
 * The terminal that the parameters describe. In a session, which has the visitor's own files, what a link brings
 * changes nothing by itself: `run` is typed, and the visitor presses Enter; there is no `setup` and there are no files.
 * @param {URLSearchParams} parameters
 * @returns {TabuxTerminal}
 */
function terminalOf(parameters) {
  const element = /** @type {TabuxTerminal} */ (document.createElement("tabux-terminal"));
  for (const name of ATTRIBUTES) {
    const value = parameters.get(name);
    if (value !== null) element.setAttribute(name, value);
  }
  if (parameters.get("readonly") === "true") element.setAttribute("readonly", "");
  const run = parameters.get("run");
  if (parameters.has("session")) {
    element.removeAttribute("setup");
    if (run !== null) element.setAttribute("type", run);
    return element;
  }
  if (run !== null) element.setAttribute("run", run);
  for (const [path, text] of filesOf(parameters.get("files"))) {
    element.append(part("script", { type: "text/plain", "data-file": path }, text));
  }
  return element;
}

/**
 * @param {string | null} json an object: paths, and the texts of the files
 * @returns {[path: string, text: string][]}
 */
function filesOf(json) {
  if (json === null) return [];
  const files = JSON.parse(json);
  if (typeof files !== "object" || files === null || Object.values(files).some((text) => typeof text !== "string"))
    throw new TypeError('files= has to be a JSON object like {"notes.txt": "text"}');
  return Object.entries(files);
}

const place = /** @type {HTMLElement} */ (document.getElementById("place"));
const parameters = new URLSearchParams(location.search);
try {
  const element = terminalOf(parameters);
  element.style.height = "100%";
  place.append(element);
  serveFrame(element, parameters.get("origin"));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  place.append(part("p", { role: "alert" }, `This address of embed.html is wrong: ${message}`));
}
