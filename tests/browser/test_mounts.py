"""Host mounts: one set of scripts says the same in every kind of mount and in the sandbox's own tree."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser

from .pages import SandboxPage


class Script(NamedTuple):
    """A script of mount_scripts.bash; `differs` says why it need not be the same in a mount."""

    name: str
    differs: str
    text: str


def read_scripts() -> list[Script]:
    """All of them, in the order of the file."""
    text = Path(__file__).with_name("mount_scripts.bash").read_text()
    scripts = []
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, script = section.partition("\n")
        name, _, differs = title.partition(" ! ")
        scripts.append(Script(name, differs, script.strip()))
    return scripts


SCRIPTS = read_scripts()

# A provider in the words of docs/mounts.md, as little as somebody may write. It only knows whole files.
SIMPLE = """
    const files = new Map(), dirs = new Set([""]);
    const late = () => new Promise((resolve) => setTimeout(resolve, 0));
    const no = (code) => { throw Object.assign(new Error(code), { code }); };
    const above = (path) => path.slice(0, Math.max(0, path.lastIndexOf("/")));
    return {
        async list(path) {
            await late();
            if (!dirs.has(path)) no("ENOENT");
            const entries = [];
            for (const dir of dirs)
                if (dir && above(dir) === path)
                    entries.push({ name: dir.slice(dir.lastIndexOf("/") + 1), type: "dir" });
            for (const [name, file] of files)
                if (above(name) === path)
                    entries.push({ name: name.slice(name.lastIndexOf("/") + 1), type: "file",
                                   size: file.bytes.length, modifiedMs: file.time });
            return entries;
        },
        async read(path, offset, length) {
            return (files.get(path) ?? no("ENOENT")).bytes.subarray(offset, offset + length);
        },
        async write(path, parts, size) {
            await late();
            const old = files.get(path)?.bytes ?? new Uint8Array(0);
            const end = Math.max(old.length, ...parts.map(({ offset, bytes }) => offset + bytes.length));
            const bytes = new Uint8Array(size ?? end);
            bytes.set(old.subarray(0, bytes.length));
            for (const part of parts) bytes.set(part.bytes, part.offset);
            files.set(path, { bytes, time: Date.now() });
        },
        async makeDir(path) { dirs.add(path); },
        async remove(path) {
            if (dirs.has(path)) {
                if ([...dirs, ...files.keys()].some((other) => other.startsWith(path + "/"))) no("ENOTEMPTY");
                dirs.delete(path);
            } else if (!files.delete(path)) no("ENOENT");
        },
        async rename(from, to) {
            const moved = (path) => to + path.slice(from.length);
            const inside = (path) => path === from || path.startsWith(from + "/");
            for (const dir of [...dirs]) if (inside(dir)) { dirs.delete(dir); dirs.add(moved(dir)); }
            for (const [path, file] of [...files])
                if (inside(path)) { files.delete(path); files.set(moved(path), file); }
        },
    };
"""

PROVIDERS = {
    "memory": "return {}",
    "directory": """
        const root = await navigator.storage.getDirectory();
        return root.getDirectoryHandle("conformance", { create: true })""",
    "object": SIMPLE,
}


@pytest.fixture(scope="module")
def mounted(browser: Browser, browser_context_args: dict[str, Any], site: str) -> Iterator[SandboxPage]:
    """A sandbox with one mount of each kind that can be written."""
    page = browser.new_page(**browser_context_args)
    sandbox = SandboxPage(page, site)
    sandbox.create()
    for name, code in PROVIDERS.items():
        mount(sandbox, f"/mnt/{name}", code)
    yield sandbox
    page.close()


def mount(sandbox: SandboxPage, path: str, code: str, **options: object) -> None:
    """Mounts what a function body returns; it stays in `provided[path]`, and its failures in `failures`."""
    sandbox.evaluate(
        """if (!window.provided) {
               window.provided = {};
               window.failures = [];
           }
           if (window.listened !== sandbox) {
               window.listened = sandbox;
               sandbox.addEventListener("mounterror", ({ detail }) => failures.push(detail));
           }
           provided[arg[0]] = await (async () => {}).constructor(arg[1])();
           await sandbox.mount(arg[0], provided[arg[0]], arg[2]);""",
        [path, code, options],
    )


SETUP = "TMP=/tmp/copied; rm -rf $TMP {0} && mkdir {0} && cd {0} || exit 99\n"


def outcome(sandbox: SandboxPage, place: str, script: Script) -> tuple[str, str, int]:
    """What a script says in a new directory at `place`."""
    directory = f"{place}/t"
    result = sandbox.run(SETUP.format(directory) + script.text, timeoutMs=25000)
    words = (result["stdout"], result["stderr"])
    stdout, stderr = (word.replace(directory, "DIR").replace(place, "PLACE") for word in words)
    return stdout, stderr, result["exitCode"]


@pytest.mark.parametrize("place", [f"/mnt/{name}" for name in PROVIDERS])
@pytest.mark.parametrize("script", [script for script in SCRIPTS if not script.differs], ids=lambda s: s.name)
def test_a_mount_does_what_the_sandboxs_own_tree_does(
    mounted: SandboxPage, native: Callable[[Script], object], script: Script, place: str
) -> None:
    assert outcome(mounted, place, script) == native(script)


@pytest.fixture(scope="module")
def native(mounted: SandboxPage) -> Callable[[Script], object]:
    """What a script says in the sandbox's own tree; run once."""
    known: dict[str, object] = {}
    mounted.output("mkdir -p /home/user/native")

    def find(script: Script) -> object:
        if script.name not in known:
            known[script.name] = outcome(mounted, "/home/user/native", script)
        return known[script.name]

    return find


