from parity import case, uniform

CASES = [
    case("slice: a row", "x[1:2]", x=uniform(3, 2)),
    case("split", "torch.cat([p * (i + 1) for i, p in enumerate(torch.split(x, [1, 3], 1))], 1)", x=uniform(2, 4)),
    case("chunk", "torch.cat([p * (i + 1) for i, p in enumerate(torch.chunk(x, 4))])", x=uniform(5, 2)),
]
