"""What sessions cost: opening, syncing, pauses while much is saved, throughput, snapshots.

    .venv/bin/python bench/session.py [--runs N] [--only WORD] [--directory DIST]

Everything is measured in one run on one machine, in a Chromium with its profile on disk; a session
and a volatile sandbox take turns where they are compared. The table has the bar beside each figure.
"""

from __future__ import annotations

import argparse
import runpy
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
CONFIG = runpy.run_path(str(ROOT / "playwright.config.py"))

#: Put into every page; `sandbox` is the one opened last.
TOOLS = """() => {
    window.open_ = async (site, options) => {
        window.tabux = await import(site + "/tabux.js");
        const started = performance.now();
        window.sandbox = await tabux.Sandbox.create(options);
        return await prompt_() - started;
    };
    // opens a terminal; when its prompt has come
    window.prompt_ = () => new Promise((resolve) => {
        let text = "";
        const onData = (data) => {
            text += new TextDecoder().decode(data);
            if (text.includes("$ ")) resolve(performance.now());
        };
        void sandbox.pty.create({ onData });
    });
    window.run = async (script, box = sandbox) => {
        const started = performance.now();
        const { stdout, stderr, exitCode } = await box.commands.run(script);
        if (exitCode) throw new Error(`exit ${exitCode}: ${stderr}`);
        return { stdout, ms: performance.now() - started };
    };
    window.timed = async (work) => {
        const started = performance.now();
        await work();
        return performance.now() - started;
    };
}"""
#: COUNT MEGABYTES: small files in directories of 500, and as many MiB in pieces of 10 MiB
MAKE = """
set -e
rm -rf made; mkdir made; cd made
awk -v count=COUNT 'BEGIN {
    pad = sprintf("%700s", ""); gsub(/ /, "x", pad)
    for (i = 0; i < count; i++) {
        if (i % 500 == 0) { d = "d" (i / 500); system("mkdir " d) }
        f = d "/f" i; print i, pad > f; close(f)
    }
}'
awk 'BEGIN {
    pad = sprintf("%1048560s", "")
    for (i = 0; i < 10; i++) printf "%015d\\n%s", i, pad > "large0"
}'
for ((i = 1; i < MEGABYTES / 10; i++)); do cp large0 large$i; done
"""


def make(count: int, megabytes: int) -> str:
    """The script for so many files and megabytes."""
    return MAKE.replace("COUNT", str(count)).replace("MEGABYTES", str(megabytes))


@dataclass
class Bench:
    """A browser, and the table."""

    context: BrowserContext
    site: str
    runs: int
    missed: int = 0

    @contextmanager
    def page(self, options: object = None) -> Iterator[tuple[Page, float]]:
        """A page with an open sandbox, and the milliseconds to its prompt; closed in the end."""
        page = self.context.new_page()
        page.set_default_timeout(0)
        page.goto(self.site + CONFIG["BLANK_PAGE"])
        page.evaluate(TOOLS)
        took = page.evaluate("([site, options]) => open_(site, options)", [self.site, options])
        yield page, took
        page.evaluate("() => sandbox.close()")
        page.close()

    def line(self, name: str, value: float, unit: str, bar: float | None, more: str = "") -> None:
        """A line of the table. A bar for a ratio is the least, others are the most."""
        verdict = ""
        if bar is not None:
            good = value >= bar if unit == "x" else value <= bar
            self.missed += not good
            verdict = f"{bar:8.1f} {'ok' if good else 'MISSED'}"
        print(f"{name:54} {value:9.1f} {unit:3}{verdict:16} {more}".rstrip(), flush=True)


def spread(values: list[float]) -> str:
    """Least and most."""
    return f"({min(values):.1f} … {max(values):.1f})"


#: Microseconds that `sync` takes after one small file.
IN_A_SHELL = """
echo $RANDOM > small; a=${EPOCHREALTIME/.}; sync; b=${EPOCHREALTIME/.}; echo $((b - a))
"""
# -- opening, and small syncs --------------------------------------------------------------------