DIFFERENCES = {
    "hard links": ("1\n1\n", "ln: failed to create hard link 'g' => 'f': Operation not permitted\n"),
    "symbolic links": ("1\n", "ln: failed to create symbolic link 'l': Operation not permitted\n"),
    "fifos": ("1\n", "mkfifo: cannot create fifo 'p': Operation not permitted\n"),
    "permissions": ("644\n755\n0\n", ""),
    "execute": ("126\n", "bash: line 4: ./s: Permission denied\n"),
    "not UTF-8": ("1\n", "bash: line 2: \ufffd: Invalid or incomplete multibyte or wide character\n"),
}


@pytest.mark.parametrize("place", [f"/mnt/{name}" for name in PROVIDERS])
@pytest.mark.parametrize("script", [script for script in SCRIPTS if script.differs], ids=lambda s: s.name)
def test_where_a_mount_differs(
    mounted: SandboxPage, native: Callable[[Script], object], script: Script, place: str
) -> None:
    found = outcome(mounted, place, script)
    assert found[:2] == DIFFERENCES[script.name]
    assert found != native(script)


# -- read-only -----------------------------------------------------------------------------------------------

READING = """
    cd {}; ls -R | md5sum
    find . -type f -printf '%p %s\\n' | sort | md5sum; find . -type f | sort | xargs cat | md5sum
    head -c 100 page/main.js | md5sum; tail -n 1 tabux.js; grep -c Sandbox tabux.js
    test -d page; echo $?
    tar cf - --sort=name --mtime=@0 --owner=0 --group=0 --mode=644 . | md5sum; cat page; cat nothing
    for i in 1 2 3 4; do md5sum tabux.js & done; wait
    stat -c '%F %a %U' page tabux.js; wc -c < vendor/xterm.css
"""
REFUSED = """
    cd {}; echo x > new; echo x >> tabux.js; : > tabux.js; mkdir d; rm tabux.js; mv tabux.js x; rm -r page
    touch tabux.js; chmod 600 tabux.js; ln -s a b; truncate -s 0 tabux.js
    [ -w tabux.js ] || echo not writable
    cp tabux.js /tmp/copy && cmp tabux.js /tmp/copy && echo copied
"""
TREE = """
    const paths = ["tabux.js", "page/main.js", "vendor/xterm.css", "examples/run.html", "userland.json"];
"""


def test_read_only_mounts(mounted: SandboxPage) -> None:
    mount(
        mounted,
        "/mnt/fetched",
        TREE + "return module.Sandbox.providers.fetch('/', paths)",
    )
    mount(
        mounted,
        "/mnt/kept",
        TREE
        + """const texts = await Promise.all(paths.map(async (path) => (await fetch("/" + path)).text()));
             return Object.fromEntries(paths.map((path, i) => [path, texts[i]]))""",
        readOnly=True,
    )
    mounted.output("rm -rf /tmp/own; cp -r /mnt/fetched /tmp/own")
    expected = mounted.run(READING.format("/tmp/own"))
    assert expected["stdout"].count("\n") > 10
    for place in ("/mnt/fetched", "/mnt/kept"):
        found = mounted.run(READING.format(place))
        assert (found["stdout"], found["stderr"]) == (expected["stdout"], expected["stderr"])
        refused = mounted.run(REFUSED.format(place))
        assert refused["stdout"] == "not writable\ncopied\n"
        messages = refused["stderr"].splitlines()
        assert len(messages) >= 11
        assert [message for message in messages if not message.endswith("Read-only file system")] == []
        assert mounted.output(f"grep -c '{place} hostfs ro,' /proc/mounts") == "1\n"
        mounted.evaluate("await sandbox.unmount(arg)", place)


