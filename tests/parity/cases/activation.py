from parity import case, uniform, values

WIDE = values([-30.0, -3.0, -1.0, -0.3, 0.0, 0.4, 1.0, 3.0, 6.0, 25.0])

CASES = [
    case("tanh", "torch.tanh(x)", x=values([-30.0, -8.0, -2.5, -0.3, 0.4, 3.0, 9.0, 25.0])),
    case("sigmoid", "torch.sigmoid(x)", x=values([-30.0, -8.0, -2.5, -0.3, 0.4, 3.0, 9.0, 25.0])),
    case("relu", "F.relu(x)", x=WIDE),
    case("leaky_relu", "F.leaky_relu(x)", x=WIDE),
    case("leaky_relu: 0.2", "F.leaky_relu(x, 0.2)", x=WIDE),
    case("prelu: one weight", "F.prelu(x, w)", x=WIDE, w=values([0.25])),
    case("prelu: one a channel", "F.prelu(x, w.reshape(3))", x=uniform(2, 3, 2), w=uniform(3, 1)),
    case("hard_tanh", "F.hardtanh(x)", x=WIDE),
    case("hard_tanh: relu6", "F.relu6(x)", x=WIDE),
    case("hard_sigmoid", "F.hardsigmoid(x)", x=WIDE),
]
