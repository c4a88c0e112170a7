from parity import between, case, uniform, values

LABELS = "torch.tensor([2, 0, 3])"
WEIGHTS = "torch.tensor([0.5, 2, 1, 0.25], dtype=x.dtype)"
FAR = values([[1e4, -1e4, 0.0, 3.0], [-1e4, -1e4, -1e4, -1e4], [1e4, 1e4, 1e4, 1e4]])

CASES = [
    case("cross_entropy", f"F.cross_entropy(x, {LABELS})", x=uniform(3, 4)),
    case("cross_entropy: none", f"F.cross_entropy(x, {LABELS}, reduction='none')", x=uniform(3, 4)),
    case("cross_entropy: sum, weights", f"F.cross_entropy(x, {LABELS}, {WEIGHTS}, reduction='sum')", x=uniform(3, 4)),
    case("cross_entropy: mean, weights", f"F.cross_entropy(x, {LABELS}, {WEIGHTS})", x=uniform(3, 4)),
    case("cross_entropy: ignored", "F.cross_entropy(x, torch.tensor([2, -100, 3]))", x=uniform(3, 4)),
    case("cross_entropy: ignored class, weights", f"F.cross_entropy(x, {LABELS}, {WEIGHTS}, ignore_index=0)", x=uniform(3, 4)),
    case("cross_entropy: smoothing", f"F.cross_entropy(x, {LABELS}, label_smoothing=0.2)", x=uniform(3, 4)),
    case("cross_entropy: smoothing, weights, ignored",
         f"F.cross_entropy(x, {LABELS}, {WEIGHTS}, ignore_index=0, label_smoothing=0.2)", x=uniform(3, 4)),
    case("cross_entropy: smoothing, weights, none",
         f"F.cross_entropy(x, {LABELS}, {WEIGHTS}, label_smoothing=0.2, reduction='none')", x=uniform(3, 4)),
    case("cross_entropy: further axes",
         "F.cross_entropy(x, torch.tensor([[[1, 0]], [[2, -1]]]), ignore_index=-1, label_smoothing=0.1)", x=uniform(2, 3, 1, 2)),
    case("cross_entropy: far apart", f"F.cross_entropy(x, {LABELS}, reduction='none')", x=FAR),
    case("cross_entropy: all ignored", "F.cross_entropy(x, torch.tensor([-100, -100]))", x=uniform(2, 3)),
    case("soft_cross_entropy", "F.cross_entropy(x, t)", x=uniform(3, 4), t=between(0, 1, 3, 4)),
    case("soft_cross_entropy: weights, smoothing", f"F.cross_entropy(x, t, {WEIGHTS}, label_smoothing=0.2)", x=uniform(3, 4),
         t=between(0, 1, 3, 4)),
    case("soft_cross_entropy: one-hot, sum", "F.cross_entropy(x, t, reduction='sum')", x=uniform(2, 3),
         t=values([[0, 1, 0], [1, 0, 0]])),
    case("soft_cross_entropy: further axes, none", "F.cross_entropy(x, t, reduction='none')", x=uniform(2, 3, 2),
         t=between(0, 1, 2, 3, 2)),
    case("nll_loss", f"F.nll_loss(x, {LABELS})", x=uniform(3, 4)),
    case("nll_loss: weights, ignored", f"F.nll_loss(x, {LABELS}, {WEIGHTS}, ignore_index=3)", x=uniform(3, 4)),
    case("nll_loss: further axes, none", "F.nll_loss(x, torch.tensor([[1, 0], [2, 1]]), reduction='none')", x=uniform(2, 3, 2)),
    case("nll_loss: sum", f"F.nll_loss(x, {LABELS}, {WEIGHTS}, reduction='sum')", x=uniform(3, 4)),
]
