"""Sockets on the kernel's side: names, ports, who is connected to whom, and what the dead leave."""

from __future__ import annotations

import struct

from tabux.abi import socket as n
from tabux.kernel.process import Process
from tabux.net import resolver, tables

from tests.unit.kernel_support import AT_FDCWD, System

O_NONBLOCK = 0o4000


def address(host: str, port: int) -> bytes:
    return (
        struct.pack("<H", n.AF_INET) + struct.pack(">H", port) + bytes(map(int, host.split("."))) + bytes(8)
    )


def six(host: bytes, port: int) -> bytes:
    return (
        struct.pack("<H", n.AF_INET6) + struct.pack(">H", port) + bytes(4) + host.rjust(16, b"\0") + bytes(4)
    )


def path(name: str) -> bytes:
    return struct.pack("<H", n.AF_UNIX) + name.encode() + (b"" if name[0] == "\0" else b"\0")


def make(s: System, p: Process, family: int, kind: int) -> int:
    fd = s.call("socket", p, family, kind, 0)
    assert isinstance(fd, int), fd
    return fd


def at(s: System, name: str, p: Process, fd: int, where: bytes) -> int | str:
    """bind or connect."""
    s.kernel.mailbox[: len(where)] = where
    return s.call(name, p, fd, len(where))


def named(s: System, p: Process, fd: int, whose: str = "getsockname") -> bytes | str:
    length = s.call(whose, p, fd)
    return length if isinstance(length, str) else bytes(s.kernel.mailbox[:length])


def server(s: System, p: Process, port: int = 0, backlog: int = 5) -> tuple[int, bytes]:
    """A listening socket on loopback, and its address."""
    fd = make(s, p, n.AF_INET, n.SOCK_STREAM)
    assert at(s, "bind", p, fd, address("127.0.0.1", port)) == 0
    assert s.call("listen", p, fd, backlog) == 0
    name = named(s, p, fd)
    assert isinstance(name, bytes)
    return fd, name


def test_a_connection_has_two_ends_with_each_others_names() -> None:
    s = System()
    p, q = s.leader(), s.leader()
    listener, where = server(s, p)
    assert s.call("accept4", p, listener, 0) == "BLOCKED"
    client = make(s, q, n.AF_INET, n.SOCK_STREAM)
    assert at(s, "connect", q, client, where) == 0
    accepted = s.call("accept4", p, listener, 0)
    assert isinstance(accepted, int)
    assert s.ints(1, 12) == (16,)
    assert bytes(s.kernel.mailbox[20:36]) == named(s, q, client) == named(s, p, accepted, "getpeername")
    assert named(s, q, client, "getpeername") == where == named(s, p, accepted)


def test_low_ports_are_roots_and_others_for_who_comes_first() -> None:
    s = System()
    p, root = s.leader(), s.root()
    fd = make(s, p, n.AF_INET, n.SOCK_STREAM)
    assert at(s, "bind", p, fd, address("127.0.0.1", 80)) == "EACCES"
    assert at(s, "bind", p, fd, address("93.184.216.34", 8080)) == "EADDRNOTAVAIL"
    server(s, root, 80)
    server(s, p, 8080)
    assert at(s, "bind", p, fd, address("0.0.0.0", 8080)) == "EADDRINUSE"
    assert at(s, "bind", p, make(s, p, n.AF_INET6, n.SOCK_STREAM), six(b"", 8080)) == "EADDRINUSE"
    assert at(s, "bind", p, make(s, p, n.AF_INET6, n.SOCK_STREAM), six(b"\1", 8080)) == 0
    assert at(s, "bind", p, make(s, p, n.AF_INET, n.SOCK_DGRAM), address("0.0.0.0", 8080)) == 0
    assert at(s, "bind", p, fd, address("127.0.0.2", 8080)) == 0


def test_nothing_leads_outside() -> None:
    s = System()
    p = s.leader()
    for kind in (n.SOCK_STREAM, n.SOCK_DGRAM):
        fd = make(s, p, n.AF_INET, kind)
        assert at(s, "connect", p, fd, address("93.184.216.34", 80)) == "ENETUNREACH"
        assert at(s, "connect", p, fd, address("198.18.0.2", 80)) == "ENETUNREACH"
        fd = make(s, p, n.AF_INET6, kind)
        assert at(s, "connect", p, fd, six(b"\x20" + bytes(15), 80)) == "ENETUNREACH"
    own = make(s, p, n.AF_INET, n.SOCK_STREAM)
    assert at(s, "bind", p, own, address("198.18.0.1", 0)) == 0
    assert s.call("listen", p, own, 1) == 0
    where = named(s, p, own)
    assert isinstance(where, bytes)
    assert at(s, "connect", p, make(s, p, n.AF_INET, n.SOCK_STREAM), where) == 0


