// Linking shared libraries into a running program: what libc's dlopen (wasm/libc/src/dlopen.c) leaves to the gate.
// docs/abi.md has the contract. A library reaches its program's memory, table, functions and data by name, other
// libraries of the same program, and nothing else.
import { foreignStub } from "./dynlink-errno.js";
import { makeStubs } from "./dynlink-stubs.js";
import { Slots } from "./dynlink-slots.js";
import { symbolsOf } from "./dynlink-symbols.js";

/** @typedef {import("./dynlink-library.js").Library} Library */
/** @typedef {import("./dynlink-library.js").Wanted} Wanted */
/** @typedef {import("./dynlink-stubs.js").Stub} Stub */

/** The number of the program among its modules. */
const PROGRAM = 0;
/** The exception of C++ and Rust: libraries throw it through each other. It has no state. */
const CPP_EXCEPTION = new WebAssembly.Tag({ parameters: ["i32"] });
/** So many missing symbols are named. */
const NAMED = 3;

/** A library cannot be linked; the message is for dlerror. */
export class LinkageError extends Error {
  /** @param {number} module that it is about @param {string} message @param {boolean} [missing] symbols are missing */
  constructor(module, message, missing = false) {
    super(message);
    this.module = module;
    this.missing = missing;
  }
}

/**
 * Where a symbol is: in the program (`slot` of a function, or `address`), or in a module, under its name.
 * @typedef {{ slot: number } | { address: number } | { loaded: Loaded, name: string }} Place
 */

/**
 * Where an imported function comes from, in words that are true of a forked child too.
 * @typedef {{ slot: number } | { module: number, name: string } | { stub: number }} Origin
 */

/** A library in one program. */
class Loaded {
  /** @param {number} id @param {Library} library */
  constructor(id, library) {
    this.id = id;
    this.library = library;
    /** Where its data begins, an address. */
    this.base = 0;
    /** Where its own part of the table begins. */
    this.tableBase = 0;
    /** @type {WebAssembly.Instance | null} */
    this.instance = null;
    /** @type {Map<string, number>} further places in the table that functions of it have, by their names */
    this.places = new Map();
    /** @type {[name: string, origin: Origin][]} */
    this.functions = [];
    /** @type {Stub[]} */
    this.stubs = [];
    /** @type {[wanted: Wanted, global: WebAssembly.Global][]} addresses that it asks for */
    this.got = [];
    /** @type {Map<Function, number> | null} the functions in its own part of the table */
    this.own = null;
  }

  /** @param {string} name @returns {Function} */
  exported(name) {
    return /** @type {any} */ (this.instance).exports[name];
  }
}

/**
 * One library to be linked, as libc says it.
 * @typedef {{ module: number, base: number, scope: number[] }} Request
 */

/** The libraries of one program, and its table. */
export class Linkage {
  /**
   * @param {WebAssembly.Instance} instance of the program
   * @param {WebAssembly.Memory} memory
   * @param {import("./dynlink-symbols.js").ProgramSymbols} symbols
   */
  constructor(instance, memory, symbols) {
    const { __indirect_function_table: table, __stack_pointer, __c_longjmp } = /** @type {any} */ (instance.exports);
    /** @type {WebAssembly.Table} */
    this.table = table;
    this.memory = memory;
    this.symbols = symbols;
    this.slots = new Slots(table);
    this.given = { memory, __indirect_function_table: table, __stack_pointer, __c_longjmp, __cpp_exception: CPP_EXCEPTION };
    /** @type {Map<number, Loaded>} */
    this.modules = new Map();
    /** @type {Loaded[]} those with instances, in the order in which these were made */
    this.linked = [];
    this.lastId = PROGRAM;
  }

  /** @param {Library} library @returns {number} its number */
  add(library) {
    const id = ++this.lastId;
    this.modules.set(id, new Loaded(id, library));
    return id;
  }

  /**
   * @param {number} id
   * @returns {Loaded}
   * @throws {LinkageError}
   */
  module(id) {
    const loaded = this.modules.get(id);
    if (!loaded) throw new LinkageError(id, "no such module");
    return loaded;
  }

