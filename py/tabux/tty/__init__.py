"""Terminals: the kernel's `termios` struct and the line discipline."""

from tabux.tty.discipline import Tty
from tabux.tty.termios import Termios, Winsize

__all__ = ["Termios", "Tty", "Winsize"]