def test_a_full_queue_makes_clients_wait_until_somebody_accepts() -> None:
    s = System()
    p, q = s.leader(), s.leader()
    listener, where = server(s, p, backlog=0)
    first, second = (make(s, q, n.AF_INET, n.SOCK_STREAM) for _ in range(2))
    assert at(s, "connect", q, first, where) == 0
    assert at(s, "connect", q, second, where) == "BLOCKED"
    assert isinstance(s.call("accept4", p, listener, 0), int)
    assert at(s, "connect", q, second, where) == 0
    third = make(s, q, n.AF_INET, n.SOCK_STREAM)
    assert at(s, "connect", q, third, where) == "BLOCKED"
    s.call("close", p, listener)
    assert at(s, "connect", q, third, where) == "ECONNREFUSED"


def test_who_waited_and_was_killed_waits_no_more() -> None:
    s = System()
    p = s.leader()
    listener = make(s, p, n.AF_UNIX, n.SOCK_STREAM)
    assert at(s, "bind", p, listener, path("\0full")) == 0 and s.call("listen", p, listener, 0) == 0
    assert at(s, "connect", p, make(s, p, n.AF_UNIX, n.SOCK_STREAM), path("\0full")) == 0
    for _ in range(5):
        q = s.leader()
        client = make(s, q, n.AF_UNIX, n.SOCK_STREAM)
        assert at(s, "connect", q, client, path("\0full")) == "BLOCKED"
        assert at(s, "connect", q, client, path("\0full")) == "BLOCKED"
        s.call("exit_signal", q, 9)
    assert not s.kernel.net.sockets[p.files[listener].target].waiting


def test_a_path_is_an_inode_with_permissions() -> None:
    s = System()
    p, root = s.leader(), s.root()
    listener = make(s, root, n.AF_UNIX, n.SOCK_STREAM)
    assert at(s, "bind", root, listener, path("/tmp/door")) == 0
    assert s.call("listen", root, listener, 1) == 0
    client = make(s, p, n.AF_UNIX, n.SOCK_STREAM)
    assert at(s, "connect", p, client, path("/tmp/door")) == "EACCES"
    assert s.call("fchmodat", root, AT_FDCWD, "/tmp/door", 0o777) == 0
    assert s.call("openat", p, AT_FDCWD, "/tmp/door", 0, 0) == "ENXIO"
    assert at(s, "connect", p, client, path("/tmp/door")) == 0
    assert s.call("getsockopt", p, client, n.SOL_SOCKET, n.SO_PEERCRED) == 12
    assert s.ints(3) == (root.pid, 0, 0)
    s.call("close", root, listener)
    assert at(s, "connect", p, make(s, p, n.AF_UNIX, n.SOCK_STREAM), path("/tmp/door")) == "ECONNREFUSED"
    assert s.call("unlinkat", root, AT_FDCWD, "/tmp/door", 0) == 0
    assert s.link(p, f"/proc/self/fd/{client}").startswith("socket:[")


def pair(s: System, p: Process) -> tuple[int, int, int, int]:
    """socketpair: the descriptors and the numbers of the sockets."""
    assert s.call("socketpair", p, n.AF_UNIX, n.SOCK_STREAM, 0) == 0
    one, other, _, _, first, second = s.ints(6)
    return one, other, first, second


def test_descriptors_travel_and_are_closed_when_nobody_takes_them() -> None:
    s = System()
    p, q = s.leader(), s.leader()
    _, _, _, to = pair(s, p)
    reader, writer = s.pipe(p)
    number = s.kernel.files[p.files[reader].id].target
    struct.pack_into("<i", s.kernel.mailbox, 0, reader)
    parcel = s.call("rights_pack", p, to, 1)
    assert isinstance(parcel, int)
    s.call("close", p, reader)
    assert s.gate.pipes[number] == (1, 1), "on its way"
    assert s.call("rights_take", q, parcel, 8, 1, 0) == 1
    (fd,) = s.ints(1)
    assert q.files[fd].target == number and fd in q.cloexec

    struct.pack_into("<i", s.kernel.mailbox, 0, writer)
    parcel = s.call("rights_pack", p, to, 1)
    s.call("close", p, writer)
    s.gate.carried[to] = str(parcel)
    s.call("exit_signal", p, 9)
    assert s.gate.pipes[number] == (1, 0)
    assert not s.kernel.net.parcels and not s.kernel.net.sockets