def test_files_are_fetched_when_they_are_first_read(mounted: SandboxPage) -> None:
    asked: list[str] = []
    mounted.page.context.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    mount(
        mounted,
        "/mnt/lazy",
        """const size = (await (await fetch("/tabux.js")).blob()).size;
           return module.Sandbox.providers.fetch("/", {
               "a/one.js": { size, url: "tabux.js?one" }, "a/two.js": { size, url: "tabux.js?two" },
           })""",
    )
    assert mounted.output("ls /mnt/lazy/a; stat -c %s /mnt/lazy/a/* | uniq | wc -l") == "one.js\ntwo.js\n1\n"
    assert [url for url in asked if "?" in url] == []
    mounted.output("cat /mnt/lazy/a/two.js /mnt/lazy/a/two.js > /dev/null")
    assert [url.rpartition("?")[2] for url in asked if "?" in url] == ["two"]
    mounted.evaluate("await sandbox.unmount('/mnt/lazy')")


# -- the two sides -------------------------------------------------------------------------------------------


def test_what_the_page_changes_is_seen_within_a_second(mounted: SandboxPage) -> None:
    mount(mounted, "/mnt/two", "return { 'a/b': 'old' }")
    assert mounted.output("cd /mnt/two; ls -R; cat a/b") == ".:\na\n\n./a:\nb\nold"
    mounted.evaluate("provided['/mnt/two']['a/b'] = 'newer'; provided['/mnt/two']['c'] = 'third'")
    assert mounted.output("sleep 1; cd /mnt/two; ls; cat a/b c") == "a\nc\nnewerthird"
    mounted.evaluate("delete provided['/mnt/two']['a/b']")
    gone = mounted.run("sleep 1; cat /mnt/two/a/b")["stderr"]
    assert gone == "cat: /mnt/two/a/b: No such file or directory\n"
    mounted.evaluate("await sandbox.unmount('/mnt/two')")


def test_what_a_program_has_written_is_there_when_it_has_closed_it(mounted: SandboxPage) -> None:
    mount(mounted, "/mnt/two", "return {}")
    mounted.output("mkdir /mnt/two/d; printf text > /mnt/two/d/f; printf copy | tee /mnt/two/g > /dev/null")
    found = mounted.evaluate(
        """const decode = (value) => new TextDecoder().decode(value);
           return Object.entries(provided['/mnt/two']).map(([path, value]) => [path, decode(value)]).sort()"""
    )
    assert found == [["d/", ""], ["d/f", "text"], ["g", "copy"]]
    mounted.evaluate("await sandbox.unmount('/mnt/two')")


def test_the_api_sees_mounts(mounted: SandboxPage) -> None:
    found = mounted.evaluate(
        """const root = await navigator.storage.getDirectory();
           const handle = await root.getDirectoryHandle("api", { create: true });
           await sandbox.mount("api", handle);
           const { files } = sandbox;
           await files.write("api/d/e/f", "written");
           const inner = await (await handle.getDirectoryHandle("d")).getDirectoryHandle("e");
           const there = await (await (await inner.getFileHandle("f")).getFile()).text();
           await files.rename("api/d/e/f", "api/d/g");
           await files.makeDir("api/x/y");
           const names = (await files.list("api")).map(({ path, type }) => [path, type]);
           const result = [there, await files.read("api/d/g"), names, (await files.info("api/d/g")).size,
                           await files.exists("api/d/e/f")];
           await files.remove("api/d");
           await files.remove("api/x");
           const ran = await sandbox.commands.run("pwd; ls | wc -l", { cwd: "/home/user/api" });
           await sandbox.unmount("api");
           return [...result, ran.stdout, await files.list("api")];"""
    )
    assert found == [
        "written",
        "written",
        [["/home/user/api/d", "dir"], ["/home/user/api/x", "dir"]],
        7,
        False,
        "/home/user/api\n0\n",
        [],
    ]


