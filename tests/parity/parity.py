"""Cases of the PyTorch parity tests: an expression of named inputs, and the inputs; a module and a call; or something that gives a path."""

import zlib

import numpy


class Case:
    def __init__(self, name, expression, inputs):
        self.name = name
        self.expression = expression
        self.inputs = inputs


def numbers(array):
    """Shortest decimals that read back as the same number; JSON has no NaN or infinity, so these are strings."""
    text = [str(value) for value in numpy.asarray(array).ravel()]
    return [value if value in ("nan", "inf", "-inf") else float(value) for value in text]


class PathCase:
    """A sequence of numbers: row() gives what is recorded."""

    def __init__(self, name, expression):
        self.name = name
        self.expression = expression

    def seed(self):
        return zlib.crc32(self.name.encode())


class LayerCase(Case):
    """A module, and what is asked of it."""

    def __init__(self, name, module, call, train, inputs):
        super().__init__(name, module if call == "m(x)" else f"m = {module}; {call}", inputs)
        self.module = module
        self.call = call
        self.train = train

    def seed(self):
        return zlib.crc32(self.name.encode())


def drawn(name, inputs):
    arrays = {}
    for key, draw in inputs.items():
        numbers = numpy.random.RandomState(zlib.crc32(f"{name}/{key}".encode()))
        # Every input is a float, so that both precisions see the same numbers.
        arrays[key] = numpy.asarray(draw(numbers), dtype=numpy.float32)
    return arrays


def case(name, expression, **inputs):
    """`name` is an operation of the catalogue, or "operation: variant"; `expression` is evaluated with torch, F and the inputs."""
    return Case(name, expression, drawn(name, inputs))


def layer_case(name, module, call="m(x)", train=True, **inputs):
    """`module` is evaluated with torch and moved away from special numbers (a scale of 1, a shift of 0); `call` is evaluated with the
    module m, torch, F and the inputs, and gives one tensor. Integer inputs are written in `call`, as tensors."""
    return LayerCase(name, module, call, train, drawn(name, inputs))


def uniform(*shape):
    """Within [-2, 2], no nearer to 0 than 0.05."""

    def draw(numbers):
        values = numbers.uniform(-2, 2, shape)
        return numpy.where(values < 0, numpy.minimum(values, -0.05), numpy.maximum(values, 0.05))

    return draw


def between(low, high, *shape):
    return lambda numbers: numbers.uniform(low, high, shape)


def positive(*shape):
    return between(0.5, 2, *shape)


def distinct(*shape):
    """Equally spaced in [-2, 2], in random order."""

    def draw(numbers):
        count = int(numpy.prod(shape))
        return (numbers.permutation(count).reshape(shape) + 1) * 4 / (count + 1) - 2

    return draw


def mask(*shape):
    return lambda numbers: numbers.randint(0, 2, shape)


def values(array):
    """These very numbers."""
    return lambda numbers: numpy.array(array)


def conditioned(*shape):
    """Square matrices in the last two axes, far from singular."""
    return lambda numbers: numbers.uniform(-1, 1, shape) + shape[-1] * numpy.eye(shape[-1])
