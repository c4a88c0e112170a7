from parity import case, distinct, mask

CASES = [
    case("less", "x < y", x=distinct(2, 3), y=mask(3)),
    case("less: turned", "x > y", x=distinct(2, 3), y=mask(3)),
    case("less_equal", "x <= y", x=mask(2, 3), y=mask(3)),
    case("less_equal: turned", "x >= y", x=mask(2, 3), y=mask(3)),
    case("equal", "torch.eq(x, y)", x=mask(2, 3), y=mask(3)),
    case("not_equal", "torch.ne(x, y)", x=mask(2, 3), y=mask(3)),
    case("logical_and", "torch.logical_and(x, y)", x=mask(2, 3), y=mask(2, 1)),
    case("logical_or", "torch.logical_or(x, y)", x=mask(2, 3), y=mask(2, 1)),
    case("logical_not", "torch.logical_not(x)", x=mask(2, 3)),
]
