// All of the network that a sandbox needs only when it is used (web/worker/network-service.js).
export { Gateway } from "./gateway.js";
export { Servers } from "./servers.js";
