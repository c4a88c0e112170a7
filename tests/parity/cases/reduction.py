from parity import case, distinct, uniform, values

CASES = [
    case("sum", "torch.sum(x)", x=uniform(2, 3)),
    case("sum: axes", "torch.sum(x, (0, -1), keepdim=True)", x=uniform(2, 3, 2)),
    case("mean", "torch.mean(x)", x=uniform(2, 3)),
    case("mean: axis", "torch.mean(x, 1)", x=uniform(2, 3, 2)),
    case("prod", "torch.prod(x)", x=uniform(2, 3)),
    case("prod: axis", "torch.prod(x, 0, keepdim=True)", x=uniform(3, 2)),
    case("prod: zeros", "torch.prod(x, 1)", x=values([[2.0, 0.0, 3.0], [0.0, -1.0, 0.0], [1.5, 2.0, -1.0]])),
    case("max", "torch.max(x)", x=distinct(2, 3)),
    case("max: axes", "torch.amax(x, (0, 2))", x=distinct(2, 3, 2)),
    case("max: ties", "torch.amax(x, 1)", x=values([[2.0, 1.0, 2.0], [3.0, 3.0, 3.0]])),
]
