// Files of the site that are stored gzipped: not every static host compresses what it serves.

/**
 * The plain bytes of a response. A host may have announced the compression itself (Content-Encoding), and then the
 * browser has undone it already: the bytes tell.
 * @param {Response} response
 * @param {(length: number) => void} [onBytes] hears the length of every piece as it comes from the network
 * @returns {Promise<ReadableStream<Uint8Array<ArrayBuffer>>>}
 */
export async function inflated(response, onBytes) {
  if (!response.ok || !response.body) throw new Error(`the server answered ${response.status}`);
  const reader = response.body.getReader();
  const first = await reader.read();
  /** @param {ReadableStreamReadResult<Uint8Array<ArrayBuffer>>} piece @param {ReadableStreamDefaultController} out */
  const pass = ({ done, value }, out) => {
    if (done) return out.close();
    onBytes?.(value.length);
    out.enqueue(value);
  };
  const bytes = new ReadableStream({
    start: (out) => pass(first, out),
    pull: async (out) => pass(await reader.read(), out),
    cancel: (reason) => reader.cancel(reason),
  });
  const gzipped = first.value?.[0] === 0x1f && first.value[1] === 0x8b;
  return gzipped ? bytes.pipeThrough(new DecompressionStream("gzip")) : bytes;
}
