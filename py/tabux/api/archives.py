"""Archives of the sandbox's files, and files from archives, for web/worker/archives.js."""

from __future__ import annotations

import json

from tabux.abi.errno import EINVAL, ENOTDIR, EOPNOTSUPP, SysError
from tabux.abi.stat import S_IFDIR, S_IFMT
from tabux.api import files
from tabux.api.owner import USER
from tabux.fs.credentials import ROOT
from tabux.kernel.kernel import Kernel
from tabux.session.archive import Writer, whole
from tabux.session.difference import differing
from tabux.session.extraction import Extraction, ExtractionError
from tabux.session.placing import Place


class Archives:
    """Those under way, by number."""

    def __init__(self) -> None:
        self._last = 0
        self._writers: dict[int, Writer] = {}
        self._extractions: dict[int, Extraction] = {}

    def pack(self, k: Kernel, paths: str, cwd: str, passwd: str, group: str) -> int:
        """Begins an archive of `paths` (each ended by NUL, from `cwd`), or of all that differs from the site.

        `passwd` and `group` are the texts of the files that give users and groups their names. Answers its
        number. ENOENT, ENOTDIR …
        """
        if paths:
            start = k.vfs.lookup(k.vfs.root, cwd or "/", ROOT)
            found = whole(k.vfs, start, paths.split("\0")[:-1])
        else:
            found = differing(k.vfs)
        self._last += 1
        self._writers[self._last] = Writer(found, k.gate.extents, _names(passwd), _names(group))
        return self._last

    def pack_next(self, k: Kernel, number: int) -> str:
        """See `Writer.next`."""
        return self._writers[number].next()

    def pack_end(self, k: Kernel, number: int) -> str:
        """What was left out, a JSON array of sentences."""
        return json.dumps([_unicode(note) for note in self._writers.pop(number).notes])

    def extract(self, k: Kernel, to: str, is_owners: int) -> int:
        """Begins the extraction of an archive into the directory `to`, made where it is missing.

        With `is_owners` everything belongs to the sandbox's user, else to whom the archive says. Answers its
        number. EOPNOTSUPP: it is in a host mount, whose files come too late for that.
        """
        if is_owners:
            files.make_dir(k, to)
        top = k.vfs.lookup(k.vfs.root, to, ROOT)
        if top.mode & S_IFMT != S_IFDIR:
            raise SysError(ENOTDIR)
        if top.virtual:
            raise SysError(EINVAL)
        if top.mount.host is not None:
            raise SysError(EOPNOTSUPP)
        self._last += 1
        self._extractions[self._last] = Extraction(Place(k.vfs, top, USER.uid if is_owners else None))
        return self._last

    def extract_next(self, k: Kernel, number: int, given: str) -> str:
        """See `Extraction.next`; `failed SPACE REASON` where that fails."""
        try:
            return self._extractions[number].next(given)
        except ExtractionError as error:
            return f"failed {'1' if error.space else '0'} {_unicode(str(error))}"

    def extract_fail(self, k: Kernel, number: int, reason: str) -> str:
        """The archive cannot be read any further: what to say of it."""
        return _unicode(self._extractions[number].fail(reason))

    def extract_end(self, k: Kernel, number: int) -> str:
        """JSON: how many `members` were read, and `notes`."""
        done = self._extractions.pop(number)
        done.end()
        return json.dumps({"members": done.count, "notes": [_unicode(note) for note in done.notes]})


def _names(table: str) -> dict[int, str]:
    """Names by number, of the text of /etc/passwd or /etc/group."""
    names: dict[int, str] = {}
    for line in table.splitlines():
        fields = line.split(":")
        if len(fields) > 2 and fields[2].isascii() and fields[2].isdigit():
            names.setdefault(int(fields[2]), fields[0])
    return names


def _unicode(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "replace")
