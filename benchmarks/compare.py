#!/usr/bin/env python3
"""Compares xtape with libtorch, a hand-written loop of BLAS calls, dlib and scikit-learn. Run it as scripts/bench, which builds first.

Every contender is a process that stays alive; bursts of steps alternate between them, and what counts is the median over rounds of
the ratio of two bursts of the same round: on a shared machine absolute times say little. libtorch gets the best of four settings for
each case, and everybody but xtape the OpenBLAS kernels that suit the processor. Without names of cases everything is run that is there; that takes about ten minutes.
"""

import argparse
import json
import pathlib
import sys

import cases
import instructions
import machine
import mnist
import report
import tables
from workers import PROGRAMS, Runner, fastest_core, programs


def parse():
    about, details = __doc__.split("\n\n", 1)
    parser = argparse.ArgumentParser(prog="scripts/bench", description=about, epilog=details.replace("\n", " "))
    parser.add_argument("cases", nargs="*", metavar="CASE", help="parts of the names of the cases to run, and nothing else then")
    parser.add_argument("--list", action="store_true", help="print the names of the cases and end")
    parser.add_argument("--quick", action="store_true", help="few and short bursts: two minutes in all, and rougher figures")
    parser.add_argument("--only", metavar="NAMES", type=lambda text: text.split(","),
                        help="compare these alone: xtape and, with commas between, any of by hand, libtorch, dlib, scikit-learn")
    parser.add_argument("--rounds", type=int, metavar="N", help="bursts of each contender, of which the medians count (11; quick: 3)")
    parser.add_argument("--seconds", type=float, metavar="S", help="length of a burst (0.12; quick: 0.04)")
    parser.add_argument("--data", type=pathlib.Path, metavar="DIR", help="MNIST's four files, for the comparison of whole programs")
    parser.add_argument("--epochs", type=int, default=20, metavar="N", help="of the whole programs (20)")
    parser.add_argument("--pairs", type=int, metavar="N", help="runs of each whole program (5; quick: 1)")
    parser.add_argument("--instructions", nargs="?", const=pathlib.Path("build/instructions"), type=pathlib.Path, metavar="BUILD",
                        help="count instructions with callgrind, in a build of its own that valgrind can run (build/instructions)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write every burst's figure and the machine to this file")
    parser.add_argument("--markdown", type=pathlib.Path, metavar="FILE",
                        help="write the tables as Markdown: between its two marker lines when the file is there, as docs/performance.md")
    parser.add_argument("--from", dest="source", type=pathlib.Path, metavar="FILE",
                        help="measure nothing: make the tables from what --json wrote")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"), metavar="BUILD",
                        help="where the programs were built (build/release)")
    options = parser.parse_args()
    for name, usual, quick in (("rounds", 11, 3), ("seconds", 0.12, 0.04), ("pairs", 5, 1)):
        if getattr(options, name) is None:
            setattr(options, name, quick if options.quick else usual)
    if options.rounds < 1 or options.seconds <= 0 or options.pairs < 1 or options.epochs < 1:
        parser.error("--rounds, --seconds, --pairs and --epochs: expected numbers above 0")
    for name in options.only or []:
        if name not in PROGRAMS:
            parser.error(f"--only {name}: expected one of {', '.join(PROGRAMS)}")
    for name in options.cases:
        if not any(name in case for case in cases.CASES):
            parser.error(f"no case has '{name}' in its name; --list prints them")
    if options.data and mnist.missing(options.data):
        parser.error(f"--data {options.data}: no " + ", ".join(mnist.missing(options.data)) + " there, with or without .gz")
    if options.markdown and options.markdown.exists():
        insert(options.markdown, "", parser.error)
    return options


def insert(file, text, fail):
    try:
        return tables.insert_between_markers(file.read_text(), text)
    except ValueError as error:
        return fail(f"{file}: {error}")


def progress(text):
    """Where it stands, for somebody who waits in front of a terminal."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="" if text else "\r", file=sys.stderr, flush=True)


def measure(options):
    commands = everybody = programs(options.build)
    if "xtape" not in everybody or "by hand" not in everybody:
        sys.exit(f"{options.build}/benchmarks has no xtape_worker or no byhand_worker: run scripts/bench, which builds them")
    if options.only:
        commands = {name: command for name, command in commands.items() if name in ["xtape", *options.only]}
    for name in options.only or PROGRAMS:
        if name not in commands:
            print(f"{name} is not here: its columns stay empty")
    core = fastest_core(everybody, machine.flags())
    runner = Runner(commands, options.rounds, options.seconds, core)
    results = {"machine": {**machine.describe(options.build), "core": core}, "rounds": options.rounds, "seconds": options.seconds, "cases": {}}
    ticks = machine.processor_ticks()
    chosen = [case for case in cases.CASES if not options.cases or any(part in case for part in options.cases)]
    for number, case in enumerate(chosen, 1):
        progress(f"[{number}/{len(chosen)}] {case}")
        results["cases"][case] = runner.case(case)
    if not options.cases:
        results["scaling"] = {}
        for scaling in cases.SCALING:
            progress(f"cost against {scaling.key}")
            results["scaling"][scaling.key] = runner.scaling(scaling)
        progress("limits of the machine")
        results["limits"] = runner.limits()
    if options.instructions:
        results["instructions"] = instructions.count(options.instructions, progress)
    if options.data:
        progress("MNIST: loader")
        results["loader"] = mnist.loader(options.build, options.data, options.seconds)
        results["mnist"] = mnist.compare(options.build, core, options.data, options.epochs, options.pairs, progress)
    everything, stolen = (now - before for now, before in zip(machine.processor_ticks(), ticks))
    results["machine"]["stolen_percent"] = 100 * stolen / max(1, everything)
    progress("")
    return results


def main():
    options = parse()
    if options.list:
        print("\n".join(cases.CASES))
        return
    results = json.loads(options.source.read_text()) if options.source else measure(options)
    made = report.make(results)
    about = machine.summary(results["machine"])
    print(about + "\n")
    print("\n".join(tables.as_text(table) for table in made))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    if options.markdown:
        text = about + "\n\n" + "\n".join(tables.as_markdown(table) for table in made)
        options.markdown.write_text(insert(options.markdown, text, sys.exit) if options.markdown.exists() else text)


if __name__ == "__main__":
    main()
