"""What scikit-learn reaches with the points, parts and trials that xtape's programs have left in their run folders. Run by
scripts/baselines; prints a table and writes RUNS/baselines.csv."""

import copy
import csv
import re
import statistics
import sys
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, Perceptron, RidgeClassifier
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

# Networks are trained for so many epochs, whether they have converged or not.
warnings.filterwarnings("ignore", category=ConvergenceWarning)


class Missing(Exception):
    """A file that a program would have left."""


def read_csv(path):
    if not path.is_file():
        raise Missing(f"{path} is not there")
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def columns(rows, *names):
    return np.array([[float(row[name]) for name in names] for row in rows])


def run_folder(runs, program, study):
    """RUNS/PROGRAM, or PROGRAM-SEED or PROGRAM-STUDY-SEED with the smallest seed."""
    if (runs / program).is_dir():
        return runs / program
    pattern = re.compile(f"{program}(?:-all|-{study})?-([0-9]+)")
    seeded = [(int(found[1]), path) for path in sorted(runs.iterdir()) if (found := pattern.fullmatch(path.name))]
    if not seeded:
        raise Missing(f"{runs} has no run of {program}")
    return min(seeded)[1]


def linear_regression(folder):
    rows = read_csv(folder / "regression-points.csv")
    model = LinearRegression().fit(columns(rows, "x"), columns(rows, "y")[:, 0])
    line = np.array([model.coef_[0], model.intercept_])
    xtape = columns(read_csv(folder / "regression-line.csv"), "slope", "intercept")[0]
    name = "linear regression"
    yield 1, name + ": slope", "LinearRegression", "slope", line[0]
    yield 1, name + ": intercept", "LinearRegression", "intercept", line[1]
    yield 1, name, "LinearRegression", "distance from xtape's line", abs(line - xtape).max()


def points(path):
    rows = read_csv(path)
    return columns(rows, "x1", "x2"), columns(rows, "label")[:, 0]


def blobs(folder):
    x, labels = points(folder / "blobs-points.csv")
    # The same model: the least squared error of -1 and 1.
    model = RidgeClassifier(alpha=0).fit(x, labels)
    yield 2, "two blobs, linear and MSE", "RidgeClassifier", "training accuracy", 100 * model.score(x, labels)


def perceptron(folder):
    x, labels = points(folder / "perceptron-points.csv")
    model = Perceptron(tol=None, max_iter=100).fit(x, labels)
    mistakes = np.count_nonzero(model.predict(x) != labels)
    yield 28, "perceptron on separable data", "Perceptron", "mistakes after 100 epochs", mistakes


def parts_of_digits(path):
    """{"train": (x, labels), ...}; xtape's digits are scikit-learn's, in the same order, which the labels confirm."""
    x, labels = load_digits(return_X_y=True)
    parts = {}
    rows = read_csv(path)
    for name in ("train", "validation", "test"):
        mine = [row for row in rows if row["part"] == name]
        at = np.array([int(row["row"]) for row in mine])
        if list(labels[at]) != [int(row["label"]) for row in mine]:
            sys.exit(f"baselines: {path}: the labels are not those of scikit-learn's digits")
        parts[name] = x[at] / 16, labels[at]
    return parts


def seeds_of(folder):
    """Of the parts in a run folder, and these parts."""
    paths = sorted(folder.glob("parts-*.csv"))
    if not paths:
        raise Missing(f"{folder} has no parts-SEED.csv")
    return [(int(path.stem.split("-")[1]), parts_of_digits(path)) for path in paths]


def grid_search(folder):
    """The very trials of xtape, trained by MLPClassifier; each search's winner by validation accuracy sees the test part."""
    found = {}
    for seed, parts in seeds_of(folder):
        trials = read_csv(folder / f"trials-{seed}.csv")
        for method in dict.fromkeys(trial["method"] for trial in trials):
            best = None
            for number, trial in enumerate(trial for trial in trials if trial["method"] == method):
                epochs = int(trial["max_iter"])
                model = MLPClassifier(
                    (int(trial["hidden_layer_sizes"]),), alpha=float(trial["alpha"]), batch_size=int(trial["batch_size"]),
                    learning_rate_init=float(trial["learning_rate_init"]), max_iter=epochs, n_iter_no_change=epochs,
                    random_state=1000 * seed + number).fit(*parts["train"])
                score = model.score(*parts["validation"])
                if best is None or score > best[0]:
                    best = score, model
            found.setdefault(method, []).append(100 * best[1].score(*parts["test"]))
    for method, accuracies in found.items():
        yield (27, f"{method} search", "MLPClassifier", f"median test accuracy over {len(accuracies)} seeds",
               statistics.median(accuracies))


def trained(setting, parts, seed):
    """A network after its epochs or, with a patience, as it was after the best one; its loss of the validation part."""
    batch, patience = int(setting["batch_size"]), int(setting["patience"])
    model = MLPClassifier((256, 128), solver="sgd", learning_rate_init=float(setting["lr"]), momentum=0.9, nesterovs_momentum=False,
                          alpha=batch * float(setting["weight_decay"]), batch_size=batch, random_state=seed)
    best, waited = (np.inf, None), 0
    for _ in range(int(setting["epochs"])):
        model.partial_fit(*parts["train"], classes=np.arange(10))
        if not patience:
            continue
        loss = log_loss(parts["validation"][1], model.predict_proba(parts["validation"][0]))
        best, waited = ((loss, copy.deepcopy(model)), 0) if loss < best[0] else (best, waited + 1)
        if waited == patience:
            break
    if patience:
        return best
    return log_loss(parts["validation"][1], model.predict_proba(parts["validation"][0])), model


def regularization(folder):
    settings = read_csv(folder / "settings.csv")
    plain, chosen = [], []
    for seed, parts in seeds_of(folder):
        results = [(setting["name"], *trained(setting, parts, seed)) for setting in settings]
        plain += [100 * model.score(*parts["test"]) for name, _, model in results if name == "nothing"]
        held_back = min((result for result in results if result[0] != "nothing"), key=lambda result: result[1])
        chosen.append(100 * held_back[2].score(*parts["test"]))
    name, metric = "regularised by validation loss vs nothing", f"median test accuracy over {len(plain)} divisions"
    yield 27, name, "MLPClassifier, L2 or early stopping", metric, statistics.median(chosen)
    yield 27, name + ": nothing", "MLPClassifier", metric, statistics.median(plain)


def print_table(rows):
    lines = [("#", "study", "scikit-learn's", "metric", "value")]
    lines += [(str(number), name, peer, metric, f"{value:.6g}") for number, name, peer, metric, value in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(5)]
    for line in lines:
        cells = [f"{line[i]:{side}{widths[i]}}" for i, side in enumerate("><<<>")]
        print("  ".join(cells))


def main():
    runs = Path(sys.argv[1])
    rows = []
    studies = [("linear_models", "regression", linear_regression), ("linear_models", "blobs", blobs),
               ("linear_models", "perceptron", perceptron), ("grid_search", "all", grid_search),
               ("regularization", "all", regularization)]
    for program, study, measure in studies:
        try:
            rows += measure(run_folder(runs, program, study))
        except Missing as missing:
            print(f"baselines: left out {measure.__name__}: {missing}", file=sys.stderr)
    if not rows:
        sys.exit(f"baselines: {runs} has nothing to compare with")
    with (runs / "baselines.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["number", "name", "peer", "metric", "value"])
        writer.writerows((*row[:4], f"{row[4]:.6g}") for row in rows)
    print(f"scikit-learn {sklearn.__version__}")
    print_table(rows)


main()
