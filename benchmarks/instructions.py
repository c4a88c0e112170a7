"""Counts instructions with callgrind: figures that are the same whatever else the machine is doing."""

import os
import re
import subprocess
import sys

import cases
from workers import programs


def collected(command, case, steps):
    environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", XTAPE_THREADS="1")
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command, case, str(steps)],
                          capture_output=True, text=True, env=environment)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not found:
        sys.exit(f"callgrind of {' '.join(command)} {case}:\n{done.stderr}")
    return int(found[1])


def count(build, progress):
    """Instructions of one step: the difference of two run lengths, in which start-up and warm-up cancel."""
    commands = programs(build)
    counts = {}
    for counted in cases.COUNTED:
        progress(f"instructions: {counted.program}, {counted.case}")
        few, many = counted.steps
        difference = collected(commands[counted.program], counted.case, many) - collected(commands[counted.program], counted.case, few)
        counts[f"{counted.program}: {counted.case}"] = difference / (many - few)
    return counts