def test_how_mounts_show(mounted: SandboxPage) -> None:
    line = "memory /mnt/memory hostfs rw,relatime,uid=1000,gid=1000,fmask=133,dmask=022,quiet 0 0\n"
    assert mounted.output("grep /mnt/memory /proc/mounts") == line
    assert mounted.output("df -P | grep -c ' /mnt/memory$'; df /mnt/memory | wc -l") == "1\n2\n"
    devices = mounted.output("stat -c %d / /mnt/memory /mnt/directory /mnt/object").split()
    assert len(set(devices)) == 4
    mounted.output("mkdir -p /mnt/memory/inside")
    assert "inside" not in mounted.output("find /mnt -xdev")
    assert "inside" in mounted.output("find /mnt")
    mount(mounted, "/home/user/point", "return {}")
    refused = mounted.run("mv point other; rmdir point; rm -r point")["stderr"].splitlines()
    assert len(refused) == 3
    assert [message for message in refused if not message.endswith("Device or resource busy")] == []
    mounted.evaluate("await sandbox.unmount('point')")
    mounted.output("rmdir point")


def test_names_that_the_browser_does_not_allow(mounted: SandboxPage) -> None:
    result = mounted.run(r"cd /mnt/directory; : > 'a\b'; mkdir 'a\b'")
    assert result["stderr"].count("Invalid argument") == 2


def test_snapshots_leave_mounts_alone(fresh: SandboxPage) -> None:
    fresh.create()
    mount(fresh, "/mnt/m", "return { f: 'provided' }")
    fresh.output("echo own > own; cat /mnt/m/f")
    snapshot = fresh.evaluate("return sandbox.snapshot()")
    fresh.output("rm own; printf later > /mnt/m/f; printf g > /mnt/m/g")
    fresh.evaluate("await sandbox.restore(arg)", snapshot)
    assert fresh.output("cat own /mnt/m/f; ls /mnt/m") == "own\nlaterf\ng\n"
    assert fresh.evaluate("return Object.keys(provided['/mnt/m']).sort()") == ["f", "g"]


def test_exports_leave_mounts_alone(mounted: SandboxPage) -> None:
    mounted.output("echo x > /mnt/memory/exported; echo x > /home/user/exported")
    names = mounted.evaluate(
        """const blob = await sandbox.export();
           await sandbox.files.write("/tmp/export.tgz", new Uint8Array(await blob.arrayBuffer()));
           return (await sandbox.commands.run("tar tf /tmp/export.tgz | grep exported")).stdout"""
    )
    assert names == "home/user/exported\n"


# -- unmounting ----------------------------------------------------------------------------------------------


def test_a_mount_in_use_is_not_taken_away(mounted: SandboxPage) -> None:
    mount(mounted, "/mnt/busy", "return { f: 'x' }")
    attempt = "await sandbox.unmount('/mnt/busy')"
    name, message = mounted.fails(
        f"""const run = sandbox.commands.run("cd /mnt/busy; echo ready; read", {{ stdin: "" }});
            window.shell = sandbox.commands.run("exec 3< /mnt/busy/f; sleep 2");
            await sandbox.commands.run("sleep 0.3");
            {attempt}"""
    )
    assert (name, "in use" in message) == ("PermissionDeniedError", True)
    mounted.evaluate("await shell; " + attempt)
    assert mounted.output("ls /mnt/busy") == ""
    assert mounted.fails(attempt)[0] == "InvalidArgumentError"


def test_a_mount_in_use_can_be_forced(mounted: SandboxPage) -> None:
    mount(mounted, "/mnt/busy", "return { f: 'x' }")
    mounted.evaluate(
        """window.shell = sandbox.commands.run("cd /mnt/busy; exec 3< f; sleep 1; cat f; ls");
           await sandbox.commands.run("sleep 0.5");
           await sandbox.unmount("/mnt/busy", { force: true })"""
    )
    result = mounted.evaluate("return await shell")
    assert result["stdout"] == ""
    assert "Input/output error" in result["stderr"]


