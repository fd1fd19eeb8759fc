// All of the worker but what has to be there at once (web/kernel-worker.js).
export { bootSystem } from "./boot.js";
export { CommandRunner } from "./commands.js";
export { FileAccess } from "./files.js";
export { TerminalRunner } from "./terminals.js";
