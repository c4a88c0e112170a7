from parity import case, mask, uniform, values

CASES = [
    case("where", "torch.where(m != 0, x, y)", m=mask(2, 3), x=uniform(3), y=uniform(2, 1)),
    case("maximum", "torch.maximum(x, y)", x=uniform(2, 3), y=uniform(3)),
    case("minimum", "torch.minimum(x, y)", x=uniform(2, 3), y=uniform(3)),
    case("maximum: equal operands", "torch.maximum(x, y)", x=values([1.0, 2.0, 3.0]), y=values([2.0, 2.0, 2.0])),
    case("minimum: equal operands", "torch.minimum(x, y)", x=values([1.0, 2.0, 3.0]), y=values([2.0, 2.0, 2.0])),
    case("abs", "torch.abs(x)", x=values([-1.5, 0.0, 2.5])),
]
