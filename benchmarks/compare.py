#!/usr/bin/env python3
"""Compares xtape with libtorch, a hand-written loop, dlib and scikit-learn. Run it as scripts/bench.

Every contender is a process that stays alive; bursts of steps alternate between them, and what counts is the median over rounds of
the ratio of two neighbouring bursts: on a shared machine absolute times say little. libtorch gets the best of four settings for
each case.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

LIBTORCH_SETTINGS = [(1, 1), (1, 2), (2, 1), (2, 2)]  # OMP_NUM_THREADS, OPENBLAS_NUM_THREADS

# case: at least so many times faster than libtorch; at most this share of the hand-written loop's time on one thread
GOALS = {
    "mlp-784-128-64-10/32": (4, 1.05),
    "mlp-784-128-64-10/128": (3, 1.05),
    "mlp-784-128-64-10/512": (2, 1.05),
    "mlp-64-128-64-10/32-sgd": (4, 1.15),
    "mlp-2-16-16-2/16-sgd": (20, 2),
    "mlp-784-1024-1024-10/128": (2, 1.05),
    "autoencoder-784-256-64-256-784/128": (2.5, 1.05),
    "cnn-16-32/64": (1.4, None),
    "scalar-chain-1000": (25, None),
    "tanh-10M": (5, None),
    "exp-10M": (5, None),
    "sigmoid-10M": (5, None),
    "tanh-10M/reused": (None, None),
    "exp-10M/reused": (None, None),
    "sigmoid-10M/reused": (None, None),
}
ELEMENTWISE = ("tanh-10M", "exp-10M", "sigmoid-10M")
TRAINING = [case for case in GOALS if case.startswith(("mlp", "autoencoder", "cnn"))]
TWO_THREADS = {"mlp-784-128-64-10/512": 1.7, "cnn-16-32/64": 1.7}
MEMORY = {case: 0.3 for case in TRAINING}
SCALING = [
    ("batch of 784-128-64-10, per row", [(f"batch-{n}", n) for n in (32, 64, 128, 256, 512, 1024, 2048)]),
    ("depth of 128-wide layers at batch 128, per layer", [(f"depth-{n}", n) for n in (2, 4, 8, 16, 32, 64)]),
    ("length of a tape of scalar operations, per operation", [(f"scalar-chain-{10**k}", 10**k) for k in (3, 4, 5, 6)]),
]


class Worker:
    """A contender's process, fed one command a line."""

    def __init__(self, command, omp, blas, label):
        self.label = label
        environment = dict(os.environ, OMP_NUM_THREADS=str(omp), OPENBLAS_NUM_THREADS=str(blas), XTAPE_THREADS=str(omp))
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer:
            sys.exit(f"{self.label}: no answer to '{command}'")
        return answer

    def start(self, case):
        return self.ask(f"start {case}") == "ready"

    def burst(self, seconds):
        """Microseconds a step."""
        steps, spent = self.ask(f"burst {seconds}").split()
        return float(spent) / int(steps) * 1e6

    def memory(self):
        return int(self.ask("memory")) / 1024

    def allocations(self, steps):
        return int(self.ask(f"allocations {steps}")) / steps

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def quartiles(values):
    values = sorted(values)
    return values[len(values) // 4], statistics.median(values), values[(3 * len(values)) // 4]


def table(title, header, rows):
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    print(f"\n{title}\n")
    for row in [header, *rows]:
        cells = [str(cell).ljust(width) if i == 0 else str(cell).rjust(width) for i, (cell, width) in enumerate(zip(row, widths))]
        print("  " + "  ".join(cells).rstrip())


def verdict(value, goal, at_least):
    if goal is None:
        return "-"
    met = value >= goal if at_least else value <= goal
    if met:
        return "met"
    miss = goal / value if at_least else value / goal
    return f"missed by {100 * (miss - 1):.0f} %"


class Comparison:
    def __init__(self, build, rounds, seconds):
        self.build, self.rounds, self.seconds = build, rounds, seconds
        here = pathlib.Path(__file__).resolve().parent
        self.commands = {"xtape": [str(build / "benchmarks/xtape_worker")], "by hand": [str(build / "benchmarks/byhand_worker")]}
        for name, path in (("libtorch", build / "benchmarks/libtorch_worker"), ("dlib", build / "benchmarks/dlib_worker")):
            if path.exists():
                self.commands[name] = [str(path)]
        if subprocess.run(["/usr/bin/python3", "-c", "import sklearn"], capture_output=True).returncode == 0:
            self.commands["scikit-learn"] = ["/usr/bin/python3", str(here / "sklearn_worker.py")]

    def contenders(self):
        yield "xtape 1", "xtape", 1, 1
        yield "xtape 2", "xtape", 2, 1
        yield "by hand 1", "by hand", 1, 1
        yield "by hand 2", "by hand", 2, 2
        for omp, blas in LIBTORCH_SETTINGS:
            yield f"libtorch {omp}x{blas}", "libtorch", omp, blas
        for name in ("dlib", "scikit-learn"):
            yield f"{name} 1", name, 1, 1
            yield f"{name} 2", name, 2, 2

    def run(self, case):
        workers = {}
        for label, name, omp, blas in self.contenders():
            if name not in self.commands:
                continue
            worker = Worker(self.commands[name], omp, blas, label)
            if worker.start(case):
                workers[label] = worker
            else:
                worker.close()
        times = {label: [] for label in workers}
        for _ in range(self.rounds):
            for label, worker in workers.items():
                times[label].append(worker.burst(self.seconds))
        result = {"times": times, "memory": {label: worker.memory() for label, worker in workers.items()}}
        if "xtape 1" in workers:
            result["allocations"] = {label: workers[label].allocations(20) for label in ("xtape 1", "xtape 2")}
        for worker in workers.values():
            worker.close()
        return result

    def single(self, case, label="xtape 1", name="xtape", threads=1):
        worker = Worker(self.commands[name], threads, 1, label)
        if not worker.start(case):
            worker.close()
            return None
        times = [worker.burst(self.seconds) for _ in range(self.rounds)]
        worker.close()
        return statistics.median(times)


def best(times, name):
    """The contender of that name whose median is lowest."""
    labels = [label for label in times if label.startswith(name + " ")]
    return min(labels, key=lambda label: statistics.median(times[label]), default=None)


def ratio(times, slow, fast):
    """Quartiles of slow / fast over the rounds."""
    return quartiles([a / b for a, b in zip(times[slow], times[fast])])


def speed_tables(results):
    contenders = ["xtape 1", "xtape 2", "by hand 1", "by hand 2", "libtorch", "dlib", "scikit-learn"]
    rows = []
    for case, result in results.items():
        row = [case]
        for name in contenders:
            label = name if name in result["times"] else best(result["times"], name)
            row.append(f"{statistics.median(result['times'][label]):.1f}" if label else "-")
        rows.append(row)
    table("Microseconds a step (median; libtorch, dlib and scikit-learn in their best setting)", ["case", *contenders], rows)

    rows = []
    for case, result in results.items():
        times, goal = result["times"], GOALS[case][0]
        mine, theirs = best(times, "xtape"), best(times, "libtorch")
        if theirs:
            low, middle, high = ratio(times, theirs, mine)
            rows.append([case, theirs.split()[1], f"{middle:.2f}", f"{low:.2f} .. {high:.2f}", goal or "-", verdict(middle, goal, True)])
    table("Times faster than libtorch (its best OMP x OPENBLAS threads)", ["case", "setting", "median", "quartiles", "goal", ""], rows)

    rows = []
    for case, result in results.items():
        times, goal = result["times"], GOALS[case][1]
        if "by hand 1" in times:
            low, middle, high = ratio(times, "xtape 1", "by hand 1")
            rows.append([case, f"{middle:.2f}", f"{low:.2f} .. {high:.2f}", goal or "-", verdict(middle, goal, False)])
    table("Time over that of the hand-written loop, one thread each", ["case", "median", "quartiles", "goal", ""], rows)

    rows = []
    for case, result in results.items():
        times, goal = result["times"], TWO_THREADS.get(case)
        low, middle, high = ratio(times, "xtape 1", "xtape 2")
        rows.append([case, f"{middle:.2f}", f"{low:.2f} .. {high:.2f}", goal or "-", verdict(middle, goal, True)])
    table("Times faster on two threads than on one", ["case", "median", "quartiles", "goal", ""], rows)


def memory_table(results):
    rows = []
    for case, result in results.items():
        if case not in TRAINING:
            continue
        memory, allocations = result["memory"], result["allocations"]
        mine, theirs = best(result["times"], "xtape"), best(result["times"], "libtorch")
        share = memory[mine] / memory[theirs] if theirs else None
        rows.append([case, f"{memory[mine]:.0f}", f"{memory[theirs]:.0f}" if theirs else "-", f"{share:.2f}" if share else "-",
                     MEMORY[case], verdict(share, MEMORY[case], False) if share else "-",
                     " / ".join(f"{count:g}" for count in allocations.values()),
                     verdict(max(allocations.values()), 0, False) if max(allocations.values()) == 0 else "missed"])
    table("Peak resident memory of the process (MiB) and heap allocations a step on 1 / 2 threads (goal: 0)",
          ["case", "xtape", "libtorch", "ratio", "goal", "", "allocations", ""], rows)


def bandwidth_table(comparison):
    """Elementwise functions against copying as much memory."""
    copy = comparison.single("copy-10M", "by hand 1", "by hand")
    rows = []
    for case in ELEMENTWISE:
        mine = comparison.single(case)
        rows.append([case, f"{mine:.0f}", f"{copy:.0f}", f"{mine / copy:.2f}", 1.5, verdict(mine / copy, 1.5, False)])
    table("Elementwise on 10M floats over a copy of as many, microseconds on one thread", ["case", "xtape", "copy", "ratio", "goal", ""], rows)


def scaling_tables(comparison):
    scaling = {}
    for title, cases in SCALING:
        rows, first = [], None
        for case, size in cases:
            one, two = comparison.single(case), comparison.single(case, threads=2)
            if one is None:
                continue
            each = one / size * 1000
            first = first or each
            scaling[case] = {"size": size, "us_1": one, "us_2": two}
            rows.append([size, f"{one:.1f}", f"{two:.1f}", f"{each:.1f}", f"{each / first:.2f}"])
        table(f"Cost against {title}", ["size", "us, 1 thread", "us, 2 threads", "ns each (1)", "against the first"], rows)
    return scaling


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"), help="where the programs were built")
    parser.add_argument("--rounds", type=int, default=11, help="bursts of each contender, of which the medians count")
    parser.add_argument("--seconds", type=float, default=0.15, help="length of a burst")
    parser.add_argument("--json", type=pathlib.Path, help="write every burst's figure to this file")
    parser.add_argument("cases", nargs="*", help="parts of the names of the cases to run (default: all, and the scaling tables)")
    options = parser.parse_args()
    comparison = Comparison(options.build, options.rounds, options.seconds)
    for name in ("libtorch", "dlib", "scikit-learn"):
        if name not in comparison.commands:
            print(f"{name} is not here: its columns stay empty")
    chosen = [case for case in GOALS if not options.cases or any(part in case for part in options.cases)]
    results = {}
    for number, case in enumerate(chosen, 1):
        print(f"[{number}/{len(chosen)}] {case}", file=sys.stderr, flush=True)
        result = comparison.run(case)
        if "xtape 1" in result["times"]:
            results[case] = result
    speed_tables(results)
    memory_table(results)
    scaling = {}
    if not options.cases:
        bandwidth_table(comparison)
        scaling = scaling_tables(comparison)
    if options.json:
        options.json.write_text(json.dumps({"results": results, "scaling": scaling}, indent=1) + "\n")


if __name__ == "__main__":
    main()
