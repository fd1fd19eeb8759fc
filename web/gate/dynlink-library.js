// A shared library as it is before anybody links it: a side module, checked and compiled once for all processes.
import { addFuel } from "./dynlink-fuel.js";
import {
  CUSTOM, FUNCREF, IMPORT, TABLE, TYPE, BinaryReader, FormatError, append, functionTypes, joinSections,
  name as nameBytes, sectionsOf,
} from "./wasm-binary.js";
import { isWasm } from "./image.js";

const ENV = "env";
const TABLE_NAME = "__indirect_function_table";
/** The largest alignments of memory and table that are taken, as powers of two. */
const MAX_ALIGNMENT = 16;
/** More would be a damaged file: bytes of memory, elements of the table. */
const MAX_MEMORY = 0x7fffffff;
const MAX_TABLE = 1_000_000;
/** A flag of a symbol. */
const WEAK = 1;

/**
 * An import that has to be found somewhere.
 * @typedef {object} Wanted
 * @property {"env" | "GOT.mem" | "GOT.func"} module
 * @property {string} name
 * @property {Uint8Array | null} type of a function that is called, as bytes
 * @property {boolean} weak nothing happens where there is none
 */

/** A side module's imports, exports and needs; its code is in `module`. */
export class Library {
  /** @param {WebAssembly.Module} module @param {Description} description */
  constructor(module, description) {
    this.module = module;
    this.needs = description.needs;
    this.libraries = description.libraries;
    this.runpath = description.runpath;
    this.wanted = description.wanted;
    this.given = description.given;
    this.linuxErrors = description.linuxErrors;
    /** @type {Map<string, WebAssembly.ImportExportKind>} */
    this.exports = new Map(WebAssembly.Module.exports(module).map((e) => [e.name, e.kind]));
  }
}

/**
 * What is read from the bytes.
 * @typedef {object} Description
 * @property {{ memory: number, alignment: number, table: number, tableAlignment: number }} needs bytes and elements
 * @property {string[]} libraries
 * @property {string} runpath
 * @property {Wanted[]} wanted
 * @property {Set<string>} given imports of `env` that every program gives by itself
 * @property {boolean} linuxErrors our own compiler has made it
 * @property {number} importedGlobals
 * @property {boolean} importsTable
 */

/** The imports that are not looked for, and what each has to be: the number of its kind in the format. */
const GIVEN = new Map([
  ["memory", 2], [TABLE_NAME, 1], ["__stack_pointer", 3], ["__memory_base", 3], ["__table_base", 3],
  ["__cpp_exception", 4], ["__c_longjmp", 4],
]);

/**
 * The content of `dylink.0` (tool conventions of WebAssembly, DynamicLinking.md).
 * @param {BinaryReader} reader
 * @param {Description} into
 * @returns {Set<string>} names of symbols that may be missing
 */
function readDylink(reader, into) {
  /** @type {Set<string>} */
  const weak = new Set();
  while (reader.at < reader.end) {
    const kind = reader.byte();
    const size = reader.leb();
    const end = reader.at + size;
    if (kind === 1) {
      const [memory, alignment, table, tableAlignment] = [reader.leb(), reader.leb(), reader.leb(), reader.leb()];
      if (alignment > MAX_ALIGNMENT || tableAlignment > MAX_ALIGNMENT)
        throw new FormatError("wants an alignment that is too large");
      if (memory > MAX_MEMORY || table > MAX_TABLE) throw new FormatError("wants too much memory");
      into.needs = { memory, alignment: 2 ** alignment, table, tableAlignment: 2 ** tableAlignment };
    } else if (kind === 2) for (let n = reader.leb(); n > 0; n--) into.libraries.push(reader.name());
    else if (kind === 4)
      for (let n = reader.leb(); n > 0; n--) {
        reader.name(); // the linker says it once for all its imports of the symbol
        const name = reader.name();
        if (reader.leb() & WEAK) weak.add(name);
      }
    else if (kind === 5) {
      const paths = [];
      for (let n = reader.leb(); n > 0; n--) paths.push(reader.name());
      into.runpath = paths.join(":");
    }
    reader.at = end;
  }
  return weak;
}

/**
 * @param {BinaryReader} reader at the content of the import section
 * @param {Uint8Array[]} types
 * @param {Set<string>} weak
 * @param {Description} into
 */
function readImports(reader, types, weak, into) {
  for (let n = reader.leb(); n > 0; n--) {
    const module = reader.name();
    const name = reader.name();
    const kind = reader.byte();
    let type = null;
    let mutable = false;
    if (kind === 0) {
      type = types[reader.leb()];
      if (!type) throw new FormatError("damaged: a function without a type");
    } else if (kind === 1) {
      if (reader.byte() !== FUNCREF) throw new FormatError("imports a table that is not one of functions");
      reader.limits();
      into.importsTable = true;
    } else if (kind === 2) {
      if (reader.limits().flags & ~1) throw new FormatError("is made for memory that is shared or larger than 4 GB");
    } else if (kind === 3) {
      reader.valueType();
      mutable = reader.byte() === 1;
      into.importedGlobals++;
    } else if (kind === 4) (reader.byte(), reader.leb());
    else throw new FormatError("damaged: an import of an unknown kind");
    const got = module === "GOT.mem" || module === "GOT.func";
    if (module === ENV && GIVEN.get(name) === kind) into.given.add(name);
    else if (module === ENV ? kind === 0 : got && kind === 3 && mutable)
      into.wanted.push({ module: /** @type {any} */ (module), name, type, weak: weak.has(name) });
    else throw new FormatError(`undefined symbol: ${module === ENV ? "" : `${module}.`}${name}`);
  }
}

/**
 * Reads a side module and makes it fit for a program that shares its processor.
 * @param {Uint8Array} bytes
 * @returns {{ bytes: Uint8Array<ArrayBuffer>, description: Description }} what to compile, and what is in it
 * @throws {FormatError} it is not a side module that can be loaded here
 */
export function readLibrary(bytes) {
  if (bytes.length < 8) throw new FormatError("file too short");
  if (!isWasm(bytes)) throw new FormatError("not a WebAssembly module");
  const sections = sectionsOf(bytes);
  /** @type {Description} */
  const description = {
    needs: { memory: 0, alignment: 1, table: 0, tableAlignment: 1 },
    libraries: [],
    runpath: "",
    wanted: [],
    given: new Set(),
    linuxErrors: false,
    importedGlobals: 0,
    importsTable: false,
  };
  const first = sections[0];
  const head = first && first.number === CUSTOM ? new BinaryReader(bytes, first.from, first.to) : null;
  if (!head || head.name() !== "dylink.0") throw new FormatError("not a shared library: it has no dylink.0 section");
  const weak = readDylink(head, description);
  /** @type {Uint8Array[]} */
  let types = [];
  for (const { number, from, to } of sections) {
    const reader = new BinaryReader(bytes, from, to);
    if (number === TYPE) types = functionTypes(reader);
    else if (number === IMPORT) readImports(reader, types, weak, description);
    else if (number === TABLE || number === 5) throw new FormatError("has a table or memory of its own");
    else if (number === CUSTOM) description.linuxErrors ||= reader.name() === "tabux.errno";
  }
  const parts = sections
    .filter(({ number }) => number !== CUSTOM)
    .map(({ number, from, to }) => ({ number, content: bytes.subarray(from, to) }));
  if (!description.importsTable) append(parts, IMPORT, [...nameBytes(ENV), ...nameBytes(TABLE_NAME), 1, FUNCREF, 0, 0]);
  addFuel(parts, description.importedGlobals);
  return { bytes: joinSections(parts), description };
}
