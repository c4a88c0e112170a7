from parity import case, between, positive, uniform, values

CASES = [
    case("expm1", "torch.expm1(x)", x=uniform(2, 3)),
    case("exp2", "torch.exp2(x)", x=uniform(2, 3)),
    case("log1p", "torch.log1p(x)", x=between(-0.9, 3, 2, 3)),
    case("log2", "torch.log2(x)", x=positive(2, 3)),
    case("log10", "torch.log10(x)", x=positive(2, 3)),
    case("expm1: small", "torch.expm1(x)", x=values([1e-6, -1e-9, 0.0])),
    case("log1p: small", "torch.log1p(x)", x=values([1e-6, -1e-9, 0.0])),
    case("power", "torch.pow(x, y)", x=positive(2, 3), y=uniform(3)),
    case("power: negative base", "torch.pow(x, y)", x=values([-2.0, -0.5, -3.0]), y=values([3.0, -2.0, 0.0])),
    case("power: at 0", "torch.pow(x, y)", x=values([0.0, 0.0, 0.0, 0.0, 0.0, 2.0]), y=values([0.0, 0.5, 1.0, 2.0, -1.0, 0.0])),
    case("power: number as base", "torch.pow(2, x)", x=uniform(2, 3)),
]
