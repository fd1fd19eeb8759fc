"""How the guest userland is made: the libc port, the package recipes and the builder."""
