/**
 * What a link carries after its "#": a command line (`#run=…`, readable), or that and small files
 * (`#share=…`: JSON, gzip, base64url). It stays in the browser: servers do not see that part of an address.
 */

/**
 * @typedef {object} Shared
 * @property {string} run what is to be typed; may have several lines
 * @property {{ name: string, bytes: Uint8Array<ArrayBuffer> }[]} files
 */

/** How long the part after "#" may be, characters: what browsers and mail take without trouble. */
export const MOST_CHARACTERS = 32_000;
/** What it may unpack to, bytes: a link is not to fill the memory. */
const MOST_BYTES = 1_000_000;
const MOST_FILES = 50;
/** Control characters but tab and newline, and what turns the direction of text. */
const UNTYPABLE = /[\0-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * @param {Shared} shared
 * @returns {Promise<string>} with "#"
 * @throws {RangeError} it is too much for a link
 */
export async function encodeShared({ run, files }) {
  const fragment = files.length
    ? `#share=${await pack({ run, files: files.map(({ name, bytes }) => [name, toBase64(bytes)]) })}`
    : `#run=${encodeURIComponent(run)}`;
  if (fragment.length > MOST_CHARACTERS) {
    const [has, most] = [fragment.length, MOST_CHARACTERS].map((n) => n.toLocaleString("en"));
    throw new RangeError(`the link would have ${has} characters; ${most} is the most`);
  }
  return fragment;
}

/**
 * @param {string} fragment with "#"
 * @returns {Promise<Shared | null>} null: it shares nothing
 * @throws {Error} it is damaged, or not of this kind
 */
export async function decodeShared(fragment) {
  const [, kind, text] = /^#(run|share)=(.*)$/s.exec(fragment) ?? [];
  if (!kind) return null;
  if (fragment.length > MOST_CHARACTERS) throw new RangeError("it is too long");
  if (kind === "run") return { run: typable(decodeURIComponent(text)), files: [] };
  const { run = "", files = [] } = await unpack(text);
  if (typeof run !== "string" || !Array.isArray(files) || files.length > MOST_FILES) {
    throw new TypeError("it does not have what a link of tabux has");
  }
  return { run: typable(run), files: files.map(checkedFile) };
}

/** @param {string} text @returns {string} without what a line editor would act upon */
function typable(text) {
  return text.replace(/\r\n?/g, "\n").replace(UNTYPABLE, "").trimEnd();
}

/** @param {any} entry @returns {Shared["files"][number]} */
function checkedFile(entry) {
  const [name, content] = Array.isArray(entry) ? entry : [];
  if (!isPlainName(name)) throw new TypeError(`it has a file of the name ${JSON.stringify(name)}`);
  return { name, bytes: fromBase64(String(content)) };
}

/**
 * Whether a file of that name can be in a link: no path, and none of those that shells and others read unasked.
 * @param {unknown} name
 */
export function isPlainName(name) {
  return typeof name === "string" && /^[^./\0-\x1f\x7f-][^/\0-\x1f\x7f]{0,99}$/u.test(name);
}

/** @param {Uint8Array} bytes */
function toBase64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
function fromBase64(text) {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

/** @param {unknown} value @returns {Promise<string>} */
async function pack(value) {
  const stream = new Blob([JSON.stringify(value)]).stream().pipeThrough(new CompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** @param {string} text @returns {Promise<any>} */
async function unpack(text) {
  const bytes = fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let json = "";
  let length = 0;
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    if ((length += value.length) > MOST_BYTES) throw new RangeError("it unpacks to too much");
    json += decoder.decode(value, { stream: true });
  }
  return JSON.parse(json + decoder.decode()) ?? {};
}
