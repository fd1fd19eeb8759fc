"""True figures and limits, seen by real programs. (Holes are compared with Debian's in tests/conformance.)"""

from __future__ import annotations

import pytest

from .pages import SandboxPage

MIB = 1 << 20


def used(sandbox: SandboxPage, place: str = "/") -> tuple[int, int]:
    """(KiB, inodes) in use as df tells."""
    blocks = sandbox.output(f"df --output=used {place} | tail -1")
    inodes = sandbox.output(f"df --output=iused {place} | tail -1")
    return int(blocks), int(inodes)


@pytest.fixture
def place(sandbox: SandboxPage) -> str:
    """An empty directory."""
    return sandbox.output("mktemp -d").strip()


def test_df_follows_what_is_written(sandbox: SandboxPage, place: str) -> None:
    blocks, inodes = used(sandbox)
    sandbox.output(f"cd {place} && dd if=/dev/zero of=big bs=1M count=200 status=none && mkdir a b")
    assert used(sandbox) == (blocks + 200 * 1024, inodes + 3)
    sandbox.output(f"cd {place} && truncate -s 50M big && truncate -s 100G big && rmdir a")
    assert used(sandbox) == (blocks + 50 * 1024, inodes + 2)
    sandbox.output(f"rm -r {place}/*")
    assert used(sandbox) == (blocks, inodes)


def test_what_is_open_takes_space(sandbox: SandboxPage, place: str) -> None:
    blocks, inodes = used(sandbox)
    script = "head -c 1000000 /dev/zero > f; exec 3< f; rm f; df --output=used,iused / | tail -1; exec 3<&-"
    assert sandbox.output(f"cd {place}; {script}").split() == [str(blocks + 980), str(inodes + 1)]
    assert used(sandbox) == (blocks, inodes)


def test_small_file_systems_have_figures_of_their_own(sandbox: SandboxPage) -> None:
    for place in ("/dev/shm", "/run"):
        before = used(sandbox, place)
        sandbox.evaluate("await sandbox.files.write(`${arg}/x`, new Uint8Array(10000))", place)
        assert used(sandbox, place) == (before[0] + 12, before[1] + 1)
        sandbox.evaluate("await sandbox.files.remove(`${arg}/x`)", place)
        assert used(sandbox, place) == before
    kinds = sandbox.output("stat -f -c '%T %b %c' /proc /dev/pts /proc/self/fd; stat -f -c %T /dev/shm /dev")
    assert kinds == "proc 0 0\ndevpts 0 0\nproc 0 0\ntmpfs\ntmpfs\n"


def test_allocating_is_not_writing(sandbox: SandboxPage, place: str) -> None:
    script = "fallocate -l 1G f; stat -c '%s %b' f; tail -c 3 f | od -An -tx1; du -m f; rm f"
    result = sandbox.run(f"cd {place}; {script}")
    assert result["stdout"] == f"{1 << 30} {1 << 21}\n 00 00 00\n1024\tf\n"
    assert result["durationMs"] < 5000


def test_a_site_file_counts_for_nothing_until_it_is_written(sandbox: SandboxPage) -> None:
    blocks, _ = used(sandbox)
    assert sandbox.output("stat -c %b ~/.bashrc; cat ~/.bashrc > /tmp/kept") == "8\n"
    assert used(sandbox)[0] == blocks + 4
    sandbox.output("rm /tmp/kept; echo '# more' >> ~/.bashrc")
    assert used(sandbox)[0] == blocks + 4
    assert sandbox.output("tail -1 ~/.bashrc") == "# more\n"


def test_reading_after_a_write_renews_the_access_time(sandbox: SandboxPage, place: str) -> None:
    """(What needs no descriptor that stays open is compared with Debian's bash in tests/conformance.)"""
    script = """
        new() { [ -N f ] && echo new || echo read; }
        echo one > f; exec 3<> f
        until [ -N f ]; do echo two >&3; done
        new; read x <&3; new; read x < f; new
        until [ -N f ]; do echo three >> f; done
        new; head -c0 f; new; dd if=f iflag=noatime status=none | tail -1; new; grep -c four f; new
    """
    wanted = "new\nread\nread\nnew\nnew\nthree\nnew\n0\nread\n"
    assert sandbox.run(f"cd {place}; {script}")["stdout"] == wanted


# ---- limits


