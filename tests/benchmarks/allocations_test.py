"""Training steps ask the heap for nothing once they are warm: allocations_test.py BENCHMARKS BUILD."""

import pathlib
import sys
import unittest

sys.path.insert(0, sys.argv[1])
import cases  # noqa: E402
import workers  # noqa: E402

BUILD = pathlib.Path(sys.argv[2])
STEPS = 10
ATTEMPTS = 5  # the pool grows in the first steps, and TBB's own caches whenever a thread first comes to help


def fewest(worker):
    """Heap allocations of STEPS steps, in the best of some attempts."""
    counts = []
    while len(counts) < ATTEMPTS and 0 not in counts:
        counts.append(int(worker.ask(f"allocations {STEPS}")))
    return min(counts)


class Allocations(unittest.TestCase):
    def worker(self, case, threads):
        worker = workers.Worker([str(BUILD / "benchmarks/xtape_worker")], cases.Contender(f"xtape {threads}", "xtape", threads, 1, case))
        self.addCleanup(worker.close)
        self.assertTrue(worker.start(0.02))
        return worker

    def test_a_warm_training_step_allocates_nothing(self):
        for case in cases.TRAINING:
            for threads in (1, 2):
                with self.subTest(case=case, threads=threads):
                    self.assertEqual(fewest(self.worker(case, threads)), 0)

    def test_the_count_sees_an_allocation(self):
        # A gradient asked for by itself comes in a std::vector.
        self.assertGreaterEqual(fewest(self.worker("scalar-chain-1000", 1)), STEPS)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
