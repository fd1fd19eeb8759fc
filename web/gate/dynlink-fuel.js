// Pre-emption in shared libraries: the pass of wasm/builder/preemption.py, made when one is loaded, because nobody
// knows who has compiled it. In JavaScript, because five megabytes take a second or more in the kernel's Python.
import { CODE, GLOBAL, I32, TYPE, BinaryReader, FormatError, append, leb, signedLeb } from "./wasm-binary.js";
import { BLOCK, DELEGATE, END, IF, LOOP, TRY, TRY_TABLE, skipImmediates } from "./wasm-instructions.js";

/** Loop iterations between two looks at the world, as in programs. */
const FUEL = 200_000;
/** Where every program has its __tabux_preempt in the table (docs/abi.md). */
const PREEMPT_SLOT = 3;
const FUNCTION_OF_NOTHING = [0x60, 0, 0];

/** @param {number} opcode @returns {boolean} */
const isCall = (opcode) => opcode >= 0x10 && opcode <= 0x15;

/**
 * Where in a function body the loops that contain a call begin: positions just after their block type.
 * @param {Uint8Array} code
 * @param {number} at the first instruction
 * @param {number} end
 * @returns {number[]} ascending
 */
function loopsWithCalls(code, at, end) {
  /** @type {number[]} */
  const found = [];
  // of each open block: where its loop begins (-1 for other blocks), and whether it contains a call
  /** @type {number[]} */
  const starts = [];
  /** @type {boolean[]} */
  const called = [];
  while (at < end) {
    const opcode = code[at];
    at = skipImmediates(code, opcode, at + 1);
    if (opcode === LOOP || opcode === BLOCK || opcode === IF || opcode === TRY || opcode === TRY_TABLE) {
      starts.push(opcode === LOOP ? at : -1);
      called.push(false);
    } else if (isCall(opcode)) {
      if (called.length) called[called.length - 1] = true;
    } else if ((opcode === END || opcode === DELEGATE) && starts.length) {
      const start = /** @type {number} */ (starts.pop());
      if (called.pop()) {
        if (start >= 0) found.push(start);
        if (called.length) called[called.length - 1] = true;
      }
    }
  }
  if (at !== end) throw new FormatError("damaged: an instruction goes beyond the end of its function");
  return found.sort((a, b) => a - b);
}

/**
 * @param {Uint8Array} section content of the code section
 * @param {number[]} check what each such loop begins with
 * @returns {Uint8Array}
 */
function instrument(section, check) {
  const reader = new BinaryReader(section);
  const count = reader.leb();
  /** @type {{ sizeAt: number, from: number, to: number, places: number[] }[]} */
  const changed = [];
  let added = 0;
  for (let i = 0; i < count; i++) {
    const sizeAt = reader.at;
    const size = reader.leb();
    const from = reader.at;
    const to = from + reader.take(size).length;
    reader.at = from;
    for (let groups = reader.leb(); groups > 0; groups--) (reader.leb(), reader.valueType());
    const places = loopsWithCalls(section, reader.at, to);
    reader.at = to;
    if (places.length) changed.push({ sizeAt, from, to, places });
    added += places.length * check.length + (places.length ? 5 : 0);
  }
  const out = new Uint8Array(section.length + added);
  let at = 0;
  let done = 0;
  /** @param {number} upto */
  const copy = (upto) => {
    out.set(section.subarray(done, upto), at);
    at += upto - done;
    done = upto;
  };
  for (const { sizeAt, from, to, places } of changed) {
    copy(sizeAt);
    const size = leb(to - from + places.length * check.length);
    out.set(size, at);
    at += size.length;
    done = from;
    for (const place of places) {
      copy(place);
      out.set(check, at);
      at += check.length;
    }
    copy(to);
  }
  copy(section.length);
  return out.subarray(0, at);
}

/**
 * Puts a fuel check into each loop that contains a call.
 * @param {{ number: number, content: Uint8Array }[]} sections of a module that imports the function table; changed
 * @param {number} importedGlobals
 * @throws {FormatError}
 */
export function addFuel(sections, importedGlobals) {
  const code = sections.find((s) => s.number === CODE);
  if (!code) return;
  const type = append(sections, TYPE, FUNCTION_OF_NOTHING);
  const fuel = leb(importedGlobals + append(sections, GLOBAL, [I32, 1, 0x41, ...signedLeb(FUEL), END]));
  const check = [
    ...[0x23, ...fuel, 0x41, 1, 0x6b, 0x24, ...fuel], // fuel = fuel - 1
    ...[0x23, ...fuel, 0x45, IF, 0x40], // if fuel == 0
    ...[0x41, ...signedLeb(FUEL), 0x24, ...fuel], // fuel = FUEL
    ...[0x41, PREEMPT_SLOT, 0x11, ...leb(type), 0, END], // __tabux_preempt(), end
  ];
  code.content = instrument(code.content, check);
}
