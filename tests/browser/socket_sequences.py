"""Random histories of sockets, for tests/guest/sockets.c to carry out here and on Linux."""

from __future__ import annotations

from random import Random

AF_UNIX, AF_INET, AF_INET6 = 1, 2, 10
STREAM, DGRAM, SEQPACKET = 1, 2, 5
NONBLOCK, CLOEXEC = 0o4000, 0o2000000
OOB, PEEK, TRUNC, DONTWAIT, WAITALL, NOSIGNAL, CMSG_CLOEXEC = 1, 2, 0x20, 0x40, 0x100, 0x4000, 0x40000000
SOL_SOCKET, IP, TCP, UDP, IPV6 = 1, 0, 6, 17, 41
SO_ERROR, SO_TYPE, SO_REUSEADDR, SO_LINGER, SO_PASSCRED, SO_PEERCRED, SO_ACCEPTCONN = 4, 3, 2, 13, 16, 17, 30
SO_REUSEPORT, V6ONLY = 15, 26
GENERAL_OPTIONS = (SO_ERROR, SO_ERROR, SO_TYPE, SO_REUSEADDR, SO_PASSCRED, SO_PEERCRED, SO_ACCEPTCONN)

#: family and type, how often
KINDS = (
    (AF_UNIX, STREAM, 4),
    (AF_UNIX, DGRAM, 3),
    (AF_UNIX, SEQPACKET, 2),
    (AF_INET, STREAM, 4),
    (AF_INET6, STREAM, 2),
    (AF_INET, DGRAM, 3),
    (AF_INET6, DGRAM, 2),
)
CALLS = (
    *("bind", "listen", "connect", "accept", "name", "peer", "send", "send", "sendto", "write", "recv"),
    *("recv", "recvfrom", "read", "sendmsg", "recvmsg", "recvmsg", "shutdown", "close", "dup", "waiting"),
    *("get", "set", "stat", "open", "unlink", "poll", "poll"),
)


