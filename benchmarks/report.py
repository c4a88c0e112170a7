"""Makes the tables out of what was measured. Everything is a ratio of neighbouring bursts; the times are for orientation."""

import statistics

import cases
from mnist import FILES
from tables import Table, Verdicts, paired, spread
from workers import best

QUARTILES = ["median", "quartiles", "goal", ""]


def make(results):
    """All tables for which there are figures, and at the end what was reached of the goals."""
    verdicts = Verdicts()
    measured = results.get("cases", {})
    tables = []
    if measured:
        tables += [times(measured), against_libtorch(measured, verdicts), against_by_hand(measured, verdicts),
                   against_others(measured), threads(measured, verdicts), memory(measured, verdicts),
                   allocations(measured, verdicts), bandwidth(measured, verdicts), parts(measured)]
    tables += [scaling(s, results["scaling"][s.key], verdicts) for s in cases.SCALING if s.key in results.get("scaling", {})]
    if results.get("limits"):
        tables.append(limits(results["limits"]))
    if results.get("instructions"):
        tables.append(instructions(results["instructions"]))
    if results.get("loader"):
        tables.append(loader(results["loader"], verdicts))
    tables = [table for table in tables if table.rows]
    if results.get("mnist"):
        tables.append(mnist(results["mnist"], verdicts))
    elif results.get("scaling"):  # of everything else
        tables.append(mnist_missing())
    return tables + ([verdicts.summary()] if verdicts.all else [])


def ratio_row(case, over, under, goal, judge, what):
    low, middle, high = paired(over, under)
    return [case, f"{middle:.2f}", spread(low, high), goal or "-", judge(what, middle, goal)]


def times(measured):
    columns = ["xtape 1", "xtape 2", "by hand 1", "by hand 2", "libtorch", "dlib", "scikit-learn"]
    rows = []
    for case, result in measured.items():
        labels = [name if name in result["times"] else best(result["times"], name) for name in columns]
        rows.append([case, *(f"{statistics.median(result['times'][label]):.1f}" if label else "-" for label in labels)])
    return Table("Microseconds a step (median; 1 and 2 threads; libtorch, dlib and scikit-learn in their best setting)",
                 ["case", *columns], rows)


def against_libtorch(measured, verdicts):
    rows = []
    for case, result in measured.items():
        mine, theirs = best(result["times"], "xtape"), best(result["times"], "libtorch")
        if mine and theirs:
            row = ratio_row(case, result["times"][theirs], result["times"][mine], cases.CASES[case].libtorch, verdicts.at_least,
                            f"{case}: times faster than libtorch")
            rows.append([case, mine.split()[1], theirs.split()[1], *row[1:]])
    return Table("Times faster than libtorch, each in its best setting (threads; OMP x OPENBLAS)",
                 ["case", "xtape", "libtorch", *QUARTILES], rows)


def against_by_hand(measured, verdicts):
    rows = []
    for case, result in measured.items():
        if "by hand 1" in result["times"]:
            rows.append(ratio_row(case, result["times"]["xtape 1"], result["times"]["by hand 1"], cases.CASES[case].by_hand,
                                  verdicts.at_most, f"{case}: time over that of the hand-written loop"))
    return Table("Time over that of the hand-written loop, one thread each", ["case", *QUARTILES], rows)


def against_others(measured):
    rows = []
    for case, result in measured.items():
        row = [case]
        for name in ("dlib", "scikit-learn"):
            mine, theirs = best(result["times"], "xtape"), best(result["times"], name)
            low, middle, high = paired(result["times"][theirs], result["times"][mine]) if theirs else (0, 0, 0)
            row += [f"{middle:.2f}", spread(low, high)] if theirs else ["-", "-"]
        if row[1:] != ["-"] * 4:
            rows.append(row)
    return Table("Times faster than dlib and scikit-learn, each in its best setting",
                 ["case", "dlib", "quartiles", "scikit-learn", "quartiles"], rows)


