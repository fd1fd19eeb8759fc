"""What the public module asks of the kernel: running commands, files, terminals. Paths are latin-1 str (bytes)."""
