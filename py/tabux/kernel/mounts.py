"""Host mounts as the kernel has them: the gate's answers to what a tree (tabux.fs.host) has asked."""

from __future__ import annotations

from collections.abc import Callable

from tabux.fs.host import HostTree
from tabux.kernel.kernel import Kernel


def tree_of(k: Kernel, number: int) -> HostTree | None:
    """The tree of a mount; None when it is not mounted any more."""
    return k.hosts.get(number)


def _listed(k: Kernel, number: int, ino: int, text: str) -> int:
    tree = tree_of(k, number)
    if tree is not None:
        tree.listed(ino, text)
    return 0


def _failed(k: Kernel, number: int, ino: int, errno: int) -> int:
    tree = tree_of(k, number)
    if tree is not None:
        tree.failed(ino, errno)
    return 0


def _done(k: Kernel, number: int, operation: int, errno: int) -> int:
    tree = tree_of(k, number)
    if tree is not None:
        tree.done(operation, errno)
    return 0


def _expected(k: Kernel, number: int, operation: int) -> int:
    tree = tree_of(k, number)
    return int(tree is not None and tree.expected(operation))


def _flushed(k: Kernel, number: int, ino: int, mtime_ms: float) -> int:
    tree = tree_of(k, number)
    if tree is not None:
        tree.flushed(ino, mtime_ms)
    return 0


def _stale(k: Kernel, number: int, path: str) -> int:
    tree = tree_of(k, number)
    if tree is not None:
        tree.stale(path)
    return 0


#: by the names that the gate uses; see the methods of HostTree
ANSWERS: dict[str, Callable[..., int]] = {
    "host_listed": _listed,
    "host_failed": _failed,
    "host_done": _done,
    "host_expected": _expected,
    "host_flushed": _flushed,
    "host_stale": _stale,
}
