"""Browsers that are killed while programs write in a session, and what the next browser finds.

A round is: a browser process with a profile on disk opens the session, programs of `writers.py`
work in it, and SIGKILL ends all of the browser at some moment. A new process with the same profile
then opens the session, and its files are compared with what the programs had told, which is
remembered here, outside of the browser.

Everything that differs from round to round follows from a seed. (When the kill comes is given in
milliseconds after something happened; what the machine does meanwhile, no seed can repeat.)
Linux only, as is `Chromium` here.
"""

from __future__ import annotations

import base64
import io
import json
import os
import random
import re
import signal
import subprocess
import tarfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from playwright.sync_api import Error, Playwright

from tests.browser.pages import CONFIG, SandboxPage
from tests.browser.writers import PLACE, PRELUDE, WRITERS, Files, Found

#: The session that the programs write in.
SESSION = "kill"
#: How long the moment of the end may take to come: all programs must have begun, on a busy machine.
WAIT_SECONDS = 180

# -- the browser -----------------------------------------------------------------------------------


class Chromium:
    """A browser as a process of its own, with its profile on disk."""

    def __init__(self, playwright: Playwright, profile: Path) -> None:
        settings = CONFIG["LAUNCH"]
        self._process = subprocess.Popen(
            [
                settings["executable_path"],
                *settings["args"],
                "--headless",
                "--remote-debugging-port=0",
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # and so all its processes can be killed at once
        )
        self._killed = False
        self._lock = threading.Lock()
        assert self._process.stderr
        address = self._address(self._process.stderr)
        self._reader = threading.Thread(target=self._process.stderr.read, daemon=True)
        self._reader.start()
        self._browser = playwright.chromium.connect_over_cdp(address)
        self._context = self._browser.contexts[0]
        #: is given what the page hands to its function `record`
        self.listener: Callable[[str], None] = lambda text: None
        self._context.expose_binding("record", lambda _source, text: self.listener(text))
        self.page = self._context.pages[0]
        self.page.set_default_timeout(CONFIG["STEP_TIMEOUT"])

    def _address(self, stderr: IO[str]) -> str:
        said = []
        for line in stderr:
            if match := re.search(r"DevTools listening on (ws:\S+)", line):
                return match[1]
            said.append(line)
        raise RuntimeError("the browser has not started: " + "".join(said))

    def renderer(self) -> int:
        """The process that the page's sandbox runs in: the one that has worked most."""
        session = self._browser.new_browser_cdp_session()
        processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
        session.detach()
        renderers = [process for process in processes if process["type"] == "renderer"]
        return int(max(renderers, key=lambda process: process["cpuTime"])["id"])

    def new_page(self) -> None:
        """Another page, in place of one that has crashed."""
        self.page = self._context.new_page()
        self.page.set_default_timeout(CONFIG["STEP_TIMEOUT"])

    def wait(self, event: threading.Event) -> None:
        """Waits for something; the page's messages are taken meanwhile."""
        limit = time.monotonic() + WAIT_SECONDS
        while not event.is_set():
            assert time.monotonic() < limit, "what was waited for has not happened"
            try:
                self.page.wait_for_timeout(20)
            except Error:
                if not event.wait(1):
                    raise

    def kill(self) -> None:
        """Ends every process of it by SIGKILL."""
        with self._lock:
            if not self._killed:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._killed = True

    def close(self) -> None:
        """Kills it, and waits until it is gone: the profile is free for the next one."""
        self.kill()
        self._process.wait()
        # every process of it has this pipe
        self._reader.join(CONFIG["STEP_TIMEOUT"] / 1000)
        assert not self._reader.is_alive(), "some process of the browser lives on"
        self._browser.close()


# -- what the page tells ---------------------------------------------------------------------------

#: Put into the page: starts programs, syncs, and tells both.
WORK = """() => {
    const told = new Map();
    window.tell = (event = {}) => {
        const text = JSON.stringify({ ...event, told: Object.fromEntries(told) });
        told.clear();
        void record(text);
    };
    setInterval(() => tell(), 20);
    window.begin = (name, script) => new Promise((resolve) => {
        const onStdout = (text) => {
            told.set(name, (told.get(name) ?? "") + text);
            resolve();
        };
        sandbox.commands.run(script, { onStdout }).then(
            ({ exitCode, stderr }) => tell({ ended: `${name}: exit ${exitCode}: ${stderr}` }),
            (error) => tell({ ended: `${name}: ${error}` }),
        ).finally(resolve);
    });
    window.syncing = async (waits, sync) => {
        for (const [number, wait] of waits.entries()) {
            await new Promise((resolve) => setTimeout(resolve, wait));
            tell({ syncing: number });
            try {
                await sync();
                tell({ synced: number });
            } catch (error) {
                tell({ ended: `sync: ${error}` });
            }
        }
    };
}"""
SYNCS = {
    "files": "await sandbox.files.sync()",
    "command": "if ((await sandbox.commands.run('sync')).exitCode) throw Error('exit status')",
    "lie": "",
}


@dataclass
class Step:
    """What a program has told: that it has done a step, and the clock after that."""

    number: int
    stamp: int
    arrived: float


@dataclass
class Record:
    """What is known of a round outside of the browser."""

    #: what is on disk for sure: steps of the programs
    safe: dict[str, int]
    told: dict[str, list[Step]] = field(default_factory=lambda: defaultdict(list))
    syncs: int = 0
    failures: list[str] = field(default_factory=list)
    #: when the end came, by `time.monotonic`
    over: float = 0
    #: is called for each event of the page
    watch: Callable[[dict[str, Any]], None] = lambda event: None
    _rests: dict[str, str] = field(default_factory=dict)
    _before: dict[int, dict[str, int]] = field(default_factory=dict)

    def take(self, text: str) -> None:
        """A message of the page."""
        event: dict[str, Any] = json.loads(text)
        now = time.monotonic()
        for name, more in event["told"].items():
            *lines, self._rests[name] = (self._rests.get(name, "") + more).split("\n")
            for line in lines:
                if not (match := re.fullmatch(r"(\d+) (\d+)(!?)", line)):
                    self.failures.append(f"{name} has told {line!r}")
                    continue
                self.told[name].append(Step(int(match[1]), int(match[2]), now))
                if match[3]:
                    self.safe[name] = max(self.safe[name], int(match[1]))
        if "ended" in event and not self.over:
            self.failures.append(event["ended"])
        if "syncing" in event:
            self._before[event["syncing"]] = {
                name: steps[-1].number for name, steps in self.told.items()
            }
        if "synced" in event:
            self.syncs += 1
            for name, number in self._before[event["synced"]].items():
                self.safe[name] = max(self.safe[name], number)
        self.watch(event)


@dataclass(frozen=True)
class Moment:
    """When the end comes: so long after something has happened, for the so manieth time from 0."""

    #: "begin": the programs are started; "running": each has done a step; "syncing", "synced": a
    #: sync has begun, or ended
    after: str
    number: int
    seconds: float

    def watcher(self, strike: Callable[[], None]) -> Callable[[dict[str, Any]], None]:
        """Something that is to be called with each event, and calls `strike` at the moment."""

        def watch(event: dict[str, Any]) -> None:
            if event.get(self.after) == self.number:
                threading.Timer(self.seconds, strike).start()

        return watch


# -- rounds ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """What a round does."""

    writers: tuple[str, ...]
    #: how it syncs, and the milliseconds before each time
    sync: str | None
    waits: tuple[int, ...]
    moment: Moment
    #: whether syncs begin only when each program has done a step
    warm: bool = False

    @classmethod
    def of(cls, seed: str, names: Iterable[str] = WRITERS) -> Plan:
        """The plan that follows from a seed."""
        chance = random.Random(seed)
        names = [name for name in names if name != "clock"]
        writers = tuple(chance.sample(names, min(len(names), chance.choice((2, 4, 6, 12)))))
        sync = chance.choice(("files", "command", "files", "command", None))
        waits = tuple(chance.choice((0, 20, 100, 400, 1500)) for _ in range(1000)) if sync else ()
        after = chance.choice(("begin", "running", *(("syncing", "synced") * 2 if sync else ())))
        number = chance.randrange(6) if after.startswith("sync") else 0
        longest = {"begin": 3.0, "running": 5.0, "syncing": 0.15, "synced": 0.01}[after]
        moment = Moment(after, number, chance.uniform(0, longest))
        return cls(writers, sync, waits, moment, chance.random() < 0.7)

    def __str__(self) -> str:
        when = f"{self.moment.seconds * 1000:.0f} ms after {self.moment.after} {self.moment.number}"
        return f"{', '.join(self.writers)}; sync: {self.sync}; kill {when}"


@dataclass
class State:
    """What the session's files show."""

    found: dict[str, Found]

    @property
    def steps(self) -> dict[str, int]:
        """How far each program had come."""
        return {name: found.step for name, found in self.found.items()}

    @property
    def flaws(self) -> list[str]:
        """What is wrong with them by themselves: torn files, and files of different moments."""
        flaws = [flaw for found in self.found.values() for flaw in found.flaws]
        clock = self.found["clock"].step
        for name, found in self.found.items():
            if found.stamp > clock:
                flaws.append(
                    f"{name} is newer than the rest: it has seen the clock at {found.stamp},"
                    f" not {clock}"
                )
        return flaws

    def against(self, record: Record) -> list[str]:
        """What is wrong with them by what the programs had told."""
        flaws = []
        clock = self.found["clock"].step
        for name, found in self.found.items():
            if found.step < record.safe[name]:
                flaws.append(
                    f"{name} is at step {found.step}, and {record.safe[name]} had been synced"
                )
            older = [
                step
                for step in record.told[name]
                if step.stamp < clock and step.number > found.step
            ]
            if older:
                flaws.append(
                    f"{name} is older than the rest: step {older[-1].number} was done when the"
                    f" clock was {older[-1].stamp}, which now is {clock}; its files show step"
                    f" {found.step}"
                )
        return flaws

    def age(self, record: Record) -> float:
        """How many seconds before the end the oldest step was told that is lost; 0 if none is."""
        lost = [
            step.arrived
            for name, found in self.found.items()
            for step in record.told[name]
            if step.number > found.step
        ]
        return max(0.0, record.over - min(lost, default=record.over))


def read(sandbox: SandboxPage, names: Iterable[str] = WRITERS, place: str = PLACE) -> State:
    """What the files of the programs show, after what users do after a crash."""
    trees = tree(sandbox, place)
    found = {}
    for name in names:
        files = trees.get(name, {})
        writer = WRITERS[name]
        if writer.recover and files:
            answers = sandbox.run(f"cd {place}/{name} && {{\n{writer.recover}\n}}")
            files["answers"] = (answers["stdout"] + answers["stderr"]).encode()
        found[name] = writer.check(files)
    return State(found)


def tree(sandbox: SandboxPage, place: str) -> dict[str, Files]:
    """The files below each directory of `place`."""
    archive = sandbox.evaluate(
        """
        const pack = `mkdir -p ${arg}; cd ${arg}; tar cf - .`;
        const all = { maxOutputBytes: 2 ** 28 };
        const { stdoutBytes, stderr, exitCode } = await sandbox.commands.run(pack, all);
        if (exitCode) throw new Error(stderr);
        const reader = new FileReader();
        const read = new Promise((resolve) => { reader.onload = resolve; });
        reader.readAsDataURL(new Blob([stdoutBytes]));
        await read;
        return reader.result.split(",")[1];
        """,
        place,
    )
    trees: dict[str, Files] = defaultdict(dict)
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(archive))) as tar:
        for member in tar:
            name, _, path = member.name.removeprefix("./").partition("/")
            content = tar.extractfile(member) if member.isfile() or member.islnk() else None
            if path:
                trees[name][path] = content.read() if content else None
    return trees


