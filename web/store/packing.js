// From chunks to blobs: large chunks are blobs of their own, small ones share one.

/** @typedef {import("./rows.js").Ref} Ref */

/**
 * Chunks from this size on get a blob of their own: browsers keep large values in files, which
 * takes time.
 */
const ALONE = 65536;
/** No pack gets larger. */
const PACK = 1 << 20;

/**
 * Bytes that will be one blob. It knows them only when it is written: nothing is copied before.
 * @typedef {{ blob: number, total: number, refs: Ref[] }} Pack
 */

/**
 * Gives each of the chunks its place. Those of one cut that are small and neighbours share a blob.
 * @param {Iterable<Ref>} refs with bytes
 * @param {() => number} number gives the next blob's
 * @returns {Generator<Pack>}
 */
export function* pack(refs, number) {
  /** @type {Pack | null} */
  let open = null;
  for (const ref of refs) {
    if (!ref.length) continue;
    if (ref.length >= ALONE) {
      yield closed({ blob: number(), total: 0, refs: [ref] });
      continue;
    }
    if (open && open.total + ref.length > PACK) {
      yield closed(open);
      open = null;
    }
    open ??= { blob: number(), total: 0, refs: [] };
    open.refs.push(ref);
    open.total += ref.length;
  }
  if (open) yield closed(open);
}

/**
 * @param {Pack} pack complete
 * @returns {Pack}
 */
function closed(pack) {
  let offset = 0;
  for (const ref of pack.refs) {
    ref.blob = pack.blob;
    ref.offset = offset;
    offset += ref.length;
  }
  pack.total = offset;
  for (const ref of pack.refs) ref.total = offset;
  return pack;
}

/**
 * @param {Pack} pack
 * @returns {Uint8Array<ArrayBuffer>} its bytes, in a buffer that has nothing else: browsers copy
 *   whole buffers
 */
export function packBytes({ total, refs }) {
  if (refs.length === 1) {
    const bytes = /** @type {Uint8Array<ArrayBuffer>} */ (refs[0].bytes);
    return bytes.length === total && bytes.buffer.byteLength === total
      ? bytes
      : bytes.slice(0, total);
  }
  const bytes = new Uint8Array(total);
  for (const ref of refs) {
    bytes.set(/** @type {Uint8Array} */ (ref.bytes).subarray(0, ref.length), ref.offset);
  }
  return bytes;
}
