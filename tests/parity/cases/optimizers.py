"""Where parameters go under each optimizer of PyTorch: 20 steps with gradients that are given, L-BFGS on Rosenbrock's function."""

import numpy
import torch
from parity import PathCase, numbers

STEPS = 20


class GivenGradients(PathCase):
    """The optimizer is `expression`, evaluated with torch and the parameter x; or a function of start, gradients that stands in for it."""

    def __init__(self, name, expression, reference=None):
        super().__init__(name, expression)
        self.reference = reference

    def row(self):
        draw = numpy.random.RandomState(self.seed())
        start = draw.uniform(-2, 2, (2, 3)).astype(numpy.float32)
        gradients = draw.uniform(-1, 1, (STEPS, 2, 3)).astype(numpy.float32)
        gradients[:, 0, 0] = 0  # one element whose gradient is always zero, one of its own scale
        gradients[:, 1, 2] *= 1e-3
        path = self.reference or self.run
        return {
            "name": self.name,
            "torch": self.expression,
            "start": numbers(start),
            "gradients": [numbers(g) for g in gradients],
            "float": {"path": [numbers(x) for x in path(start, gradients)]},
            "double": {"path": [numbers(x) for x in path(start.astype(float), gradients.astype(float))]},
        }

    def run(self, start, gradients):
        x = torch.tensor(start, requires_grad=True)
        optimizer = eval(self.expression, {"torch": torch, "x": x})
        for gradient in gradients:
            x.grad = torch.tensor(gradient)
            optimizer.step()
            yield x.detach().numpy().copy()


def lion(lr=1e-4, beta1=0.9, beta2=0.99, weight_decay=0.0):
    """X. Chen et al., "Symbolic discovery of optimization algorithms", arXiv 2302.06675, algorithm 2, line by line."""

    def path(x, gradients):
        x = x.copy()
        m = numpy.zeros_like(x)
        number = x.dtype.type
        for g in gradients:
            update = number(beta1) * m + number(1 - beta1) * g
            x = x - number(lr) * (numpy.sign(update) + number(weight_decay) * x)
            m = number(beta2) * m + number(1 - beta2) * g
            yield x.copy()

    return path


def nadam(lr=2e-3, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.0, momentum_decay=4e-3):
    """The algorithm as the page of torch.optim.NAdam has it (and T. Dozat's report, algorithm 2). The code of PyTorch 1.13 differs from it:
    it multiplies mu_t into the product for t + 1 twice."""

    def path(x, gradients):
        x = x.copy()
        m, v = numpy.zeros_like(x), numpy.zeros_like(x)
        number = x.dtype.type
        product = 1.0
        for t, g in enumerate(gradients, 1):
            g = g + number(weight_decay) * x
            now = beta1 * (1 - 0.5 * 0.96 ** (t * momentum_decay))
            following = beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * momentum_decay))
            product *= now
            m = number(beta1) * m + number(1 - beta1) * g
            v = number(beta2) * v + number(1 - beta2) * g * g
            m_hat = number(following / (1 - product * following)) * m + number((1 - now) / (1 - product)) * g
            v_hat = v / number(1 - beta2**t)
            x = x - number(lr) * m_hat / (numpy.sqrt(v_hat) + number(epsilon))
            yield x.copy()

    return path


class Rosenbrock(PathCase):
    """(1 - x)^2 + 100 (y - x^2)^2 from (-1.2, 1), in double only: iterates of L-BFGS amplify what single precision rounds."""

    def __init__(self, name, expression, steps):
        super().__init__(name, expression)
        self.steps = steps

    def row(self):
        x = torch.tensor([-1.2], dtype=torch.float64, requires_grad=True)
        y = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
        optimizer = eval(self.expression, {"torch": torch, "x": x, "y": y})

        def closure():
            optimizer.zero_grad()
            loss = ((1 - x) ** 2 + 100 * (y - x**2) ** 2).sum()
            loss.backward()
            return loss

        path, losses = [], []
        for _ in range(self.steps):
            losses.append(float(optimizer.step(closure)))
            path.append([x.item(), y.item()])
        return {"name": self.name, "torch": self.expression, "losses": losses, "double": {"path": path}}


CASES = [
    GivenGradients("SGD", "torch.optim.SGD([x], lr=0.1)"),
    GivenGradients("SGD: weight decay", "torch.optim.SGD([x], lr=0.1, weight_decay=0.2)"),
    GivenGradients("SGD: momentum", "torch.optim.SGD([x], lr=0.1, momentum=0.9)"),
    GivenGradients("SGD: dampening", "torch.optim.SGD([x], lr=0.1, momentum=0.8, dampening=0.3, weight_decay=0.1)"),
    GivenGradients("SGD: nesterov", "torch.optim.SGD([x], lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1)"),
    GivenGradients("Adam", "torch.optim.Adam([x])"),
    GivenGradients("Adam: options", "torch.optim.Adam([x], lr=0.05, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.1)"),
    GivenGradients("Adam: amsgrad", "torch.optim.Adam([x], lr=0.05, betas=(0.9, 0.5), amsgrad=True)"),
    GivenGradients("AdamW", "torch.optim.AdamW([x])"),
    GivenGradients("AdamW: options", "torch.optim.AdamW([x], lr=0.05, betas=(0.8, 0.5), weight_decay=0.5, amsgrad=True)"),
    GivenGradients("NAdam", "see cases/optimizers.py", nadam()),
    GivenGradients("NAdam: options", "see cases/optimizers.py",
                   nadam(lr=0.05, beta1=0.8, beta2=0.9, epsilon=1e-4, weight_decay=0.1, momentum_decay=0.1)),
    GivenGradients("RMSprop", "torch.optim.RMSprop([x])"),
    GivenGradients("RMSprop: momentum", "torch.optim.RMSprop([x], lr=0.02, alpha=0.9, eps=1e-4, weight_decay=0.1, momentum=0.7)"),
    GivenGradients("RMSprop: centered", "torch.optim.RMSprop([x], lr=0.02, alpha=0.9, eps=1e-2, centered=True)"),
    GivenGradients("RMSprop: both", "torch.optim.RMSprop([x], lr=0.02, alpha=0.9, eps=1e-2, momentum=0.7, centered=True)"),
    GivenGradients("Adagrad", "torch.optim.Adagrad([x])"),
    GivenGradients("Adagrad: options",
                   "torch.optim.Adagrad([x], lr=0.2, lr_decay=0.1, weight_decay=0.1, initial_accumulator_value=0.3, eps=1e-4)"),
    GivenGradients("Adadelta", "torch.optim.Adadelta([x])"),
    GivenGradients("Adadelta: options", "torch.optim.Adadelta([x], lr=0.5, rho=0.8, eps=1e-3, weight_decay=0.1)"),
    GivenGradients("Lion", "see cases/optimizers.py", lion()),
    GivenGradients("Lion: options", "see cases/optimizers.py", lion(lr=0.05, beta1=0.8, beta2=0.9, weight_decay=0.3)),
    Rosenbrock("LBFGS", "torch.optim.LBFGS([x, y], max_iter=1, line_search_fn='strong_wolfe')", 20),
    Rosenbrock("LBFGS: iterations", "torch.optim.LBFGS([x, y], history_size=3, line_search_fn='strong_wolfe')", 3),
    Rosenbrock("LBFGS: fixed length", "torch.optim.LBFGS([x, y], lr=0.1, max_iter=2, history_size=4)", 20),
]
