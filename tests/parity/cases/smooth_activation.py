from parity import case, uniform, values

WIDE = values([-30.0, -3.0, -1.0, -0.3, 0.0, 0.4, 1.0, 3.0, 6.0, 25.0])

CASES = [
    case("elu", "F.elu(x)", x=WIDE),
    case("elu: 0.5", "F.elu(x, 0.5)", x=WIDE),
    case("elu: selu", "F.selu(x)", x=WIDE),
    case("gelu", "F.gelu(x)", x=WIDE),
    case("gelu_tanh", "F.gelu(x, approximate='tanh')", x=WIDE),
    case("silu", "F.silu(x)", x=WIDE),
    case("softplus", "F.softplus(x)", x=WIDE),
    case("softplus: beta 3", "F.softplus(x, 3)", x=uniform(2, 3)),
    case("softplus: log_sigmoid", "F.logsigmoid(x)", x=WIDE),
    case("mish", "F.mish(x)", x=WIDE),
]
