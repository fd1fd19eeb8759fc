"""System calls on sockets, as far as the kernel decides them; sending and receiving is the gate's.

Addresses come and go in the mailbox. The bytes, pending errors and time-outs are the gate's.
"""

from __future__ import annotations

import struct

from tabux.abi.errno import (
    EAGAIN,
    EBADF,
    EINVAL,
    EMFILE,
    ENOTSOCK,
    EOPNOTSUPP,
    EPERM,
    SysError,
)
from tabux.abi.fcntl import O_CLOEXEC, O_NONBLOCK, O_RDWR
from tabux.abi.socket import AF_INET, AF_INET6, SOCK_CLOEXEC, SOCK_NONBLOCK
from tabux.abi.stat import S_IFSOCK
from tabux.kernel.descriptions import release, release_parcels
from tabux.kernel.files import Kind, OpenFile, file_at, install, lowest_free
from tabux.kernel.gate import BLOCKED
from tabux.kernel.kernel import Kernel
from tabux.kernel.process import Process
from tabux.net import inet, options, resolver, unix
from tabux.net.address import pack_inet, pack_unix
from tabux.net.network import identity_of
from tabux.net.socket import Socket, State

__all__ = [
    "accept4",
    "bind",
    "connect",
    "getpeername",
    "getsockname",
    "getsockopt",
    "listen",
    "rights_drop",
    "rights_pack",
    "rights_take",
    "setsockopt",
    "socket",
    "socket_ask",
    "socket_caller",
    "socket_disconnected",
    "socket_route",
    "socketpair",
    "stop_listening",
]

_PAIR = struct.Struct("<6i")
_ACCEPTED = struct.Struct("<5i")
_ROUTE = struct.Struct("<2i")
_IDENTITY = struct.Struct("<3i")
#: where a datagram goes that is a question for the resolver
RESOLVER = 0x7FFFFFFF
_FLAGS = SOCK_CLOEXEC | SOCK_NONBLOCK


def _describe(k: Kernel, p: Process, made: Socket, flags: int) -> OpenFile:
    inode = k.vfs.anonymous(S_IFSOCK | 0o777, p.cred, made)
    made.ino = inode.ino
    file = OpenFile(k.number(), Kind.SOCKET, inode, O_RDWR | flags & O_NONBLOCK)
    file.target = made.number
    k.files[file.id] = file
    k.vfs.opened(inode)
    return file


def _at(p: Process, fd: int) -> tuple[OpenFile, Socket]:
    """The socket behind a descriptor. EBADF, ENOTSOCK."""
    file = file_at(p, fd)
    behind = file.inode.object
    if file.kind == Kind.PATH:
        raise SysError(EBADF)
    if file.kind != Kind.SOCKET or not isinstance(behind, Socket):
        raise SysError(ENOTSOCK)
    return file, behind


def _taken(k: Kernel, size: int) -> bytes:
    """The address that the gate has put into the mailbox."""
    return bytes(k.mailbox[:size])


def socket(k: Kernel, p: Process, family: int, kind: int, protocol: int) -> int:
    """socket(2): the descriptor. Mailbox as accept4's, without an address. EMFILE, EINVAL, EAFNOSUPPORT…"""
    flags, kind = kind & _FLAGS, kind & ~_FLAGS
    lowest_free(p)
    made = k.net.create(family, kind, protocol, identity_of(p))
    return _hand_out(k, p, made, flags, b"")


def _hand_out(k: Kernel, p: Process, made: Socket, flags: int, address: bytes) -> int:
    file = _describe(k, p, made, flags)
    _ACCEPTED.pack_into(k.mailbox, 0, file.id, file.target, file.flags, len(address), 0)
    k.mailbox[_ACCEPTED.size : _ACCEPTED.size + len(address)] = address
    return install(p, file, bool(flags & O_CLOEXEC))