  /**
   * The first module of a list that has a symbol.
   * @param {string} name
   * @param {Iterable<number>} scope numbers of modules
   * @param {"function" | "global" | null} kind of the symbol; null for either
   * @returns {Place | null}
   */
  find(name, scope, kind) {
    for (const id of scope) {
      if (id === PROGRAM) {
        const slot = kind === "global" ? undefined : this.symbols.functions.get(name);
        if (slot !== undefined) return { slot };
        const address = kind === "function" ? undefined : this.symbols.data.get(name);
        if (address !== undefined) return { address };
        continue;
      }
      const loaded = this.modules.get(id);
      const has = loaded?.library.exports.get(name);
      if (loaded && (has === "function" || has === "global") && (!kind || has === kind)) return { loaded, name };
    }
    return null;
  }

  /**
   * The address of a symbol: of a function its place in the table, always the same.
   * @param {Place} place
   * @returns {number}
   */
  address(place) {
    if ("slot" in place) return place.slot;
    if ("address" in place) return place.address;
    const { loaded, name } = place;
    const value = loaded.exported(name);
    if (typeof value === "function") return this.slotOf(loaded, name, value);
    return (Number(/** @type {any} */ (value).value) + loaded.base) >>> 0;
  }

  /**
   * @param {Loaded} loaded
   * @param {string} name
   * @param {Function} value the function of that name
   * @returns {number}
   */
  slotOf(loaded, name, value) {
    if (!loaded.own) {
      loaded.own = new Map();
      for (let i = loaded.library.needs.table; i-- > 0; ) {
        const there = this.table.get(loaded.tableBase + i);
        if (there) loaded.own.set(there, loaded.tableBase + i);
      }
    }
    const slot = loaded.own.get(value) ?? loaded.places.get(name);
    if (slot !== undefined) return slot;
    const taken = this.slots.take(1);
    this.table.set(taken, value);
    loaded.places.set(name, taken);
    return taken;
  }

  /**
   * Links libraries: all, or none.
   * @param {Request[]} requests what is needed before what needs it, as far as there is no circle
   * @param {number[]} globals modules whose symbols everybody sees, in order
   * @throws {LinkageError | RangeError} the latter where there is no memory
   */
  link(requests, globals) {
    const group = requests.map(({ module, base, scope }) => {
      const loaded = this.module(module);
      if (loaded.instance) throw new LinkageError(module, "linked already");
      if (base % loaded.library.needs.alignment) throw new LinkageError(module, "wrong alignment of its memory");
      return { loaded, base, found: this.#findAll(loaded, new Set([...globals, ...scope])) };
    });
    const before = this.linked.length;
    try {
      for (const { loaded, base, found } of group) {
        loaded.base = base;
        loaded.tableBase = this.slots.take(loaded.library.needs.table, loaded.library.needs.tableAlignment);
        for (const wanted of loaded.library.wanted) this.#prepare(loaded, wanted, found.get(wanted) ?? null);
        this.#instantiate(loaded);
      }
      for (const { loaded, found } of group)
        for (const [wanted, global] of loaded.got) {
          const place = found.get(wanted);
          global.value = place ? this.address(place) | 0 : 0;
        }
    } catch (error) {
      for (const { loaded } of group) this.#unlink(loaded);
      this.linked.length = before;
      throw error;
    }
  }

  /**
   * @param {Loaded} loaded
   * @param {Set<number>} scope
   * @returns {Map<Wanted, Place>}
   * @throws {LinkageError} naming the first symbols that are missing
   */
  #findAll(loaded, scope) {
    const found = new Map();
    const missing = [];
    for (const wanted of loaded.library.wanted) {
      const place = this.find(wanted.name, scope, wanted.module === "GOT.mem" ? "global" : "function");
      if (place) found.set(wanted, place);
      else if (!wanted.weak) missing.push(wanted.name);
    }
    if (missing.length) {
      const [first, ...others] = new Set(missing);
      const more = others.length > NAMED ? [...others.slice(0, NAMED - 1), `${others.length - NAMED + 1} others`] : others;
      const rest = more.length ? ` (and ${more.join(", ")})` : "";
      throw new LinkageError(loaded.id, `undefined symbol: ${first}${rest}`, true);
    }
    return found;
  }

