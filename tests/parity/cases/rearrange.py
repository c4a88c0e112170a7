from parity import case, uniform

CASES = [
    case("flip", "x.flip(0, 1)", x=uniform(2, 3)),
    case("flip: one axis", "x.flip(-1)", x=uniform(2, 3)),
    case("roll", "x.roll(4)", x=uniform(2, 3)),
    case("roll: one axis", "x.roll(-1, 1)", x=uniform(2, 3)),
    case("roll: two axes", "x.roll((1, -2), (0, 1))", x=uniform(2, 3)),
    case("tile", "x.tile(2, 3)", x=uniform(2, 2)),
    case("tile: more axes", "x.tile(2, 1, 2)", x=uniform(2, 2)),
    case("repeat", "x.repeat_interleave(2, 1)", x=uniform(2, 3)),
    case("repeat: counts", "x.repeat_interleave(torch.tensor([2, 0, 1]), 0)", x=uniform(3, 2)),
]
