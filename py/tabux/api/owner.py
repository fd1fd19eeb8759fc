"""Who runs commands, and in what environment (DESIGN, "The public module")."""

from __future__ import annotations

from tabux.fs.credentials import Credentials

#: commands run as this user; files the owner makes through the API belong to it too
USER = Credentials(1000, 1000, (1000,))
HOME = "/home/user"
SHELL = "/usr/bin/bash"
PATH = "/usr/local/bin:/usr/bin:/bin"
#: where `pip install` puts commands (the user scheme of Python's sysconfig; systemd's file-hierarchy(7))
OWN_COMMANDS = f"{HOME}/.local/bin"

_ENVIRONMENT = {
    "HOME": HOME,
    "LANG": "C.UTF-8",
    "LOGNAME": "user",
    "PATH": PATH,
    "SHELL": "/bin/bash",
    "TERM": "dumb",
    "TZ": "UTC",
    "USER": "user",
}


def environment(*layers: dict[str, str], own_commands: bool = False) -> str:
    """The default environment with these on top, as `NAME=value` strings each ended by NUL (latin-1).

    `own_commands`: there is a directory `OWN_COMMANDS`, which then is the first of the default PATH, as a
    login shell would have it.
    """
    merged = dict(_ENVIRONMENT)
    if own_commands:
        merged["PATH"] = f"{OWN_COMMANDS}:{PATH}"
    for layer in layers:
        merged.update(layer)
    return "".join(f"{name}={value}\0" for name, value in merged.items())
