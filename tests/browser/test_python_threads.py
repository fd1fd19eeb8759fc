"""Threads of Python: they run by turns, wait each for itself, and end with the process."""

from __future__ import annotations

from .pages import SandboxPage


def python(sandbox: SandboxPage, code: str) -> str:
    """The output of a program that must succeed."""
    sandbox.limit = 60_000
    return sandbox.output("cd $(mktemp -d); cat > main.py; python3 main.py", stdin=code)


def test_threads_that_count_get_their_turns(sandbox: SandboxPage) -> None:
    code = """
import threading
counts = [0] * 8
lock, total = threading.Lock(), 0
def count(n):
    global total
    for _ in range(20_000):
        counts[n] += 1
        with lock:
            total += 1
threads = [threading.Thread(target=count, args=(n,)) for n in range(8)]
for t in threads: t.start()
for t in threads: t.join()
print(counts == [20_000] * 8, total, threading.active_count())
"""
    assert python(sandbox, code) == "True 160000 1\n"


def test_a_busy_thread_lets_others_run(sandbox: SandboxPage) -> None:
    code = """
import threading
done = threading.Event()
def busy():
    while not done.is_set(): pass
t = threading.Thread(target=busy)
t.start()
done.set()
t.join()
print("ended")
"""
    assert python(sandbox, code) == "ended\n"


def test_queues_conditions_and_timeouts(sandbox: SandboxPage) -> None:
    code = """
import queue, threading
q = queue.Queue(3)
def produce():
    for i in range(100): q.put(i)
    q.put(None)
threading.Thread(target=produce).start()
print(sum(iter(q.get, None)))
try: q.get(timeout=0.01)
except queue.Empty: print("empty")
lock = threading.Lock()
lock.acquire()
print(lock.acquire(timeout=0.01))
barrier = threading.Barrier(3)
ts = [threading.Thread(target=barrier.wait) for _ in range(2)]
for t in ts: t.start()
barrier.wait()
for t in ts: t.join()
print(barrier.n_waiting)
"""
    assert python(sandbox, code) == "4950\nempty\nFalse\n0\n"


def test_sleepers_sleep_together(sandbox: SandboxPage) -> None:
    code = """
import threading, time
asleep, most = 0, 0
def sleep():
    global asleep, most
    asleep += 1
    most = max(most, asleep)
    time.sleep(0.5)
    asleep -= 1
ts = [threading.Thread(target=sleep) for _ in range(50)]
for t in ts: t.start()
for t in ts: t.join()
print(asleep, most > 1)
"""
    assert python(sandbox, code) == "0 True\n"


def test_processes_from_threads(sandbox: SandboxPage) -> None:
    code = """
import concurrent.futures as f, subprocess
def run(n): return int(subprocess.check_output(["expr", str(n), "*", "2"]))
with f.ThreadPoolExecutor(5) as pool: print(sum(pool.map(run, range(1, 21))))
"""
    assert python(sandbox, code) == "420\n"


def test_asyncio_with_threads_and_processes(sandbox: SandboxPage) -> None:
    code = """
import asyncio, time
async def main():
    p = await asyncio.create_subprocess_exec("echo", "child", stdout=asyncio.subprocess.PIPE)
    out, _ = await p.communicate()
    slow = asyncio.to_thread(lambda: time.sleep(0.05) or "thread")
    print(out, await asyncio.gather(slow, asyncio.sleep(0.01, "nap")), p.returncode)
asyncio.run(main())
"""
    assert python(sandbox, code) == "b'child\\n' ['thread', 'nap'] 0\n"


def test_a_database_from_threads(sandbox: SandboxPage) -> None:
    code = """
import sqlite3, threading
sqlite3.connect("t.db").executescript("create table t (a)")
def insert(n):
    c = sqlite3.connect("t.db", timeout=30)
    for i in range(10):
        with c: c.execute("insert into t values (?)", (n,))
ts = [threading.Thread(target=insert, args=(n,)) for n in range(4)]
for t in ts: t.start()
for t in ts: t.join()
print(sqlite3.connect("t.db").execute("select count(*) from t").fetchone(), sqlite3.threadsafety)
"""
    assert python(sandbox, code) == "(40,) 3\n"


def test_a_recursion_in_a_thread(sandbox: SandboxPage) -> None:
    code = """
import sys, threading
sys.setrecursionlimit(10**6)
def f(x): return sorted([1, 2], key=f)
def run():
    try: f(0)
    except RecursionError: print("RecursionError")
    l = []
    for _ in range(100_000): l = [l]
    try: repr(l)
    except RecursionError: print("RecursionError")
t = threading.Thread(target=run)
t.start()
t.join()
"""
    assert python(sandbox, code) == "RecursionError\nRecursionError\n"


def test_the_end_of_a_process_with_threads(sandbox: SandboxPage) -> None:
    daemon = "import threading, time; threading.Thread(target=time.sleep, args=(99,), daemon=True).start()"
    assert sandbox.output(f"python3 -c '{daemon}; print(1)'") == "1\n"
    waits = daemon.replace(", daemon=True", "").replace("99", ".1")
    assert sandbox.output(f"python3 -c '{waits}; print(2)'") == "2\n"
    busy = "import os, threading; threading.Thread(target=os._exit, args=(5,)).start()\nwhile True: pass"
    assert sandbox.run(f"python3 -c '{busy}'")["exitCode"] == 5


def test_the_main_thread_is_interrupted(sandbox: SandboxPage) -> None:
    code = """
import os, signal, threading, time
signal.signal(2, signal.default_int_handler)
def interrupt():
    time.sleep(0.05)
    os.kill(os.getpid(), 2)
threading.Thread(target=interrupt).start()
try: time.sleep(60)
except KeyboardInterrupt: print(threading.current_thread().name)
"""
    assert python(sandbox, code) == "MainThread\n"
