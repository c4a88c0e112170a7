from parity import case, mask, values

CASES = [
    case("any", "torch.any(x)", x=mask(2, 3)),
    case("any: axis", "torch.any(x, 1, keepdim=True)", x=values([[0.0, 0.0], [0.0, 0.5], [float("nan"), 0.0]])),
    case("all", "torch.all(x)", x=mask(2, 3)),
    case("all: axis", "torch.all(x, 1)", x=values([[1.0, 0.0], [-1.0, 0.5], [float("nan"), 2.0]])),
]
