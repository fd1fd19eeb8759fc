// Drives Firefox for the tests by WebDriver BiDi: one JSON request a line comes in, one JSON answer goes out.
//
//   node driver.mjs FIREFOX
//
// A request is { id, method, params }, an answer { id, result } or { id, error }. The methods are below.
// Browsers and pages are told apart by numbers. When the input ends, all browsers are closed.

import { createInterface } from "node:readline";
import { createRequire } from "node:module";

// The npm packages are in web/, so the usual search from this file would not meet them.
const require = createRequire(new URL("../../web/package.json", import.meta.url));
const puppeteer = require("puppeteer-core");

const executablePath = process.argv[2];
/** How often a condition is looked at, milliseconds. */
const POLL_MS = 20;

/** @type {Map<number, import("puppeteer-core").Browser>} */
const browsers = new Map();
/** @type {Map<number, import("puppeteer-core").Page>} */
const pages = new Map();
let last = 0;

/**
 * @param {number} number @param {string} code an expression; where that is a function, it is called with `arg`
 * @param {unknown} arg plain data
 * @returns {Promise<any>} the value, awaited. Not by eval(), which the page's policy may forbid.
 */
const evaluate = (number, code, arg) =>
  pages.get(number).evaluate(
    `(() => { const value = (${code}); return typeof value === "function" ? value(${JSON.stringify(arg)}) : value; })()`,
  );

const methods = {
  /**
   * Starts a browser with the preferences it is released with (and those that Puppeteer needs to drive it).
   * @param {{ profile: string }} params a directory: what the browser stores is there when it is started again
   */
  async launch({ profile }) {
    const browser = await puppeteer.launch({
      browser: "firefox",
      executablePath,
      headless: true,
      userDataDir: profile,
      defaultViewport: { width: 1000, height: 640 },
    });
    browsers.set(++last, browser);
    return last;
  },

  /** Ends a browser as a user does. */
  async close({ browser }) {
    await browsers.get(browser).close();
    browsers.delete(browser);
  },

  /** Ends a browser as a crash does: at once. */
  async kill({ browser }) {
    const child = browsers.get(browser).process();
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    browsers.delete(browser);
  },

  async open({ browser }) {
    const page = await browsers.get(browser).newPage();
    // what goes wrong in the page is of use when a test has failed
    page.on("console", async (message) => {
      const parts = message.args().map((part) => part.evaluate((value) => String(value)).catch(() => "?"));
      console.error(`${message.type()}: ${(await Promise.all(parts)).join(" ")}`);
    });
    page.on("pageerror", (error) => console.error(`page error: ${error}`));
    pages.set(++last, page);
    return last;
  },

  async closePage({ page }) {
    await pages.get(page).close();
    pages.delete(page);
  },

  async goto({ page, url }) {
    await pages.get(page).goto(url);
  },

  async reload({ page }) {
    await pages.get(page).reload();
  },

  evaluate: ({ page, code, arg }) => evaluate(page, code, arg),

  /** Waits until an expression (or what the function that it is returns) is true. */
  async waitFor({ page, code, arg, timeoutMs }) {
    const end = performance.now() + timeoutMs;
    while (!(await evaluate(page, code, arg))) {
      if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${code}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  },

  async type({ page, text }) {
    await pages.get(page).keyboard.type(text);
  },

  /** @param {{ page: number, keys: string }} params such as "Control+c" */
  async press({ page, keys }) {
    const { keyboard } = pages.get(page);
    const names = keys.split("+");
    for (const name of names) await keyboard.down(name);
    for (const name of names.reverse()) await keyboard.up(name);
  },
};

/** @param {string} line */
async function answer(line) {
  const { id, method, params } = JSON.parse(line);
  let reply;
  try {
    reply = { id, result: (await methods[method](params)) ?? null };
  } catch (error) {
    reply = { id, error: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

// Requests may overlap: one that waits for something in a page must not hold up another.
for await (const line of createInterface({ input: process.stdin })) answer(line);
await Promise.all([...browsers.values()].map((browser) => browser.close()));
process.exit();
