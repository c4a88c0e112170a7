#!/usr/bin/env python3
"""Compares two builds of xtape, as the portable one with the one for this machine: benchmarks/builds.py build/release build/portable

Both need the target xtape_worker. Bursts of the two alternate; what counts is the median of the ratio of two bursts of the same round.
"""

import argparse
import pathlib
import statistics

import cases
import tables
from workers import Runner


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[1].replace("\n", " "))
    parser.add_argument("builds", nargs=2, type=pathlib.Path, metavar="BUILD", help="the build to compare with, and the other")
    parser.add_argument("cases", nargs="*", metavar="CASE", help="parts of the names of the cases to run (default: all)")
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="bursts of each build (15)")
    parser.add_argument("--seconds", type=float, default=0.1, metavar="S", help="length of a burst (0.1)")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="threads of each (1)")
    options = parser.parse_args()
    before, after = map(str, options.builds)
    runner = Runner({name: [name + "/benchmarks/xtape_worker"] for name in (before, after)}, options.rounds, options.seconds)
    rows = []
    for case in cases.CASES:
        if options.cases and not any(part in case for part in options.cases):
            continue
        times = runner.alternate([cases.Contender(name, name, options.threads, 1, case) for name in (before, after)])
        low, middle, high = tables.paired(times[after], times[before])
        rows.append([case, *(f"{statistics.median(times[name]):.1f}" for name in (before, after)), f"{middle:.3f}", f"{low:.3f} .. {high:.3f}"])
    header = ["case", before, after, "second / first", "quartiles"]
    print(tables.as_text(tables.Table("Microseconds a step, and their ratio (below 1: the second is faster)", header, rows)))


if __name__ == "__main__":
    main()
