"""What is synced survives: browsers and pages that end at any moment while programs write."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

from .killing import Moment, Plan, Profile, Rounds, begin, read, tree
from .pages import SandboxPage
from .writers import PLACE, WRITERS, Files

#: What is done and when the kill comes follows from it.
SEED = "tabux"
ROUNDS = 10
#: Seconds that may be lost when nothing is synced: one to the next flush, and what that takes on a
#: machine that is busy with all of the programs.
AGE = 10.0


@pytest.fixture
def profile(playwright: Playwright, site: str, tmp_path: Path) -> Iterator[Profile]:
    """A new profile on disk."""
    kept = Profile(playwright, site, tmp_path / "profile")
    yield kept
    kept.close()


@pytest.fixture
def rounds(playwright: Playwright, site: str, tmp_path: Path) -> Iterator[Rounds]:
    """A new profile for rounds of kills."""
    kept = Rounds(playwright, site, tmp_path / "profile")
    yield kept
    kept.close()


def survive(rounds: Rounds, plan: Plan, seed: str, end: str = "browser") -> None:
    """A round that leaves everything as it has to be."""
    outcome = rounds.round(plan, end)
    report = f"seed {seed}: {plan}\n{outcome.line}"
    print(report)
    assert not outcome.flaws, "\n".join([report, *outcome.flaws])
    assert outcome.age < AGE, report


# -- the end comes at any moment -----------------------------------------------------------------


def test_what_is_synced_survives_a_kill(rounds: Rounds) -> None:
    for number in range(ROUNDS):
        seed = f"{SEED}/{number}"
        survive(rounds, Plan.of(seed), seed)


@pytest.mark.parametrize("number", range(3))
def test_a_kill_during_the_first_save(rounds: Rounds, number: int) -> None:
    seed = f"{SEED}/first/{number}"
    moment = Moment("syncing", 0, random.Random(seed).uniform(0, 0.1))
    plan = replace(Plan.of(seed), sync="files", waits=(300,), moment=moment)
    survive(rounds, plan, seed)


def test_a_kill_right_after_the_command_sync(rounds: Rounds) -> None:
    seed = f"{SEED}/sync"
    plan = replace(Plan.of(seed), sync="command", waits=(500, 0), moment=Moment("synced", 1, 0))
    survive(rounds, plan, seed)


@pytest.mark.parametrize("end", ["renderer", "leave"])
def test_the_browser_lives_on(rounds: Rounds, end: str) -> None:
    for number in range(3):
        seed = f"{SEED}/{end}/{number}"
        survive(rounds, Plan.of(seed), seed, end)


# -- the end comes while something else is under way ---------------------------------------------

#: A state of many files and a large one, every one of which tells which state it is of.
MANY = f"""
mkdir -p {PLACE} && cd {PLACE} && rm -rf both only-*; mkdir both only-$1
for i in {{1..300}}; do echo "$1 $i" > both/f$i; done
for i in {{1..50}}; do echo "$1 $i" > only-$1/f$i; done
head -c 8000000 /dev/zero | tr '\\0' $1 > both/large
"""


def make(sandbox: SandboxPage, state: str) -> dict[str, Files]:
    """Makes the files of a state, and gives them."""
    sandbox.output(f"set -- {state}\n{MANY}")
    return tree(sandbox, PLACE)


@pytest.mark.parametrize("number", range(3))
def test_a_kill_while_a_snapshot_is_restored(profile: Profile, number: int) -> None:
    seconds = random.Random(f"{SEED}/restore/{number}").uniform(0, 0.3)
    sandbox = profile.open()
    old = make(sandbox, "a")
    snapshot = sandbox.evaluate("return await sandbox.snapshot({ name: 'old' })")
    new = make(sandbox, "b")
    sandbox.evaluate("await sandbox.files.sync()")
    code = "await sandbox.restore(arg); await sandbox.files.sync()"
    done = profile.kill_during(sandbox, code, snapshot, seconds)
    sandbox = profile.open()
    found = tree(sandbox, PLACE)
    assert found == old or (found == new and not done), f"killed after {seconds} s"
    sandbox.evaluate("await sandbox.restore(arg)", snapshot)
    assert tree(sandbox, PLACE) == old


@pytest.mark.parametrize("number", range(3))
def test_a_kill_while_a_session_is_renamed(profile: Profile, number: int) -> None:
    seconds = random.Random(f"{SEED}/rename/{number}").uniform(0, 0.2)
    sandbox = profile.open("one")
    files = make(sandbox, "a")
    sandbox.evaluate("await sandbox.close()")
    code = "await tabux.Sandbox.sessions.rename('one', 'two')"
    done = profile.kill_during(sandbox, code, None, seconds)
    names = profile.page().evaluate(
        "return (await tabux.Sandbox.sessions.list()).map(({ name }) => name)"
    )
    # it is copied, and then deleted: both may be there, and then both are whole
    assert set(names) in ([{"two"}] if done else [{"one"}, {"two"}, {"one", "two"}]), seconds
    for name in names:
        assert tree(profile.open(name), PLACE) == files, f"{name}, killed after {seconds} s"


@pytest.mark.parametrize("number", range(3))
def test_a_kill_while_100_megabytes_are_saved(profile: Profile, number: int) -> None:
    seconds = random.Random(f"{SEED}/large/{number}").uniform(0, 0.5)
    # a hundred numbered pieces of 1 MiB
    pieces = """awk 'BEGIN {
        pad = sprintf("%1048560s", ""); for (i = 0; i < 100; i++) printf "%015d\\n%s", i, pad }'"""
    sandbox = profile.open()
    sandbox.output("echo before > before; sync")
    sandbox.output(f"{pieces} > large; echo after > after")
    done = profile.kill_during(sandbox, "await sandbox.files.sync()", None, seconds)
    sandbox = profile.open()
    found = sandbox.output(
        f"cat before; s=0; [ -e large ] && s=$(stat -c %s large)"
        f" && {pieces} | head -c $s | cmp - large; echo $s; [ -e after ] && cat after; true"
    ).split()
    whole = ["before", str(100 << 20), "after"]
    # programs may have been in the midst of it at the last cut
    assert found == whole or (not done and found[0] == "before" and len(found) == 2), (
        found,
        seconds,
    )