class History:
    """The lines of one sequence. `kinds` has what is in each slot, as far as that is known."""

    def __init__(self, number: int) -> None:
        self.random = Random(number)
        self.lines = [f"seq {number}"]
        self.kinds: dict[int, tuple[int, int]] = {}
        self.listening: list[int] = []
        #: a port that was in use stays reserved for a while on Linux (TIME_WAIT), and only there
        self.connected = False

    def add(self, *words: object) -> None:
        self.lines.append(" ".join(map(str, words)))

    def slot(self) -> int:
        return self.random.randrange(6)

    def some(self) -> int:
        return self.random.choice(sorted(self.kinds)) if self.kinds else self.slot()

    def flags(self, *also: int) -> int:
        return self.random.choice((0, 0, 0, 0, NOSIGNAL, DONTWAIT, *also))

    def size(self) -> int:
        return self.random.choice((0, 1, 2, 10, 100, 100, 1000, 3000))

    def address(self, family: int, to: bool, own: int) -> str:
        """Somewhere to bind, or (`to`) to send to, for the socket `own`."""
        random = self.random
        if random.random() < 0.04:
            return random.choice(("unspec", "short", "auto", "un:a", "in:127.0.0.1,0", "in6:::1,0"))
        if family == AF_UNIX:
            return random.choice(("un:a", "un:a", "un:b", "un:nowhere/a", "ab:a", "ab:a", "ab:b"))
        port = str(random.choice((0, 0, 1, 2)))
        # (TCP's own way of connecting a socket to itself is left out)
        others = [slot for slot, (other, _) in self.kinds.items() if other != AF_UNIX and slot != own]
        if others and (to or random.random() < 0.15):
            port = f"={random.choice([slot for slot in self.listening if to and slot != own] or others)}"
        if not to and self.connected and port in ("1", "2"):
            port = "0"
        if family == AF_INET:
            return f"in:{random.choice(('127.0.0.1', '127.0.0.1', '0.0.0.0', '127.0.0.2'))},{port}"
        return f"in6:{random.choice(('::1', '::1', '::', '::ffff:127.0.0.1'))},{port}"

    def make(self) -> None:
        random = self.random
        slot = self.slot()
        family, kind, _ = random.choices(KINDS, [weight for *_, weight in KINDS])[0]
        if random.random() < 0.05:
            family, kind = random.choice((0, 1, 2, 10, 99)), random.choice((1, 2, 5, 4, 77))
            self.add("socket", slot, family, kind | NONBLOCK, 0)
            self.add("close", slot)
            self.forget(slot)
            return
        if random.random() < 0.08:
            protocol = random.choice((TCP, UDP, 99, 1))
            self.add("socket", slot, family, kind | NONBLOCK, protocol)
            self.add("close", slot)
            self.forget(slot)
            return
        self.forget(slot)
        if family == AF_UNIX and random.random() < 0.5:
            other = (slot + 1) % 6
            self.forget(other)
            self.add("pair", slot, other, family, kind | NONBLOCK, 0)
            self.kinds[slot] = self.kinds[other] = (family, kind)
        else:
            self.add("socket", slot, family, kind | NONBLOCK, 0)
            self.kinds[slot] = (family, kind)

    def forget(self, slot: int) -> None:
        self.kinds.pop(slot, None)
        if slot in self.listening:
            self.listening.remove(slot)

    def serve(self) -> None:
        """A listener and a connection to it, mostly."""
        random = self.random
        family = random.choice((AF_UNIX, AF_UNIX, AF_INET, AF_INET6))
        kind = random.choice((STREAM, SEQPACKET)) if family == AF_UNIX else STREAM
        server, client, child = random.sample(range(6), 3)
        for slot in (server, client, child):
            self.forget(slot)
        self.add("socket", server, family, kind | NONBLOCK, 0)
        if family == AF_UNIX:
            to = random.choice(("un:a", "ab:a"))
            self.add("bind", server, to)
        else:
            host = {AF_INET: ("127.0.0.1", "0.0.0.0"), AF_INET6: ("::1", "::")}[family]
            if random.random() < 0.8:
                self.add("bind", server, f"{'in' if family == AF_INET else 'in6'}:{random.choice(host)},0")
            to = f"{'in:127.0.0.1' if family == AF_INET else 'in6:::1'},={server}"
        self.add("listen", server, random.choice((0, 1, 5)))
        self.kinds[server] = (family, kind)
        self.listening.append(server)
        # (another server may have the name, and no room)
        waits = family != AF_UNIX and random.random() < 0.5
        self.add("socket", client, family, kind | (0 if waits else NONBLOCK), 0)
        self.add("connect", client, to)
        self.kinds[client] = (family, kind)
        self.connected = self.connected or family != AF_UNIX
        if random.random() < 0.8:
            self.add("accept", server, child)
            self.kinds[child] = (family, kind)

    def step(self) -> None:
        random = self.random
        slot = self.some()
        family, kind = self.kinds.get(slot, (AF_UNIX, STREAM))
        what = random.choice(CALLS)
        # what waits for ever without O_NONBLOCK is asked for with MSG_DONTWAIT
        if what in ("bind", "connect"):
            self.add(what, slot, self.address(family, what == "connect", slot))
            self.connected = self.connected or (what == "connect" and family != AF_UNIX)
        elif what == "listen":
            self.add(what, slot, random.choice((0, 1, 5, -1)))
            self.listening.append(slot)
        elif what == "accept":
            to = self.slot()
            if slot in self.listening and self.kinds.get(slot):
                self.forget(to)
                self.add(what, slot, to, random.choice((0, CLOEXEC)))
                self.kinds[to] = (family, kind)
        elif what in ("name", "peer", "waiting"):
            self.add(what, slot)
        elif what == "send":
            self.add(what, slot, self.size(), self.flags() | DONTWAIT)
        elif what == "sendto":
            self.add(what, slot, self.address(family, True, slot), self.size(), self.flags() | DONTWAIT)
        elif what in ("write", "read"):
            self.add(what, slot, self.size())
        elif what in ("recv", "recvfrom"):
            self.add(what, slot, self.size(), self.flags(PEEK, PEEK, TRUNC, WAITALL) | DONTWAIT)
        elif what == "sendmsg":
            # (a Unix socket in its own queue is closed when Linux finds the time)
            passable = [other for other, (kin, _) in self.kinds.items() if kin != AF_UNIX]
            passed = random.choice((*passable, -1)) if family == AF_UNIX else -1
            self.add(what, slot, self.size(), self.flags() | DONTWAIT, passed, int(random.random() < 0.2))
        elif what == "recvmsg":
            to = 6 + random.randrange(4)
            flags = self.flags(PEEK, TRUNC, CMSG_CLOEXEC) | DONTWAIT
            self.add(what, slot, self.size(), flags, int(random.random() < 0.8), to)
        elif what == "shutdown":
            self.add(what, slot, random.choice((0, 1, 1, 2, 3)))
        elif what == "close":
            self.add(what, slot)
            self.forget(slot)
        elif what == "dup":
            to = 6 + random.randrange(4)
            self.add(what, slot, to)
        elif what == "get":
            self.add(what, slot, SOL_SOCKET, random.choice(GENERAL_OPTIONS))
        elif what == "set":
            level, name = random.choice(
                (
                    (SOL_SOCKET, SO_REUSEADDR),
                    (SOL_SOCKET, SO_REUSEPORT),
                    (SOL_SOCKET, SO_PASSCRED),
                    (SOL_SOCKET, SO_LINGER),
                    (IPV6, V6ONLY),
                    (TCP, 1),
                )
            )
            self.add(what, slot, level, name, random.choice((0, 1, 1)), 0)
        elif what in ("stat", "open", "unlink"):
            self.add(what, random.choice("ab"))
        else:
            self.add(what)


def sequence(number: int) -> list[str]:
    """The lines of sequence `number`."""
    history = History(number)
    for _ in range(2):
        history.make()
    for _ in range(history.random.randrange(20, 40)):
        chance = history.random.random()
        if chance < 0.12:
            history.make()
        elif chance < 0.22:
            history.serve()
        else:
            history.step()
    history.add("poll")
    return history.lines
