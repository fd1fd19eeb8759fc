"""What the keeper of a session (web/worker/session.js) asks of the kernel. Lists travel as text."""

from __future__ import annotations

import json

from tabux.abi.errno import EINVAL, SysError
from tabux.abi.signal import SIGKILL
from tabux.kernel import signals
from tabux.kernel.kernel import Kernel
from tabux.session import overlay
from tabux.session.journal import Journal


def pending(k: Kernel) -> int:
    """How many inodes have changed, or gone, since they were last told of."""
    return Journal(k.vfs).pending()


def take(k: Kernel, most: int) -> str:
    """What has changed, at most about `most` rows; see `Journal.take`."""
    return Journal(k.vfs).take(most)


def apply(k: Kernel, table: str, gone: str) -> str:
    """Lays rows over the files; `gone` are records, separated by spaces. See `overlay.apply`.

    Answers JSON: `contents` (pairs of inode number and record), `shipped` (inode numbers), `lost` (paths).
    EINVAL when the text is none of rows.
    """
    try:
        done = overlay.apply(k.vfs, table, [int(record) for record in gone.split()])
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        k.gate.log(f"tabux: the session cannot be read: {error!r}")
        raise SysError(EINVAL) from error
    lost = [path.encode("latin-1").decode("utf-8", "replace") for path in done.lost]
    return json.dumps({"contents": done.contents, "shipped": done.shipped, "lost": lost})


def reserve(k: Kernel, last: int) -> int:
    """The numbers of inodes up to `last` have been used in an earlier life of the session."""
    k.vfs.table.reserve(last)
    return 0


def end_processes(k: Kernel) -> int:
    """Kills everything that runs: what it runs on is about to be replaced."""
    for p in list(k.processes.values()):
        signals.post(k, p, SIGKILL)
    return 0