# -- and the check itself ------------------------------------------------------------------------


def test_a_sync_that_lies_is_noticed(rounds: Rounds) -> None:
    plan = Plan(("append",), "lie", (500, *[50] * 1000), Moment("synced", 12, 0.0))
    flaws = [flaw for _ in range(3) for flaw in rounds.round(plan).flaws]
    assert any("had been synced" in flaw for flaw in flaws)
    assert all("had been synced" in flaw for flaw in flaws), flaws


@pytest.fixture(scope="module")
def written(browser: Browser, site: str) -> Iterator[SandboxPage]:
    """A sandbox in which every program has worked for a while, and then was killed."""
    context = browser.new_context()
    sandbox = SandboxPage(context.new_page(), site)
    sandbox.create()
    sandbox.page.evaluate("window.heard = ''; window.record = (text) => { heard += text; }")
    plan = Plan(tuple(WRITERS)[1:], None, (), Moment("begin", 0, 0))
    begin(sandbox, dict.fromkeys(WRITERS, 0), plan)
    for word in ("running", r'"small":"(\\d+ \\d+\\n)*1\d\d ', r'"git":"(\\d+ \\d+\\n)*12 '):
        sandbox.page.wait_for_function("(word) => new RegExp(word).test(heard)", arg=word)
    sandbox.run("kill -KILL -1")
    yield sandbox
    context.close()


#: A program, what is done to its files, and what is said of them then.
DAMAGES = [
    ("append", "printf 000000000000 1<>../clock/clock", "append is newer than the rest"),
    ("clock", "truncate -s 5 clock", "the clock shows"),
    ("small", "set -- $(ls -v); rm $3", "small files are missing"),
    ("small", "rm $(ls -v | head -n 2)", "the oldest small file is"),
    ("small", "truncate -s -1 f39", "f39 is not what was written"),
    ("small", ": > f39", "f39 is not what was written"),
    ("large", "printf x | dd of=large bs=1 seek=400000 conv=notrunc status=none", "is torn"),
    ("large", "dd if=large of=large bs=5000 count=1 seek=9 conv=notrunc status=none", "is torn"),
    ("large", "truncate -s -131072 large", "no whole number of blocks"),
    ("large", "truncate -s -5000 large", "1676 blocks of 1677"),
    (
        "scatter",
        "dd if=/dev/zero of=large bs=5000 count=1 seek=611 conv=notrunc status=none",
        "(611,",
    ),
    ("scatter", "truncate -s -5000 large", "blocks for"),
    ("rename", "truncate -s 10000 target", "half a target"),
    ("rename", "cp target tmp", "tmp is of step"),
    ("append", "sed -i 5d log", "line 5 is"),
    ("append", "truncate -s 100 log", "append: line"),
    ("chain", "printf 000000000000 1<>first", "chain: 0 is written"),
    ("move", "mkdir d9999", "move:"),
    ("move", "rm d*/link", "move:"),
    ("move", "printf 9 > x; cp --remove-destination x d*/link; rm x", "move:"),
    ("git", "rm -rf .git/objects/??; rm -f .git/objects/pack/*", "git:"),
    (
        "git",
        "for f in $(find .git/objects -name '*.pack'); do chmod u+w $f; truncate -s -1 $f; done",
        "git:",
    ),
    ("git", "truncate -s 100 .git/index", "git:"),
    ("git", "truncate -s 0 .git/refs/heads/main", "git:"),
    (
        "git",
        "git checkout -q --orphan new; git -c user.name=x -c user.email=x commit -qm '7 7'",
        "git: not all",
    ),
    ("sqlite", "truncate -s -4096 data.db", "sqlite: "),
    ("sqlite", "printf xxxx | dd of=data.db bs=1 seek=8192 conv=notrunc status=none", "sqlite: "),
    (
        "sqlite",
        "sqlite3 data.db 'UPDATE debit SET amount = amount + 1 WHERE id = 1'",
        "sqlite: ",
    ),
    ("sqlite-off", "sqlite3 data.db 'DELETE FROM log WHERE n = 1'", "sqlite: "),
]


@pytest.mark.parametrize(("name", "damage", "flaw"), DAMAGES)
def test_damage_is_noticed(written: SandboxPage, name: str, damage: str, flaw: str) -> None:
    copy = "/home/user/damaged"
    names = {"clock": None, name: None}
    written.output(f"rm -rf {copy}; mkdir {copy}; cd {PLACE}; cp -a {' '.join(names)} {copy}")
    assert not read(written, names, copy).flaws
    written.output(f"cd {copy}/{name}; {damage}")
    assert flaw in "\n".join(read(written, names, copy).flaws)