def socketpair(k: Kernel, p: Process, family: int, kind: int, protocol: int) -> int:
    """socketpair(2). Mailbox: i32 both descriptors, both descriptions, both sockets. EOPNOTSUPP, EMFILE…"""
    flags, kind = kind & _FLAGS, kind & ~_FLAGS
    lowest_free(p, lowest_free(p) + 1)
    if family in (AF_INET, AF_INET6):
        # (what cannot be made is refused first)
        made = k.net.create(family, kind, protocol, identity_of(p))
        k.net.close(made)
        raise SysError(EOPNOTSUPP)
    checked = k.net.create(family, kind, protocol, identity_of(p))
    k.net.close(checked)
    one, other = unix.pair(k.net, p, checked.kind)
    first, second = _describe(k, p, one, flags), _describe(k, p, other, flags)
    cloexec = bool(flags & O_CLOEXEC)
    fds = install(p, first, cloexec), install(p, second, cloexec)
    _PAIR.pack_into(k.mailbox, 0, *fds, first.id, second.id, first.target, second.target)
    return 0


def bind(k: Kernel, p: Process, fd: int, size: int) -> int:
    """bind(2). EADDRINUSE, EADDRNOTAVAIL, EACCES, EINVAL, EAFNOSUPPORT; for a path what mknod raises."""
    _, it = _at(p, fd)
    (unix.bind if it.is_unix else inet.bind)(k.net, p, it, _taken(k, size))
    return 0


def listen(k: Kernel, p: Process, fd: int, backlog: int) -> int:
    """listen(2). EOPNOTSUPP, EINVAL, EADDRINUSE."""
    _, it = _at(p, fd)
    if it.is_unix:
        unix.listen(k.net, p, it, backlog)
    else:
        inet.listen(k.net, it, backlog)
    return 0


def stop_listening(k: Kernel, p: Process, fd: int) -> int:
    """shutdown(2) of a socket that listens, or of one of TCP that is not connected.

    One of the Unix family still hands out who waits.
    """
    _, it = _at(p, fd)
    if it.is_unix:
        it.deaf = True
    elif it.state is State.LISTENING:
        release_parcels(k, k.net.stop_listening(it))
    elif it.state is State.CONNECTING and not it.linked:
        it.state = State.BROKEN
    return 0


def connect(k: Kernel, p: Process, fd: int, size: int) -> int:
    """connect(2). BLOCKED while the other side has no room for one more."""
    file, it = _at(p, fd)
    start = unix.connect if it.is_unix else inet.connect
    result = start(k.net, p, it, _taken(k, size), bool(file.flags & O_NONBLOCK))
    if k.net.dropped:
        dropped, k.net.dropped = k.net.dropped, []
        release_parcels(k, dropped)
    return result


def accept4(k: Kernel, p: Process, fd: int, flags: int) -> int:
    """accept4(2): the descriptor, or BLOCKED.

    Mailbox: i32 description, socket, flags, length of the peer's address, 0; then that. EINVAL, EAGAIN.
    """
    file, it = _at(p, fd)
    if flags & ~_FLAGS:
        raise SysError(EINVAL)
    lowest_free(p)
    child = k.net.accept(it)
    if child is None:
        if file.flags & O_NONBLOCK:
            raise SysError(EAGAIN)
        return BLOCKED
    address = unix.peer_name(child) if child.is_unix else inet.peer_name(child)
    return _hand_out(k, p, child, flags, address)


def _give(k: Kernel, data: bytes) -> int:
    k.mailbox[: len(data)] = data
    return len(data)


def getsockname(k: Kernel, p: Process, fd: int) -> int:
    """getsockname(2): the length. Mailbox: the address."""
    _, it = _at(p, fd)
    return _give(k, pack_unix(it.name) if it.is_unix else inet.own_name(it))


def getpeername(k: Kernel, p: Process, fd: int) -> int:
    """getpeername(2): the length. Mailbox: the address. ENOTCONN."""
    _, it = _at(p, fd)
    return _give(k, unix.peer_name(it) if it.is_unix else inet.peer_name(it))


def getsockopt(k: Kernel, p: Process, fd: int, level: int, name: int) -> int:
    """getsockopt(2): the length. Mailbox: the value. ENOPROTOOPT, EOPNOTSUPP."""
    _, it = _at(p, fd)
    return _give(k, options.get(it, level, name))


def setsockopt(k: Kernel, p: Process, fd: int, level: int, name: int, size: int) -> int:
    """setsockopt(2); the mailbox has the value. ENOPROTOOPT, EOPNOTSUPP, EINVAL, EPERM."""
    _, it = _at(p, fd)
    options.put(k.net.gate, p.cred, it, level, name, _taken(k, size))
    return 0


