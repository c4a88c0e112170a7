from parity import case, uniform, values

CASES = [
    case("cumsum", "torch.cumsum(x, 1)", x=uniform(2, 4)),
    case("cumsum: axis 0", "torch.cumsum(x, 0)", x=uniform(3, 2, 2)),
    case("cumprod", "torch.cumprod(x, 1)", x=uniform(2, 4)),
    case("cumprod: axis 0", "torch.cumprod(x, 0)", x=uniform(3, 2, 2)),
    case("cumprod: zeros", "torch.cumprod(x, 1)", x=values([[2.0, 0.0, 3.0, -1.0], [0.0, 1.5, 0.0, 2.0]])),
]
