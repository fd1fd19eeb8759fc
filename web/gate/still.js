// A content as it is at one moment, for whoever reads it piece by piece while programs go on writing.
import { BLOCK, CHUNK, Chunk } from "./chunk.js";
import { Content } from "./content.js";
import { ContentStore } from "./content-store.js";

/**
 * A copy of a content that shares its bytes; what is written later it does not have. What is not here yet comes into
 * the copy alone.
 * @param {Content} content
 * @returns {Content}
 */
export function still(content) {
  const store = new ContentStore();
  store.load = (copy, chunks) => content.store.load(copy, chunks);
  const copy = new Content(content.ino, store);
  copy.size = content.size;
  copy.own = content.own;
  copy.source = content.source;
  copy.download = content.download;
  copy.offset = content.offset;
  copy.absent = content.absent;
  for (const [index, chunk] of content.chunks) {
    if (chunk.bytes) chunk.freeze(null);
    const twin = new Chunk(chunk.bytes);
    twin.blocks = chunk.blocks;
    twin.saved = chunk.saved;
    twin.frozen = true;
    copy.chunks.set(index, twin);
  }
  return copy;
}

/**
 * Lets go of what such a copy has before an offset: nobody will read it again.
 * @param {Content} copy
 * @param {number} offset
 */
export function passed(copy, offset) {
  for (const index of copy.chunks.keys()) if ((index + 1) * CHUNK <= offset) copy.chunks.delete(index);
}

/**
 * Where a content has data, between holes.
 * @param {Content} content
 * @returns {string} offset and length of each piece, separated by spaces
 */
export function extents(content) {
  if (!content.own) return content.size ? `0 ${content.size}` : "";
  /** @type {number[]} */
  const found = [];
  let end = -1;
  for (const index of [...content.chunks.keys()].sort((a, b) => a - b)) {
    const { blocks } = /** @type {Chunk} */ (content.chunks.get(index));
    for (let block = 0; block < CHUNK / BLOCK; block++) {
      const at = index * CHUNK + block * BLOCK;
      if (at >= content.size) break;
      if (!(blocks & (1 << block))) continue;
      const length = Math.min(BLOCK, content.size - at);
      if (at === end) found[found.length - 1] += length;
      else found.push(at, length);
      end = at + length;
    }
  }
  return found.join(" ");
}
