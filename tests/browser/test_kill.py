"""What is synced survives: browsers and pages that end at any moment while programs write."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Playwright

from .killing import Chromium, Moment, Plan, Record, Rounds, begin, read
from .pages import SandboxPage
from .writers import PLACE, WRITERS

#: What is done and when the kill comes follows from it.
SEED = "tabux"
ROUNDS = 10
#: Seconds that may be lost when nothing is synced: one to the next flush, and what that takes on a
#: machine that is busy with all of the programs.
AGE = 10.0


@pytest.fixture
def profile(playwright: Playwright, tmp_path: Path) -> Iterator[Profile]:
    """A profile on disk, and browsers for it."""
    kept = Profile(playwright, tmp_path / "profile")
    yield kept
    kept.close()


@pytest.fixture
def open_rounds(
    playwright: Playwright, site: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Rounds]]:
    """Opens a new profile for rounds of kills."""
    opened: list[Rounds] = []

    def open_one() -> Rounds:
        opened.append(Rounds(playwright, site, tmp_path_factory.mktemp("profile")))
        return opened[-1]

    yield open_one
    for rounds in opened:
        rounds.close()


def survive(rounds: Rounds, plan: Plan, seed: str, end: str = "browser") -> None:
    """A round that leaves everything as it has to be."""
    outcome = rounds.round(plan, end)
    report = f"seed {seed}: {plan}\n{outcome.line}"
    print(report)
    assert not outcome.flaws, "\n".join([report, *outcome.flaws])
    assert outcome.age < AGE, report


# -- the end comes at any moment -----------------------------------------------------------------


def test_what_is_synced_survives_a_kill(open_rounds: Callable[[], Rounds]) -> None:
    rounds = open_rounds()
    for number in range(ROUNDS):
        seed = f"{SEED}/{number}"
        survive(rounds, Plan.of(seed), seed)


@pytest.mark.parametrize("number", range(3))
def test_a_kill_during_the_first_save(open_rounds: Callable[[], Rounds], number: int) -> None:
    seed = f"{SEED}/first/{number}"
    moment = Moment("syncing", 0, random.Random(seed).uniform(0, 0.1))
    plan = replace(Plan.of(seed), sync="files", waits=(300,), moment=moment)
    survive(open_rounds(), plan, seed)


def test_a_kill_right_after_the_command_sync(open_rounds: Callable[[], Rounds]) -> None:
    seed = f"{SEED}/sync"
    plan = replace(Plan.of(seed), sync="command", waits=(500, 0), moment=Moment("synced", 1, 0))
    survive(open_rounds(), plan, seed)


@pytest.mark.parametrize("end", ["renderer", "leave"])
def test_the_browser_lives_on(open_rounds: Callable[[], Rounds], end: str) -> None:
    rounds = open_rounds()
    for number in range(3):
        seed = f"{SEED}/{end}/{number}"
        survive(rounds, Plan.of(seed), seed, end)


# -- the end comes while something else is under way ---------------------------------------------

#: Two states of many files and a large one; whole are they by what `sum` of all of them says.
STATE = """
rm -rf both $1; mkdir -p both only-$1
for i in {1..300}; do echo "$1 $i" > both/f$i; done
for i in {1..50}; do echo "$1 $i" > only-$1/f$i; done
head -c 8000000 /dev/zero | tr '\\0' $1 > both/large
ln -s $1 both/link
"""


# -- and the check itself ------------------------------------------------------------------------