def opening(bench: Bench) -> None:
    """The time to the prompt with much in the session, and without."""
    with bench.page({"session": "full"}) as (page, _):
        page.evaluate("script => run(script)", make(10_000, 200))
    with bench.page({"session": "empty"}):
        pass
    times: dict[str | None, list[float]] = {"full": [], "empty": [], None: []}
    for _ in range(bench.runs):
        for name, taken in times.items():
            with bench.page({"session": name} if name else None) as (_page, took):
                taken.append(took)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    bench.line("prompt, volatile", medians[None], "ms", None, spread(times[None]))
    bench.line("prompt, empty session", medians["empty"], "ms", None, spread(times["empty"]))
    bench.line("prompt, 10,000 files, 200 MB", medians["full"], "ms", None, spread(times["full"]))
    bench.line("  it adds", medians["full"] - medians["empty"], "ms", 500)
    with bench.page({"session": "full"}) as (page, _):
        syncs, commands = page.evaluate(
            """async ([count, script]) => {
                const syncs = [], commands = [];
                for (let i = 0; i < count; i++) {
                    await run(`echo ${i} > small`);
                    syncs.push(await timed(() => sandbox.files.sync()));
                    const { stdout } = await run(script);
                    commands.push(stdout / 1000);
                }
                return [syncs, commands];
            }""",
            [10 * bench.runs, IN_A_SHELL],
        )
        bench.line(
            "files.sync() after one small file", statistics.median(syncs), "ms", 30, spread(syncs)
        )
        bench.line(
            "sync in a shell, the same", statistics.median(commands), "ms", 30, spread(commands)
        )


# -- pauses --------------------------------------------------------------------------------------

#: The longest time, in microseconds, in which a loop in bash did not get on; until the file `stop`.
PAUSES = """
most=0; last=${EPOCHREALTIME/.}
while [ ! -e stop ]; do
    now=${EPOCHREALTIME/.}
    ((now - last > most)) && most=$((now - last))
    last=$now
done
echo $most
"""
MEASURE = """async ([pauses, what]) => {
    await run("rm -f stop");
    let echoed = () => {};
    const command = "stty -icanon echo; exec cat > /dev/null";
    const pty = await sandbox.pty.create({ command, onData: () => echoed() });
    await new Promise((resolve) => setTimeout(resolve, 300));
    if (what === "save") await run("cat made/large? > big");
    const looping = what === "keys" ? null : run(pauses);
    let over = false;
    const saving = (async () => {
        const took = await timed(() => what === "save" ? sandbox.files.sync()
            : new Promise((resolve) => setTimeout(resolve, 500)));
        over = true;
        return took;
    })();
    const keys = [];
    while (!over) {
        const came = new Promise((resolve) => { echoed = resolve; });
        const started = performance.now();
        await pty.write("x");
        await came;
        keys.push(performance.now() - started);
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await run("touch stop");
    await pty.kill();
    return { took: await saving, pause: (await looping).stdout / 1000, keys };
}"""


def pauses(bench: Bench) -> None:
    """How long the kernel does nothing else while 100 MB are saved."""
    with bench.page({"session": "pauses"}) as (page, _):
        page.evaluate("script => run(script)", make(0, 100))
        page.evaluate("() => sandbox.files.sync()")
        for what, name in (("nothing", "nothing is saved"), ("save", "100 MB are saved")):
            found = [page.evaluate(MEASURE, [PAUSES, what]) for _ in range(bench.runs)]
            longest = [one["pause"] for one in found]
            keys = [key for one in found for key in one["keys"]]
            saving = what == "save"
            if saving:
                took = [one["took"] for one in found]
                bench.line(
                    "files.sync() of 100 MB", statistics.median(took), "ms", None, spread(took)
                )
            bench.line(
                f"longest pause while {name}",
                max(longest),
                "ms",
                50 if saving else None,
                spread(longest),
            )
            bench.line("  a key's echo, median", statistics.median(keys), "ms", None)
            bench.line("  a key's echo, longest", max(keys), "ms", 50 if saving else None)


# -- throughput ----------------------------------------------------------------------------------

#: name, what goes before without being timed, what is timed
WORK = [
    ("tar x of 5,000 files", "rm -rf x; mkdir x", "tar xf made.tar -C x"),
    ("git status, 5,000 files", "touch made/d0/f*", "cd made && git status --short | wc -l"),
    ("git status again", "", "cd made && git status --short | wc -l"),
    ("dd of 100 MB", "rm -f big", "dd if=/dev/zero of=big bs=1M count=100 status=none"),
    ("dd over 100 MB", "", "dd if=/dev/zero of=big bs=1M count=100 conv=notrunc status=none"),
    (
        "small files, 2,000",
        "rm -rf y; mkdir y",
        "for ((i=0; i<2000; i++)); do echo $i > y/$i; done",
    ),
]
PREPARE = (
    make(5000, 0)
    + """
cd ..; rm made/large*; tar cf made.tar -C made .; cd made; git init -q; git add .
git -c user.name=x -c user.email=x@example.org commit -qm first
"""
)


