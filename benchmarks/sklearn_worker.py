#!/usr/bin/python3
"""The MLP rows in scikit-learn's MLPClassifier and MLPRegressor, one partial_fit a step."""

import sys
import time

import numpy
from sklearn.neural_network import MLPClassifier, MLPRegressor

# name: hidden layers, inputs, classes, batch, solver. An auto-encoder of MLPRegressor has a linear output.
CASES = {
    "mlp-784-128-64-10/32": ((128, 64), 784, 10, 32, "adam"),
    "mlp-784-128-64-10/128": ((128, 64), 784, 10, 128, "adam"),
    "mlp-784-128-64-10/512": ((128, 64), 784, 10, 512, "adam"),
    "mlp-64-128-64-10/32-sgd": ((128, 64), 64, 10, 32, "sgd"),
    "mlp-2-16-16-2/16-sgd": ((16, 16), 2, 2, 16, "sgd"),
    "mlp-784-1024-1024-10/128": ((1024, 1024), 784, 10, 128, "adam"),
    "autoencoder-784-256-64-256-784/128": ((256, 64, 256), 784, 0, 128, "adam"),
}


def start(name):
    hidden, width, classes, batch, solver = CASES[name]
    half = numpy.random.RandomState(1).random_sample((batch // 2, width)).astype(numpy.float32)
    x = numpy.concatenate([half, half])
    options = dict(hidden_layer_sizes=hidden, solver=solver, alpha=0.0, momentum=0.0, batch_size=batch, learning_rate_init=1e-9)
    if not classes:
        model = MLPRegressor(**options)
        return lambda: model.partial_fit(x, x)
    i = numpy.arange(batch)
    y = numpy.where(i < batch // 2, i, i - batch // 2 + 1) % classes
    model = MLPClassifier(**options)
    return lambda: model.partial_fit(x, y, classes=range(classes))


def burst(step, seconds):
    begin = time.perf_counter()
    steps = 0
    while True:
        step()
        steps += 1
        spent = time.perf_counter() - begin
        if spent >= seconds:
            return steps, spent


def peak_resident():
    with open("/proc/self/status") as status:
        return next(line.split()[1] for line in status if line.startswith("VmHWM:"))


def main():
    step = None
    for line in sys.stdin:
        command, *rest = line.split()
        if command == "start":
            step = start(rest[0]) if rest[0] in CASES else None
            if step:
                burst(step, float(rest[1]))
            print("ready" if step else "unknown", flush=True)
        elif command == "burst":
            print("%d %.9f" % burst(step, float(rest[0])), flush=True)
        elif command == "memory":
            print(peak_resident(), flush=True)
        elif command == "allocations":
            print(-1, flush=True)
        else:
            break


if __name__ == "__main__":
    main()