def test_limit_of_bytes(fresh: SandboxPage) -> None:
    fresh.create({"limits": {"bytes": 10 * MIB}})
    total = fresh.output("df -B1 --output=size / | tail -1")
    assert int(total) == 10 * MIB
    full = fresh.run("dd if=/dev/zero of=big bs=1M count=20; df --output=avail / | tail -1; stat -c %b big")
    assert "No space left on device" in full["stderr"]
    available, blocks = full["stdout"].split()
    assert available == "0" and int(blocks) * 512 >= 9 * MIB
    # reading, writing over, holes and names take nothing
    fresh.output("echo over | dd of=big conv=notrunc status=none; head -c 5 big | grep -q over")
    fresh.output("truncate -s 1T big; mkdir d; touch d/empty; ln -s x d/l; mv d/empty d/f; ln big d/big")
    failed = fresh.run("echo x > d/x; echo $?; stat -c '%s %b' d/x; fallocate -l 1M d/f; stat -c %s d/f")
    assert failed["stdout"] == "1\n0 0\n0\n"
    assert failed["stderr"].count("No space left on device") == 2
    name, message = fresh.fails("await sandbox.files.write('d/new', 'x')")
    assert name == "NoSpaceError" and "no space is left" in message
    # what there is of it can be written in part
    fresh.output("truncate -s 5M big")
    fresh.evaluate("await sandbox.files.write('d/new', 'x')")
    name, _ = fresh.fails("await sandbox.files.write('d/new', new Uint8Array(6 << 20))")
    assert name == "NoSpaceError"
    assert fresh.output("cat d/new") == "x"
    fresh.output("rm -r big d")
    fresh.output("dd if=/dev/zero of=again bs=1M count=9 status=none")


def test_removing_works_where_nothing_else_does(fresh: SandboxPage) -> None:
    fresh.create({"limits": {"bytes": MIB, "inodes": 100}})
    many = "for i in {1..200}; do echo $i > d/$i || break; done"
    full = fresh.run(f"mkdir d; {many}; df --output=iavail / | tail -1")
    assert "No space left on device" in full["stderr"] and full["stdout"].split() == ["0"]
    for command in ("mkdir e", "ln -s x e", "mkfifo e", ": > e"):
        result = fresh.run(command)
        assert result["exitCode"] != 0 and "No space left on device" in result["stderr"], command
    assert fresh.fails("await sandbox.files.makeDir('e')")[0] == "NoSpaceError"
    assert fresh.run("head -c 2000000 /dev/zero > d/1")["exitCode"] != 0
    fresh.output("ln d/1 e; mv d/2 f; rm d/3; mkdir g; rm -r d e f g; mkdir h")


def test_limits_of_files_to_begin_with(fresh: SandboxPage) -> None:
    options = "{ limits: { bytes: 8192 }, files: { a: 'x'.repeat(8192), b: 'y' } }"
    assert fresh.fails(f"await tabux.Sandbox.create({options})")[0] == "NoSpaceError"


def test_without_limits_there_is_room_for_2_gib(fresh: SandboxPage) -> None:
    fresh.create()
    assert fresh.output("df --output=size,itotal / | tail -1").split() == [str(1 << 21), "1000000"]


# ---- with a session


def test_figures_of_a_session(fresh: SandboxPage) -> None:
    create = "window.sandbox = await tabux.Sandbox.create({ session: 'figures', limits: { bytes: 5 << 20 } })"
    fresh.limit = 60_000
    fresh.evaluate(create)
    fresh.output(
        "mkdir -p d/e; cd d/e; truncate -s 3G s;"
        " echo data | dd of=s bs=1M seek=2000 conv=notrunc status=none;"
        " fallocate -l 1M f; head -c 1000000 /dev/urandom > r; printf x >> s; md5sum r s > sums"
    )
    figures = "df --output=used,iused / | tail -1; du -s d; stat -c '%n %s %b' d/e/*"
    kept = fresh.output(figures)
    fresh.evaluate("await sandbox.close()")
    fresh.evaluate(create)
    before_anybody_looks = fresh.output("df --output=used,iused / | tail -1")
    assert before_anybody_looks == kept.split("\n")[0] + "\n"
    assert fresh.output(figures) == kept
    assert "No space left" in fresh.run("head -c 4000000 /dev/zero > d/more")["stderr"]
    fresh.output("rm d/more; cd d/e; md5sum --quiet -c sums")
    fresh.output("rm -r d")
    assert int(fresh.output("df --output=used / | tail -1")) < int(kept.split()[0]) - 2000
    fresh.evaluate("await sandbox.close()")
