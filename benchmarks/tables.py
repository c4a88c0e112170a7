"""Tables as text and as Markdown, and the verdicts in them."""

import statistics
from typing import NamedTuple

BEGIN, END = "<!-- scripts/bench --markdown: begin -->", "<!-- scripts/bench --markdown: end -->"


class Table(NamedTuple):
    title: str
    header: list  # empty when the title says everything
    rows: list  # of lists of cells; the first column is text, the others are set flush right


def as_text(table):
    if table.header == []:
        return table.title + "\n"
    cells = [[str(cell) for cell in row] for row in [table.header, *table.rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(table.header))]
    lines = [table.title, ""]
    for row in cells:
        line = [cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))]
        lines.append(("  " + "  ".join(line)).rstrip())
    return "\n".join(lines) + "\n"


def as_markdown(table):
    if table.header == []:
        return table.title + "\n"

    def line(cells):
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"

    ruler = "|" + "|".join(["---"] + ["---:"] * (len(table.header) - 1)) + "|"
    return "\n".join([f"**{table.title}**", "", line(table.header), ruler, *map(line, table.rows)]) + "\n"


def insert_between_markers(page, text):
    """The page with the text between its two marker lines. ValueError when it does not have both, in order."""
    begin, end = page.find(BEGIN), page.find(END)
    if begin < 0 or end < begin:
        raise ValueError(f"expected the lines {BEGIN} and {END}")
    return page[:begin] + BEGIN + "\n\n" + text + "\n" + page[end:]


def percent(share):
    return f"{100 * share:.0f} %" if share >= 0.0995 else f"{100 * share:.1f} %"


class Verdicts:
    """Judges figures against goals and remembers them all."""

    def __init__(self):
        self.all = []  # (what, value, goal, verdict)

    def at_least(self, what, value, goal):
        return self._judge(what, value, goal, value >= goal if goal is not None else None, lambda: goal / value)

    def at_most(self, what, value, goal):
        return self._judge(what, value, goal, value <= goal if goal is not None else None, lambda: value / goal if goal else None)

    def _judge(self, what, value, goal, met, times_off):
        if goal is None:
            return "-"
        if met:
            verdict = "met"
        else:
            miss = times_off()
            verdict = f"missed by {percent(miss - 1)}" if miss else "missed"
        self.all.append((what, value, goal, verdict))
        return verdict

    def summary(self):
        missed = [row for row in self.all if row[3] != "met"]
        title = f"Goals: {len(self.all) - len(missed)} of {len(self.all)} met" + ("; missed are" if missed else "")
        return Table(title, ["goal", "reached", "wanted", ""], [[what, f"{value:.3g}", f"{goal:g}", verdict]
                                                              for what, value, goal, verdict in missed])


def quartiles(values):
    values = sorted(values)
    return values[len(values) // 4], statistics.median(values), values[(3 * len(values)) // 4]


def paired(over, under):
    """Quartiles of the ratio of figures from the same rounds."""
    return quartiles([a / b for a, b in zip(over, under)])


def spread(low, high):
    return f"{low:.2f} .. {high:.2f}"