def test_what_cannot_be_mounted(mounted: SandboxPage) -> None:
    for code, name in (
        ("await sandbox.mount('/mnt/x', 5)", "InvalidArgumentError"),
        ("await sandbox.mount('/mnt/x', { '../up': 'x' })", "InvalidArgumentError"),
        ("await sandbox.mount('/mnt/x', { a: 5 })", "InvalidArgumentError"),
        ("await sandbox.mount('/mnt/x', {}, { readonly: true })", "InvalidArgumentError"),
        ("await sandbox.mount('/mnt/memory', {})", "PermissionDeniedError"),
        ("await sandbox.mount('/', {})", "PermissionDeniedError"),
        ("await sandbox.mount('/mnt/memory/below', {})", "InvalidArgumentError"),
        ("await sandbox.mount('/etc/passwd', {})", "FileExistsError"),
        ("await sandbox.mount('/mnt/x', { list() { throw new Error('no') }, read() {} })", "StorageError"),
        ("await sandbox.mount('/mnt/x', { list: () => 'text', read() {} })", "StorageError"),
    ):
        assert mounted.fails(code)[0] == name, code
    assert mounted.output("grep -c /mnt/x /proc/mounts || true") == "0\n"


# -- providers that do not do as they should -----------------------------------------------------------------

BAD = """
    const file = (name, size = 5, more = {}) => ({ name, type: "file", size, ...more });
    const never = () => new Promise(() => {});
    return {
        list(path) {
            switch (path) {
                case "": return [..."up slash size type twice number null throws hangs".split(" ").map(
                                     (name) => ({ name, type: "dir" })),
                                 file("short"), file("long"), file("text"), file("gone"), file("slow"),
                                 file("huge", 2 ** 43), file("w"), file("full")];
                case "up": return [file("..")];
                case "slash": return [file("a/b")];
                case "size": return [file("x", -1)];
                case "type": return [{ name: "x", type: "socket" }];
                case "twice": return [file("x"), file("x")];
                case "number": return 5;
                case "null": return [null];
                case "throws": throw new Error("out of order");
                case "hangs": return never();
            }
        },
        read(path) {
            switch (path) {
                case "short": return new Uint8Array(3);
                case "long": return new Uint8Array(50);
                case "text": return "hello";
                case "slow": return never();
            }
            throw Object.assign(new Error("no " + path), { code: "ENOENT" });
        },
        write(path, parts) {
            if (path === "full" && parts.length) throw new DOMException("no room", "QuotaExceededError");
            if (path === "w" && parts.length) throw new Error("broken");
        },
        remove() { throw new DOMException("locked", "NoModificationAllowedError"); },
        makeDir() { throw new DOMException("not you", "NotAllowedError"); },
    };
"""


def test_a_provider_that_lies(mounted: SandboxPage) -> None:
    mount(mounted, "/mnt/bad", BAD)
    places = "up slash size type twice number null throws short long text gone"
    count = "cat $p/x $p 2>&1 | grep -c 'Input/output'"
    assert mounted.output(f"cd /mnt/bad; for p in {places}; do {count}; done").split() == ["1"] * 12
    huge = "cat: /mnt/bad/huge: Value too large for defined data type\n"
    assert mounted.run("cat /mnt/bad/huge")["stderr"] == huge
    found = mounted.run("cd /mnt/bad; mkdir x; rm w; mv w x; echo text > w; echo text > full")
    assert found["stderr"].splitlines() == [
        "mkdir: cannot create directory \u2018x\u2019: Permission denied",
        "rm: cannot remove 'w': Device or resource busy",
        "mv: error copying 'w' to 'x': Input/output error",
    ]
    mounted.page.wait_for_function("failures.some(({ path }) => path === '/mnt/bad/full')")
    failure = mounted.evaluate("return failures.find(({ path }) => path === '/mnt/bad/full')")
    assert (failure["operation"], failure["message"]) == ("write", "no room")
    assert mounted.output("echo alive") == "alive\n"
    mounted.evaluate("await sandbox.unmount('/mnt/bad')")


def test_errors_of_writing_are_told_at_close_and_fsync(mounted: SandboxPage) -> None:
    mount(mounted, "/mnt/bad", BAD)
    for name, message in (("full", "No space left on device"), ("w", "Input/output error")):
        script = "cd /mnt/bad; seq 5 | dd of={0} conv=fsync status=none; cp /etc/passwd {0}; echo x | tee {0}"
        assert mounted.run(script.format(name))["stderr"].count(message) == 3
    mounted.evaluate("await sandbox.unmount('/mnt/bad')")


