// All of the worker but what has to be there at once (web/kernel-worker.js).
export { Archives } from "./archives.js";
export { bootSystem } from "./boot.js";
export { openStore } from "../store/store.js";
export { CommandRunner } from "./commands.js";
export { FileAccess } from "./files.js";
export { setLimits, storageRoom } from "./limits.js";
export { SessionKeeper } from "./session.js";
export { TerminalRunner } from "./terminals.js";
