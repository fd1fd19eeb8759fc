"""The kernel: processes, descriptors, pipes, signals, terminals, and the system calls that use them."""
