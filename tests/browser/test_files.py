"""`sandbox.files`: many at once, streams, copies, links and watching, on the real kernel."""

from __future__ import annotations

import pytest

from .pages import SandboxPage


def test_many_files_at_once(sandbox: SandboxPage) -> None:
    sandbox.evaluate(
        """await sandbox.files.write([
            { path: "/tmp/many/a", data: "text" }, { path: "/tmp/many/b/c", data: Uint8Array.of(0, 255) },
            { path: "/tmp/many/d", data: new Blob(["blob"]) },
        ])"""
    )
    assert sandbox.output("cd /tmp/many; cat a d; od -An -tx1 b/c") == "textblob 00 ff\n"
    name, message = sandbox.fails("await sandbox.files.write([{ path: '/tmp/x', data: '' }, { data: '' }])")
    assert name == "InvalidArgumentError" and not sandbox.evaluate("return sandbox.files.exists('/tmp/x')")
    assert "path" in message


def test_streams_in_and_out(sandbox: SandboxPage) -> None:
    seen = sandbox.evaluate(
        """let left = 20;
        const stream = new ReadableStream({ pull(controller) {
            if (left-- === 0) return controller.close();
            controller.enqueue(left % 2 ? new Uint8Array(500_000).fill(65) : "€".repeat(1000));
        } });
        await sandbox.files.write("/tmp/streamed", stream);
        const pieces = [];
        for await (const piece of await sandbox.files.read("/tmp/streamed", { format: "stream" }))
            pieces.push(piece);
        const blob = await sandbox.files.read("/tmp/streamed", { format: "blob" });
        const whole = await sandbox.files.read("/tmp/streamed", { format: "bytes" });
        const joined = new Uint8Array(await new Blob(pieces).arrayBuffer());
        return [pieces.length > 1, blob.size, joined.length, joined.every((byte, i) => byte === whole[i])]"""
    )
    assert seen == [True, 5_030_000, 5_030_000, True]
    name, _ = sandbox.fails("await sandbox.files.read('/tmp/none', { format: 'stream' })")
    assert name == "NotFoundError"
    code = """const start = (controller) => controller.error(new Error("lost"));
        const stream = new ReadableStream({ start });
        await sandbox.files.write("/tmp/lost", stream)"""
    assert "lost" in sandbox.fails(code)[1]


def test_levels_of_a_directory(sandbox: SandboxPage) -> None:
    sandbox.output("mkdir -p /tmp/levels/a/b/c; touch /tmp/levels/z /tmp/levels/a/b/f; ln -s . /tmp/levels/l")
    code = "return (await sandbox.files.list('/tmp/levels', { depth: arg ?? Infinity })).map((e) => e.path)"
    one = ["/tmp/levels/a", "/tmp/levels/l", "/tmp/levels/z"]
    assert sandbox.evaluate(code, 1) == one
    assert sandbox.evaluate(code, 2) == [*one, "/tmp/levels/a/b"]
    assert sandbox.evaluate(code) == [*one, "/tmp/levels/a/b", "/tmp/levels/a/b/c", "/tmp/levels/a/b/f"]


def test_copy_chmod_and_symlink(sandbox: SandboxPage) -> None:
    sandbox.output("mkdir -p /tmp/orig/sub; ln -s sub /tmp/orig/l; seq 900000 > /tmp/orig/sub/big")
    sandbox.evaluate(
        """await sandbox.files.chmod("/tmp/orig/sub/big", 0o755);
        await sandbox.files.copy("/tmp/orig", "/srv/copied/tree");
        await sandbox.files.copy("/usr/bin/true", "/tmp/my-true");
        await sandbox.files.symlink("tree/sub", "/srv/copied/link");"""
    )
    assert sandbox.output("diff -r /tmp/orig /srv/copied/tree; readlink /srv/copied/tree/l") == "sub\n"
    assert sandbox.output(
        "cd /srv/copied; stat -c '%U %a' tree/sub/big; ls link; /tmp/my-true && echo ran"
    ) == ("user 755\nbig\nran\n")
    sandbox.output("rm -r /tmp/orig /tmp/my-true")


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("remove('/')", "PermissionDeniedError"),
        ("write('/etc/passwd/x', '1')", "NotADirectoryError"),
        ("makeDir('/etc/passwd/x')", "NotADirectoryError"),
        ("read('/dev/zero')", "InvalidArgumentError"),
        ("copy('/tmp', '/tmp/into/itself')", "InvalidArgumentError"),
        ("copy('/dev/zero', '/tmp/zero')", "InvalidArgumentError"),
        ("symlink('x', '/etc/passwd')", "FileExistsError"),
        ("chmod('/tmp/none', 0o755)", "NotFoundError"),
        ("chmod('/tmp', 0o10000)", "InvalidArgumentError"),
        ("list('/tmp', { depth: 0 })", "InvalidArgumentError"),
        ("watch('/tmp/none', () => {})", "NotFoundError"),
        ("watch('/proc', () => {})", "InvalidArgumentError"),
        ("watch('/tmp')", "InvalidArgumentError"),
    ],
)
def test_what_cannot_be_done(sandbox: SandboxPage, call: str, error: str) -> None:
    assert sandbox.fails(f"await sandbox.files.{call}")[0] == error
    assert sandbox.output("ls /etc/passwd") == "/etc/passwd\n"


WATCH = """const events = [];
    const { promise, resolve } = Promise.withResolvers();
    const watch = await sandbox.files.watch("/tmp/watched", (batch) => {
        events.push(...batch);
        if (batch.some(({ path }) => path === "end")) resolve();
    }, { recursive: arg });
    const script = "echo 1 > a; mkdir d; echo 2 > d/b; mv a d/c; chmod 600 d/c; rm d/b";
    await sandbox.commands.run(script, { cwd: "/tmp/watched" });
    await sandbox.files.write("/tmp/watched/é", "x");
    await sandbox.commands.run("echo > /tmp/watched/end; sleep 0.3");
    await promise;
    await watch.stop();
    await sandbox.commands.run("echo > /tmp/watched/late; rm -r /tmp/watched/*; sleep 0.3");
    return [...new Set(events.map(({ type, path }) => `${type} ${path}`))]"""


def test_watching(sandbox: SandboxPage) -> None:
    sandbox.output("mkdir -p /tmp/watched")
    flat = {"create a", "write a", "create d", "rename a", "create é", "write é", "create end", "write end"}
    deep = {"create d/b", "write d/b", "create d/c", "chmod d/c", "remove d/b"}
    assert set(sandbox.evaluate(WATCH, False)) == flat
    assert set(sandbox.evaluate(WATCH, True)) == flat | deep


def test_a_program_that_goes_on_writing_is_seen(sandbox: SandboxPage) -> None:
    """Nothing but time tells of it: it makes no call that the kernel hears of."""
    seen = sandbox.evaluate(
        """await sandbox.files.write("/tmp/growing", "");
        const { promise, resolve } = Promise.withResolvers();
        const watch = await sandbox.files.watch("/tmp/growing", resolve);
        const h = await sandbox.commands.run("while :; do echo x; done > /tmp/growing", { background: true });
        const [{ type, path }] = await promise;
        await h.kill();
        await watch.stop();
        return [type, path]"""
    )
    assert seen == ["write", ""]
