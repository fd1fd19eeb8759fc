"""Servers in the sandbox, asked by the page: sandbox.fetch and sandbox.ports."""

from __future__ import annotations

from .pages import SandboxPage

#: answers one request with what it has been sent on descriptor 3, and keeps what it got in a file
ONE_ANSWER = r"""
serve() { printf "$2" > /tmp/answer; nc -l -p "$1" -q 9 < /tmp/answer > /tmp/request & }
"""


def answered(sandbox: SandboxPage, port: int, answer: str, code: str) -> object:
    """What `code` returns while a server waits at the port with that answer (for printf)."""
    return sandbox.evaluate(
        """const shell = await sandbox.commands.run(arg.script, { background: true });
        await sandbox.ports.waitFor(arg.port);
        const value = await (async () => { """
        + code
        + """ })();
        await shell.wait();
        return value""",
        {"script": f"{ONE_ANSWER}\nserve {port} '{answer}'; wait", "port": port},
    )


def test_a_response_comes_as_it_is(sandbox: SandboxPage) -> None:
    seen = answered(
        sandbox,
        8101,
        r"HTTP/1.1 201 Made so\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-More: yes\r\n"
        r"Content-Length: 5\r\n\r\nhello",
        """const r = await sandbox.fetch(8101, "/a%20b?c=d", {
            method: "PUT", headers: { Cookie: "mine=1", "X-Own": "x" }, body: "sent" });
        const text = await r.text();
        const cookies = r.headers.getSetCookie();
        return [r.status, r.statusText, r.ok, r.url, cookies, r.headers.get("x-more"), text]""",
    )
    assert seen == [
        201, "Made so", True, "http://localhost:8101/a%20b?c=d", ["a=1", "b=2"], "yes", "hello",
    ]  # fmt: skip
    request = sandbox.evaluate("return await sandbox.files.read('/tmp/request')")
    head, _, body = request.partition("\r\n\r\n")
    lines = head.split("\r\n")
    assert lines[0] == "PUT /a%20b?c=d HTTP/1.1" and body == "sent"
    assert {
        "host: localhost:8101", "cookie: mine=1", "x-own: x", "content-length: 4", "connection: close",
    } <= set(lines)  # fmt: skip
    assert "content-type: text/plain;charset=utf-8" in lines


def test_chunks_trailers_interim_answers_and_bodies_to_the_end(sandbox: SandboxPage) -> None:
    read = "const r = await sandbox.fetch(arg.port, '/'); return [r.status, await r.text()]"
    chunks = r"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks += r"5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n"
    assert answered(sandbox, 8102, chunks, read) == [200, "hello world"]
    assert answered(sandbox, 8103, r"HTTP/1.0 404 No\n\nto the end", read) == [404, "to the end"]
    assert answered(sandbox, 8104, r"HTTP/1.1 204 Empty\r\n\r\n", read) == [204, ""]


def test_a_stream_is_sent_in_chunks(sandbox: SandboxPage) -> None:
    sandbox.evaluate(
        """const server = await sandbox.commands.run(`
            mkfifo /tmp/fifo; nc -l -p 8105 -q 9 < /tmp/fifo > /tmp/request &
            exec 3> /tmp/fifo
            until grep -q '^0' /tmp/request; do sleep 0.05; done
            printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n' >&3
            exec 3>&-; wait`, { background: true });
        await sandbox.ports.waitFor(8105);
        const body = new Blob(["one", "two"]).stream();
        await (await sandbox.fetch(8105, "/", { method: "POST", body })).text();
        await server.wait()"""
    )
    request = sandbox.evaluate("return await sandbox.files.read('/tmp/request')")
    assert "transfer-encoding: chunked" in request
    assert request.endswith("\r\n\r\n6\r\nonetwo\r\n0\r\n\r\n")


