"""Who runs commands, and in what environment (DESIGN, "The public module")."""

from __future__ import annotations

from tabux.fs.credentials import Credentials

#: commands run as this user; files the owner makes through the API belong to it too
USER = Credentials(1000, 1000, (1000,))
HOME = "/home/user"
SHELL = "/usr/bin/bash"

_ENVIRONMENT = {
    "HOME": HOME,
    "LANG": "C.UTF-8",
    "LOGNAME": "user",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "SHELL": "/bin/bash",
    "TERM": "dumb",
    "TZ": "UTC",
    "USER": "user",
}


def environment(*layers: dict[str, str]) -> str:
    """The default environment with these on top, as `NAME=value` strings each ended by NUL (latin-1)."""
    merged = dict(_ENVIRONMENT)
    for layer in layers:
        merged.update(layer)
    return "".join(f"{name}={value}\0" for name, value in merged.items())
