// All of the worker but what has to be there at once (web/kernel-worker.js).
export { Archives } from "./archives.js";
export { Audit } from "./audit.js";
export { bootSystem } from "./boot.js";
export { installBuiltin } from "./builtin/index.js";
export { openStore } from "../store/store.js";
export { CommandRunner } from "./commands.js";
export { FileAccess } from "./files.js";
export { HostCommands } from "./host-commands.js";
export { OutputFiles } from "./output-files.js";
export { PageChannel } from "./page-channel.js";
export { NetworkService } from "./network-service.js";
export { setLimits, storageRoom } from "./limits.js";
export { SessionService } from "./session-service.js";
export { SessionKeeper } from "./session.js";
export { ShellKeeper } from "./shells.js";
export { TerminalRunner } from "./terminals.js";
export { WatchKeeper } from "./watches.js";