def begin(sandbox: SandboxPage, steps: dict[str, int], plan: Plan) -> None:
    """Starts what a plan has for a round, from these steps on; it goes on by itself."""
    commands = []
    for name in ("clock", *plan.writers):
        script = f"mkdir -p {PLACE}/{name} && cd {PLACE}/{name} || exit\n{PRELUDE}"
        commands.append((name, f"set -- {steps[name]}\n{script}\n{WRITERS[name].loop}"))
    sandbox.page.evaluate(WORK)
    sandbox.evaluate("await begin(...arg)", commands[0])  # the others read it
    sandbox.evaluate(
        f"""
        const [commands, warm, waits] = arg;
        const running = Promise.all(commands.map((command) => begin(...command)));
        void running.then(() => tell({{ running: 0 }}));
        tell({{ begin: 0 }});
        void (warm ? running : Promise.resolve()).then(
            () => syncing(waits, async () => {{ {SYNCS[plan.sync] if plan.sync else ""} }}),
        );
        """,
        [commands[1:], plan.warm, plan.waits],
    )


@dataclass
class Outcome:
    """What came of a round."""

    plan: Plan
    flaws: list[str]
    steps: dict[str, int]
    syncs: int
    age: float

    @property
    def line(self) -> str:
        """A line for a report."""
        steps = ", ".join(f"{name} {step}" for name, step in self.steps.items() if step)
        return f"{self.syncs} syncs, lost {self.age:.2f} s; {steps}"


