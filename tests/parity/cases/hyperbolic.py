from parity import case, between, uniform, values

CASES = [
    case("sinh", "torch.sinh(x)", x=uniform(2, 3)),
    case("cosh", "torch.cosh(x)", x=uniform(2, 3)),
    case("asinh", "torch.asinh(x)", x=uniform(2, 3)),
    case("acosh", "torch.acosh(x)", x=between(1.1, 5, 2, 3)),
    case("atanh", "torch.atanh(x)", x=between(-0.95, 0.95, 2, 3)),
    case("asinh: large", "torch.asinh(x)", x=values([1e4, -1e6, 1e-4])),
]
