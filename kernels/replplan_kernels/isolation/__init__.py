"""The walls around a kernel: what a cell can reach, and the proof that it can reach no more.

A kernel is forked from a warm zygote, so the forked child walls itself in (`enter`) before it has a
second thread or a socket of its own. The host says what must stay reachable (`walls.Walls`) and
picks the strongest level that this machine has (`ladder`); `proof` tries each wall for real.

What runs in the kernel's process needs the standard library alone.
"""