def socket_disconnected(k: Kernel, p: Process, fd: int) -> int:
    """The gate tells: the other side of a datagram socket is gone, or a connection of TCP has ended."""
    _, it = _at(p, fd)
    if it.is_unix:
        it.peer = None
        it.state = State.UNCONNECTED
    elif not it.bound:
        k.net.tcp.release(it)
    return 0


def socket_route(k: Kernel, p: Process, fd: int, address: int, size: int) -> int:
    """Where a datagram goes: the number of a socket, 0 for nowhere, RESOLVER (`socket_ask` then has it).

    The mailbox has the address (`address` bytes of it; 0: none was given). Afterwards it has, for UDP:
    i32 whether a refusal is heard, i32 length of the sender's address; then that.
    """
    _, it = _at(p, fd)
    if it.is_unix:
        return unix.route(k.net, p, it, _taken(k, address))
    receiver, source, heard, to = inet.route(k.net, it, _taken(k, address), size)
    if to == resolver.ADDRESS and receiver is None:
        return RESOLVER
    _ROUTE.pack_into(k.mailbox, 0, heard, len(source))
    k.mailbox[_ROUTE.size : _ROUTE.size + len(source)] = source
    return 0 if receiver is None else receiver.number


def socket_ask(k: Kernel, p: Process, fd: int, size: int) -> int:
    """A question for the resolver; the mailbox has it. The length of the answer, 0 for none.

    Mailbox: i32 0, i32 length of the resolver's address; then that, then the answer.
    """
    _, it = _at(p, fd)
    answer = resolver.answer(_taken(k, size), k.hostname, k.net.gateway.lookup)
    source = pack_inet(it.family, resolver.ADDRESS)
    _ROUTE.pack_into(k.mailbox, 0, 0, len(source))
    at = _ROUTE.size + len(source)
    k.mailbox[_ROUTE.size : at] = source
    k.mailbox[at : at + len(answer)] = answer
    return len(answer)


def socket_caller(k: Kernel, p: Process, pid: int, uid: int, gid: int) -> int:
    """Who a message says that it is from (SCM_CREDENTIALS). Mailbox: struct ucred.

    `pid` 0 asks for the caller's own; another must be the caller's: EPERM.
    """
    cred = p.cred
    if not pid:
        _IDENTITY.pack_into(k.mailbox, 0, p.pid, cred.uid, cred.gid)
        return 0
    if cred.euid != 0 and (
        pid != p.pid
        or uid not in (cred.uid, cred.euid, cred.suid)
        or gid not in (cred.gid, cred.egid, cred.sgid)
    ):
        raise SysError(EPERM)
    _IDENTITY.pack_into(k.mailbox, 0, pid, uid, gid)
    return 0


def rights_pack(k: Kernel, p: Process, to: int, count: int) -> int:
    """SCM_RIGHTS, sent to socket `to`; the mailbox has the descriptors, i32. The number of the parcel."""
    fds = struct.unpack_from(f"<{count}i", k.mailbox, 0)
    return k.net.parcels.pack(p, fds, k.net.sockets[to])


def rights_take(k: Kernel, p: Process, number: int, most: int, cloexec: int, keep: int) -> int:
    """SCM_RIGHTS, received: how many descriptors were made (at most `most`). Mailbox: them, i32.

    The rest is closed. With `keep` (MSG_PEEK) the parcel stays where it is.
    """
    files = list(k.net.parcels.contents(number)) if keep else k.net.parcels.take(number)
    if keep:
        for file in files:
            file.refs += 1
    fds: list[int] = []
    for file in files:
        try:
            if len(fds) >= most:
                raise SysError(EMFILE)
            fds.append(install(p, file, bool(cloexec)))
        except SysError:
            release(k, file)
    struct.pack_into(f"<{len(fds)}i", k.mailbox, 0, *fds)
    return len(fds)


def rights_drop(k: Kernel, p: Process, number: int) -> int:
    """A parcel was received by a read that takes none: its descriptions are closed."""
    release_parcels(k, [number])
    return 0
