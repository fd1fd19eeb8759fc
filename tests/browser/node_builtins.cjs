// What the npm packages ask of Node's own modules when they are bundled for a browser, most of it
// names while they load.
const join = (...parts) => parts.join("/");
const resolve = (base, path) => (path.startsWith("/") ? path : join(base, path));
const posix = { sep: "/", join, resolve };
module.exports = { ...posix, posix, promisify: (call) => call, inspect: String };
