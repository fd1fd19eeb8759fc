// The symbols of a program that loads libraries: the section tabux.symbols (wasm/builder/dynamic.py).

/** Places of functions in the table, addresses of data, by name. */
export class ProgramSymbols {
  /** @param {{ functions: Record<string, number>, data: Record<string, number> }} section */
  constructor({ functions, data }) {
    this.functions = new Map(Object.entries(functions));
    this.data = new Map(Object.entries(data));
    /** @type {Map<number, string> | null} */
    this.names = null;
  }

  /** @param {number} slot @returns {string | undefined} a name of the function there */
  nameOf(slot) {
    this.names ??= new Map([...this.functions].map(([name, at]) => [at, name]));
    return this.names.get(slot);
  }
}

/** @type {WeakMap<WebAssembly.Module, ProgramSymbols | null>} */
const known = new WeakMap();

/**
 * @param {WebAssembly.Module} module a program
 * @returns {ProgramSymbols | null} null where it has not been linked to load libraries
 */
export function symbolsOf(module) {
  let symbols = known.get(module);
  if (symbols === undefined) {
    const [section] = WebAssembly.Module.customSections(module, "tabux.symbols");
    symbols = section ? new ProgramSymbols(JSON.parse(new TextDecoder().decode(section))) : null;
    known.set(module, symbols);
  }
  return symbols;
}
