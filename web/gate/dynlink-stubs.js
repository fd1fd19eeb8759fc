// Small functions in WebAssembly that stand where a library's import cannot be the function itself. They are in a
// module made for the purpose: a function of JavaScript between two of WebAssembly could not block.
import { END } from "./wasm-instructions.js";
import {
  CODE, EXPORT, FUNCREF, IMPORT, TYPE, FormatError, joinSections, leb, name, signature, signedLeb,
} from "./wasm-binary.js";

const FUNCTION = 3;
const LOCAL_GET = 0x20;
const CALL_INDIRECT = 0x11;
const UNREACHABLE = 0x00;
const I32_CONST = 0x41;

/**
 * How a stub is to act.
 * @typedef {object} Stub
 * @property {Uint8Array} type of the function it stands for
 * @property {number} slot the function's place in the table, which may be filled later; -1: there is none, it traps
 * @property {number} [before] of a function () -> () that runs first
 * @property {number} [after] the same, when it has returned
 * @property {number} [argument] of a function (i32) -> i32 that its first parameter goes through
 * @property {number} [result] the same for its result
 */

const OF_NOTHING = [0x60, 0, 0];
const OF_NUMBER = [0x60, 1, 0x7f, 1, 0x7f];

/** @param {number} slot @param {number} type */
const call = (slot, type) => [I32_CONST, ...signedLeb(slot), CALL_INDIRECT, ...leb(type), 0];

/** @param {Stub} stub @param {number} type index of its type */
function body(stub, type) {
  const code = [0]; // no locals
  if (stub.slot < 0) return [...code, UNREACHABLE, END];
  if (stub.before) code.push(...call(stub.before, 0));
  signature(stub.type).parameters.forEach((_, i) => {
    code.push(LOCAL_GET, ...leb(i));
    if (!i && stub.argument) code.push(...call(stub.argument, 1));
  });
  code.push(...call(stub.slot, type));
  if (stub.after) code.push(...call(stub.after, 0));
  if (stub.result) code.push(...call(stub.result, 1));
  return [...code, END];
}

/** @param {number[][]} items @returns {number[]} */
const vector = (items) => [...leb(items.length), ...items.flat()];

/**
 * Makes the functions.
 * @param {Stub[]} stubs
 * @param {WebAssembly.Table} table of the program
 * @returns {Function[]} in the same order
 */
export function makeStubs(stubs, table) {
  if (!stubs.length) return [];
  const types = [OF_NOTHING, OF_NUMBER];
  /** @type {Map<string, number>} */
  const known = new Map();
  const indices = stubs.map(({ type }) => {
    const key = type.join();
    let index = known.get(key);
    if (index === undefined) {
      known.set(key, (index = types.length));
      types.push([...type]);
    }
    return index;
  });
  const bodies = stubs.map((stub, i) => body(stub, indices[i]));
  /** @type {[number, number[]][]} */
  const sections = [
    [TYPE, vector(types)],
    [IMPORT, vector([[...name("env"), ...name("table"), 1, FUNCREF, 0, 0]])],
    [FUNCTION, vector(indices.map(leb))],
    [EXPORT, vector(stubs.map((_, i) => [...name(String(i)), 0, ...leb(i)]))],
    [CODE, vector(bodies.map((code) => [...leb(code.length), ...code]))],
  ];
  const bytes = joinSections(sections.map(([number, content]) => ({ number, content: new Uint8Array(content) })));
  if (!WebAssembly.validate(bytes)) throw new FormatError("imports functions of types that are not known here");
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { table } });
  return stubs.map((_, i) => /** @type {Function} */ (exports[String(i)]));
}
