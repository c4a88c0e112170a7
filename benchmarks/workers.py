"""Runs the contenders: each is a process that stays alive, and bursts of steps alternate between them."""

import os
import pathlib
import statistics
import subprocess
import sys
import time

import cases

PROGRAMS = ("xtape", "by hand", "libtorch", "dlib", "scikit-learn")

# Threads that waited in a spin loop after the burst before are asleep by then.
PAUSE = 0.04


def environment(program, omp, blas, core):
    """Its own, with that many threads; and OpenBLAS as fast as it can be for the peers, while xtape runs as its users have it."""
    variables = dict(os.environ, OMP_NUM_THREADS=str(omp), OPENBLAS_NUM_THREADS=str(blas), XTAPE_THREADS=str(omp))
    if core and program != "xtape":
        variables["OPENBLAS_CORETYPE"] = core
    return variables


class Worker:
    """A contender's process, fed one command a line (worker.hpp has the protocol)."""

    def __init__(self, command, contender, core=None):
        self.contender = contender
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment(contender.program, contender.omp, contender.blas, core))

    def ask(self, command):
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline().strip()
        except BrokenPipeError:
            answer = ""
        if not answer:
            sys.exit(f"{self.contender.label}: no answer to '{command}'")
        return answer

    def start(self, warm_up):
        return self.ask(f"start {self.contender.case} {warm_up}") == "ready"

    def burst(self, seconds):
        """Microseconds a step."""
        steps, spent = self.ask(f"burst {seconds}").split()
        if self.contender.omp > 1 or self.contender.blas > 1:
            time.sleep(PAUSE)
        return float(spent) / int(steps) * 1e6

    def parts(self, seconds):
        words = self.ask(f"parts {seconds}").split()
        return {name: float(number) for name, number in zip(words[::2], words[1::2])}

    def memory(self):
        """Peak resident set in MiB."""
        return int(self.ask("memory")) / 1024

    def allocations(self, steps):
        return int(self.ask(f"allocations {steps}")) / steps

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def programs(build):
    """The command of each program that is there."""
    commands = {name: [str(build / "benchmarks" / file)]
                for name, file in (("xtape", "xtape_worker"), ("by hand", "byhand_worker"), ("libtorch", "libtorch_worker"),
                                   ("dlib", "dlib_worker"))
                if (build / "benchmarks" / file).exists()}
    python = "/usr/bin/python3"  # the system's, for that is where Debian's packages go
    if os.path.exists(python) and subprocess.run([python, "-c", "import sklearn"], capture_output=True).returncode == 0:
        commands["scikit-learn"] = [python, str(pathlib.Path(__file__).resolve().parent / "sklearn_worker.py")]
    return commands


def fastest_core(commands, flags):
    """The OPENBLAS_CORETYPE that multiplies matrices fastest here, or None when OpenBLAS's own choice is as good.

    An OpenBLAS older than the processor may not know it and fall back to kernels of a sixth of the speed. `flags` are the
    processor's: kernels that it cannot run are not tried.
    """
    if "OPENBLAS_CORETYPE" in os.environ:
        return None
    cores = [core for core, flag in ((None, None), ("Haswell", "avx2"), ("SkylakeX", "avx512bw")) if flag is None or flag in flags]
    times = {}
    for core in cores:
        worker = Worker(commands["by hand"], cases.Contender("by hand 1", "by hand", 1, 1, "gemm-1024"), core)
        worker.start(0.05)
        times[core] = min(worker.burst(0.05) for _ in range(3))
        worker.close()
    fastest = min(times, key=times.get)
    return fastest if times[fastest] < 0.8 * times[None] else None


class Runner:
    """Rounds of bursts of `seconds` each."""

    def __init__(self, commands, rounds, seconds, core=None):
        self.commands, self.rounds, self.seconds, self.core = commands, rounds, seconds, core

    def start(self, contenders):
        """The workers, by label, of those contenders that are here and know their case."""
        workers = [Worker(self.commands[c.program], c, self.core) for c in contenders if c.program in self.commands]
        ready = {}
        for worker in workers:
            if worker.start(min(0.2, 2 * self.seconds)):
                ready[worker.contender.label] = worker
            else:
                worker.close()
        return ready

    def times(self, workers):
        """Microseconds a step of every burst. Every other round goes backwards, so that nobody always follows the same one."""
        times = {label: [] for label in workers}
        for turn in range(self.rounds):
            for label in list(workers) if turn % 2 == 0 else reversed(list(workers)):
                times[label].append(workers[label].burst(self.seconds))
        return times

    def case(self, case):
        workers = self.start(cases.contenders(case))
        result = {"times": self.times(workers)}
        if case in cases.TRAINING:
            result["memory"] = {label: worker.memory() for label, worker in workers.items()}
            result["parts"] = {label: workers[label].parts(self.seconds) for label in cases.IN_PARTS if label in workers}
        if case in cases.TRAINING or case.startswith("scalar"):
            result["allocations"] = {label: workers[label].allocations(20) for label in ("xtape 1", "xtape 2") if label in workers}
        for worker in workers.values():
            worker.close()
        return result

    def scaling(self, scaling):
        """Bursts of every size on one thread and on two, by size."""
        wanted = [cases.Contender(f"{size} {threads}", "xtape", threads, 1, case)
                  for case, size in scaling.cases for threads in (1, 2)]
        return self.alternate(wanted)

    def limits(self):
        return self.alternate([cases.Contender(f"{limit.case} {threads}", "by hand", threads, threads, limit.case)
                               for limit in cases.LIMITS for threads in limit.threads])

    def alternate(self, wanted):
        workers = self.start(wanted)
        times = self.times(workers)
        for worker in workers.values():
            worker.close()
        return times


def best(times, program):
    """The label of that program's setting whose median is lowest, or None."""
    labels = [label for label in times if label.rsplit(" ", 1)[0] == program]
    return min(labels, key=lambda label: statistics.median(times[label]), default=None)
