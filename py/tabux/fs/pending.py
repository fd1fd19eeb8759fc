"""Waiting inside an operation of the file system: what it needs has to come from outside first."""

from __future__ import annotations


class Pending(Exception):
    """Nothing has been changed yet; the whole call is to be made again when somebody wakes `waiters`.

    `waiters` are the pids to be woken, 0 for the sandbox's owner: who catches this adds himself.
    """

    def __init__(self, waiters: set[int]) -> None:
        super().__init__()
        self.waiters = waiters
