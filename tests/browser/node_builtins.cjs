// What the npm packages ask of Node's own modules when they are bundled for a browser: names, while they load.
module.exports = { sep: "/", promisify: (call) => call, inspect: String };
