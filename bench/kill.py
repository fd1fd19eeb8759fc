"""Kills a browser again and again while programs write in a session; checks what the next finds.

    .venv/bin/python bench/kill.py [--rounds N] [--seed WORD] [--only NAME,NAME] [--directory DIST]

What a round does and when the kill comes follows from the seed, which is random unless given. Ten
rounds go on with one profile, then a new one is made; after a round with flaws, too, and the
profile with the flaws is kept.
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.killing import Plan, Rounds  # noqa: E402
from tests.browser.pages import CONFIG  # noqa: E402
from tests.browser.writers import WRITERS  # noqa: E402

#: rounds with one profile
TOGETHER = 10


def main() -> int:
    """Runs the rounds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", default=secrets.token_hex(4))
    parser.add_argument("--first", type=int, default=0, help="the first round's number")
    parser.add_argument("--only", default=",".join(WRITERS), metavar="NAME,NAME", help="programs")
    parser.add_argument("--directory", type=Path, default=ROOT / "dist")
    options = parser.parse_args()
    names = tuple(dict.fromkeys(("clock", *options.only.split(","))))
    print(f"seed {options.seed}", flush=True)
    bad, ages, syncs = 0, [0.0], 0
    rounds: Rounds | None = None
    profile = Path()
    with CONFIG["serve"](options.directory) as site, sync_playwright() as playwright:
        for number in range(options.first, options.first + options.rounds):
            if not rounds:
                profile = Path(tempfile.mkdtemp(prefix="tabux-kill-"))
                rounds = Rounds(playwright, site, profile, names)
            plan = Plan.of(f"{options.seed}/{number}", names)
            print(f"{number:3} {plan}", flush=True)
            outcome = rounds.round(plan)
            ages.append(outcome.age)
            syncs += outcome.syncs
            print(f"    {outcome.line}", *outcome.flaws, sep="\n    FLAW: ", flush=True)
            bad += bool(outcome.flaws)
            if outcome.flaws or number % TOGETHER == TOGETHER - 1:
                rounds.close()
                rounds = None
                if outcome.flaws:
                    print(f"    the profile is kept: {profile}")
                else:
                    shutil.rmtree(profile)
        if rounds:
            rounds.close()
            shutil.rmtree(profile)
    good = options.rounds - bad
    print(
        f"{good} of {options.rounds} rounds without a flaw; {syncs} syncs;"
        f" lost {max(ages):.2f} s at most"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
