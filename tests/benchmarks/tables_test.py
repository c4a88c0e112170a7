"""Tests of benchmarks/tables.py."""

import sys
import unittest

sys.path.insert(0, sys.argv.pop(1))

import tables


class TablesTest(unittest.TestCase):
    def test_columns_are_as_wide_as_their_widest_cell(self):
        table = tables.Table("Title", ["case", "us"], [["a", "1.5"], ["long", "12.25"]])
        self.assertEqual(tables.as_text(table), "Title\n\n  case     us\n  a       1.5\n  long  12.25\n")

    def test_markdown_has_a_ruler_and_escapes_bars(self):
        table = tables.Table("Title", ["case", "us"], [["a|b", 1]])
        self.assertEqual(tables.as_markdown(table), "**Title**\n\n| case | us |\n|---|---:|\n| a\\|b | 1 |\n")

    def test_a_figure_at_its_goal_is_met(self):
        verdicts = tables.Verdicts()
        self.assertEqual(verdicts.at_least("speed", 4.0, 4), "met")
        self.assertEqual(verdicts.at_most("share", 1.05, 1.05), "met")
        self.assertEqual(verdicts.at_most("allocations", 0, 0), "met")

    def test_a_miss_says_by_how_much(self):
        verdicts = tables.Verdicts()
        self.assertEqual(verdicts.at_least("speed", 3.2, 4), "missed by 25 %")
        self.assertEqual(verdicts.at_most("share", 1.26, 1.05), "missed by 20 %")
        self.assertEqual(verdicts.at_most("allocations", 2, 0), "missed")
        self.assertEqual(verdicts.summary().title, "Goals: 0 of 3 met; missed are")
        self.assertEqual(verdicts.summary().rows[0], ["speed", "3.2", "4", "missed by 25 %"])

    def test_without_a_goal_there_is_no_verdict(self):
        verdicts = tables.Verdicts()
        self.assertEqual(verdicts.at_least("speed", 3.2, None), "-")
        self.assertEqual(verdicts.all, [])

    def test_ratios_are_of_the_same_round(self):
        # Round by round 2, 3 and 4; the ratio of the medians would be 60 / 10 = 6.
        self.assertEqual(tables.paired([20, 60, 400], [10, 20, 100]), (2, 3, 4))

    def test_text_goes_between_the_markers_of_a_page(self):
        page = f"before\n{tables.BEGIN}\nold\n{tables.END}\nafter\n"
        self.assertEqual(tables.insert_between_markers(page, "new\n"), f"before\n{tables.BEGIN}\n\nnew\n\n{tables.END}\nafter\n")

    def test_a_page_without_markers_is_refused(self):
        with self.assertRaisesRegex(ValueError, "expected the lines <!-- scripts/bench --markdown: begin -->"):
            tables.insert_between_markers("nothing here", "new")


if __name__ == "__main__":
    unittest.main()
