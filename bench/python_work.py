"""Nine small benchmarks of an interpreter: prints the seconds of each, best of three, as one line of JSON."""

import json
import re
import time


def nbody():
    """Floating point and lists."""
    bodies = [
        [float(i), i * 0.7, -i * 0.3, 0.01 * i, 0.02, -0.01 * i, 1.0 / (i + 1)] for i in range(5)
    ]
    pairs = [(a, b) for i, a in enumerate(bodies) for b in bodies[i + 1 :]]
    for _ in range(25000):
        for a, b in pairs:
            x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
            pull = 0.001 * (x * x + y * y + z * z + 0.1) ** -1.5
            of_a, of_b = a[6] * pull, b[6] * pull
            a[3] -= x * of_b
            a[4] -= y * of_b
            a[5] -= z * of_b
            b[3] += x * of_a
            b[4] += y * of_a
            b[5] += z * of_a
        for body in bodies:
            body[0] += 0.001 * body[3]
            body[1] += 0.001 * body[4]
            body[2] += 0.001 * body[5]


def permutations(n=9):
    """Small lists, slices and loops: how often the front must be reversed until 0 is first (pancakes)."""
    most = 0
    order = list(range(n))
    turns = [0] * n
    level = 0
    while level < n:
        if turns[level] < level:
            other = turns[level] if level & 1 else 0
            order[level], order[other] = order[other], order[level]
            row = order[:]
            flips = 0
            while (first := row[0]) and flips < 20:
                row[: first + 1] = row[first::-1]
                flips += 1
            most = max(most, flips)
            turns[level] += 1
            level = 0
        else:
            turns[level] = 0
            level += 1
    return most


def fib(n=27):
    """Calls."""
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def loop():
    """A loop over integers."""
    total = 0
    for i in range(4_000_000):
        total += i & 7
    return total


def documents():
    """json, which is C."""
    rows = [
        {
            "id": i,
            "name": f"user{i}",
            "tags": ["a", "b", "c"],
            "score": i * 1.5,
            "more": {"x": None, "y": True},
        }
        for i in range(1000)
    ]
    for _ in range(60):
        json.loads(json.dumps(rows))


def regex():
    """re, which is C."""
    line = "A quick fox at 12:34:56 jumps over foo@example.com and bar.baz@test.org on 2024-01-02\n"
    text = line * 1000
    for _ in range(12):
        re.findall(r"[\w.]+@[\w.]+\.\w+", text)
        re.findall(r"\d{4}-\d\d-\d\d", text)
        re.sub(r"(\w+) (\w+)", r"\2 \1", text)


class Point:
    """Two numbers."""

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def add(self, other):
        """The sum, a new one."""
        return Point(self.x + other.x, self.y + other.y)


def objects():
    """Attributes, methods, allocation."""
    point, step = Point(0, 0), Point(1, 2)
    for _ in range(200_000):
        point = point.add(step)
    return point.x


def strings():
    """Dictionaries and strings."""
    counts = {}
    for i in range(100_000):
        word = f"w{i % 1000}"
        counts[word] = counts.get(word, 0) + 1
    text = " ".join(map(str, range(100_000)))
    return (
        sorted(counts.items(), key=lambda item: (item[1], item[0]))[0],
        text.count("99"),
        len(text.split()),
    )


def sorting():
    """Large integers and sort."""
    x, numbers = 12345, []
    for _ in range(200_000):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        numbers.append(x)
    numbers.sort()
    return sum(v * v for v in numbers)


def seconds(work):
    """The least of three."""
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return round(best, 4)


if __name__ == "__main__":
    ALL = (nbody, permutations, fib, loop, documents, regex, objects, strings, sorting)
    print(json.dumps({work.__name__: seconds(work) for work in ALL}))
