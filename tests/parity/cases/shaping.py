from parity import case, uniform

CASES = [
    case("reshape", "x.reshape(3, 2)", x=uniform(2, 3)),
    case("transpose", "x.permute(2, 0, 1)", x=uniform(2, 3, 2)),
    case("broadcast_to", "x.broadcast_to(2, 2, 3)", x=uniform(2, 1)),
    case("concat", "torch.cat([x, y], 1)", x=uniform(2, 3), y=uniform(2, 2)),
    case("slice", "x[1:4:2, -2:]", x=uniform(4, 3)),
]
