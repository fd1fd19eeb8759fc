/**
 * The site without a network: one build of it, whole, in a cache of its own. Not a module, which not every browser
 * takes here; the build writes what it needs to know, BUILD, above this.
 *
 * A page is served by the worker that it began with, so it never gets files of two builds: every file is checked
 * against the hash that the build gave it, a worker is installed only when all of them are right, and a new one
 * takes over only when no more than one page is open, which is then loaded anew.
 */

/**
 * A file of the build: its name below the site's root, its sha256, and its size in bytes.
 * @typedef {[name: string, sha256: string, size: number]} BuiltFile
 *
 * What the page asks and is answered through the port that comes with it.
 * @typedef {{ ask: "state" } | { ask: "keep" } | { ask: "forget" } | { ask: "alone" }
 *   | { ask: "update" }} Question
 */

/** @type {{ version: string, start: BuiltFile[], list: BuiltFile }} */
const { version, start, list } = /** @type {any} */ (self).BUILD;
const worker = /** @type {any} */ (self);
const root = new URL("./", location.href);
const PREFIX = `tabux offline ${root.href} `;
/** What a page needs until its prompt and what it loads later by itself. */
const CACHE = PREFIX + version;
/** The programs and all else, on demand: by their hashes, so that builds share what is the same in both. */
const KEPT = `${PREFIX}kept`;
const PARALLEL = 6;

worker.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(install()));
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(tidy()));
worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const name = nameOf(request.url);
  if (request.method !== "GET" || name === null) return;
  event.respondWith(answer(request, name));
});
worker.addEventListener("message", (/** @type {any} */ event) => {
  const [port] = event.ports;
  const reply = (/** @type {object} */ message) => port?.postMessage(message);
  const failed = (/** @type {unknown} */ error) =>
    reply({ error: error instanceof Error ? error.message : String(error) });
  event.waitUntil(respond(event.data, reply).catch(failed));
});

/**
 * @param {string} url
 * @returns {string | null} of the file of the site, null for what is not below its root
 */
function nameOf(url) {
  const { origin, pathname } = new URL(url);
  if (origin !== root.origin || !pathname.startsWith(root.pathname)) return null;
  return decodeURIComponent(pathname.slice(root.pathname.length)) || "index.html";
}

/** @param {Request} request @param {string} name */
async function answer(request, name) {
  const found = await match(CACHE, addressOf(name));
  if (found) return found;
  const file = (await optional()).find(([other]) => other === name);
  if (!file) return fetch(request);
  const kept = await match(KEPT, keyOf(file));
  if (kept) return kept;
  // (programs have their hash in their name, and the kernel looks at it)
  return name.startsWith("userland/") ? fetch(request) : checked(file);
}

/** @param {string} name */
function addressOf(name) {
  return new URL(name, root).href;
}

/** @param {BuiltFile} file @returns {string} where it is in the cache of all builds */
function keyOf([name, sha256]) {
  return `${addressOf(name)}?${sha256}`;
}

/** @param {string} cacheName @param {string} address */
async function match(cacheName, address) {
  return (await caches.has(cacheName)) ? (await caches.open(cacheName)).match(address) : undefined;
}

async function install() {
  const cache = await caches.open(CACHE);
  try {
    await take(cache, [...start, list], ([name]) => addressOf(name), () => {});
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

/** Other builds' caches go, and of what is kept all that this build does not have. */
async function tidy() {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE && name !== KEPT) await caches.delete(name);
  }
  if (!(await caches.has(KEPT))) return;
  const kept = await caches.open(KEPT);
  const wanted = new Set((await optional()).map(keyOf));
  for (const request of await kept.keys()) if (!wanted.has(request.url)) await kept.delete(request);
}

/** @type {Promise<BuiltFile[]> | undefined} */
let optionalFiles;

/** @returns {Promise<BuiltFile[]>} what is not needed to start; none where the browser has deleted the list */
function optional() {
  optionalFiles ??= match(CACHE, addressOf(list[0])).then((response) => response?.json() ?? []);
  return optionalFiles;
}

/**
 * Fetches files into a cache, those that are not there.
 * @param {Cache} cache
 * @param {BuiltFile[]} files
 * @param {(file: BuiltFile) => string} key by what they are found there
 * @param {(bytes: number) => void} onBytes hears the size of each file that is there
 * @throws {Error} one does not come, or is not that of this build
 */
async function take(cache, files, key, onBytes) {
  const left = [...files];
  const one = async () => {
    for (let file = left.shift(); file; file = left.shift()) {
      if (!(await cache.match(key(file)))) await cache.put(key(file), await checked(file));
      onBytes(file[2]);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, one));
}

/** @param {BuiltFile} file @returns {Promise<Response>} @throws {Error} as `take` */
async function checked([name, sha256]) {
  // (the browser's own cache may have it, but asks whether it has changed)
  const response = await fetch(addressOf(name), { cache: "no-cache" });
  if (!response.ok) throw new Error(`${name}: the server answered ${response.status}`);
  const bytes = await response.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hash = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hash !== sha256) throw new Error(`${name}: not that of this build (the site is being changed?)`);
  // without Content-Encoding, which has been undone, and without what only the network means
  const type = response.headers.get("Content-Type") ?? "application/octet-stream";
  return new Response(bytes, { headers: { "Content-Type": type, "Content-Length": `${bytes.byteLength}` } });
}

/**
 * @param {Question} question
 * @param {(message: object) => void} reply
 */
async function respond({ ask }, reply) {
  if (ask === "alone") return reply({ alone: await isAlone() });
  if (ask === "update") return reply({ taken: await takeOver() });
  const files = await optional();
  const total = files.reduce((sum, [, , size]) => sum + size, 0);
  if (ask === "forget") await caches.delete(KEPT);
  if (ask === "keep") {
    let bytes = 0;
    await take(await caches.open(KEPT), files, keyOf, (size) => reply({ bytes: (bytes += size), total }));
  }
  const keys = (await caches.has(KEPT)) ? await (await caches.open(KEPT)).keys() : [];
  const has = new Set(keys.map((request) => request.url));
  const missing = files.filter((file) => !has.has(keyOf(file)));
  const bytes = total - missing.reduce((sum, [, , size]) => sum + size, 0);
  reply({ version, bytes, total, whole: missing.length === 0, done: true });
}

/** @returns {Promise<boolean>} whether no more than one page is open */
async function isAlone() {
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  return pages.filter((/** @type {any} */ page) => nameOf(page.url) !== null).length <= 1;
}

/** @returns {Promise<boolean>} false where other pages are open, which the old build still serves */
async function takeOver() {
  if (!(await isAlone())) return false;
  await worker.skipWaiting();
  return true;
}
