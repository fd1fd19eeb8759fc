// How long the immediates of each WebAssembly instruction are: core specification 3.0, chapter 5, and the legacy
// exception instructions. (wasm/builder/wasmfile.py knows those that our own compiler writes.)
import { FormatError } from "./wasm-binary.js";

export const BLOCK = 0x02;
export const LOOP = 0x03;
export const IF = 0x04;
export const TRY = 0x06;
export const DELEGATE = 0x18;
export const TRY_TABLE = 0x1f;
export const END = 0x0b;

const NONE = 0;
const ONE_LEB = 1;
const TWO_LEBS = 2;
const MEMORY = 3;
const SPECIAL = 4;
const UNKNOWN = 5;

/** What follows each instruction of one byte. */
const KINDS = new Uint8Array(256).fill(UNKNOWN);
/** @param {number} kind @param {(number | [from: number, to: number])[]} opcodes */
const set = (kind, ...opcodes) => {
  for (const o of opcodes) typeof o === "number" ? (KINDS[o] = kind) : KINDS.fill(kind, o[0], o[1] + 1);
};
set(NONE, 0x00, 0x01, 0x05, 0x0a, 0x0b, 0x0f, 0x19, 0x1a, 0x1b, [0x45, 0xc4], 0xd1, 0xd3, 0xd4);
set(ONE_LEB, BLOCK, LOOP, IF, TRY, 0x07, 0x08, 0x09, 0x0c, 0x0d, 0x10, 0x12, 0x14, 0x15, 0x18);
set(ONE_LEB, [0x20, 0x26], 0x3f, 0x40, 0x41, 0x42, 0xd0, 0xd2, 0xd5, 0xd6);
set(TWO_LEBS, 0x11, 0x13);
set(MEMORY, [0x28, 0x3e]);
set(SPECIAL, 0x0e, 0x1c, TRY_TABLE, 0x43, 0x44, 0xfb, 0xfc, 0xfd, 0xfe);

/** How many numbers follow the second byte of an instruction with the prefix 0xfb, and with 0xfc. */
const LEBS_FB = [
  1, 1, 2, 2, 2, 2, 1, 1, 2, 2, 2, 1, 1, 1, 1, 0, 1, 2, 2, 2, 1, 1, 1, 1, -1, -1, 0, 0, 0, 0, 0,
];
const LEBS_FC = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1];

/** @param {Uint8Array} code @param {number} at @returns {number} the position after a number of either kind */
function skipLeb(code, at) {
  while (code[at] > 127) at++;
  return at + 1;
}

/**
 * @param {Uint8Array} code
 * @param {number} at
 * @returns {number} a 32-bit unsigned number
 */
function readLeb(code, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = code[at++];
    value |= (byte & 127) << shift;
    if (!(byte > 127) || shift > 28) return value >>> 0;
  }
}

/** @param {Uint8Array} code @param {number} at */
function skipMemory(code, at) {
  const more = code[at] & 0x40; // the number of a memory follows
  at = skipLeb(code, at);
  if (more) at = skipLeb(code, at);
  return skipLeb(code, at);
}

/** @param {Uint8Array} code @param {number} at at the number of a vector instruction */
function skipVector(code, at) {
  const number = readLeb(code, at);
  at = skipLeb(code, at);
  if (number < 12 || number === 92 || number === 93) return skipMemory(code, at);
  if (number >= 84 && number <= 91) return skipMemory(code, at) + 1;
  if (number === 12 || number === 13) return at + 16;
  return number >= 21 && number <= 34 ? at + 1 : at;
}

/** @param {Uint8Array} code @param {number} opcode @param {number} at */
function skipSpecial(code, opcode, at) {
  switch (opcode) {
    case 0x0e: {
      let n = readLeb(code, at) + 1;
      at = skipLeb(code, at);
      for (; n > 0 && at < code.length; n--) at = skipLeb(code, at);
      return at;
    }
    case 0x1c:
      return skipLeb(code, at) + readLeb(code, at);
    case TRY_TABLE: {
      at = skipLeb(code, at);
      let n = readLeb(code, at);
      at = skipLeb(code, at);
      for (; n > 0 && at < code.length; n--) {
        const kind = code[at++];
        if (kind < 2) at = skipLeb(code, at); // which tag
        at = skipLeb(code, at);
      }
      return at;
    }
    case 0x43:
      return at + 4;
    case 0x44:
      return at + 8;
    case 0xfd:
      return skipVector(code, at);
    case 0xfe: {
      const number = readLeb(code, at);
      at = skipLeb(code, at);
      return number === 3 ? at + 1 : skipMemory(code, at);
    }
    default: {
      const number = readLeb(code, at);
      at = skipLeb(code, at);
      let n = (opcode === 0xfb ? LEBS_FB : LEBS_FC)[number] ?? -2;
      // (br_on_cast: flags, label, two types)
      if (n === -1) return skipLeb(code, skipLeb(code, skipLeb(code, at + 1)));
      if (n < 0) throw new FormatError(`has an instruction that is not known here: 0x${opcode.toString(16)} ${number}`);
      for (; n > 0; n--) at = skipLeb(code, at);
      return at;
    }
  }
}

/**
 * The position after the immediates of an instruction; past the end where the code is damaged.
 * @param {Uint8Array} code
 * @param {number} opcode
 * @param {number} at where they begin
 * @returns {number}
 * @throws {FormatError} an instruction that is not known
 */
export function skipImmediates(code, opcode, at) {
  switch (KINDS[opcode]) {
    case NONE:
      return at;
    case ONE_LEB:
      return skipLeb(code, at);
    case TWO_LEBS:
      return skipLeb(code, skipLeb(code, at));
    case MEMORY:
      return skipMemory(code, at);
    case SPECIAL:
      return skipSpecial(code, opcode, at);
    default:
      throw new FormatError(`has an instruction that is not known here: 0x${opcode.toString(16)}`);
  }
}