def threads(measured, verdicts):
    rows = []
    for case, result in measured.items():
        if "xtape 2" in result["times"]:
            rows.append(ratio_row(case, result["times"]["xtape 1"], result["times"]["xtape 2"], cases.CASES[case].two_threads,
                                  verdicts.at_least, f"{case}: times faster on two threads"))
    return Table("Times faster on two threads than on one", ["case", *QUARTILES], rows)


def memory(measured, verdicts):
    rows = []
    for case, result in measured.items():
        mine, theirs = best(result["times"], "xtape"), best(result["times"], "libtorch")
        if "memory" in result and mine and theirs:
            a, b = result["memory"][mine], result["memory"][theirs]
            rows.append([case, f"{a:.1f}", f"{b:.1f}", f"{a / b:.2f}", cases.MEMORY_GOAL,
                         verdicts.at_most(f"{case}: peak memory over libtorch's", a / b, cases.MEMORY_GOAL)])
    return Table("Peak resident memory of a process that trains only this, MiB (settings as above)",
                 ["case", "xtape", "libtorch", "ratio", "goal", ""], rows)


def allocations(measured, verdicts):
    rows = []
    for case, result in measured.items():
        if result.get("allocations"):
            counts = list(result["allocations"].values())
            rows.append([case, *(f"{count:g}" for count in counts), cases.ALLOCATIONS_GOAL,
                         verdicts.at_most(f"{case}: heap allocations a step", max(counts), cases.ALLOCATIONS_GOAL)])
    return Table("Heap allocations a step after warm-up", ["case", "1 thread", "2 threads", "goal", ""], rows)


def bandwidth(measured, verdicts):
    rows = []
    for case, result in measured.items():
        for count in (1, 2):
            if f"copy {count}" in result["times"] and not case.endswith("/reused"):
                row = ratio_row(case, result["times"][f"xtape {count}"], result["times"][f"copy {count}"], cases.BANDWIDTH_GOAL,
                                verdicts.at_most, f"{case}: time over that of a copy, threads {count}")
                rows.append([case, count, *row[1:]])
    return Table("Elementwise functions of 10M floats: time over that of copying as many", ["case", "threads", *QUARTILES], rows)


def parts(measured):
    """Where the time of a step goes, on one thread each."""
    rows = []
    for case, result in measured.items():
        for label, found in result.get("parts", {}).items():
            if len(found) > 1:
                named = [found.get(name, 0) for name in ("forward", "backward", "update")]
                rest = found["step"] - sum(named)
                rows.append([case, label, *(f"{value:.1f}" for value in [*named, rest, found["step"]])])
    return Table("Where a step's time goes, microseconds on one thread (rest: reading the clock, and ending the tape)",
                 ["case", "", "forward", "backward", "update", "rest", "step"], rows)


def scaling(scaling, times, verdicts):
    """Cost for each item, against the first or the cheapest smaller size: what grows linearly does not rise above it."""
    rows, sizes = [], [size for _, size in scaling.cases if f"{size} 1" in times]
    each = {size: [t / size for t in times[f"{size} 1"]] for size in sizes}
    for i, size in enumerate(sizes):
        row = [size, f"{statistics.median(times[f'{size} 1']):.1f}", f"{statistics.median(times[f'{size} 2']):.1f}",
               f"{1000 * statistics.median(each[size]):.1f}"]
        if i == 0:
            rows.append([*row, "1.00", "-", "-", "-"])
            continue
        base = sizes[0] if scaling.against == "first" else min(sizes[:i], key=lambda s: statistics.median(each[s]))
        goal = scaling.goal if scaling.against == "cheapest" or size == sizes[-1] else None
        rows.append(row + ratio_row("", each[size], each[base], goal, verdicts.at_most,
                                    f"{scaling.key} {size}: cost of each over the {scaling.against}")[1:])
    return Table(f"Cost against {scaling.title}", ["size", "us, 1 thread", "us, 2 threads", "ns each, 1 thread",
                                                  f"over the {scaling.against}", *QUARTILES[1:]], rows)


