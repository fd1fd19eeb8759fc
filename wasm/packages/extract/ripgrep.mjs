// Writes the WASI program inside the npm package `ripgrep`: node ripgrep.mjs <package directory> <output>
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { brotliDecompressSync } from "node:zlib";

const [directory, output] = process.argv.slice(2);
const { getCompressedBytes } = await import(pathToFileURL(`${directory}/lib/_rg.wasm.mjs`).href);
writeFileSync(output, brotliDecompressSync(getCompressedBytes()));
