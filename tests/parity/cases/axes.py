from parity import case, uniform

CASES = [
    case("permute", "x.permute(2, 0, 1)", x=uniform(2, 3, 2)),
    case("swapaxes", "x.swapaxes(0, -1)", x=uniform(2, 3, 2)),
    case("moveaxis", "x.moveaxis(0, -1)", x=uniform(2, 3, 2)),
    case("squeeze", "x.squeeze()", x=uniform(1, 3, 1, 2)),
    case("squeeze: one axis", "x.squeeze(-2)", x=uniform(1, 3, 1, 2)),
    case("unsqueeze", "x.unsqueeze(1)", x=uniform(2, 3)),
    case("flatten", "x.flatten(1)", x=uniform(2, 3, 2)),
    case("flatten: from the start", "x.flatten(0, 1)", x=uniform(2, 3, 2)),
    case("expand", "x.expand(2, -1, 3)", x=uniform(2, 1)),
    case("stack", "torch.stack([x, y], 1)", x=uniform(2, 3), y=uniform(2, 3)),
    case("stack: last", "torch.stack([x, y, x], -1)", x=uniform(2, 2), y=uniform(2, 2)),
]
