"""One process, measured from outside: the wall clock, and CPU and peak memory as the system counted them for it."""
import os
import subprocess
import sys
import time
from statistics import median
from typing import NamedTuple

# The clock of the commands: a report of open days looks from there, whenever it is measured.
NOW = "2026-02-01T06:00:00Z"


class Took(NamedTuple):
    wall: float  # seconds
    cpu: float  # seconds, of all threads
    memory: float  # MiB at the peak
    said: str


def timed(command, folder=".", hears=False):
    """Runs a command to its end; what it prints is thrown away unless somebody `hears` it.

    The peak of a process counts that of the one it was forked from: whoever calls this keeps small and imports nothing large."""
    os.sync()  # What others have written is not written at its cost.
    start = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, env={**os.environ, "BILLWRIGHT_NOW": NOW}, text=True, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE if hears else subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    said = process.stdout.read() if hears else ""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"exit {process.returncode}: {' '.join(map(str, command))}")
    return Took(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said)


def middle(rounds):
    """The medians of several rounds."""
    return Took(*(median(values) for values in list(zip(*rounds))[:3]), rounds[0].said)