@pytest.mark.parametrize("place", ["hangs/x", "slow"])
def test_a_program_that_waits_for_ever_can_be_killed(mounted: SandboxPage, place: str) -> None:
    mount(mounted, "/mnt/bad", BAD)
    result = mounted.run(f"cat /mnt/bad/{place} & sleep 0.3; kill $!; wait $!; echo $?; ls /etc/passwd")
    assert result["stdout"] == "143\n/etc/passwd\n"
    # a handler does not end the wait, as with a disk
    script = f"trap 'echo never' USR1; read < /mnt/bad/{place}"
    signals = "sleep 0.3; kill -USR1 $!; sleep 0.2; kill -9 $!; wait $!; echo $?"
    held = mounted.run(f'bash -c "{script}" & {signals}')
    assert held["stdout"] == "137\n"
    mounted.evaluate("await sandbox.unmount('/mnt/bad', { force: true })")
    assert mounted.output("ls /mnt/bad") == ""


def test_files_of_the_api_fail_when_a_hanging_mount_goes(mounted: SandboxPage) -> None:
    mount(mounted, "/mnt/bad", BAD)
    name, _ = mounted.fails(
        """const read = sandbox.files.list("/mnt/bad/hangs");
           read.catch(() => {});
           await sandbox.commands.run("sleep 0.1");
           await sandbox.unmount("/mnt/bad", { force: true });
           await read;"""
    )
    assert name in ("StorageError", "NotFoundError")


def test_a_provider_may_have_links_modes_and_little_else(mounted: SandboxPage) -> None:
    mount(
        mounted,
        "/mnt/some",
        """const text = new TextEncoder().encode("#!/bin/sh\\necho ran\\n");
           return {
               list: (path) => path ? [] : [
                   { name: "run", type: "file", size: text.length, mode: 0o755, modifiedMs: 1e12 },
                   { name: "link", type: "symlink", target: "run" },
                   { name: "out", type: "symlink", target: "/etc/hostname" },
                   { name: "d", type: "dir", mode: 0o700 },
                   { name: "n".repeat(300), type: "file", size: 1 },
               ],
               read: (path, offset, length) => text.subarray(offset, offset + length),
               write() {},
           }""",
    )
    result = mounted.run(
        "cd /mnt/some; ls; ./link; readlink out; stat -c '%a %Y' run; stat -c %a d; mv run x; rm run; mkdir e"
    )
    assert result["stdout"] == "d\nlink\nout\nrun\nran\n/etc/hostname\n755 1000000000\n700\n"
    assert result["stderr"].splitlines() == [
        # (without rename() it copies, as from one file system to another)
        "mv: cannot remove 'run': Operation not permitted",
        "rm: cannot remove 'run': Operation not permitted",
        "mkdir: cannot create directory \u2018e\u2019: Operation not permitted",
    ]
    mounted.evaluate("await sandbox.unmount('/mnt/some')")


def test_a_provider_that_watches(mounted: SandboxPage) -> None:
    mount(
        mounted,
        "/mnt/watched",
        """const names = ["a"];
           let tell;
           return { list: () => names.map((name) => ({ name, type: "file", size: 0 })),
                    read: () => new Uint8Array(0),
                    watch(changed) { tell = changed; return () => { window.stopped = true; }; },
                    add(name) { names.push(name); tell(""); } }""",
    )
    assert mounted.output("ls /mnt/watched") == "a\n"
    found = mounted.evaluate(
        """provided["/mnt/watched"].add("b");
           const { stdout } = await sandbox.commands.run("ls /mnt/watched");
           await sandbox.unmount("/mnt/watched");
           return [stdout, window.stopped]"""
    )
    assert found == ["a\nb\n", True]


# -- the documentation ---------------------------------------------------------------------------------------


def test_the_examples_of_the_documentation(fresh: SandboxPage, site: str) -> None:
    text = (Path(__file__).parents[2] / "docs/mounts.md").read_text()
    examples = re.findall(r"```js\n(.*?)```", text, re.DOTALL)
    assert len(examples) >= 5
    fresh.create()
    fresh.evaluate(
        """const root = await navigator.storage.getDirectory();
           await root.getDirectoryHandle("project", { create: true });
           window.showDirectoryPicker = () => root.getDirectoryHandle("project");"""
    )
    fresh.page.route(
        "**/data/**",
        lambda route: route.fulfill(body="name,count\n" if route.request.url.endswith(".csv") else "notes"),
    )
    for example in examples:
        expected = re.findall(r"// → (.*)", example)
        assert expected, example
        prelude = "const { Sandbox } = tabux, told = [], print = (value) => told.push(String(value));"
        told = fresh.evaluate(prelude + example.replace("console.log", "print") + "\nreturn told")
        assert told == [json.loads(value) if value.startswith('"') else value for value in expected], example
