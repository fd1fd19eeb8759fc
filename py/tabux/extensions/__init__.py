"""Commands in Python, from wheels: loaded into the kernel's own interpreter (docs/commands.md)."""
