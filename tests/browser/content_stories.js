// Contents in single situations: each function gets an empty ContentStore and answers what test_content.py expects.

export const loader = async (base) => {
  const [{ ContentStore }, { BLOCK, CHUNK }, { BLOCKED }] = await Promise.all(
    ["content-store", "chunk", "errno"].map((name) => import(`${base}/gate/${name}.js`)),
  );
  return { store: new ContentStore(), BLOCK, CHUNK, BLOCKED };
};

/** What cannot be loaded is an error, told of once, and tried again. */
export async function loading({ store, BLOCKED }) {
  const content = store.of(1);
  content.keptIn(3, [[0, 1, { length: 3 }]]);
  let broken = true;
  store.load = async (content, chunks) => {
    if (broken) throw new Error("out of order");
    content.arrived(chunks[0], new Uint8Array([1, 2, 3]), false);
  };
  const told = [];
  const tell = console.error;
  console.error = (...words) => told.push(String(words.at(-1)));
  const results = [];
  const ask = async () => {
    let result;
    do result = await new Promise((resolve) => {
      const now = content.demand(0, 3, () => resolve(BLOCKED));
      if (now !== BLOCKED) resolve(now);
    }); while (result === BLOCKED);
    results.push(result);
  };
  await ask();
  await ask();
  content.failedMs = -Infinity; // time has passed
  await ask();
  content.failedMs = -Infinity;
  broken = false;
  await ask();
  console.error = tell;
  return [results, told, [...content.whole()], content.absent];
}

/** A write ends where the room does. */
export async function room({ store, BLOCK, CHUNK }) {
  store.limit = 3 * BLOCK;
  const content = store.of(1);
  const first = content.write(CHUNK - BLOCK, new Uint8Array(3 * BLOCK));
  const more = content.write(content.size, new Uint8Array(1));
  const other = store.of(2).write(0, new Uint8Array(1));
  const over = content.write(CHUNK, new Uint8Array([7]));
  content.punch(CHUNK, CHUNK + BLOCK);
  const again = store.of(2).write(0, new Uint8Array(1));
  return [first, content.size, more, other, over, again, store.allocated];
}

/** All or nothing where a range is allocated, a file replaced, or one of the site's written. */
export async function all_or_nothing({ store, BLOCK }) {
  store.limit = 4 * BLOCK;
  const content = store.of(1);
  content.write(0, new Uint8Array([1]));
  const refused = [
    content.allocate(0, 5 * BLOCK),
    content.replace(new Uint8Array(5 * BLOCK)),
    content.allocate(0, 2 ** 45),
  ];
  const site = store.of(2);
  site.ship({ bytes: new Uint8Array(4 * BLOCK) });
  refused.push(site.write(0, new Uint8Array([1])), site.truncate(10), site.punch(0, 10));
  return [refused, content.size, content.allocated, site.own, site.size, site.truncate(0), store.allocated];
}

/** When the browser cannot save more, what is there can be written over. */
export async function full({ store }) {
  const content = store.of(1);
  content.write(0, new Uint8Array(10));
  store.full = true;
  return [content.write(0, new Uint8Array(4096)), content.write(4096, new Uint8Array(1)), content.truncate(0)];
}

/** Files of many terabytes cost what they hold. */
export async function terabytes({ store }) {
  const content = store.of(1);
  const last = 2 ** 44 - 4097;
  const results = [content.write(last, new Uint8Array([9])), content.write(last + 1, new Uint8Array(1))];
  results.push(content.nextData(0), content.nextHole(0), content.nextHole(last), content.nextData(last));
  content.write(5e12, new Uint8Array(1));
  results.push(content.nextData(1e12), content.blocks, content.chunks.size);
  results.push(content.truncate(2 ** 43), content.truncate(2 ** 44), content.nextData(6e12), content.blocks);
  return results;
}

/** An array that somebody else reads is not written. */
export async function frozen({ store }) {
  const content = store.of(1);
  content.write(0, new Uint8Array([1, 2, 3]));
  const chunk = content.chunks.get(0);
  const before = chunk.bytes;
  chunk.frozen = true;
  chunk.saved = { length: 3 };
  content.write(1, new Uint8Array([8]));
  const site = new Uint8Array([1, 2, 3]);
  const shipped = store.of(2);
  shipped.ship({ bytes: site });
  const same = shipped.whole() === site;
  shipped.write(0, new Uint8Array([5]));
  return [[...before.subarray(0, 3)], [...content.whole()], chunk.saved, same, [...site], [...shipped.whole()]];
}
