"""What the keeper of a session (web/worker/session.js) asks of the kernel. Lists travel as text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tabux.abi.errno import EINVAL, SysError
from tabux.abi.signal import SIGKILL
from tabux.kernel import signals
from tabux.kernel.kernel import Kernel
from tabux.session.journal import Journal
from tabux.session.overlay import Overlay


def pending(k: Kernel) -> int:
    """How many inodes have changed, or gone, since they were last told of."""
    return Journal(k.vfs).pending()


def written(k: Kernel) -> int:
    """How many files have been made, or have had their content changed, since changes were last taken."""
    return Journal(k.vfs).written()


def take(k: Kernel, most: int) -> str:
    """What has changed, at most about `most` rows; see `Journal.take`."""
    return Journal(k.vfs).take(most)


def open_session(k: Kernel, table: str, last: int) -> str:
    """Lays the rows of a session over the files; see `Overlay.open`. EINVAL when the text is none of rows.

    Answers a JSON array: the paths of shipped files that the session had changed and this site has not.
    """
    k.overlay = Overlay(k.vfs, k.gate)
    with _rows_are_right(k):
        k.overlay.open(table, last)
    return json.dumps([path.encode("latin-1").decode("utf-8", "replace") for path in k.overlay.lost])


def restore(k: Kernel, table: str, gone: str) -> int:
    """Makes the files those of a snapshot; `gone` are records, separated by spaces. See `Overlay.restore`."""
    assert k.overlay is not None
    with _rows_are_right(k):
        k.overlay.restore(table, [int(record) for record in gone.split()])
    return 0


@contextmanager
def _rows_are_right(k: Kernel) -> Iterator[None]:
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        k.gate.log(f"tabux: the session cannot be read: {error!r}")
        raise SysError(EINVAL) from error


def end_processes(k: Kernel) -> int:
    """Kills everything that runs: what it runs on is about to be replaced."""
    for p in list(k.processes.values()):
        signals.post(k, p, SIGKILL)
    return 0
