"""The numbers against those of the Linux the tests run on."""

from __future__ import annotations

import errno as host_errno
import os
import signal as host_signal
import stat as host_stat

import pytest
from tabux.abi import errno, fcntl, signal, stat


def test_errno_is_linux() -> None:
    host = {name: getattr(host_errno, name) for name in dir(host_errno) if name.startswith("E")}
    ours = {name: value for name, value in vars(errno).items() if name in host}
    assert len(ours) > 120
    assert ours == {name: host[name] for name in ours}
    assert set(host) - set(ours) <= {"ENOTCAPABLE"}


def test_the_names_of_errors_are_unique() -> None:
    assert errno.NAMES[11] == "EAGAIN"
    assert errno.NAMES[95] == "EOPNOTSUPP"
    assert len(errno.NAMES) == 131  # 1 to 133 without 41 and 58


def test_an_error_says_its_name() -> None:
    error = errno.SysError(errno.ENOENT)
    assert error.errno == 2
    assert str(error) == "ENOENT"
    assert repr(error) == "SysError(ENOENT)"
    assert str(errno.SysError(512)) == "errno 512"


def test_signals_are_linux() -> None:
    for number, name in signal.NAMES.items():
        assert getattr(host_signal, name) == number
    assert len(signal.NAMES) == 31
    assert len(signal.DEFAULT_ACTION) == signal.NSIG


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("SIGHUP", signal.TERM),
        ("SIGQUIT", signal.CORE),
        ("SIGCHLD", signal.IGNORE),
        ("SIGTSTP", signal.STOP),
        ("SIGCONT", signal.CONT),
        ("SIGRTMIN", signal.TERM),
        ("SIGWINCH", signal.IGNORE),
        ("SIGKILL", signal.TERM),
    ],
)
def test_default_actions(name: str, action: int) -> None:
    assert signal.DEFAULT_ACTION[getattr(signal, name)] == action


def test_signal_masks() -> None:
    assert signal.mask_of(signal.SIGHUP, signal.SIGINT) == 0b11
    assert signal.UNBLOCKABLE == 1 << 8 | 1 << 18


def test_open_flags_that_do_not_depend_on_the_processor() -> None:
    for name in (
        "CREAT",
        "EXCL",
        "NOCTTY",
        "TRUNC",
        "APPEND",
        "NONBLOCK",
        "CLOEXEC",
        "PATH",
        "NOATIME",
        "SYNC",
    ):
        assert getattr(fcntl, f"O_{name}") == getattr(os, f"O_{name}")


def test_modes_are_linux() -> None:
    for name in dir(stat):
        if (
            name.startswith("S_I")
            and isinstance(getattr(stat, name), int)
            and name not in ("S_IALLUGO", "S_IFMT")
        ):
            assert getattr(stat, name) == getattr(host_stat, name)
    for kind in (
        stat.S_IFDIR,
        stat.S_IFREG,
        stat.S_IFLNK,
        stat.S_IFCHR,
        stat.S_IFBLK,
        stat.S_IFIFO,
        stat.S_IFSOCK,
    ):
        for name in ("S_ISDIR", "S_ISREG", "S_ISLNK", "S_ISCHR", "S_ISBLK", "S_ISFIFO", "S_ISSOCK"):
            assert getattr(stat, name)(kind | 0o644) == getattr(host_stat, name)(kind | 0o644)
    assert stat.dirent_type(stat.S_IFREG | 0o644) == stat.DT_REG
    assert stat.dirent_type(stat.S_IFLNK | 0o777) == stat.DT_LNK


@pytest.mark.parametrize(("major", "minor"), [(1, 3), (5, 0), (136, 0), (136, 255), (136, 256), (8, 70000)])
def test_device_numbers(major: int, minor: int) -> None:
    device = stat.makedev(major, minor)
    assert device == os.makedev(major, minor)
    assert (stat.major(device), stat.minor(device)) == (major, minor)
