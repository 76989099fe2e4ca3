"""Benchmarks, run as a command: `python -m tests.bench`. Measurements, not tests: pytest collects nothing here.

Every row compares three clients doing the same job against one canned server (server.py, in a process
of its own, on another core where the machine has one): the *floor* (floor.py), the least a Python
program can do; *minichat* (candidate.py), through its public names only; and *naive* (naive.py), what
one writes with `urllib` in ten lines. They run in turn within one run, so that a busy machine troubles
all three alike, and the best of the rounds counts. Read the ratio, not the microseconds: the ratio to
the floor is what stays the same from one machine to another.
"""
