"""The files of host commands: the site's own, whatever the session has done to their directory."""

from __future__ import annotations

import json

from tabux.api import files, hosts
from tabux.session.journal import Journal

from tests.unit.fs_support import failure
from tests.unit.kernel_support import System

PLACE = "/usr/local/bin"
TEXT = "\0tabux-host\nhello\n"


def test_a_file_that_is_no_change() -> None:
    s = System()
    k = s.kernel
    before = Journal(k.vfs).pending()
    ino = hosts.add(k, f"{PLACE}/hello", TEXT)
    info = json.loads(files.info(k, f"{PLACE}/hello"))
    assert (info["uid"], info["mode"], info["size"]) == (0, 0o755, len(TEXT))
    assert s.gate.texts[ino] == TEXT
    assert failure(hosts.add, k, f"{PLACE}/hello", TEXT) == "EEXIST"
    hosts.remove(k, f"{PLACE}/hello")
    assert files.exists(k, f"{PLACE}/hello") == 0
    assert failure(hosts.remove, k, f"{PLACE}/hello") == "ENOENT"
    assert Journal(k.vfs).pending() == before


def test_in_a_directory_that_the_session_has_changed() -> None:
    s = System()
    k = s.kernel
    hosts.add(k, f"{PLACE}/early", TEXT)
    files.write(k, f"{PLACE}/mine")
    hosts.add(k, f"{PLACE}/late", TEXT)
    hosts.remove(k, f"{PLACE}/early")
    files.write(k, f"{PLACE}/other")
    row = next(line for line in Journal(k.vfs).take(1000).split("\n") if f'"{PLACE}",' in line)
    assert '"mine"' in row and '"other"' in row
    assert "early" not in row and "late" not in row


def test_what_is_somebody_elses_stays() -> None:
    s = System()
    k = s.kernel
    files.write(k, f"{PLACE}/mine")
    assert failure(hosts.add, k, f"{PLACE}/mine", TEXT) == "EEXIST"
    assert failure(hosts.remove, k, f"{PLACE}/mine") == "ENOENT"
    assert files.exists(k, f"{PLACE}/mine") == 1
