from parity import case, values

WIDE = values([-2.5, -1.5, -0.5, 0.0, 0.5, 1.5, 2.5, 3.2])

CASES = [
    case("sign", "torch.sign(x)", x=WIDE),
    case("floor", "torch.floor(x)", x=WIDE),
    case("ceil", "torch.ceil(x)", x=WIDE),
    case("round", "torch.round(x)", x=WIDE),
    case("clamp: both sides", "torch.clamp(x, -0.5, 1.5)", x=WIDE),
    case("clamp: from below", "torch.clamp(x, min=0.5)", x=WIDE),
    case("clamp: from above", "torch.clamp(x, max=0.5)", x=WIDE),
]