def test_sockets_that_travel_only_through_each_other_are_found() -> None:
    s = System()
    p = s.leader()
    keep, _ = s.pipe(p)
    one, other, first, second = pair(s, p)
    for fd, to in ((one, second), (other, first), (keep, first)):
        struct.pack_into("<i", s.kernel.mailbox, 0, fd)
        assert isinstance(s.call("rights_pack", p, to, 1), int)
    s.call("close", p, one)
    assert len(s.kernel.net.sockets) == 2, "the other end still reaches it"
    s.call("close", p, other)
    assert not s.kernel.net.sockets and not s.kernel.net.parcels
    assert s.call("fcntl", p, keep, 1, 0) == 0


def test_nothing_is_left_of_the_killed() -> None:
    s = System()
    before = len(s.kernel.files), len(s.kernel.vfs.table)
    for number in range(30):
        p = s.leader()
        listener, where = server(s, p, 9000)
        for _ in range(3):
            at(s, "connect", p, make(s, p, n.AF_INET, n.SOCK_STREAM), where)
        s.call("accept4", p, listener, 0)
        udp = make(s, p, n.AF_INET, n.SOCK_DGRAM)
        assert at(s, "bind", p, udp, address("127.0.0.1", 9001)) == 0
        assert at(s, "bind", p, make(s, p, n.AF_UNIX, n.SOCK_DGRAM), path("\0name")) == 0
        child = s.fork(p)
        s.call("exit_signal", p, 9)
        assert s.kernel.net.sockets, number
        s.call("exit_signal", child, 9)
        assert not s.kernel.net.sockets and not s.gate.sockets
    assert (len(s.kernel.files), len(s.kernel.vfs.table)) == before
    assert not s.kernel.net.abstract and not s.kernel.net.tcp.all() and not s.kernel.net.udp.all()


def question(name: str, kind: int, number: int = 7) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def test_the_resolver_knows_this_machine_and_nobody_else() -> None:
    def ask(name: str, kind: int = 1) -> tuple[int, bytes]:
        found = resolver.answer(question(name, kind), "tabux", lambda name: None)
        number, flags, *_ = struct.unpack_from(">HHHHHH", found)
        assert number == 7 and flags & 0xFFF0 == 0x8180
        return flags & 15, found[len(question(name, kind)) + 12 :]

    assert ask("localhost") == (0, bytes([127, 0, 0, 1]))
    assert ask("a.b.LOCALHOST") == (0, bytes([127, 0, 0, 1]))
    assert ask("localhost", 28) == (0, bytes(15) + b"\1")
    assert ask("tabux") == (0, bytes([127, 0, 1, 1]))
    assert ask("tabux", 28) == (0, b"") and ask("localhost", 15) == (0, b"")
    assert ask("example.org") == (3, b"") and ask("localhost.example.org", 28) == (3, b"")


def test_the_resolver_bears_any_question() -> None:
    good = question("example.org", 1)
    for length in range(len(good)):
        found = resolver.answer(good[:length], "tabux", lambda name: None)
        assert found == b"" if length < 12 else found[3] & 15 == 1
    assert resolver.answer(good[:2] + b"\x81\x80" + good[4:], "tabux", lambda name: None) == b"", (
        "an answer gets none"
    )
    assert resolver.answer(good[:2] + b"\x28\x00" + good[4:], "tabux", lambda name: None)[3] & 15 == 4
    assert resolver.answer(good[:12] + b"\xc0\x0c" + good[12:], "tabux", lambda name: None)[3] & 15 == 1


def test_the_tables_of_proc() -> None:
    s = System()
    p = s.leader()
    listener, where = server(s, p, 8080)
    client = make(s, p, n.AF_INET, n.SOCK_STREAM)
    at(s, "connect", p, client, where)
    s.gate.states[p.files[listener].target] = "10 0 0"
    s.gate.states[p.files[client].target] = "1 3 0"
    header, first, *rest = s.text(p, "/proc/net/tcp").splitlines()
    assert header.startswith("  sl  local_address rem_address   st tx_queue rx_queue") and len(header) == 149
    assert first.startswith(
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000001 00:00000000 00000000  1000 "
    )
    assert len(rest) == 2 and " 0100007F:1F90 01 00000000:00000003 " in rest[0]
    assert at(s, "bind", p, make(s, p, n.AF_UNIX, n.SOCK_DGRAM), path("\0name")) == 0
    assert s.text(p, "/proc/net/unix").splitlines()[1].endswith(" @name")
    six_socket = make(s, p, n.AF_INET6, n.SOCK_DGRAM)
    assert at(s, "bind", p, six_socket, six(b"\1", 5000)) == 0
    assert ": 00000000000000000000000001000000:1388 " in s.text(p, "/proc/net/udp6")
    assert tables.text(s.kernel.net, "udp").count("\n") == 1
