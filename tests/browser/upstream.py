"""Servers outside for the tests of the network: each is a host, and counts what it is asked."""

from __future__ import annotations

import gzip
import http.server
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Request:
    """What has come."""

    method: str
    path: str
    headers: Message
    body: bytes


@dataclass
class Upstream:
    """One host: its origin, and what it has been asked (without the browser's own CORS preflights)."""

    origin: str
    requests: list[Request] = field(default_factory=list)
    preflights: list[Request] = field(default_factory=list)
    #: set to let an answer that waits for it go on
    release: threading.Event = field(default_factory=threading.Event)
    #: what git-http-backend serves below /git
    repositories: Path | None = None
    #: what is served as it is, with its type, by path
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def asked(self) -> list[str]:
        """Methods and paths."""
        return [f"{request.method} {request.path}" for request in self.requests]


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by the path; every answer may be read by pages of other sites but those below /closed."""

    protocol_version = "HTTP/1.1"
    upstream: Upstream

    def handle_any(self) -> None:
        """Any method."""
        request = Request(self.command, self.path, self.headers, self.body())
        if self.command == "OPTIONS" and "Access-Control-Request-Method" in self.headers:
            self.upstream.preflights.append(request)
            self.answer(204, b"")
            return
        self.upstream.requests.append(request)
        parts = urlsplit(self.path)
        if parts.path in self.upstream.files:
            kind, content = self.upstream.files[parts.path]
            self.answer(200, content, Content_Type=kind)
            return
        name = parts.path.strip("/").partition("/")[0] or "hello"
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        getattr(self, f"serve_{name}", self.serve_missing)(query, request)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = handle_any

    def body(self) -> bytes:
        """All of the request's: what is left unread would be taken for the next, and end the connection."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # (fields after the body)
        return b"".join(chunks)

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        """A whole response; underscores in the names of headers stand for hyphens."""
        self.send_response(status)
        if not self.path.startswith("/closed"):
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Access-Control-Allow-Methods", "*")
            self.send_header("Access-Control-Allow-Headers", "*, authorization")
            self.send_header("Access-Control-Expose-Headers", "X-Seen, ETag, Content-Range, Accept-Ranges")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(body)

    def serve_hello(self, query: dict[str, str], request: Request) -> None:
        self.answer(200, b"hello from outside\n", Content_Type="text/plain", X_Seen="yes", X_Hidden="yes")

    serve_closed = serve_hello

    def serve_missing(self, query: dict[str, str], request: Request) -> None:
        self.answer(404, b"nothing here\n")

    def serve_status(self, query: dict[str, str], request: Request) -> None:
        self.answer(int(query["code"]), b"as asked\n")

    def serve_echo(self, query: dict[str, str], request: Request) -> None:
        self.answer(200, request.method.encode() + b" " + request.body)

    def serve_headers(self, query: dict[str, str], request: Request) -> None:
        lines = sorted(f"{name.lower()}: {value}\n" for name, value in request.headers.items())
        self.answer(200, "".join(lines).encode())

    def serve_redirect(self, query: dict[str, str], request: Request) -> None:
        self.answer(int(query.get("code", 302)), b"", Location=query["to"])

    def serve_range(self, query: dict[str, str], request: Request) -> None:
        data = bytes(range(256))
        unit, _, span = request.headers.get("Range", "").partition("=")
        if unit != "bytes":
            self.answer(200, data, Accept_Ranges="bytes")
            return
        first, _, last = span.partition("-")
        begin, end = int(first), int(last or 255)
        self.answer(206, data[begin : end + 1], Content_Range=f"bytes {begin}-{end}/256")

    def serve_gzip(self, query: dict[str, str], request: Request) -> None:
        self.answer(200, gzip.compress(b"compressed " * 1000), Content_Encoding="gzip")

    def serve_cookie(self, query: dict[str, str], request: Request) -> None:
        self.answer(200, b"cookie\n", Set_Cookie="a=1")

    def chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def begin_chunks(self) -> None:
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def serve_waiting(self, query: dict[str, str], request: Request) -> None:
        """The second half comes when the test says so."""
        self.begin_chunks()
        self.chunk(b"first half\n")
        self.upstream.release.wait(30)
        self.chunk(b"second half\n")
        self.wfile.write(b"0\r\n\r\n")

    def serve_large(self, query: dict[str, str], request: Request) -> None:
        size = int(query["size"])
        self.begin_chunks()
        block = bytes(range(256)) * 256
        try:
            while size > 0:
                self.chunk(block[:size])
                size -= len(block)
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True

    def serve_short(self, query: dict[str, str], request: Request) -> None:
        """Less than it says, then the connection ends."""
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"too short")
        self.close_connection = True

    def serve_open(self, query: dict[str, str], request: Request) -> None:
        """Where only paths below it are allowed."""
        if "to" in query:
            self.serve_redirect(query, request)
        else:
            self.serve_hello(query, request)

    serve_secret = serve_hello

    def serve_git(self, query: dict[str, str], request: Request) -> None:
        """A repository, by git's CGI program (git-http-backend(1))."""
        parts = urlsplit(self.path)
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.upstream.repositories),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": parts.path.removeprefix("/git"),
            "QUERY_STRING": parts.query,
            "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(request.body)),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
            "REMOTE_USER": "tester",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
        }
        done = subprocess.run(
            ["git", "http-backend"], input=request.body, env=environment, capture_output=True, check=False
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
        status = int(fields.pop("Status", "200").split()[0])
        self.answer(status, body, **fields)

    def serve_reset(self, query: dict[str, str], request: Request) -> None:
        self.close_connection = True

    def serve_silent(self, query: dict[str, str], request: Request) -> None:
        self.upstream.release.wait(30)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no error."""


@contextmanager
def upstreams(count: int) -> Iterator[list[Upstream]]:
    """So many hosts, each at a port of its own, while the context lasts."""
    with ExitStack() as stack:
        hosts = []
        for _ in range(count):
            handler = type("HostHandler", (Handler,), {})
            server = stack.enter_context(_Server(("127.0.0.1", 0), handler))
            host = Upstream(f"http://127.0.0.1:{server.server_address[1]}")
            handler.upstream = host  # type: ignore[attr-defined]
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
            stack.callback(host.release.set)
            hosts.append(host)
        yield hosts
