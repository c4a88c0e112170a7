"""Tests of benchmarks/report.py."""

import sys
import unittest

sys.path.insert(0, sys.argv.pop(1))

import cases
import mnist
import report


def measured(case, times, **more):
    return report.make({"cases": {case: {"times": times, **more}}})


def named(tables, start):
    return next((table for table in tables if table.title.startswith(start)), None)


class ReportTest(unittest.TestCase):
    def test_libtorch_counts_in_its_best_setting(self):
        tables = measured("mlp-784-128-64-10/32", {"xtape 1": [10, 10], "xtape 2": [5, 5], "libtorch 1x1": [50, 50], "libtorch 2x2": [15, 15]})
        self.assertEqual(named(tables, "Times faster than libtorch").rows,
                         [["mlp-784-128-64-10/32", "2", "2x2", "3.00", "3.00 .. 3.00", 4, "missed by 33 %"]])

    def test_the_hand_written_loop_is_compared_on_one_thread(self):
        tables = measured("mlp-2-16-16-2/16-sgd", {"xtape 1": [3, 3], "xtape 2": [1, 1], "by hand 1": [2, 2], "by hand 2": [9, 9]})
        self.assertEqual(named(tables, "Time over that of the hand-written").rows,
                         [["mlp-2-16-16-2/16-sgd", "1.50", "1.50 .. 1.50", 2, "met"]])

    def test_an_allocation_on_either_count_of_threads_is_a_miss(self):
        tables = measured("mlp-2-16-16-2/16-sgd", {"xtape 1": [1], "xtape 2": [1]}, allocations={"xtape 1": 0, "xtape 2": 0.5})
        self.assertEqual(named(tables, "Heap allocations").rows, [["mlp-2-16-16-2/16-sgd", "0", "0.5", 0, "missed"]])

    def test_cost_against_size_is_judged_for_each_item(self):
        tape = next(scaling for scaling in cases.SCALING if scaling.key == "tape")
        sizes = [size for _, size in tape.cases]
        times = {f"{size} {threads}": [size * (0.1 if size < sizes[-1] else 0.14)] for size in sizes for threads in (1, 2)}
        rows = named(report.make({"scaling": {"tape": times}}), "Cost against length of a tape").rows
        self.assertEqual([row[3] for row in rows], ["100.0", "100.0", "100.0", "140.0"])
        self.assertEqual(rows[-1][4:], ["1.40", "1.40 .. 1.40", 1.3, "missed by 7.7 %"])
        self.assertEqual(rows[-2][-1], "-")

    def test_programs_are_compared_in_time_accuracy_and_memory(self):
        runs = {"xtape": [{"seconds": 4, "accuracy": 98.0, "memory": 50}], "libtorch": [{"seconds": 12, "accuracy": 97.9, "memory": 500}]}
        tables = report.make({"mnist": {"epochs": 20, "settings": {"xtape": "2x1", "libtorch": "1x2"}, **runs}})
        rows = named(tables, "MNIST").rows
        self.assertEqual([row[-1] for row in rows], ["met", "met", "met"])
        self.assertEqual(rows[0][3], "3.00 times faster (3.00 .. 3.00)")

    def test_a_loader_is_judged_by_its_rate_and_its_allocations(self):
        line = ("prefetch 2: batch 30.5 us, step 240.0 us, ratio 7.9 (goal: at least 10); 0.000 heap allocations a batch (goal: 0); "
                "step with loader 250.0 us, 1.042 of the step")
        figures = [[float(figure) for figure in found] for found in mnist.LOADER.findall(line)]
        self.assertEqual(figures, [[2, 30.5, 240, 7.9, 0, 1.042]])
        rows = named(report.make({"loader": figures}), "Loader of MNIST").rows
        self.assertEqual(rows, [["2", "30.5", "240.0", "7.9", 10, "missed by 27 %", "0", "met", "1.042"]])

    def test_without_data_the_row_says_which_files_it_wants(self):
        tape = next(scaling for scaling in cases.SCALING if scaling.key == "tape")
        times = {f"{size} {threads}": [size] for _, size in tape.cases for threads in (1, 2)}
        missing = named(report.make({"scaling": {"tape": times}}), "MNIST")
        self.assertIn("DIR holds train-images-idx3-ubyte[.gz], train-labels-idx1-ubyte[.gz]", missing.title)

    def test_what_was_not_measured_has_no_table(self):
        tables = measured("scalar-chain-1000", {"xtape 1": [1], "xtape 2": [1]})
        self.assertIsNone(named(tables, "Times faster than libtorch"))
        self.assertIsNone(named(tables, "Peak resident memory"))


if __name__ == "__main__":
    unittest.main()
