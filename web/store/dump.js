// All records of a database as JSON: to save what this version cannot read, and for the fixtures of
// the tests.

/** Records that are read at once. */
const AT_ONCE = 64;

/**
 * @param {string} name of the database, of whatever kind
 * @returns {Promise<Blob>} JSON: { table: [[key, value], …], … }; bytes as { "bytes": base64 }
 */
export async function dump(name) {
  const database = await opened(name);
  try {
    const parts = ["{"];
    for (const [i, table] of [...database.objectStoreNames].entries()) {
      parts.push(`${i ? "," : ""}\n${JSON.stringify(table)}: [`);
      let comma = "";
      for await (const [key, value] of entries(database, table)) {
        parts.push(`${comma}\n${JSON.stringify([key, value], encoded)}`);
        comma = ",";
      }
      parts.push("]");
    }
    parts.push("\n}\n");
    return new Blob(parts, { type: "application/json" });
  } finally {
    database.close();
  }
}

/**
 * @param {string} name
 * @returns {Promise<IDBDatabase>} as it is
 */
function opened(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * @param {IDBDatabase} database
 * @param {string} table
 * @returns {AsyncGenerator<[key: IDBValidKey, value: any]>} in order of the keys
 */
async function* entries(database, table) {
  /** @type {IDBKeyRange | null} */
  let range = null;
  for (;;) {
    const store = database.transaction(table).objectStore(table);
    const [keys, values] = await Promise.all([
      result(store.getAllKeys(range, AT_ONCE)),
      result(store.getAll(range, AT_ONCE)),
    ]);
    for (const [i, key] of keys.entries()) yield [key, values[i]];
    if (keys.length < AT_ONCE) return;
    range = IDBKeyRange.lowerBound(keys[keys.length - 1], true);
  }
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * @param {string} _key
 * @param {any} value
 * @returns {any} the same as plain data
 */
function encoded(_key, value) {
  if (value instanceof Uint8Array) return { bytes: base64(value) };
  if (ArrayBuffer.isView(value))
    return { [value.constructor.name]: [.../** @type {any} */ (value)] };
  return value;
}

/** @param {Uint8Array} bytes @returns {string} */
function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
