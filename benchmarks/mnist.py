"""Pairs of whole programs, mnist_xtape and mnist_libtorch, which train the same network on MNIST."""

import gzip
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import cases
from workers import environment

FILES = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]
XTAPE_SETTINGS = [(1, 1), (2, 1)]


def missing(folder):
    return [name for name in FILES if not any((folder / (name + ending)).is_file() for ending in ("", ".gz"))]


def unpack(folder, into):
    """libtorch reads the files only unpacked, so both programs get them that way."""
    for name in FILES:
        if (folder / name).is_file():
            shutil.copyfile(folder / name, into / name)
        else:
            with gzip.open(folder / (name + ".gz")) as packed, open(into / name, "wb") as unpacked:
                shutil.copyfileobj(packed, unpacked)


def run(program, variables, folder, epochs, seed):
    """Wall-clock seconds, test accuracy in percent and peak resident set in MiB."""
    begin = time.perf_counter()
    process = subprocess.Popen([str(program), str(folder), str(epochs), str(seed)], stdout=subprocess.PIPE, text=True, env=variables)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    found = re.search(r"test accuracy ([0-9.]+) %", output)
    if process.returncode or not found:
        sys.exit(f"{program}: ended with {process.returncode} and said: {output.strip()}")
    return {"seconds": seconds, "accuracy": float(found[1]), "memory": usage.ru_maxrss / 1024}


LOADER = re.compile(r"prefetch (\d+): batch ([0-9.]+) us, step ([0-9.]+) us, ratio ([0-9.]+) .*; ([0-9.]+) heap allocations a batch .*; "
                    r"step with loader [0-9.]+ us, ([0-9.]+) of the step")


def loader(build, data, seconds):
    """For each prefetch: microseconds of a batch of 64 and of the step it feeds, the median ratio, heap allocations a batch, and the
    step with the loader over the step alone."""
    program = build / "benchmarks/loader"
    if not program.exists():
        return None
    output = subprocess.run([str(program), "--data", str(data), "--seconds", str(seconds)], stdout=subprocess.PIPE, text=True, check=True).stdout
    return [[float(figure) for figure in found] for found in LOADER.findall(output)]


def compare(build, core, data, epochs, pairs, progress):
    """Alternating runs, each pair with a seed of its own, every program in the setting that one epoch was fastest in."""
    programs = {"xtape": build / "benchmarks/mnist_xtape", "libtorch": build / "benchmarks/mnist_libtorch"}
    if not all(program.exists() for program in programs.values()):
        return None
    settings = {"xtape": XTAPE_SETTINGS, "libtorch": cases.LIBTORCH_SETTINGS}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        unpack(data, folder)

        def take(who, setting, epochs, seed):
            return run(programs[who], environment(who, *setting, core), folder, epochs, seed)

        chosen = {}
        for who in programs:
            progress(f"MNIST: one epoch of {programs[who].name} in each setting")
            chosen[who] = min(settings[who], key=lambda setting: take(who, setting, 1, 1)["seconds"])
        result = {"epochs": epochs, "settings": {who: f"{omp}x{blas}" for who, (omp, blas) in chosen.items()},
                  "xtape": [], "libtorch": []}
        for pair in range(pairs):
            for who in ("xtape", "libtorch") if pair % 2 == 0 else ("libtorch", "xtape"):
                progress(f"MNIST: pair {pair + 1} of {pairs}, {programs[who].name}")
                result[who].append(take(who, chosen[who], epochs, pair + 1))
    return result
