"""What the public module asks of the kernel: commands, files, terminals. Paths are latin-1 str (bytes)."""
