"""Secrets that the sandbox never sees: it has a placeholder, in whose place the value is put outside."""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from dataclasses import dataclass, field

from tabux.net.rules import Rule


@dataclass(frozen=True)
class Secret:
    """One of them: the name of the environment variable with the placeholder, and for which hosts it is."""

    name: str
    value: str = field(repr=False)
    rules: tuple[Rule, ...]

    @property
    def placeholder(self) -> str:
        """What the sandbox has instead."""
        return f"tabux-secret-{self.name}"

    def fill(self, host: str, value: str) -> str:
        """The value of a header field, with the secret in it where the host may have it."""
        if not any(rule.matches(host) for rule in self.rules):
            return value
        scheme, _, credentials = value.partition(" ")
        if scheme.lower() == "basic":
            try:
                plain = a2b_base64(credentials.strip(), strict_mode=True).decode()
            except ValueError:
                return value
            return f"{scheme} {b2a_base64(self._in(plain).encode(), newline=False).decode()}"
        return self._in(value)

    def _in(self, text: str) -> str:
        return text.replace(self.placeholder, self.value)