def throughput(bench: Bench) -> None:
    """A session and a volatile sandbox in turn, in one page."""
    with bench.page() as (page, _):
        page.evaluate(
            """async (prepare) => {
                window.boxes = [sandbox, await tabux.Sandbox.create({ session: "throughput" })];
                for (const box of boxes) await run(prepare, box);
                await boxes[1].files.sync();
            }""",
            PREPARE,
        )
        for name, before, script in WORK:
            times: list[list[float]] = [[], []]
            for _ in range(bench.runs):
                for which in (0, 1):
                    took = page.evaluate(
                        """async ([which, before, script]) => {
                            if (before) await run(before, boxes[which]);
                            await boxes[1].files.sync();
                            return (await run(script, boxes[which])).ms;
                        }""",
                        [which, before, script],
                    )
                    times[which].append(took)
            volatile, session = (statistics.median(taken) for taken in times)
            best = f"best {min(times[0]):.0f} and {min(times[1]):.0f} ms"
            more = f"{volatile:.0f} and {session:.0f} ms; {best}"
            bench.line(f"{name}: session to volatile", volatile / session, "x", 0.9, more)
        page.evaluate("() => boxes[1].close()")


# -- snapshots -----------------------------------------------------------------------------------

SNAPSHOTS = """async ([make, saved]) => {
    await run(make);
    if (saved) await sandbox.files.sync();
    let id;
    const taken = await timed(async () => { id = await sandbox.snapshot({ name: "bench" }); });
    const again = await timed(async () => {
        await sandbox.snapshots.delete(await sandbox.snapshot());
    });
    await run("rm -rf made; echo other > other");
    const restored = await timed(() => sandbox.restore(id));
    const { stdout } = await run("find made -type f | wc -l; cat made/large0 made/d1/f999 | wc -c");
    if (stdout !== "1010\\n10486465\\n") throw new Error(`restored: ${stdout}`);
    const started = performance.now();
    const fork = await tabux.Sandbox.fork(id);
    const forked = performance.now() - started - fork.bootMs;
    await fork.kill();
    await sandbox.snapshots.delete(id);
    return { taken, again, restored, forked };
}"""


def snapshots(bench: Bench) -> None:
    """Taking, restoring and forking with 1,000 files and 100 MB that have changed."""
    cases: list[tuple[str, object, bool]] = [
        ("volatile", None, False),
        ("session, nothing saved yet", {"session": "snapshots"}, False),
        ("session, all saved", {"session": "snapshots"}, True),
    ]
    for name, options, saved in cases:
        with bench.page(options) as (page, _):
            found: list[dict[str, Any]] = [
                page.evaluate(SNAPSHOTS, [make(1000, 100), saved]) for _ in range(bench.runs)
            ]
        for key, what in (
            ("taken", "snapshot"),
            ("again", "another, and delete it"),
            ("restored", "restore"),
            ("forked", "fork beyond a boot"),
        ):
            values = [one[key] for one in found]
            bench.line(f"{what}: {name}", statistics.median(values), "ms", 20, spread(values))


# -- a round trip --------------------------------------------------------------------------------

LIST = r"find / -xdev -printf '%p %m %U %G %s %T@ %l %n\n' | sort"


#: Beside plain files.
ODD = "ln -s nowhere link; ln large0 hard; chmod 4711 d0; truncate -s 5M hole; mkfifo pipe\n"


def round_trip(bench: Bench) -> None:
    """Export, import, and the same files."""
    with bench.page() as (page, _):
        took, read, before, after = page.evaluate(
            """async ([make, list]) => {
                await run(make);
                const before = (await run(list)).stdout;
                let blob, other;
                const took = await timed(async () => { blob = await sandbox.export(); });
                const read = await timed(async () => { other = await tabux.Sandbox.import(blob); });
                const after = (await run(list, other)).stdout;
                await other.kill();
                return [took, read, before, after];
            }""",
            [make(1000, 100) + ODD, LIST],
        )
        bench.line("export of 1,000 files and 100 MB", took, "ms", None)
        bench.line("import, with a boot", read, "ms", None)
        lost = set(before.splitlines()) ^ set(after.splitlines())
        bench.line("lines of find that differ after the round trip", len(lost), "", 0)
        for line in sorted(lost)[:20]:
            print("   ", line)


PARTS: dict[str, Callable[[Bench], None]] = {
    "opening": opening,
    "pauses": pauses,
    "throughput": throughput,
    "snapshots": snapshots,
    "round trip": round_trip,
}


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="", metavar="WORD", help=", ".join(PARTS))
    parser.add_argument("--directory", type=Path, default=ROOT / "dist")
    options = parser.parse_args()
    print(f"{'':54} {'':9} {'':3}{'bar':>8}")
    with (
        CONFIG["serve"](options.directory) as site,
        sync_playwright() as playwright,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
    ):
        context = playwright.chromium.launch_persistent_context(profile, **CONFIG["LAUNCH"])
        bench = Bench(context, site, options.runs)
        for name, part in PARTS.items():
            if options.only in name:
                part(bench)
        context.close()
    return 1 if bench.missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
