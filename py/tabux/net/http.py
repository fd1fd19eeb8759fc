"""The head of a request of HTTP/1.1, as strictly as RFC 9112 allows: what is unclear is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_LINE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/1\.([01])")
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
#: methods whose case a browser does not mind (Fetch standard, "normalize")
_ANY_CASE = frozenset(("DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"))
_LONGEST_LENGTH = 15


class BadRequestError(Exception):
    """It cannot be understood: the status to answer with, and why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Head:
    """A request's line and fields.

    Attributes:
        fields: names in lower case, and values, in their order.
        names: the names as they were written.
        length: bytes of the body; -1 where it comes in chunks.
    """

    method: str
    target: str
    minor: int
    fields: tuple[tuple[str, str], ...]
    names: tuple[str, ...]
    length: int

    def values(self, name: str) -> list[str]:
        """The elements of a field that is a list, in lower case."""
        lists = [value for field, value in self.fields if field == name]
        return [part.strip().lower() for value in lists for part in value.split(",") if part.strip()]

    @property
    def keep(self) -> bool:
        """Whether the connection goes on after the response."""
        connection = self.values("connection")
        return "close" not in connection if self.minor else "keep-alive" in connection

    @property
    def expects(self) -> bool:
        """Whether the body only comes when somebody says so (100-continue)."""
        return bool(self.minor) and "100-continue" in self.values("expect")


def parse(text: str) -> Head:
    """The head in `text` (latin-1, without the empty line at its end).

    Raises:
        BadRequestError: 400, 417, 501 or 505.
    """
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    begin = _LINE.fullmatch(lines[0])
    if not begin:
        if re.fullmatch(r"\S+ \S+ HTTP/\S+", lines[0]):
            raise BadRequestError(505, "only HTTP/1.0 and HTTP/1.1 are spoken here")
        raise BadRequestError(400, "this is not a request of HTTP/1.1")
    method, target, minor = begin.groups()
    fields, names = [], []
    for line in lines[1:]:
        found = _FIELD.fullmatch(line)
        if not found or not _VALUE.fullmatch(found[2]):
            raise BadRequestError(400, "a header field is malformed")
        names.append(found[1])
        fields.append((found[1].lower(), found[2]))
    upper = method.upper()
    head = Head(upper if upper in _ANY_CASE else method, target, int(minor), tuple(fields), tuple(names), 0)
    expected = head.values("expect")
    if expected not in ([], ["100-continue"]):
        raise BadRequestError(417, "only 100-continue can be expected")
    return replace(head, length=_length(head))


def _length(head: Head) -> int:
    codings = head.values("transfer-encoding")
    lengths = [value for name, value in head.fields if name == "content-length"]
    if codings or any(name == "transfer-encoding" for name, _ in head.fields):
        if lengths or not head.minor:
            raise BadRequestError(400, "the length of the body is ambiguous")
        if codings != ["chunked"]:
            raise BadRequestError(501, "the only transfer coding is chunked")
        return -1
    if not lengths:
        return 0
    if len(lengths) > 1 or not re.fullmatch(f"[0-9]{{1,{_LONGEST_LENGTH}}}", lengths[0]):
        raise BadRequestError(400, "the length of the body is ambiguous")
    return int(lengths[0])
