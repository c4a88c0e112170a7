from parity import case, uniform

CASES = [
    case("diagonal", "x.diagonal(1)", x=uniform(3, 4)),
    case("diagonal: of batches", "x.diagonal(-1, -2, -1)", x=uniform(2, 3, 3)),
    case("diag_embed", "torch.diag_embed(x, 1)", x=uniform(2, 2)),
    case("tril", "x.tril()", x=uniform(3, 3)),
    case("tril: above", "x.tril(1)", x=uniform(2, 2, 4)),
    case("triu", "x.triu()", x=uniform(3, 3)),
    case("triu: below", "x.triu(-1)", x=uniform(4, 3)),
]