class Profile:
    """A profile on disk and the browser that has it open."""

    def __init__(self, playwright: Playwright, site: str, directory: Path) -> None:
        self._playwright = playwright
        self._site = site
        self._directory = directory
        self.browser = Chromium(playwright, directory)

    def page(self) -> SandboxPage:
        """The browser's page with the public module loaded anew."""
        return SandboxPage(self.browser.page, self._site)

    def open(self, session: str = SESSION) -> SandboxPage:
        """The browser's page with the session open."""
        sandbox = self.page()
        try:
            sandbox.create({"session": session})
        except BaseException:
            self.close()
            raise
        return sandbox

    def restart(self) -> None:
        """Kills the browser, if that has not been done, and starts another."""
        self.browser.close()
        self.browser = Chromium(self._playwright, self._directory)

    def kill_during(self, page: SandboxPage, code: str, arg: object, seconds: float) -> bool:
        """Kills the browser so long after the body of an async function has begun, and restarts it.

        Whether the function had ended before.
        """
        said: list[str] = []
        struck = threading.Event()

        def strike() -> None:
            self.browser.kill()
            struck.set()

        self.browser.listener = said.append
        page.evaluate(
            f"void (async () => {{ {code} }})()"
            ".then(() => record('done'), (error) => record(`${error}`))",
            arg,
        )
        threading.Timer(seconds, strike).start()
        self.browser.wait(struck)
        self.restart()
        assert said in ([], ["done"]), said
        return bool(said)

    def close(self) -> None:
        """Ends the browser; the profile stays."""
        self.browser.close()


