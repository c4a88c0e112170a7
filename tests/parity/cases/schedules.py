"""The learning rates of PyTorch's schedulers at 24 steps, for two groups."""

import math

import torch
from parity import PathCase

STEPS = 24
STARTS = [0.1, 0.02]


def optimizer_of_two_groups():
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": rate} for rate in STARTS]
    return torch.optim.SGD(groups, lr=1.0)


def rates(optimizer):
    return [group["lr"] for group in optimizer.param_groups]


class Steps(PathCase):
    def row(self):
        optimizer = optimizer_of_two_groups()
        schedule = eval(self.expression, {"opt": optimizer, "S": torch.optim.lr_scheduler, "SWALR": torch.optim.swa_utils.SWALR})
        path = [rates(optimizer)]
        for _ in range(STEPS - 1):
            optimizer.step()
            schedule.step()
            path.append(rates(optimizer))
        return {"name": self.name, "torch": self.expression, "starts": STARTS, "double": {"path": path}}


class Values(PathCase):
    """ReduceLROnPlateau on values that fall, stay, and rise."""

    def row(self):
        values = [1 / (1 + n) if n < 6 else 0.17 + 0.01 * math.sin(n) for n in range(STEPS)]
        optimizer = optimizer_of_two_groups()
        schedule = eval(self.expression, {"opt": optimizer, "S": torch.optim.lr_scheduler})
        path = []
        for value in values:
            schedule.step(value)
            path.append(rates(optimizer))
        return {"name": self.name, "torch": self.expression, "starts": STARTS, "values": values, "double": {"path": path}}


CASES = [
    Steps("step_decay", "S.StepLR(opt, step_size=5, gamma=0.3)"),
    Steps("multistep", "S.MultiStepLR(opt, milestones=[3, 9, 9, 17], gamma=0.5)"),
    Steps("exponential", "S.ExponentialLR(opt, gamma=0.9)"),
    Steps("linear", "S.LinearLR(opt)"),
    Steps("linear: down", "S.LinearLR(opt, start_factor=0.9, end_factor=0.2, total_iters=15)"),
    Steps("polynomial", "S.PolynomialLR(opt, total_iters=15, power=1.7)"),
    Steps("cosine", "S.CosineAnnealingLR(opt, T_max=9, eta_min=0.01)"),
    Steps("cosine_restarts", "S.CosineAnnealingWarmRestarts(opt, T_0=4, T_mult=2, eta_min=0.005)"),
    Steps("cosine_restarts: equal periods", "S.CosineAnnealingWarmRestarts(opt, T_0=5)"),
    Steps("one_cycle", "S.OneCycleLR(opt, max_lr=[0.1, 0.02], total_steps=24, cycle_momentum=False)"),
    Steps("one_cycle: three phases",
          "S.OneCycleLR(opt, max_lr=[0.1, 0.02], total_steps=24, pct_start=0.4, anneal_strategy='linear', div_factor=10.0, "
          "final_div_factor=100.0, three_phase=True, cycle_momentum=False)"),
    Steps("anneal_to", "SWALR(opt, swa_lr=0.05, anneal_epochs=8)"),
    Steps("anneal_to: linear", "SWALR(opt, swa_lr=0.01, anneal_epochs=12, anneal_strategy='linear')"),
    Steps("sequence",
          "S.SequentialLR(opt, [S.LinearLR(opt, start_factor=0.1, total_iters=4), S.ExponentialLR(opt, gamma=0.8), "
          "S.StepLR(opt, step_size=3)], milestones=[4, 13])"),
    Steps("chain", "S.ChainedScheduler([S.LinearLR(opt, start_factor=0.2, total_iters=4), S.ExponentialLR(opt, gamma=0.9)])"),
    Values("Plateau", "S.ReduceLROnPlateau(opt, factor=0.5, patience=2)"),
    Values("Plateau: larger", "S.ReduceLROnPlateau(opt, mode='max', factor=0.3, patience=1, threshold=0.01, cooldown=2, min_lr=0.001)"),
    Values("Plateau: absolute", "S.ReduceLROnPlateau(opt, factor=0.5, patience=3, threshold=0.05, threshold_mode='abs')"),
]
