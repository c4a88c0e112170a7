from parity import case, between, uniform, values

CASES = [
    case("tan", "torch.tan(x)", x=between(-1.4, 1.4, 2, 3)),
    case("asin", "torch.asin(x)", x=between(-0.95, 0.95, 2, 3)),
    case("acos", "torch.acos(x)", x=between(-0.95, 0.95, 2, 3)),
    case("asin: at the ends", "torch.asin(x)", x=values([-1.0, 0.0, 1.0])),
    case("atan", "torch.atan(x)", x=uniform(2, 3)),
    case("atan2", "torch.atan2(x, y)", x=uniform(4, 3), y=uniform(3)),
    case("atan2: on the axes", "torch.atan2(x, y)", x=values([0.0, 0.0, 1.0, -1.0]), y=values([1.0, -1.0, 0.0, 0.0])),
    case("hypot", "torch.hypot(x, y)", x=uniform(4, 3), y=uniform(3)),
]
