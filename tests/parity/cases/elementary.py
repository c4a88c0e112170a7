from parity import case, positive, uniform, values

CASES = [
    case("exp", "torch.exp(x)", x=uniform(2, 3)),
    case("log", "torch.log(x)", x=positive(2, 3)),
    case("sin", "torch.sin(x)", x=uniform(2, 3)),
    case("cos", "torch.cos(x)", x=uniform(2, 3)),
    case("exp: far out", "torch.exp(x)", x=values([-80.0, -10.0, 0.0, 5.0])),
    case("log: at 0", "torch.log(x)", x=values([0.0, 1.0])),
]
