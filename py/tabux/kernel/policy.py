"""Which programs may be executed, where the sandbox's owner has said so."""

from __future__ import annotations

from dataclasses import dataclass

#: where the commands are that an allowlist speaks of; the user cannot write there
_SYSTEM = ("/usr/bin", "/usr/local/bin", "/bin", "/usr/sbin", "/usr/libexec")
#: what every command of the API is run by
_SHELLS = frozenset(("bash", "sh"))


@dataclass(frozen=True)
class CommandPolicy:
    """An allowlist (None: everything) and a denylist of names of commands.

    A name on the allowlist stands for the command of the system that has it, under no other name; the shell
    is always allowed. A name on the denylist is refused under the name it was called by and its own. What
    the shell does by itself (builtins) is no program.
    """

    allow: frozenset[str] | None
    deny: frozenset[str]

    def permits(self, path: str, found: str) -> bool:
        """Whether a program called by `path` may run, which is the file `found` (an absolute path)."""
        called = path.rsplit("/", 1)[-1]
        directory, _, name = found.rpartition("/")
        if called in self.deny or name in self.deny:
            return False
        if self.allow is None:
            return True
        in_system = any(directory == place or directory.startswith(f"{place}/") for place in _SYSTEM)
        return in_system and (called in self.allow or called in _SHELLS)
