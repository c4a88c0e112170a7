"""What is compared, with whom, and the figures to reach (docs/performance.md tells where they come from)."""

from typing import NamedTuple, Optional


class Goal(NamedTuple):
    libtorch: Optional[float] = None  # at least so many times faster than libtorch in its best setting
    by_hand: Optional[float] = None  # at most this share of the hand-written loop's time, one thread each
    two_threads: Optional[float] = None  # at least so many times faster on two threads than on one


CASES = {
    "mlp-784-128-64-10/32": Goal(4, 1.05),
    "mlp-784-128-64-10/128": Goal(3, 1.05),
    "mlp-784-128-64-10/512": Goal(2, 1.05, 1.7),
    "mlp-64-128-64-10/32-sgd": Goal(4, 1.15),
    "mlp-2-16-16-2/16-sgd": Goal(20, 2),
    "mlp-784-1024-1024-10/128": Goal(2, 1.05),
    "autoencoder-784-256-64-256-784/128": Goal(2.5, 1.05),
    "cnn-16-32/64": Goal(1.4, None, 1.7),
    "scalar-chain-1000": Goal(25),
    "tanh-10M": Goal(5),
    "exp-10M": Goal(5),
    "sigmoid-10M": Goal(5),
    "tanh-10M/reused": Goal(),
    "exp-10M/reused": Goal(),
    "sigmoid-10M/reused": Goal(),
}
ELEMENTWISE = [case for case in CASES if "-10M" in case]
TRAINING = [case for case in CASES if case.startswith(("mlp", "autoencoder", "cnn"))]

MEMORY_GOAL = 0.3  # of libtorch's peak resident set, at most
ALLOCATIONS_GOAL = 0  # heap allocations a step
BANDWIDTH_GOAL = 1.5  # times the time of a copy, at most
LOADER_GOAL = 10  # batches for each training step that they feed
MNIST_GOAL = 2.5  # times faster than libtorch's program
MNIST_ACCURACY_GOAL = 0.3  # percentage points between the two, at most

# OMP_NUM_THREADS (also XTAPE_THREADS), OPENBLAS_NUM_THREADS
LIBTORCH_SETTINGS = [(1, 1), (1, 2), (2, 1), (2, 2)]


IN_PARTS = ["xtape 1", "by hand 1", "libtorch 1x1"]  # whose steps are timed part by part as well


class Contender(NamedTuple):
    label: str
    program: str
    omp: int
    blas: int
    case: str


def contenders(case):
    """In the order in which their bursts follow each other: what is compared most closely stands side by side."""
    rows = [("by hand", 1, 1), ("xtape", 1, 1), ("xtape", 2, 1)]
    rows += [("libtorch", omp, blas) for omp, blas in LIBTORCH_SETTINGS]
    rows += [("by hand", 2, 2), ("dlib", 1, 1), ("dlib", 2, 2), ("scikit-learn", 1, 1), ("scikit-learn", 2, 2)]
    for program, omp, blas in rows:
        label = f"{program} {omp}x{blas}" if program == "libtorch" else f"{program} {omp}"
        yield Contender(label, program, omp, blas, case)
    if case in ELEMENTWISE:
        yield Contender("copy 1", "by hand", 1, 1, "copy-10M")
        yield Contender("copy 2", "by hand", 2, 1, "copy-10M")


class Scaling(NamedTuple):
    key: str
    title: str
    cases: list  # (case, size)
    against: str  # what a size's cost per item is compared with: the "first" size's, or the "cheapest" smaller one's
    goal: float  # at most so many times that


SCALING = [
    Scaling("batch", "batch size (784-128-64-10, Adam), for each row",
            [(f"batch-{n}", n) for n in (32, 64, 128, 256, 512, 1024, 2048)], "cheapest", 1.3),
    Scaling("depth", "depth (layers of 128 at batch 128, Adam), for each layer",
            [(f"depth-{n}", n) for n in (2, 4, 8, 16, 32, 64)], "cheapest", 1.3),
    Scaling("tape", "length of a tape of scalar operations, for each operation",
            [(f"scalar-chain-{10**k}", 10**k) for k in (3, 4, 5, 6)], "first", 1.3),
]


class Limit(NamedTuple):
    case: str
    what: str
    unit: str
    work: float  # a step's, so that work / microseconds is the rate
    threads: tuple


# In "by hand". A copy reads and writes each byte.
LIMITS = [
    Limit("multiply-add-1M", "multiply-adds in registers", "GFLOP/s", 2e6 / 1e3, (1,)),
    Limit("gemm-1024", "product of two 1024 x 1024 matrices", "GFLOP/s", 2 * 1024**3 / 1e3, (1, 2)),
    Limit("copy-64K", "copy of 256 KiB, within the cache", "GB/s", 8 * 65536 / 1e3, (1,)),
    Limit("copy-10M", "copy of 40 MB", "GB/s", 8e7 / 1e3, (1, 2)),
]


class Counted(NamedTuple):
    case: str
    program: str
    what: str
    operations: int  # in one step, forward and backward together
    steps: tuple  # two run lengths: what both share is not counted


COUNTED = [
    Counted("tanh-chain-1000", "xtape", "recorded scalar tanh", 1000, (2, 12)),
    Counted("multiply-chain-1000", "xtape", "recorded scalar multiplication", 1000, (2, 12)),
    Counted("linear-16-chain-100", "xtape", "recorded linear, 16 x 16 at batch 16", 100, (2, 12)),
    Counted("mlp-2-16-16-2/16-sgd", "xtape", "training step of 2-16-16-2, batch 16, SGD", 1, (20, 220)),
    Counted("mlp-2-16-16-2/16-sgd", "by hand", "the same step by hand", 1, (20, 220)),
]
