from parity import case, distinct

CASES = [
    case("sort", "torch.sort(x).values", x=distinct(2, 4)),
    case("sort: places", "torch.argsort(x)", x=distinct(2, 4)),
    case("sort: descending", "torch.sort(x, 0, descending=True).values", x=distinct(4, 2)),
    case("sort: equal elements", "torch.sort((x > 0).to(x.dtype), stable=True, descending=True).indices", x=distinct(12)),
    case("topk", "torch.topk(x, 2).values", x=distinct(2, 5)),
    case("topk: places", "torch.topk(x, 3).indices", x=distinct(2, 5)),
    case("topk: smallest", "torch.topk(x, 2, 0, largest=False).values", x=distinct(4, 3)),
]
