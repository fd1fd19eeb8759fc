"""A model endpoint on this machine that answers by a script, in OpenAI's or Anthropic's protocol."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

#: What the model does next: says something, or wants a tool to be used with an input.
Move = str | tuple[str, dict[str, Any]]


@dataclass
class Endpoint:
    """Where it is, what it will answer, and what it has been asked: path, headers in small letters, body."""

    url: str
    moves: list[Move]
    asked: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)


@contextmanager
def serving(moves: list[Move]) -> Iterator[Endpoint]:
    """Serve a script; when it is at its end the answer is a status of 500."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_OPTIONS(self) -> None:
            self._send(204, b"")

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            endpoint.asked.append((self.path, headers, body))
            if not endpoint.moves:
                return self._send(500, b"the script is at its end")
            number = len(endpoint.asked)
            make = openai if self.path.endswith("/chat/completions") else anthropic
            return self._send(200, json.dumps(make(endpoint.moves.pop(0), f"call-{number}")).encode())

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            for name in ("origin", "headers", "methods"):
                self.send_header(f"access-control-allow-{name}", "*")
            # ("*" does not stand for this one)
            self.send_header("access-control-allow-headers", "authorization, *")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint = Endpoint(f"http://127.0.0.1:{server.server_port}", moves)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def openai(move: Move, number: str) -> dict[str, Any]:
    """A chat completion."""
    if isinstance(move, str):
        choice = {"message": {"role": "assistant", "content": move}, "finish_reason": "stop"}
        return {"choices": [choice]}
    name, given = move
    call = {"id": number, "type": "function", "function": {"name": name, "arguments": json.dumps(given)}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return {"choices": [{"message": message, "finish_reason": "tool_calls"}]}


def anthropic(move: Move, number: str) -> dict[str, Any]:
    """A message."""
    if isinstance(move, str):
        return {"role": "assistant", "content": [{"type": "text", "text": move}], "stop_reason": "end_turn"}
    name, given = move
    use = {"type": "tool_use", "id": number, "name": name, "input": given}
    return {"role": "assistant", "content": [use], "stop_reason": "tool_use"}
