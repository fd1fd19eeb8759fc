"""A client of WebSockets that prints what it sees: `websocket_client.py HOST PORT STORY`."""

import base64
import os
import socket
import struct
import sys

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Client:
    """A connection after its handshake."""

    def __init__(self, path: str, *fields: str) -> None:
        self.socket = socket.create_connection((sys.argv[1], int(sys.argv[2])))
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {sys.argv[1]}:{sys.argv[2]}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            *fields,
        ]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self.file = self.socket.makefile("rb")
        self.status = self.file.readline().split()[1].decode()
        self.fields = {}
        while line := self.file.readline().decode().strip():
            name, _, value = line.partition(":")
            self.fields[name.lower()] = value.strip()

    def send(self, opcode: int, data: bytes, final: bool = True, masked: bool = True) -> None:
        """One frame."""
        size = len(data)
        head = bytes([opcode | (0x80 if final else 0)])
        flag = 0x80 if masked else 0
        if size < 126:
            head += bytes([size | flag])
        elif size < 65536:
            head += struct.pack(">BH", 126 | flag, size)
        else:
            head += struct.pack(">BQ", 127 | flag, size)
        if masked:
            mask = os.urandom(4)
            whole = int.from_bytes(data, "big") ^ int.from_bytes((mask * (size // 4 + 1))[:size], "big")
            head, data = head + mask, whole.to_bytes(size, "big")
        self.socket.sendall(head + data)

    def receive(self) -> tuple[int, bytes]:
        """A message or a control frame; (-1, b"") at the end."""
        whole, kind = b"", 0
        while True:
            head = self.file.read(2)
            if len(head) < 2:
                return -1, b""
            size = head[1] & 127
            if size > 125:
                size = int.from_bytes(self.file.read(2 if size == 126 else 8), "big")
            data = self.file.read(size)
            if head[0] & 15 >= 8:
                return head[0] & 15, data
            kind = head[0] & 15 or kind
            whole += data
            if head[0] & 0x80:
                return kind, whole


def echo() -> None:
    """Messages of every length and kind."""
    client = Client("/echo")
    print(client.status)
    for size in (0, 1, 125, 126, 65535, 65536, 300_000):
        client.send(BINARY, bytes(range(256)) * (size // 256 + 1) if size > 256 else b"x" * size)
        kind, data = client.receive()
        print(kind, len(data))
    client.send(TEXT, "grüße ☃".encode())
    print(client.receive())
    client.send(TEXT, "in drei ☃"[:5].encode(), final=False)
    client.send(PING, b"between")
    snow = "i ☃".encode()
    client.send(0, snow[:3], final=False)
    client.send(0, snow[3:])
    print(client.receive())
    print(client.receive())
    client.send(CLOSE, struct.pack(">H", 4001) + b"enough")
    print(client.receive(), client.receive())


def leave() -> None:
    """The server ends it, properly and not."""
    print(Client("/leave").receive())
    print(Client("/break").receive())


def protocols() -> None:
    """One of those that are offered."""
    client = Client("/echo", "Sec-WebSocket-Protocol: first, second")
    print(client.status, client.fields.get("sec-websocket-protocol"))
    print(Client("/echo").fields.get("sec-websocket-protocol"))


def violations() -> None:
    """What breaks the protocol is answered by a code."""
    for opcode, data, final, masked in (
        (TEXT, b"no mask", True, False),
        (TEXT, b"\xff\xfe", True, True),
        (0, b"continues nothing", True, True),
        (3, b"unknown", True, True),
        (PING, b"x" * 126, True, True),
        (PING, b"split", False, True),
        (CLOSE, b"\x03", True, True),
        (CLOSE, struct.pack(">H", 1005), True, True),
    ):
        client = Client("/echo")
        client.send(opcode, data, final, masked)
        kind, payload = client.receive()
        print(kind, payload[:2].hex())


def count() -> None:
    """Much, as fast as it goes."""
    client = Client("/count")
    for _ in range(200):
        client.send(BINARY, bytes(100_000))
    client.send(CLOSE, struct.pack(">H", 1000))
    print(client.receive()[1][:2].hex())


{story.__name__: story for story in (echo, leave, protocols, violations, count)}[sys.argv[3]]()