  /**
   * Decides what one import is to be.
   * @param {Loaded} loaded
   * @param {Wanted} wanted
   * @param {Place | null} place
   */
  #prepare(loaded, wanted, place) {
    const { module, name, type } = wanted;
    if (module !== "env" || !type) {
      loaded.got.push([wanted, new WebAssembly.Global({ value: "i32", mutable: true }, 0)]);
      return;
    }
    /** @param {Stub} stub */
    const stub = (stub) => {
      loaded.functions.push([name, { stub: loaded.stubs.length }]);
      loaded.stubs.push(stub);
    };
    if (!place) stub({ type, slot: -1 });
    else if ("slot" in place) {
      const foreign = loaded.library.linuxErrors ? null : foreignStub(name, type, place.slot, this.symbols);
      if (foreign) stub(foreign);
      else loaded.functions.push([name, { slot: place.slot }]);
    } else if ("loaded" in place) {
      if (place.loaded.instance) loaded.functions.push([name, { module: place.loaded.id, name }]);
      else {
        // of itself, or of one that needs this: there is a place for it before it is there
        let slot = place.loaded.places.get(name);
        if (slot === undefined) place.loaded.places.set(name, (slot = this.slots.take(1)));
        stub({ type, slot });
      }
    }
  }

  /**
   * Makes the instance that has been prepared.
   * @param {Loaded} loaded
   * @throws {LinkageError}
   */
  #instantiate(loaded) {
    const { id, library } = loaded;
    try {
      const stubs = makeStubs(loaded.stubs, this.table);
      /** @type {Record<string, any>} */
      const env = {};
      for (const name of library.given) env[name] = /** @type {any} */ (this.given)[name];
      env.__memory_base = new WebAssembly.Global({ value: "i32" }, loaded.base | 0);
      env.__table_base = new WebAssembly.Global({ value: "i32" }, loaded.tableBase);
      env.__indirect_function_table = this.table;
      for (const [name, origin] of loaded.functions)
        env[name] =
          "stub" in origin ? stubs[origin.stub]
          : "slot" in origin ? this.table.get(origin.slot)
          : this.module(origin.module).exported(origin.name);
      /** @type {Record<string, Record<string, any>>} */
      const imports = { env, "GOT.mem": {}, "GOT.func": {} };
      for (const [{ module, name }, global] of loaded.got) imports[module][name] = global;
      loaded.instance = new WebAssembly.Instance(library.module, imports);
    } catch (error) {
      if (error instanceof LinkageError || error instanceof RangeError) throw error;
      throw new LinkageError(id, instantiationMessage(error));
    }
    for (const [name, slot] of loaded.places) this.table.set(slot, /** @type {any} */ (loaded.exported(name)));
    this.linked.push(loaded);
  }

  /** @param {Loaded} loaded gives back what linking has taken */
  #unlink(loaded) {
    this.slots.give(loaded.tableBase, loaded.tableBase ? loaded.library.needs.table : 0);
    for (const slot of loaded.places.values()) this.slots.give(slot, 1);
    this.modules.set(loaded.id, new Loaded(loaded.id, loaded.library));
  }

  /** @param {number} id of a module that nobody uses any more */
  drop(id) {
    const loaded = this.module(id);
    this.#unlink(loaded);
    this.modules.delete(id);
    this.linked = this.linked.filter((other) => other !== loaded);
  }

  /**
   * The pointer to a function that a module has for libc.
   * @param {number} id
   * @param {string} name
   * @returns {number} 0 where it has none
   */
  service(id, name) {
    const loaded = this.module(id);
    return loaded.library.exports.get(name) === "function" ? this.address({ loaded, name }) : 0;
  }

  /**
   * The module that an address lies in, and its symbol there.
   * @param {number} address
   * @returns {{ module: number, name: string, address: number } | null} without a name where none is known
   */
  locate(address) {
    if (address < this.table.length) return this.#locateFunction(address);
    for (const { id, library, base, instance } of this.linked) {
      if (address < base || address >= base + library.needs.memory) continue;
      /** @type {Map<string, number>} */
      const data = new Map();
      for (const [name, kind] of library.exports)
        if (kind === "global") data.set(name, Number(/** @type {any} */ (instance).exports[name].value) + base);
      return { module: id, ...nearest(data, address) };
    }
    return { module: PROGRAM, ...nearest(this.symbols.data, address) };
  }

  /** @param {number} slot */
  #locateFunction(slot) {
    const there = this.table.get(slot);
    if (!there) return null;
    for (const loaded of this.linked) {
      const from = loaded.tableBase;
      const own = slot >= from && slot < from + loaded.library.needs.table;
      if (!own && ![...loaded.places.values()].includes(slot)) continue;
      for (const [name, kind] of loaded.library.exports)
        if (kind === "function" && loaded.exported(name) === there) return { module: loaded.id, name, address: slot };
      return { module: loaded.id, name: "", address: slot };
    }
    return { module: PROGRAM, name: this.symbols.nameOf(slot) ?? "", address: slot };
  }

  /**
   * The same libraries at the same places in a program that is being forked; its memory is copied afterwards.
   * @param {Linkage} child
   * @throws {RangeError | LinkageError}
   */
  copyTo(child) {
    if (this.table.length > child.table.length) child.table.grow(this.table.length - child.table.length);
    child.slots.free = this.slots.free.map((range) => ({ ...range }));
    child.lastId = this.lastId;
    for (const [id, { library }] of this.modules) child.modules.set(id, new Loaded(id, library));
    for (const from of this.linked) {
      const to = child.module(from.id);
      to.base = from.base;
      to.tableBase = from.tableBase;
      to.places = new Map(from.places);
      to.functions = from.functions;
      to.stubs = from.stubs;
      to.got = from.got.map(([wanted, { value }]) => [wanted, new WebAssembly.Global({ value: "i32", mutable: true }, value)]);
      child.#instantiate(to);
    }
  }
}