def test_what_is_wrong_is_said(sandbox: SandboxPage) -> None:
    assert sandbox.fails("await sandbox.fetch(8110, '/')") == (
        "ConnectionRefusedError",
        "nothing listens at port 8110 of the sandbox",
    )
    for code in ("fetch(0, '/')", "fetch(80, 'x')", "fetch(80, '/', { metod: 'GET' })", "ports.on('x', 1)"):
        assert sandbox.fails(f"await sandbox.{code}")[0] == "InvalidArgumentError"
    ok = r"HTTP/1.1 200 OK\r\n"
    cases = {
        "SSH-2.0-x\\r\\n\\r\\n": 'it answers "SSH-2.0-x", which is not HTTP/1.1',
        f"{ok}no colon\\r\\n\\r\\n": "it sends a malformed header",
        f"{ok}Content-Length: -1\\r\\n\\r\\n": "the length of its body is malformed",
        "HTTP/1.1 200": "the connection has ended within a head",
        f"{ok}Content-Length: 9\\r\\n\\r\\nshort": "the connection has ended within a body",
        f"{ok}Transfer-Encoding: chunked\\r\\n\\r\\nxyz\\r\\n": "the size of a chunk is malformed",
    }
    for number, (answer, message) in enumerate(cases.items(), 8111):
        code = """try {
                const reader = (await sandbox.fetch(arg.port, "/")).body.getReader();
                while (!(await reader.read()).done);
            }
            catch (error) { return [error.name, error.message]; }"""
        name, said = answered(sandbox, number, answer, code)  # type: ignore[misc]
        assert name == "ServerError" and message in said, answer


def test_ports_are_told_of(sandbox: SandboxPage) -> None:
    seen = sandbox.evaluate(
        """const events = [];
        const closed = Promise.withResolvers();
        const off = [
            sandbox.ports.on("open", (port) => port.port === 8120 && events.push(["open", port.address])),
            sandbox.ports.on("close", ({ port }) => {
                if (port !== 8120) return;
                events.push(["close"]);
                closed.resolve();
            }),
        ];
        const nc = await sandbox.commands.run("exec nc -l -s 127.0.0.1 -p 8120", { background: true });
        const opened = await sandbox.ports.waitFor(8120);
        const listed = (await sandbox.ports.list()).filter(({ port }) => port === 8120);
        await nc.kill();
        await closed.promise;
        const after = (await sandbox.ports.list()).filter(({ port }) => port === 8120);
        for (const stop of off) stop();
        return [events, opened, listed, after, nc.pid]"""
    )
    events, opened, listed, after, pid = seen
    assert events == [["open", "127.0.0.1"], ["close"]] and listed == [opened] and after == []
    assert opened["pid"] == pid


def test_a_long_response_streams_and_can_be_given_up(sandbox: SandboxPage) -> None:
    """The server cannot go on before the page has read: what lies between is bounded."""
    seen = sandbox.evaluate(
        """const head = "printf 'HTTP/1.1 200 OK\\\\r\\\\n\\\\r\\\\n'";
        const server = await sandbox.commands.run(
            `(${head}; head -c 20000000 /dev/zero; echo done > /tmp/all-sent) | nc -l -p 8130 -q 0`,
            { background: true });
        await sandbox.ports.waitFor(8130);
        const response = await sandbox.fetch(8130, "/");
        const reader = response.body.getReader();
        let size = (await reader.read()).value.length;
        await sandbox.commands.run("true");
        const early = await sandbox.files.exists("/tmp/all-sent");
        for (;;) {
            const { value, done } = await reader.read();
            if (done) break;
            size += value.length;
        }
        const { exitCode } = await server.wait();
        const endless = await sandbox.commands.run(
            `(${head}; cat /dev/zero) | nc -l -p 8131; echo status \\${PIPESTATUS[*]}`, { background: true });
        await sandbox.ports.waitFor(8131);
        const abort = new AbortController();
        const other = await sandbox.fetch(8131, "/", { signal: abort.signal });
        const body = other.body.getReader();
        await body.read();
        abort.abort();
        const given = await body.read().catch((error) => error.name);
        return [size, early, exitCode, given, (await endless.wait()).stdout]"""
    )
    assert seen[:4] == [20_000_000, False, 0, "AbortError"]
    assert seen[4].endswith("status 141 1\n")
