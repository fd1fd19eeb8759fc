// The cases that a sandbox of Deep Agents has to pass, by what they are about: what is done with
// `backend`, and what has to come of it.

/** @type {any} the backend, which the test sets */
let backend;

export function use(given) {
  backend = given;
}

const at = (name) => `/tmp/deep/${name}`;
const bytes = (text) => new TextEncoder().encode(text);
const run = async (command) => (await backend.execute(command)).output;
const cat = (name) => run(`cat '${at(name)}'`);
const rows = (count) => Array.from({ length: count }, (_, i) => `row ${i + 1}.`).join("\n");
const path = (file) => file.path.replace(/\/$/, "");
const names = (result) => result.error ?? result.files.map(path).sort();

async function put(files) {
  for (const [name, text] of Object.entries(files)) {
    const { error } = await backend.write(at(name), text);
    if (error) throw new Error(error);
  }
}

/** @type {Record<string, [act: () => Promise<unknown>, outcome: unknown]>} */
export const CASES = {
  "lifecycle: it has an id": [
    async () => {
      return typeof backend.id === 'string' && backend.id.length > 0;
    },
    true,
  ],
  "lifecycle: Deep Agents know it for a sandbox": [
    async () => {
      return deepagents.isSandboxBackend(backend);
    },
    true,
  ],
  "execute: echo": [
    async () => {
      return await backend.execute('echo hello');
    },
    {"output": "hello\n", "exitCode": 0, "truncated": false},
  ],
  "execute: status": [
    async () => {
      return (await backend.execute('exit 42')).exitCode;
    },
    42,
  ],
  "execute: lines": [
    async () => {
      return await run('echo 1 && echo 2 && echo 3');
    },
    "1\n2\n3\n",
  ],
  "execute: errors are output": [
    async () => {
      return await run('echo oops >&2');
    },
    "oops\n",
  ],
  "execute: variables": [
    async () => {
      return await run('export A=b && echo $A');
    },
    "b\n",
  ],
  "execute: no such command": [
    async () => {
      return (await backend.execute('no_such_command_1')).exitCode;
    },
    127,
  ],
  "execute: more output than anybody reads": [
    async () => {
      const { output, truncated } = await backend.execute('seq 100000');
      const ends = [output.startsWith('1\n2\n'), output.includes('\n100000\n')];
      return [truncated, output.length < 140000, ...ends];
    },
    [true, true, true, true],
  ],
  "upload: a file": [
    async () => {
      return [await backend.uploadFiles([[at('up'), bytes('up')]]), await cat('up')];
    },
    [[{"path": "/tmp/deep/up", "error": null}], "up"],
  ],
  "upload: several": [
    async () => {
      const files = ['m1', 'm2', 'm3'].map((name) => [at(name), bytes(name)]);
      const sent = await backend.uploadFiles(files);
      return [sent.map(({ error }) => error), await run('cat /tmp/deep/m[123]')];
    },
    [[null, null, null], "m1m2m3"],
  ],
  "upload: where it cannot be": [
    async () => {
      const sent = await backend.uploadFiles([['/tmp', bytes('x')], [at('ok'), bytes('y')]]);
      return sent.map(({ error }) => error);
    },
    ["is_directory", null],
  ],
  "download: a file": [
    async () => {
      await put({ down: 'text' });
      const [{ content, error }] = await backend.downloadFiles([at('down')]);
      return [new TextDecoder().decode(content), error];
    },
    ["text", null],
  ],
  "download: none": [
    async () => {
      return await backend.downloadFiles([at('none')]);
    },
    [{"path": "/tmp/deep/none", "content": null, "error": "file_not_found"}],
  ],
  "write: new": [
    async () => {
      return [(await backend.write(at('w/new'), 'x')).error ?? null, await cat('w/new')];
    },
    [null, "x"],
  ],
  "write: directories above": [
    async () => {
      await put({ 'w/a/b/c': 'deep' });
      return await cat('w/a/b/c');
    },
    "deep",
  ],
  "write: over what was there": [
    async () => {
      await put({ over: '1' });
      await put({ over: '22' });
      return await cat('over');
    },
    "22",
  ],
  "write: special characters": [
    async () => {
      const text = 'a\'b"c`d$e\\f!g%h\ti';
      await put({ odd: text });
      return (await cat('odd')) === text;
    },
    true,
  ],
  "write: empty": [
    async () => {
      await put({ empty: '' });
      return await cat('empty');
    },
    "",
  ],
  "write: unicode": [
    async () => {
      await put({ uni: '世界 👋 мир' });
      return await cat('uni');
    },
    "世界 👋 мир",
  ],
  "write: long": [
    async () => {
      await put({ long: 'y'.repeat(200000) });
      return (await run('wc -c < /tmp/deep/long')).trim();
    },
    "200000",
  ],
  "write: a name with spaces": [
    async () => {
      await put({ 'a b c': 'x' });
      return await cat('a b c');
    },
    "x",
  ],
  "read: a file": [
    async () => {
      await put({ read: 'one\ntwo\nthree' });
      const { content, error } = await backend.read(at('read'));
      return [error ?? null, ...['one', 'two', 'three'].map((word) => content.includes(word))];
    },
    [null, true, true, true],
  ],
  "read: none": [
    async () => {
      return (await backend.read(at('none'))).error.toLowerCase().includes('not found');
    },
    true,
  ],
  "read: empty": [
    async () => {
      await put({ empty: '' });
      return (await backend.read(at('empty'))).error ?? null;
    },
    null,
  ],
  "read: an offset": [
    async () => {
      await put({ rows: rows(10) });
      const { content } = await backend.read(at('rows'), 5);
      return ['row 5.', 'row 6.', 'row 10.'].map((row) => content.includes(row));
    },
    [false, true, true],
  ],
  "read: a limit": [
    async () => {
      await put({ rows: rows(100) });
      const { content } = await backend.read(at('rows'), 0, 5);
      return ['row 1.', 'row 5.', 'row 6.'].map((row) => content.includes(row));
    },
    [true, true, false],
  ],
  "read: both": [
    async () => {
      await put({ rows: rows(20) });
      const { content } = await backend.read(at('rows'), 10, 5);
      return ['row 10.', 'row 11.', 'row 15.', 'row 16.'].map((row) => content.includes(row));
    },
    [false, true, true, false],
  ],
  "read: nothing of it": [
    async () => {
      await put({ rows: rows(3) });
      return ((await backend.read(at('rows'), 0, 0)).content ?? '').includes('row');
    },
    false,
  ],
  "read: beyond the end": [
    async () => {
      await put({ rows: rows(3) });
      const got = [await backend.read(at('rows'), 3, 9), await backend.read(at('rows'), 100, 10)];
      return got.map(({ content }) => (content ?? '').includes('row'));
    },
    [false, false],
  ],
  "read: unicode": [
    async () => {
      await put({ uni: '世界\nПривет 👋' });
      const { content } = await backend.read(at('uni'));
      return [content.includes('世界'), content.includes('Привет 👋')];
    },
    [true, true],
  ],
  "read: a long line": [
    async () => {
      await put({ wide: `short\n${'x'.repeat(3000)}\nend` });
      const { content, error } = await backend.read(at('wide'));
      return [error ?? null, content.includes('short')];
    },
    [null, true],
  ],
  "read: in pieces": [
    async () => {
      await put({ many: rows(1000) });
      const { content } = await backend.read(at('many'), 500, 100);
      return ['row 500.', 'row 501.', 'row 600.', 'row 601.'].map((row) => content.includes(row));
    },
    [false, true, true, false],
  ],
  "edit: once": [
    async () => {
      await put({ ed: 'hello world\nbye world' });
      const { occurrences, error } = await backend.edit(at('ed'), 'bye', 'farewell');
      return [error ?? null, occurrences, await cat('ed')];
    },
    [null, 1, "hello world\nfarewell world"],
  ],
  "edit: not clear": [
    async () => {
      await put({ ed: 'a b a' });
      const { error } = await backend.edit(at('ed'), 'a', 'c', false);
      return [error.toLowerCase().includes('multiple'), await cat('ed')];
    },
    [true, "a b a"],
  ],
  "edit: all": [
    async () => {
      await put({ ed: 'a b a a' });
      const { occurrences } = await backend.edit(at('ed'), 'a', 'c', true);
      return [occurrences, await cat('ed')];
    },
    [3, "c b c c"],
  ],
  "edit: not there": [
    async () => {
      await put({ ed: 'x' });
      const tried = [];
      for (const name of ['ed', 'none']) tried.push(await backend.edit(at(name), 'y', 'z'));
      return tried.map(({ error }) => error.toLowerCase().includes('not found'));
    },
    [true, true],
  ],
  "edit: special characters": [
    async () => {
      await put({ ed: '$100.00 [a-z]* /usr' });
      await backend.edit(at('ed'), '$100.00', '$&$1');
      await backend.edit(at('ed'), '[a-z]*', '[0-9]+');
      return await cat('ed');
    },
    "$&$1 [0-9]+ /usr",
  ],
  "edit: lines": [
    async () => {
      await put({ ed: '1\n2\n3\n' });
      await backend.edit(at('ed'), '1\n2', 'both');
      await backend.edit(at('ed'), '3\n', '');
      return await cat('ed');
    },
    "both\n",
  ],
  "edit: the same": [
    async () => {
      await put({ ed: 'same' });
      const { occurrences, error } = await backend.edit(at('ed'), 'same', 'same');
      return [error ?? null, occurrences];
    },
    [null, 1],
  ],
  "edit: unicode": [
    async () => {
      await put({ ed: '👋 世界' });
      await backend.edit(at('ed'), '👋', '🌍');
      return await cat('ed');
    },
    "🌍 世界",
  ],
  "edit: spaces": [
    async () => {
      await put({ ed: 'a    b' });
      await backend.edit(at('ed'), '    ', ' ');
      return await cat('ed');
    },
    "a b",
  ],
  "edit: long": [
    async () => {
      await put({ ed: `<${'x'.repeat(1000)}>` });
      await backend.edit(at('ed'), 'x'.repeat(1000), 'y'.repeat(1000));
      return (await cat('ed')) === `<${'y'.repeat(1000)}>`;
    },
    true,
  ],
  "ls: files and directories": [
    async () => {
      await put({ 'ls/f1': '', 'ls/.hidden': '', 'ls/a b': '', 'ls/ф(1)': '', 'ls/sub/x': '' });
      const result = await backend.ls(at('ls'));
      return [names(result), result.files.filter(({ is_dir }) => is_dir).length];
    },
    [[".hidden", "a b", "f1", "sub", "ф(1)"].map((name) => at(`ls/${name}`)), 1],
  ],
  "ls: empty": [
    async () => {
      await backend.execute('mkdir -p /tmp/deep/e');
      return (await backend.ls(at('e'))).files;
    },
    [],
  ],
  "ls: none": [
    async () => {
      const { error, files } = await backend.ls(at('nowhere'));
      return [error ?? null, files];
    },
    [null, []],
  ],
  "ls: many": [
    async () => {
      await backend.execute('mkdir -p /tmp/deep/many50 && cd /tmp/deep/many50 && touch f{00..49}');
      return names(await backend.ls(at('many50'))).length;
    },
    50,
  ],
  "ls: a slash at the end": [
    async () => {
      await put({ 'ls2/f': '' });
      return names(await backend.ls(at('ls2/'))).length;
    },
    1,
  ],
  "grep: a word": [
    async () => {
      await put({ 'g/1': 'Hello world\nbye', 'g/2': 'no\nHello' });
      const { matches } = await backend.grep('Hello', at('g'));
      return matches.map(({ path, line, text }) => `${path}:${line}:${text}`).sort();
    },
    ["/tmp/deep/g/1:1:Hello world", "/tmp/deep/g/2:2:Hello"],
  ],
  "grep: by name": [
    async () => {
      await put({ 'g2/a.py': 'pat', 'g2/a.md': 'pat' });
      return (await backend.grep('pat', at('g2'), '*.py')).matches.map(({ path }) => path);
    },
    ["/tmp/deep/g2/a.py"],
  ],
  "grep: nothing": [
    async () => {
      await put({ 'g3/a': 'x' });
      await backend.execute('mkdir -p /tmp/deep/g4');
      const tried = [await backend.grep('y', at('g3')), await backend.grep('y', at('g4'))];
      return tried.map(({ error, matches }) => error ?? matches.length);
    },
    [0, 0],
  ],
  "grep: lines": [
    async () => {
      await put({ 'g5/f': 'apple\nb\napple\no\napple', 'g5/deep/er/f': 'x\napple' });
      return (await backend.grep('apple', at('g5'))).matches.map(({ line }) => line).sort();
    },
    [1, 2, 3, 5],
  ],
  "grep: literally": [
    async () => {
      await put({ 'g6/f': 'costs $100\n[a-z]*\nabc\nABC\n世界' });
      const found = [];
      for (const text of ['$100', '[a-z]*', 'abc', '世界', 'a.c']) {
        found.push((await backend.grep(text, at('g6'))).matches.length);
      }
      return found;
    },
    [1, 1, 1, 1, 0],
  ],
  "glob: names": [
    async () => {
      await put({ 'gl/1.txt': '', 'gl/2.txt': '', 'gl/3.py': '', 'gl/10.txt': '', 'gl/.h': '' });
      const found = [];
      for (const pattern of ['*.txt', '*.py', '*.md', '?.txt', '[1-2].txt', '.*']) {
        found.push(names(await backend.glob(pattern, at('gl'))));
      }
      return found;
    },
    [["1.txt", "10.txt", "2.txt"], ["3.py"], [], ["1.txt", "2.txt"], ["1.txt", "2.txt"], [".h"]],
  ],
  "glob: in depth": [
    async () => {
      await put({ 'gr/a/b/c/deep.txt': '', 'gr/a/other.txt': '', 'gr/root.txt': '' });
      const found = [];
      for (const name of ['deep.txt', '*.txt']) found.push(await backend.glob(`**/${name}`, at('gr')));
      return found.map(names);
    },
    [["a/b/c/deep.txt"], ["a/b/c/deep.txt", "a/other.txt", "root.txt"]],
  ],
  "glob: directories": [
    async () => {
      await put({ 'gd/d1/x': '', 'gd/d2/x': '', 'gd/f': '' });
      return (await backend.glob('*', at('gd'))).files.map(({ is_dir }) => is_dir).sort();
    },
    [false, true, true],
  ],
  "delete: a directory": [
    async () => {
      await put({ 'del/f': '' });
      const { error } = await backend.delete(at('del'));
      return [error ?? null, (await backend.downloadFiles([at('del/f')]))[0].error];
    },
    [null, "file_not_found"],
  ],
  "delete: none": [
    async () => {
      return Boolean((await backend.delete(at('none'))).error);
    },
    true,
  ],
  "workflow": [
    async () => {
      await put({ 'wf/doc': 'Original text' });
      const first = (await backend.read(at('wf/doc'))).content;
      await backend.edit(at('wf/doc'), 'Original', 'Modified');
      const second = (await backend.read(at('wf/doc'))).content;
      return [first.includes('Original'), second.includes('Modified'), second.includes('Original')];
    },
    [true, true, false],
  ],
};