def limits(times):
    rows = []
    for limit in cases.LIMITS:
        rates = [limit.work / statistics.median(times[f"{limit.case} {count}"]) if f"{limit.case} {count}" in times else None
                 for count in (1, 2)]
        rows.append([limit.what, limit.unit, *(f"{rate:.1f}" if rate else "-" for rate in rates)])
    return Table("Limits of this machine, measured", ["", "unit", "1 thread", "2 threads"], rows)


def instructions(counts):
    rows = [[counted.what, f"{counts[f'{counted.program}: {counted.case}'] / counted.operations:,.0f}"]
            for counted in cases.COUNTED if f"{counted.program}: {counted.case}" in counts]
    return Table("Instructions executed, forward and backward together, on one thread (callgrind, x86-64-v3)", ["", "instructions"], rows)


def loader(results, verdicts):
    rows = []
    for prefetch, batch, step, ratio, allocations, fed in results:
        what = f"MNIST loader, prefetch {prefetch:.0f}"
        rows.append([f"{prefetch:.0f}", f"{batch:.1f}", f"{step:.1f}", f"{ratio:.1f}", cases.LOADER_GOAL,
                     verdicts.at_least(f"{what}: times faster than the step it feeds", ratio, cases.LOADER_GOAL), f"{allocations:g}",
                     verdicts.at_most(f"{what}: heap allocations a batch", allocations, cases.ALLOCATIONS_GOAL), f"{fed:.3f}"])
    return Table("Loader of MNIST, batch 64, shuffled, next to the training step of 784-128-64-10, Adam (microseconds, medians)",
                 ["batches ahead", "batch", "step", "times faster", "goal", "", "allocations", "", "step with loader / step"], rows)


MNIST_TITLE = "MNIST, 784-128-64-10, batch 128, Adam: whole programs, reading the files included"


def mnist(result, verdicts):
    mine, theirs = result["xtape"], result["libtorch"]
    low, speed, high = paired([run["seconds"] for run in theirs], [run["seconds"] for run in mine])

    def median(runs, key):
        return statistics.median(run[key] for run in runs)

    def mean(runs, key):
        return statistics.mean(run[key] for run in runs)

    apart = abs(mean(mine, "accuracy") - mean(theirs, "accuracy"))
    share = median(mine, "memory") / median(theirs, "memory")
    rows = [["seconds", f"{median(mine, 'seconds'):.2f}", f"{median(theirs, 'seconds'):.2f}", f"{speed:.2f} times faster ({spread(low, high)})",
             cases.MNIST_GOAL, verdicts.at_least("MNIST program: times faster than libtorch", speed, cases.MNIST_GOAL)],
            ["test accuracy, %, mean", f"{mean(mine, 'accuracy'):.2f}", f"{mean(theirs, 'accuracy'):.2f}", f"{apart:.2f} points apart",
             cases.MNIST_ACCURACY_GOAL,
             verdicts.at_most("MNIST program: points of accuracy apart", apart, cases.MNIST_ACCURACY_GOAL)],
            ["peak memory, MiB", f"{median(mine, 'memory'):.0f}", f"{median(theirs, 'memory'):.0f}", f"ratio {share:.2f}",
             cases.MEMORY_GOAL, verdicts.at_most("MNIST program: peak memory over libtorch's", share, cases.MEMORY_GOAL)]]
    settings = f"{len(mine)} pairs of {result['epochs']} epochs; threads {result['settings']['xtape']}, {result['settings']['libtorch']}"
    return Table(f"{MNIST_TITLE} ({settings})", ["", "xtape", "libtorch", "", "goal", ""], rows)


def mnist_missing():
    wanted = [f"{name}[.gz]" for name in FILES]
    return Table(f"{MNIST_TITLE}: not run. With libtorch installed, --data DIR compares them; DIR holds {', '.join(wanted)}.", [], [])
