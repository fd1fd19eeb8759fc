// Reading and writing pieces of WebAssembly's binary format (core specification, chapter 5).

/** Numbers of sections. */
export const CUSTOM = 0;
export const TYPE = 1;
export const IMPORT = 2;
export const TABLE = 4;
export const GLOBAL = 6;
export const EXPORT = 7;
export const START = 8;
export const CODE = 10;
export const TAG = 13;
/** The order that sections have to have in a module: their numbers do not tell. */
const ORDER = [TYPE, IMPORT, 3, TABLE, 5, TAG, GLOBAL, EXPORT, START, 9, 12, CODE, 11];

export const I32 = 0x7f;
export const FUNCREF = 0x70;
const FUNCTION_TYPE = 0x60;
const HEADER = 8;

/** What is not a module, or not one of the kind that is understood here; its message is for the user. */
export class FormatError extends Error {}

/** Reads numbers, names and types from the bytes of a module. */
export class BinaryReader {
  /** @param {Uint8Array} bytes @param {number} [at] @param {number} [end] */
  constructor(bytes, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  byte() {
    if (this.at >= this.end) throw new FormatError("file too short");
    return this.bytes[this.at++];
  }

  /** An unsigned LEB128 number of at most 32 bits. */
  leb() {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
    throw new FormatError("damaged: not a number where one belongs");
  }

  /** @param {number} length @returns {Uint8Array} a view */
  take(length) {
    const from = this.at;
    if (length > this.end - from) throw new FormatError("file too short");
    this.at += length;
    return this.bytes.subarray(from, this.at);
  }

  name() {
    return new TextDecoder().decode(this.take(this.leb()));
  }

  /** A value type; those that only other languages than C need are refused. */
  valueType() {
    const type = this.byte();
    if (type < 0x6f || (type > 0x70 && type < 0x7b) || type > 0x7f)
      throw new FormatError("has types of values that are not known here");
    return type;
  }

  /** Size limits of a memory or table. */
  limits() {
    const flags = this.leb();
    const least = this.leb();
    return { flags, least, most: flags & 1 ? this.leb() : null };
  }
}

/**
 * The sections of a module: where the content of each lies.
 * @param {Uint8Array} bytes
 * @returns {{ number: number, from: number, to: number }[]}
 * @throws {FormatError}
 */
export function sectionsOf(bytes) {
  const found = [];
  const reader = new BinaryReader(bytes, HEADER);
  let rank = -1;
  while (reader.at < bytes.length) {
    const number = reader.byte();
    const length = reader.leb();
    const from = reader.at;
    reader.take(length);
    if (number !== CUSTOM) {
      const place = ORDER.indexOf(number);
      if (place <= rank) throw new FormatError("damaged: its sections are out of order");
      rank = place;
    }
    found.push({ number, from, to: reader.at });
  }
  return found;
}

/**
 * A module of these sections; a missing one is put where it belongs.
 * @param {{ number: number, content: Uint8Array }[]} sections in an order that is allowed
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function joinSections(sections) {
  const heads = sections.map(({ number, content }) => [number, ...leb(content.length)]);
  let length = HEADER;
  sections.forEach(({ content }, i) => (length += heads[i].length + content.length));
  const out = new Uint8Array(length);
  out.set([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  let at = HEADER;
  sections.forEach(({ content }, i) => {
    out.set(heads[i], at);
    out.set(content, (at += heads[i].length));
    at += content.length;
  });
  return out;
}

/**
 * Adds a section of a number that is not there yet.
 * @param {{ number: number, content: Uint8Array }[]} sections
 * @param {number} number
 * @param {Uint8Array} content
 */
function insertSection(sections, number, content) {
  const rank = ORDER.indexOf(number);
  const after = sections.findIndex((s) => s.number !== CUSTOM && ORDER.indexOf(s.number) > rank);
  sections.splice(after < 0 ? sections.length : after, 0, { number, content });
}

/** @param {number[]} first @param {Uint8Array} second @param {number[]} third */
function concatenate(first, second, third) {
  const out = new Uint8Array(first.length + second.length + third.length);
  out.set(first);
  out.set(second, first.length);
  out.set(third, first.length + second.length);
  return out;
}

/**
 * Adds an element to the end of a section that is a vector; the section, too, where there is none.
 * @param {{ number: number, content: Uint8Array }[]} sections
 * @param {number} number
 * @param {number[]} element
 * @returns {number} its index
 */
export function append(sections, number, element) {
  const section = sections.find((s) => s.number === number);
  if (!section) {
    insertSection(sections, number, new Uint8Array([1, ...element]));
    return 0;
  }
  const reader = new BinaryReader(section.content);
  const count = reader.leb();
  section.content = concatenate(leb(count + 1), section.content.subarray(reader.at), element);
  return count;
}

/**
 * The function types of a type section, each as its bytes.
 * @param {BinaryReader} reader at the content of the section
 * @returns {Uint8Array[]}
 */
export function functionTypes(reader) {
  const types = [];
  for (let n = reader.leb(); n > 0; n--) {
    const from = reader.at;
    if (reader.byte() !== FUNCTION_TYPE) throw new FormatError("has types that are not known here");
    for (let vector = 0; vector < 2; vector++) for (let i = reader.leb(); i > 0; i--) reader.valueType();
    types.push(reader.bytes.subarray(from, reader.at));
  }
  return types;
}

/**
 * How many parameters and results a function type has, and which.
 * @param {Uint8Array} type
 */
export function signature(type) {
  const reader = new BinaryReader(type, 1);
  const parameters = [...reader.take(reader.leb())];
  const results = [...reader.take(reader.leb())];
  return { parameters, results };
}

/** @param {number} value not negative @returns {number[]} unsigned LEB128 */
export function leb(value) {
  const out = [];
  for (; value > 127; value = Math.floor(value / 128)) out.push((value & 127) | 128);
  out.push(value);
  return out;
}

/** @param {number} value 32 bits @returns {number[]} signed LEB128 */
export function signedLeb(value) {
  const out = [];
  for (value |= 0; value < -64 || value > 63; value >>= 7) out.push((value & 127) | 128);
  out.push(value & 127);
  return out;
}

/** @param {string} text ASCII @returns {number[]} a name */
export function name(text) {
  return [...leb(text.length), ...new TextEncoder().encode(text)];
}
