"""The page and the servers in the sandbox: which ports there are, and connections to them."""

from __future__ import annotations

import json

from tabux.abi.errno import ECONNREFUSED, EINPROGRESS, SysError
from tabux.abi.socket import AF_INET, AF_INET6, IPPROTO_TCP, SOCK_STREAM
from tabux.kernel.kernel import Kernel
from tabux.net import inet
from tabux.net.address import LOOPBACK, LOOPBACK6, Endpoint, is_any, pack_inet
from tabux.net.network import identity_of


def ports(k: Kernel) -> str:
    """The ports of TCP where somebody listens: a JSON array of objects."""
    return json.dumps([port._asdict() for port in k.net.listening.all()])


def connect(k: Kernel, port: int) -> int:
    """The number of a socket of the owner's that is connected to a port, or about to be. ECONNREFUSED."""
    listener = k.net.listening.at(port)
    if listener is None or listener.local is None:
        raise SysError(ECONNREFUSED)
    host = listener.local.host
    if is_any(host):
        host = LOOPBACK if len(host) == 4 else LOOPBACK6
    family = AF_INET if len(host) == 4 else AF_INET6
    socket = k.net.new(family, SOCK_STREAM, IPPROTO_TCP, identity_of(k.init))
    try:
        inet.connect(k.net, k.init, socket, pack_inet(family, Endpoint(host, port)), nonblocking=True)
    except SysError as error:
        if error.errno == EINPROGRESS and not socket.refused:
            return socket.number
        k.net.close(socket)
        raise SysError(ECONNREFUSED if error.errno == EINPROGRESS else error.errno) from None
    raise AssertionError("a connection that does not wait is in progress")


def close(k: Kernel, number: int) -> int:
    """The owner has done with one of its sockets."""
    socket = k.net.sockets.get(number)
    if socket is not None:
        k.net.close(socket)
    return 0
