from parity import case, positive, uniform, values

CASES = [
    case("add", "x + y", x=uniform(2, 3), y=uniform(3)),
    case("subtract", "x - y", x=uniform(2, 3), y=uniform(2, 1)),
    case("multiply", "x * y", x=uniform(2, 3), y=uniform(3)),
    case("divide", "x / y", x=uniform(2, 3), y=uniform(2, 1)),
    case("negate", "-x", x=uniform(2, 3)),
    case("square", "torch.square(x)", x=uniform(2, 3)),
    case("pow: 3", "torch.pow(x, 3)", x=uniform(2, 3)),
    case("pow: -1.5", "torch.pow(x, -1.5)", x=positive(2, 3)),
    case("pow: 0", "torch.pow(x, 0)", x=values([0.0, -1.0, 2.0])),
    case("pow: 2, at 0", "torch.pow(x, 2)", x=values([0.0, -1.0, 2.0])),
    case("sqrt", "torch.sqrt(x)", x=positive(2, 3)),
    case("sqrt: at 0", "torch.sqrt(x)", x=values([0.0, 4.0])),
    case("rsqrt", "torch.rsqrt(x)", x=positive(2, 3)),
    case("reciprocal", "torch.reciprocal(x)", x=uniform(2, 3)),
]