class Rounds(Profile):
    """Rounds on one profile: what one leaves, the next goes on with."""

    def __init__(
        self, playwright: Playwright, site: str, directory: Path, names: Iterable[str] = WRITERS
    ) -> None:
        super().__init__(playwright, site, directory)
        self._names = tuple(names)
        self._look()

    def _look(self) -> None:
        self.sandbox = self.open()
        self.state = read(self.sandbox, self._names)

    def round(self, plan: Plan, end: str = "browser") -> Outcome:
        """One round, to the check of what is found afterwards.

        The end is that of the `browser`, by SIGKILL; that of the `renderer`, and then a new page of
        the same browser opens the session; or the page is left (`leave`) for another.
        """
        before = self.state.steps
        record = Record(dict(before))
        struck = threading.Event()
        renderer = self.browser.renderer()

        def strike() -> None:
            record.over = time.monotonic()
            if end == "browser":
                self.browser.kill()
            elif end == "renderer":
                os.kill(renderer, signal.SIGKILL)
            struck.set()

        record.watch = plan.moment.watcher(strike)
        self.browser.listener = record.take
        begin(self.sandbox, before, plan)
        self.browser.wait(struck)
        if end == "browser":
            self.restart()
        elif end == "renderer":
            self.browser.new_page()
        try:
            self._look()
        except Error as error:
            # the session cannot be opened, or its files cannot be read
            flaws = [*record.failures, f"no files: {error.message}"]
            return Outcome(plan, flaws, {}, record.syncs, 0)
        flaws = record.failures + self.state.flaws + self.state.against(record)
        for name, step in self.state.steps.items():
            if name not in ("clock", *plan.writers) and step != before[name]:
                flaws.append(f"{name} did not run, and has gone from {before[name]} to {step}")
        return Outcome(plan, flaws, self.state.steps, record.syncs, self.state.age(record))
