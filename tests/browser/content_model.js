// Contents against a plain array, step by step at random. `run(base, seed, steps)` answers what went wrong, or "".

/** Small numbers that repeat: mulberry32. */
function generator(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function same(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export async function run(base, seed, steps) {
  const { ContentStore } = await import(`${base}/gate/content-store.js`);
  const { CHUNK, BLOCK } = await import(`${base}/gate/chunk.js`);
  const random = generator(seed);
  const below = (limit) => Math.floor(random() * limit);
  const most = 3 * CHUNK;
  const store = new ContentStore();
  const saved = new Map();
  store.load = async (content, chunks) => {
    for (const chunk of chunks) content.arrived(chunk, saved.get(chunk.saved.id).slice(), false);
  };
  const content = store.of(1);
  let model = new Uint8Array(0);
  let blocks = new Set();
  const shipped = Uint8Array.from({ length: below(most) }, () => below(256));
  const comes = below(3);
  if (comes === 1) {
    content.ship({ bytes: shipped });
    model = shipped.slice();
  } else if (comes === 2) {
    // part of a download, which arrives when it is asked for
    const download = {
      bytes: null,
      hasFailed: () => false,
      whenSettled: (ready) => queueMicrotask(() => ready((download.bytes = shipped))),
    };
    const offset = below(shipped.length + 1);
    content.ship({ download, offset, size: shipped.length - offset });
    model = shipped.slice(offset);
    if (content.blocks !== Math.ceil(model.length / BLOCK) * 8) return "other blocks than those shipped";
  }
  const own = () => {
    // what was shipped has no holes
    if (!content.own) for (let at = 0; at < model.length; at += BLOCK) blocks.add(at / BLOCK);
  };
  const truncated = (size) => {
    // (what is allocated beyond the end stays where the file grows)
    if (size <= model.length) blocks = new Set([...blocks].filter((block) => block * BLOCK < size));
    const other = new Uint8Array(size);
    other.set(model.subarray(0, size));
    model = other;
  };
  const place = () => (below(3) ? below(most) : below(most / BLOCK) * BLOCK);
  for (let step = 0; step < steps; step++) {
    const what = below(9);
    const from = place();
    const to = Math.min(most, from + (below(2) ? below(9000) : below(most)));
    const fail = (why) => `seed ${seed}, step ${step}, operation ${what}, ${from} to ${to}: ${why}`;
    const wait = () => new Promise((resolve) => content.demand(0, most, () => resolve(0)) || resolve(0));
    while (content.download || content.absent) await wait();
    if (what < 3 && to > from) {
      own();
      const data = Uint8Array.from({ length: to - from }, () => below(256));
      if (content.write(from, data) !== data.length) return fail("a short write");
      const longer = new Uint8Array(Math.max(model.length, to));
      longer.set(model);
      longer.set(data, from);
      model = longer;
      for (let at = Math.floor(from / BLOCK); at * BLOCK < to; at++) blocks.add(at);
    } else if (what === 3) {
      own();
      content.truncate(from);
      truncated(from);
    } else if (what === 4 && to > from && from < model.length) {
      own();
      content.punch(from, to);
      const end = Math.min(to, model.length);
      model.fill(0, from, end);
      blocks = new Set([...blocks].filter((block) => block * BLOCK < from || (block + 1) * BLOCK > to));
    } else if (what === 5) {
      // saved, and loaded again when it is wanted
      const pieces = [];
      content.demand(0, most, () => {});
      if (!content.own || content.source) continue;
      for (const [index, chunk] of content.chunks) {
        const id = saved.size + 1;
        saved.set(id, chunk.bytes.slice());
        pieces.push([index, chunk.blocks, { id, length: chunk.bytes.length }]);
      }
      content.keptIn(model.length, pieces);
      if (below(2)) {
        content.truncate(from);
        truncated(from);
      }
      continue;
    } else if (what === 6) for (const chunk of content.chunks.values()) chunk.frozen = true;
    else if (what === 7 && to > from) {
      own();
      if (content.allocate(from, to)) return fail("no room");
      for (let at = Math.floor(from / BLOCK); at * BLOCK < to; at++) blocks.add(at);
    }
    const seen = new Uint8Array(most + 5).fill(7);
    const count = content.read(0, seen);
    if (count !== model.length || content.size !== model.length) return fail(`size ${count}, not ${model.length}`);
    if (!same(seen.subarray(0, count), model)) return fail("other bytes");
    const part = new Uint8Array(5000);
    const got = content.read(from, part);
    if (!same(part.subarray(0, got), model.subarray(from, from + 5000))) return fail("other bytes in the middle");
    if (!same(content.whole(), model)) return fail("another whole");
    if (content.own) {
      if (content.allocated !== blocks.size * BLOCK) return fail(`${content.allocated / BLOCK} blocks, not ${blocks.size}`);
      if (store.allocated !== content.allocated) return fail("the store counts differently");
      const at = below(model.length + 1);
      let data = at;
      while (data < model.length && !blocks.has(Math.floor(data / BLOCK))) data++;
      if (content.nextData(at) !== (data < model.length ? data : -1)) return fail(`data from ${at}`);
      let hole = at;
      while (hole < model.length && blocks.has(Math.floor(hole / BLOCK))) hole++;
      if (content.nextHole(at) !== (at < model.length ? hole : -1)) return fail(`hole from ${at}`);
    }
  }
  if (comes) {
    content.restoreOrigin();
    while (content.download) await new Promise((resolve) => content.demand(0, 1, () => resolve(0)) || resolve(0));
    const original = comes === 1 ? shipped : shipped.subarray(shipped.length - content.size);
    if (!same(content.whole(), original)) return "not as shipped";
    if (store.changed.size || store.allocated) return "what was shipped takes room";
  }
  store.discard(1);
  return store.allocated ? "something is left allocated" : "";
}
