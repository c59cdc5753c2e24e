"""What runs inside the kernel's process: light, and of the standard library alone."""
