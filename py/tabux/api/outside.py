"""The owner's network policy, and the gate's questions about requests to hosts outside."""

from __future__ import annotations

import json

from tabux.kernel.kernel import Kernel
from tabux.net import inet


def configure(k: Kernel, options: str) -> str:
    """Sets the policy: JSON of the options. What is wrong with them, empty where nothing is."""
    try:
        k.net.gateway.policy.configure(json.loads(options))
    except ValueError as error:
        return str(error)
    return ""


def allow(k: Kernel, rules: str) -> str:
    """Adds rules: a JSON array. What is wrong with them, empty where nothing is."""
    try:
        k.net.gateway.policy.allow(json.loads(rules))
    except ValueError as error:
        return str(error)
    return ""


def revoke(k: Kernel, host: str) -> int:
    """Takes the rules of a host away; how many there were."""
    return k.net.gateway.policy.revoke(host)


def plan(k: Kernel, number: int, head: str) -> str:
    """See `tabux.net.gateway.Gateway.plan`."""
    return k.net.gateway.plan(number, head)


def connected(k: Kernel, number: int, errno: int) -> int:
    """The relay has made a connection, or has not (an errno); whether anybody has it."""
    return int(inet.relay_settled(k.net, number, errno))


def tunnel(k: Kernel, number: int) -> int:
    """Whether a program's own TLS may pass on a connection (`tabux.net.gateway.Gateway.tunnel`)."""
    return int(k.net.gateway.tunnel(number))


def closed(k: Kernel, number: int) -> int:
    """The gateway has done with a connection; its socket goes too."""
    k.net.gateway.closed(number)
    socket = k.net.sockets.get(number)
    if socket is not None:
        k.net.close(socket)
    return 0
