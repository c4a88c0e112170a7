from parity import case, distinct, values

CASES = [
    case("min", "torch.min(x)", x=distinct(2, 3)),
    case("min: axes", "torch.amin(x, (0, 2), keepdim=True)", x=distinct(2, 3, 2)),
    case("min: ties", "torch.amin(x, 1)", x=values([[2.0, 1.0, 1.0], [3.0, 3.0, 3.0]])),
    case("argmax", "torch.argmax(x)", x=distinct(3, 4)),
    case("argmax: axis", "torch.argmax(x, 1, keepdim=True)", x=distinct(3, 4)),
    case("argmax: NaN", "torch.argmax(x, 1)", x=values([[1.0, float("nan"), 3.0], [4.0, 5.0, 2.0]])),
    case("argmin", "torch.argmin(x)", x=distinct(3, 4)),
    case("argmin: axis", "torch.argmin(x, 0)", x=distinct(2, 3, 2)),
]
