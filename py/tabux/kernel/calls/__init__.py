"""The system calls, one function each: `(kernel, process, arguments…)` to a result or BLOCKED, or SysError.

`CALLS` lists them by the name the gate uses.
"""

from __future__ import annotations

from collections.abc import Callable

from tabux.kernel.calls import (
    descriptor_calls,
    path_calls,
    process_calls,
    signal_calls,
    signalfd_calls,
    socket_calls,
    system_calls,
    thread_calls,
    tty_calls,
)

CALLS: dict[str, Callable[..., int]] = {}
for _module in (
    descriptor_calls,
    path_calls,
    process_calls,
    signal_calls,
    signalfd_calls,
    socket_calls,
    system_calls,
    thread_calls,
    tty_calls,
):
    CALLS.update({name: getattr(_module, name) for name in _module.__all__})
