"""Synthetic addresses: a name outside has one of 198.18.0.0/15, which is nobody's (RFC 2544)."""

from __future__ import annotations

#: the first is 198.18.1.0: those before are the machine's own
_FIRST = (198 << 24) | (18 << 16) | 256
#: at most so many names have one: they are remembered for the life of the sandbox
MOST = 16_384


class Names:
    """The names that have been asked for."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._addresses: dict[str, bytes] = {}

    def address(self, host: str) -> bytes | None:
        """The address of a name, the same for ever; None when there are too many."""
        known = self._addresses.get(host)
        if known is None and len(self._names) < MOST:
            known = (_FIRST + len(self._names)).to_bytes(4)
            self._names.append(host)
            self._addresses[host] = known
        return known

    def name(self, address: bytes) -> str | None:
        """Whose address it is."""
        index = int.from_bytes(address) - _FIRST
        return self._names[index] if len(address) == 4 and 0 <= index < len(self._names) else None