/**
 * @param {Map<string, number>} symbols addresses by name
 * @param {number} address
 * @returns {{ name: string, address: number }} the last that is not above it
 */
function nearest(symbols, address) {
  let found = { name: "", address: 0 };
  for (const [name, at] of symbols) if (at <= address && at > found.address) found = { name, address: at };
  return found;
}

/** @param {unknown} error of WebAssembly.Instance @returns {string} */
function instantiationMessage(error) {
  const text = error instanceof Error ? error.message : String(error);
  const [, symbol] = /"env" "([^"]+)"/.exec(text) ?? [];
  if (symbol && error instanceof WebAssembly.LinkError)
    return `symbol ${symbol} is not of the type that is wanted (${text.replace(/^.*?"env" "[^"]+":? ?/, "")})`;
  return `cannot be linked: ${text.replace(/^WebAssembly\.\w+\(\):? */, "")}`;
}

/** @type {WeakMap<WebAssembly.Instance, Linkage>} */
const linkages = new WeakMap();

/**
 * The libraries of a program.
 * @param {import("./program.js").Program} program
 * @returns {Linkage | null} null where it cannot load any
 */
export function linkageOf({ instance, image, memory }) {
  if (!instance || !memory || !("module" in image)) return null;
  const known = linkages.get(instance);
  if (known) return known;
  const symbols = symbolsOf(image.module);
  if (!symbols) return null;
  const made = new Linkage(instance, memory, symbols);
  linkages.set(instance, made);
  return made;
}

/**
 * Gives a child that is being forked the libraries of its parent, before their data is copied.
 * @param {import("./program.js").Program} parent
 * @param {import("./program.js").Program} child
 */
export function copyLibraries(parent, child) {
  const from = linkages.get(/** @type {WebAssembly.Instance} */ (parent.instance));
  const to = from && linkageOf(child);
  if (to) from.copyTo(to);
}

/**
 * Whether a function of a library is on the stack: Asyncify has not instrumented it, so that nothing can be forked.
 * @param {import("./program.js").Program} program that is running
 * @returns {boolean}
 */
export function belowLibrary(program) {
  const linkage = linkages.get(/** @type {WebAssembly.Instance} */ (program.instance));
  if (!linkage?.linked.length) return false;
  // (V8 writes ten frames unless it is told otherwise)
  const errors = /** @type {ErrorConstructor & { stackTraceLimit?: number }} */ (Error);
  const limit = errors.stackTraceLimit;
  errors.stackTraceLimit = Infinity;
  const { stack = "" } = new Error();
  errors.stackTraceLimit = limit;
  // engines name a module, and then the function; the innermost are the program's own
  const modules = [...stack.matchAll(/([^\s(@]*):wasm-function\[/g)].map(([, module]) => module);
  return modules.some((module) => module !== modules[0]);
}
