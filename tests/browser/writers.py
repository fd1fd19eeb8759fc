"""Programs that write files all the time, and what must be left of their files after a crash.

Each counts its steps, and what a step writes follows from the step's number. After a crash the
files of each must be exactly those after some step, with the next one begun at the most.

That all of them are of *one* moment, the stamps show: the program `clock` counts in a file, and the
others put what they read there into what they write, so no file may bear a stamp that is later than
the clock. And they tell the page after each step its number and a stamp from after it: when that is
earlier than the clock in the files, then the step must be in the files.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

#: Where the programs work, each in a directory of its name.
PLACE = "/home/user/kill"

#: Sees to it that a program is started where it had come to, and tells of steps.
PRELUDE = r"""
n=$1
tick() { read -r t < ../clock/clock; t=$((10#$t)); }
told() { tick; echo "$n $t$1"; }
"""


@dataclass
class Found:
    """What a program's files show."""

    step: int
    #: the latest stamp in them
    stamp: int = 0
    flaws: list[str] = field(default_factory=list)


#: Paths below the program's directory, and contents; None for what is not a regular file.
Files = dict[str, bytes | None]


@dataclass(frozen=True)
class Writer:
    """A program that writes: a loop in bash, and how its files are read."""

    name: str
    loop: str
    check: Callable[[Files], Found]
    #: what is run before the files are looked at, as the user would do after a crash; what it
    #: prints `check` finds as the file `answers`
    recover: str = ""


def lines(name: str, step: int, stamp: int, count: int, width: int) -> bytes:
    """A text of which every line tells where it belongs."""
    return b"".join(
        b"%s %d %d line %0*d\n" % (name.encode(), step, stamp, width, i) for i in range(count)
    )


#: The same in bash: NAME COUNT WIDTH.
LINES = r"""
lines() { local i; for ((i = 0; i < $2; i++)); do printf "$1 $n $t line %0$3d\n" $i; done; }
"""


def header(content: bytes | None, name: str) -> tuple[int, int] | None:
    """Step and stamp of a text made by `lines`."""
    match = re.match(rb"%s (\d+) (\d+) " % name.encode(), content or b"")
    return (int(match[1]), int(match[2])) if match else None


# -- a counter that the others read ----------------------------------------------------------------

CLOCK = r"""
[ -e clock ] || printf '%012d\n' 0 > clock
[ -p pause ] || mkfifo pause
exec 9<>pause
while :; do
    n=$((n + 1))
    printf '%012d\n' $n 1<>clock
    echo "$n $n"
    read -r -t 0.005 -u 9
done
"""


def check_clock(files: Files) -> Found:
    """One number, written over in place."""
    content = files.get("clock")
    if not content:
        return Found(0)
    if not re.fullmatch(rb"\d{12}\n", content):
        return Found(0, 0, [f"the clock shows {content!r}"])
    return Found(int(content), int(content))


# -- many small files ------------------------------------------------------------------------------

#: files are removed that many at a time, when there are three times as many
LOT = 64
SMALL = (
    LINES
    + r"""
# what a crash has kept it from removing
for ((i = n / 64 * 64 - 191; i <= n / 64 * 64 - 128; i++)); do
    [ -e f$i ] && rm f$i
done
while :; do
    n=$((n + 1)); tick
    lines small $((n % 40)) $((n % 300 + 1)) > f$n
    if ((n % 64 == 0 && n >= 192)); then
        rm $(seq -f f%.0f $((n - 191)) $((n - 128)))
    fi
    told
done
"""
)


def check_small(files: Files) -> Found:
    """Files f1, f2, … of which only the last may be unfinished, and the oldest lot half removed."""
    numbers = sorted(int(name[1:]) for name in files)
    if not numbers:
        return Found(0)
    found = Found(numbers[-1])
    if numbers != list(range(numbers[0], numbers[-1] + 1)):
        missing = set(range(numbers[0], numbers[-1])) - set(numbers)
        found.flaws.append(f"small files are missing: {sorted(missing)}")
    for n in numbers:
        content = files[f"f{n}"] or b""
        seen = header(content, "small")
        step, stamp = seen or (n, 0)
        found.stamp = max(found.stamp, stamp)
        whole = lines("small", n, stamp, n % 40, n % 300 + 1)
        if content != whole and n == numbers[-1] and whole.startswith(content):
            found.step = n - 1
        elif content != whole:
            found.flaws.append(
                f"f{n} is not what was written: {len(content)} bytes of {len(whole)}, step {step}"
            )
    removed = max(0, numbers[-1] // LOT * LOT - 2 * LOT)
    # (a lot is removed file by file, when the last one's step has been done)
    before = max(0, removed - LOT) if numbers[-1] % LOT == 0 else removed
    if not before + 1 <= numbers[0] <= removed + 1:
        found.flaws.append(
            f"the oldest small file is f{numbers[0]}, not f{before + 1} … f{removed + 1}"
        )
    return found


# -- large files, changed in place -----------------------------------------------------------------

#: Bytes of a block: no power of two, so that blocks lie across the borders of the store's pieces.
BLOCK = 5000
BLOCKS = 1677
#: Which block a step of `scatter` writes: all of them in turn, far apart.
STRIDE = 611


def block(name: str, number: int, step: int, stamp: int) -> bytes:
    """A block that tells where it belongs."""
    head = b"%s %d %d %d " % (name.encode(), number, step, stamp)
    return head + bytes([97 + (number + step) % 26]) * (BLOCK - len(head))


def blocks(name: str, content: bytes, found: Found) -> list[int]:
    """The step of each block, 0 for one that is a hole."""
    steps = []
    if len(content) % BLOCK:
        found.flaws.append(f"{name}: {len(content)} bytes are no whole number of blocks")
    for number in range(len(content) // BLOCK):
        piece = content[number * BLOCK : (number + 1) * BLOCK]
        match = re.match(rb"%s (\d+) (\d+) (\d+) " % name.encode(), piece)
        step, stamp = (int(match[2]), int(match[3])) if match else (0, 0)
        if piece != (block(name, number, step, stamp) if match else bytes(BLOCK)):
            found.flaws.append(f"{name}: block {number} is torn: {piece[:40]!r} … {piece[-10:]!r}")
        found.stamp = max(found.stamp, stamp)
        steps.append(step)
    return steps


LARGE = r"""
while :; do
    n=$((n + 1)); tick
    awk -v n=$n -v t=$t 'BEGIN {
        for (i = 0; i < 26; i++) {
            pad[i] = sprintf("%5000s", ""); gsub(/ /, sprintf("%c", 97 + i), pad[i])
        }
        for (b = 0; b < 1677; b++) {
            head = "large " b " " n " " t " "
            printf "%s%s", head, substr(pad[(b + n) % 26], length(head) + 1)
        }
    }' | dd of=large bs=5000 iflag=fullblock conv=notrunc status=none
    told
done
"""


def check_large(files: Files) -> Found:
    """Blocks of one generation, then those of the one before."""
    found = Found(0)
    steps = blocks("large", files.get("large") or b"", found)
    if not steps:
        return found
    latest = steps[0]
    renewed = steps.index(latest - 1) if latest - 1 in steps else len(steps)
    wanted = [latest] * renewed + [latest - 1] * (len(steps) - renewed)
    if steps != wanted:
        at = next(
            i for i, (is_, should) in enumerate(zip(steps, wanted, strict=True)) if is_ != should
        )
        found.flaws.append(f"large: block {at} is of generation {steps[at]} amid {wanted[at]}")
    if 0 in steps or (latest > 1 and len(steps) != BLOCKS):
        found.flaws.append(f"large: {len(steps)} blocks of {BLOCKS} in generation {latest}")
    found.step = latest if renewed == BLOCKS else latest - 1
    return found


SCATTER = r"""
for ((i = 0; i < 26; i++)); do
    printf -v c "\\x$(printf %x $((97 + i)))"
    printf -v p %5000s ''
    pad[i]=${p// /$c}
done
while :; do
    n=$((n + 1)); tick
    b=$((n * 611 % 1677))
    head="scatter $b $n $t "
    printf %s "$head${pad[(b + n) % 26]:${#head}}" > block
    dd if=block of=large bs=5000 count=1 conv=notrunc seek=$b status=none
    told
done
"""


def check_scatter(files: Files) -> Found:
    """Each block is of the last step that wrote it."""
    found = Found(0)
    steps = blocks("scatter", files.get("large") or b"", found)
    found.step = max(steps, default=0)
    wanted = [0] * BLOCKS
    for step in range(max(1, found.step - BLOCKS + 1), found.step + 1):
        wanted[step * STRIDE % BLOCKS] = step
    while wanted and not wanted[-1]:
        wanted.pop()
    if steps != wanted:
        wrong = [
            (i, *pair)
            for i, pair in enumerate(zip(steps, wanted, strict=False))
            if pair[0] != pair[1]
        ]
        found.flaws.append(
            f"scatter: {len(steps)} blocks for {len(wanted)} at step {found.step};"
            f" (block, its step, the last that wrote it): {wrong[:5]}"
        )
    return found


# -- renames over existing files -------------------------------------------------------------------

RENAME = (
    LINES
    + r"""
while :; do
    n=$((n + 1)); tick
    lines rename $((n * 37 % 150 + 20)) 1000 > tmp
    ((n % 4)) || sync tmp
    mv tmp target
    told
done
"""
)


def renamed(name: str, files: Files, count: Callable[[int], int]) -> Found:
    """One whole version, and beside it at most the beginning of the next."""
    found = Found(0)
    for path in sorted(files):  # the target first
        content = files[path] or b""
        step, stamp = header(content, name) or (0, 0)
        found.stamp = max(found.stamp, stamp)
        whole = lines(name, step, stamp, count(step), 1000)
        if path == "target":
            found.step = step
            if content != whole:
                found.flaws.append(
                    f"{name}: half a target of step {step}: {len(content)} of {len(whole)} bytes"
                )
        elif (
            path != "tmp"
            or not whole.startswith(content)
            or (step or found.step + 1) != found.step + 1
        ):
            found.flaws.append(
                f"{name}: {path} is of step {step}, {len(content)} bytes; target {found.step}"
            )
    return found


def check_rename(files: Files) -> Found:
    return renamed("rename", files, lambda n: n * 37 % 150 + 20)


#: Tells of a step only when all of it is on disk.
DURABLE = (
    LINES
    + r"""
[ -p pause ] || mkfifo pause
exec 9<>pause
while :; do
    n=$((n + 1)); tick
    lines durable $((n % 20 + 1)) 1000 > tmp
    sync tmp
    mv tmp target
    sync target .
    told !
    read -r -t 0.3 -u 9
done
"""
)


def check_durable(files: Files) -> Found:
    return renamed(
        "durable", {k: v for k, v in files.items() if k != "pause"}, lambda n: n % 20 + 1
    )


# -- appending -------------------------------------------------------------------------------------

APPEND = r"""
while :; do
    n=$((n + 1)); tick
    printf 'append %d %d\n' $n $t >> log
    ((n % 16)) || told
done
"""


def check_append(files: Files) -> Found:
    """Lines 1, 2, 3, …, each whole."""
    content = files.get("log") or b""
    found = Found(content.count(b"\n"))
    for number, line in enumerate(content.split(b"\n"), 1):
        match = re.fullmatch(rb"append (\d+) (\d+)", line)
        if match and int(match[1]) == number:
            found.stamp = max(found.stamp, int(match[2]))
        elif number <= found.step or line:
            found.flaws.append(f"append: line {number} is {line[:60]!r}")
            break
    return found


# -- two programs, one after the other -------------------------------------------------------------

CHAIN = r"""
rm -f there back
mkfifo there back
mkdir -p other
(
    exec 3<there 4>back
    while read -r m <&3; do printf '%012d' $m 1<>other/second; echo $m >&4; done
) &
exec 3>there 4<back
while :; do
    n=$((n + 1))
    printf '%012d' $n 1<>first
    echo $n >&3
    read -r m <&4
    ((n % 8)) || told
done
"""


def check_chain(files: Files) -> Found:
    """The second program writes what the first has written before."""
    first = int(files.get("first") or 0)
    second = int(files.get("other/second") or 0)
    found = Found(second)
    if first - second not in (0, 1):
        found.flaws.append(f"chain: {first} is written, then {second}")
    return found


# -- directories that change their names -----------------------------------------------------------

MOVE = r"""
for d in d*; do [ -d $d ] && n=${d#d}; done
[ -e d$n/link ] || { mkdir -p d$n; printf '%012d' $n > d$n/count; ln d$n/count d$n/link; }
while :; do
    mv d$n d$((n + 1))
    n=$((n + 1))
    printf '%012d' $n 1<>d$n/count
    told
done
"""


def check_move(files: Files) -> Found:
    """One directory, and in it a file with two names that knows the directory's."""
    directories = [int(name[1:]) for name in files if re.fullmatch(r"d\d+", name)]
    if not directories:
        return Found(0, flaws=[f"move: {sorted(files)}"] if files else [])
    at = directories[-1]
    if directories == [0] and (len(files) < 3 or not files["d0/count"]):
        return Found(0)  # just begun
    names = {f"d{at}", f"d{at}/count", f"d{at}/link"}
    if set(files) != names:
        return Found(at, flaws=[f"move: {sorted(files)}"])
    count, link = files[f"d{at}/count"], files[f"d{at}/link"]
    if count != link or count not in (b"%012d" % at, b"%012d" % (at - 1)):
        return Found(at, flaws=[f"move: d{at} holds {count!r} and {link!r}"])
    return Found(int(count))


# -- git -------------------------------------------------------------------------------------------

GIT = r"""
export GIT_{AUTHOR,COMMITTER}_NAME=x GIT_{AUTHOR,COMMITTER}_EMAIL=x@example.org
git init -q -b main 2> /dev/null  # (or what is left of it)
while :; do
    n=$((n + 1)); tick
    echo $n > count
    printf 'git %d %d\n' $n $t > f$((n % 7))
    git add -A && git -c gc.auto=0 commit -q -m "$n $t" || exit
    ((n % 10)) || git repack -adq || exit
    told
done
"""
#: A crash leaves git's locks as one of the machine would: git itself says to remove them.
GIT_RECOVER = r"""
[ -e .git ] || exit 0
find .git -name '*.lock' -delete
git init -q -b main 2> /dev/null  # (or what is left of it)
git fsck --full --strict 2>&1 | sed 's/^/fsck /'
git rev-parse -q --verify HEAD > /dev/null || exit 0
git log --format='log %s' || echo fails: log
git status --porcelain > /dev/null || echo fails: status
git cat-file -p HEAD:count 2>&1 | sed 's/^/count /'
"""


def check_git(files: Files) -> Found:
    """Every commit there ever was, each a child of the one before."""
    answers = (files.get("answers") or b"").decode().splitlines()
    commits = [line.split()[1:] for line in answers if line.startswith("log ")]
    found = Found(
        int(commits[0][0]) if commits else 0, max((int(stamp) for _, stamp in commits), default=0)
    )
    if [int(number) for number, _ in commits] != list(range(found.step, 0, -1)):
        found.flaws.append(f"git: not all commits from {found.step} to 1")
    for line in answers:
        harmless = re.match(r"log |fsck (dangling|notice: |Checking )", line)
        if not harmless and line != f"count {found.step}":
            found.flaws.append(f"git: {line}")
    return found


# -- SQLite ----------------------------------------------------------------------------------------

SQLITE = r"""
[ -e begun ] || { sqlite3 data.db '
    PRAGMA synchronous = OFF;
    CREATE TABLE IF NOT EXISTS log (n INTEGER PRIMARY KEY, t INTEGER, pad TEXT);
    CREATE TABLE IF NOT EXISTS debit (id INTEGER PRIMARY KEY, amount INTEGER);
    CREATE TABLE IF NOT EXISTS credit (id INTEGER PRIMARY KEY, amount INTEGER)' && : > begun; }
while :; do
    n=$((n + 1)); tick
    sqlite3 -bail data.db "
        PRAGMA journal_mode = JOURNAL; PRAGMA synchronous = DURABILITY;
        BEGIN;
        INSERT INTO log VALUES ($n, $t, printf('%0*d', $((n * 997 % 9000)), $n));
        DELETE FROM log WHERE n < $n - 100;
        INSERT INTO debit VALUES ($n % 50, $n)
            ON CONFLICT (id) DO UPDATE SET amount = amount + $n;
        INSERT INTO credit VALUES ($n * 7 % 50, $n)
            ON CONFLICT (id) DO UPDATE SET amount = amount + $n;
        COMMIT" > /dev/null || exit
    told TOLD
done
"""
#: SQLite rolls back by itself what a hot journal is left of.
SQLITE_RECOVER = r"""
[ -e begun ] || exit 0
sqlite3 data.db "
    PRAGMA integrity_check;
    SELECT 'log ' || count(*) || ' ' || ifnull(max(n), 0) || ' ' || ifnull(max(t), 0) FROM log;
    SELECT 'pads ' || count(*) FROM log WHERE pad <> printf('%0*d', n * 997 % 9000, n);
    SELECT 'sums ' || (SELECT ifnull(sum(amount), 0) FROM debit) || ' '
        || (SELECT ifnull(sum(amount), 0) FROM credit)" 2>&1 || echo fails
"""


def check_sqlite(files: Files) -> Found:
    """The transactions up to one, all of each."""
    answers = (files.get("answers") or b"").decode()
    if not answers:
        return Found(0)
    match = re.fullmatch(r"ok\nlog (\d+) (\d+) (\d+)\npads 0\nsums (\d+) (\d+)\n", answers)
    if not match:
        return Found(0, flaws=[f"sqlite: {answers[:300]!r}"])
    count, step, stamp, debit, credit = (int(text) for text in match.groups())
    found = Found(step, stamp)
    total = step * (step + 1) // 2
    if not debit == credit == total or count != min(step, 101):
        found.flaws.append(
            f"sqlite: {count} rows, sums {debit} and {credit} after {step} steps, not {total}"
        )
    return found


def sqlite_loop(journal: str, durability: str, told: str) -> str:
    """The loop for one way of keeping a journal."""
    return (
        SQLITE.replace("JOURNAL", journal).replace("DURABILITY", durability).replace("TOLD", told)
    )


WRITERS = {
    writer.name: writer
    for writer in (
        Writer("clock", CLOCK, check_clock),
        Writer("small", SMALL, check_small),
        Writer("large", LARGE, check_large),
        Writer("scatter", SCATTER, check_scatter),
        Writer("rename", RENAME, check_rename),
        Writer("durable", DURABLE, check_durable),
        Writer("append", APPEND, check_append),
        Writer("chain", CHAIN, check_chain),
        Writer("move", MOVE, check_move),
        Writer("git", GIT, check_git, GIT_RECOVER),
        # EXTRA also syncs that the journal is gone: then a transaction is durable when it has ended
        Writer("sqlite", sqlite_loop("DELETE", "EXTRA", "!"), check_sqlite, SQLITE_RECOVER),
        # without any fsync: what is left is still of one moment
        Writer("sqlite-off", sqlite_loop("TRUNCATE", "OFF", ""), check_sqlite, SQLITE_RECOVER),
    )
}
