from parity import case, uniform

CASES = [
    case("embedding", "F.embedding(torch.tensor([[2, 0, 2], [4, 2, 1]]), w)", w=uniform(5, 3)),
    case("embedding: padding", "F.embedding(torch.tensor([1, 0, 1, 3]), w, padding_idx=1)", w=uniform(4, 2)),
    case("scatter_rows", "torch.zeros(4, 3, dtype=x.dtype).index_add(0, torch.tensor([2, 0, 2, 3, 2]), x)", x=uniform(5, 3)),
]
