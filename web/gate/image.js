// A program ready to be instantiated: its compiled module and what the gate must know of it.

/** The fewest pages of memory the module asks for, read from its import section. */
class Reader {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 8;
  }

  leb() {
    let result = 0;
    for (let shift = 0; ; shift += 7) {
      if (this.at >= this.bytes.length || shift > 63) throw new Error("not a number where one belongs");
      const byte = this.bytes[this.at++];
      result |= (byte & 127) << shift;
      if (byte < 128) return result >>> 0;
    }
  }

  skipName() {
    const length = this.leb();
    this.at += length;
  }

  /** A value or reference type: one byte, and a heap type after (ref ht) and (ref null ht). */
  skipType() {
    const byte = this.bytes[this.at++];
    if (byte === 0x63 || byte === 0x64) this.leb();
  }
}

/**
 * @param {Uint8Array} bytes a module that WebAssembly has accepted
 * @returns {number} pages, 0 where no memory is imported
 */
function importedMemoryPages(bytes) {
  const reader = new Reader(bytes);
  while (reader.at < bytes.length) {
    const id = bytes[reader.at++];
    const length = reader.leb();
    const end = reader.at + length;
    if (id === 2) {
      for (let n = reader.leb(); n > 0; n--) {
        reader.skipName();
        reader.skipName();
        const kind = bytes[reader.at++];
        if (kind === 2) {
          reader.leb();
          return reader.leb();
        }
        if (kind === 0) reader.leb();
        else if (kind === 1) {
          reader.skipType();
          if (reader.leb() & 1) (reader.leb(), reader.leb());
          else reader.leb();
        } else if (kind === 3) (reader.skipType(), reader.at++);
        else if (kind === 4) (reader.at++, reader.leb());
      }
      return 0;
    }
    reader.at = end;
  }
  return 0;
}

/** A compiled program. */
export class Image {
  /**
   * @param {WebAssembly.Module} module
   * @param {Uint8Array} bytes what it was compiled from
   */
  constructor(module, bytes) {
    this.module = module;
    this.imports = WebAssembly.Module.imports(module).filter((entry) => entry.kind === "function");
    this.pages = importedMemoryPages(bytes);
    /** Linked with our libc: it asks `tabux.wait` where a call would block. */
    this.native = this.imports.some((entry) => entry.module === "tabux" && entry.name === "wait");
    this.forks = this.imports.some((entry) => entry.module === "tabux" && entry.name === "fork");
  }
}

/**
 * @param {Uint8Array} head the first bytes of a file
 * @returns {boolean} whether they are WebAssembly's magic number and version 1
 */
export function isWasm(head) {
  return (
    head.length >= 8 && head[0] === 0 && head[1] === 0x61 && head[2] === 0x73 && head[3] === 0x6d && head[4] === 1 &&
    head[5] === 0 && head[6] === 0 && head[7] === 0
  );
}
