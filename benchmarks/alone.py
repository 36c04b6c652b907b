"""Runs one command and prints what it cost: exit code, CPU seconds, seconds, peak memory in KiB.

A program of its own, and a small one: a process counts as its own peak what the one that starts it
holds at that moment, so that whoever measures must be no larger than `python -c pass`.
"""

import os
import sys
import time

words = sys.argv[1:]
nowhere = os.open(os.devnull, os.O_RDWR)
silent = [(os.POSIX_SPAWN_DUP2, nowhere, descriptor) for descriptor in (0, 1, 2)]
begun = time.perf_counter()
process = os.posix_spawn(words[0], words, os.environ, file_actions=silent)
_, status, usage = os.wait4(process, 0)
taken = time.perf_counter() - begun
print(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, taken, usage.ru_maxrss)
