from parity import case, uniform, values

CASES = [
    case("erf", "torch.erf(x)", x=uniform(2, 3)),
    case("erfc", "torch.erfc(x)", x=uniform(2, 3)),
    case("erfc: tails", "torch.erfc(x)", x=values([-6.0, 3.0, 5.0, 8.0])),
]
